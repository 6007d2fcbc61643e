//! Slips in each step: a letter left out, a number that cannot be, a name nobody bears. Each is a
//! mistake in the place where it stands, and nothing else is one on its account.

use super::parts::{Part, instead, parts};
use super::{Drill, Known, known, mistakes};
use cucumber::codegen::Regex;
use squall_plan::Mistake;

/// What no step can mean: the kind of part, the words, and those of them that the mistake points to.
const IMPOSSIBLE: &[(&str, &str, &str)] = &[
    ("percent", "120%", "120%"),
    ("percent", "-5%", "-5%"),
    ("percent", "0%", "0%"),
    ("duration", "0 seconds", "0 seconds"),
    ("duration", "-3 seconds", "-3 seconds"),
    ("duration", "5 fortnights", "5 fortnights"),
    ("number", "0", "0"),
    ("number", "-3", "-3"),
    ("number", "1.2.3", "1.2.3"),
    ("ordinal", "0th", "0th"),
    ("ordinal", "100th", "100th"),
    ("time", "25:00", "25:00"),
    ("time", "07:60", "07:60"),
    ("instant", "2026-13-40 06:30 +07:00", "2026-13-40 06:30 +07:00"),
    ("instant", "yesterday", "yesterday"),
    ("name", "\"nosuch\"", "\"nosuch\""),
    ("window", "for 0 seconds", "0 seconds"),
    ("window", "for 5 minuts", "5 minuts"),
    ("window", "for ages", "ages"),
    ("window", "from 07:05 to 07:00", "from 07:05 to 07:00"),
    ("window", "from 25:00 to 26:00", "25:00"),
    ("window", "until 06:35", "until 06:35"),
    ("phase", "from 06:50 to 06:45", "from 06:50 to 06:45"),
    ("phase", "from 25:00 to 06:50", "25:00"),
];

/// Where such words do mean something: how the phrase begins, and which of its parts.
const POSSIBLE: &[(&str, usize, &str)] = &[
    ("the seed", 0, "0"),
    ("an outage costs", 0, "0"),
    ("traffic changes route", 0, "0"),
    ("between {percent} and {percent} of subscribers", 0, "0%"),
    ("between {percent} and {percent} of calls", 0, "0%"),
    ("between {percent} and {percent} of verbs", 0, "0%"),
    ("between {percent} and {percent} of \"play\" and", 0, "0%"),
    ("at most {percent} of the monthly error budget", 0, "0%"),
    ("at most {percent} of the monthly error budget", 0, "120%"),
];

#[test]
fn what_cannot_be_meant_is_a_mistake_at_its_own_words() {
    let mut cases: Vec<(String, usize, bool)> = Vec::new();
    let mut drills: Vec<Drill> = Vec::new();
    for one in known() {
        for (index, part) in parts(&one.phrase).iter().enumerate() {
            for (_, words, wrong) in IMPOSSIBLE.iter().filter(|case| case.0 == part.kind) {
                let text = instead(&one.phrase, part, words);
                let inside = words.find(wrong).expect("words") + text.len() - words.len();
                let after = one.phrase.example.len() - part.place.end;
                let possible = POSSIBLE.iter().any(|(phrase, at, meant)| {
                    one.phrase.phrase.starts_with(phrase) && *at == index && meant == words
                });
                let column = one.phrase.keyword.len() + 2 + inside - after;
                drills.push(one.drill(&text));
                cases.push((text, column, possible));
            }
        }
    }
    let possible = cases.iter().filter(|(_, _, possible)| *possible).count();
    assert_eq!(possible, POSSIBLE.len(), "words are excused that no step has");
    let mut wrong = Vec::new();
    for ((text, column, possible), found) in cases.iter().zip(mistakes(drills)) {
        let right = match possible {
            true => found.is_empty(),
            false => {
                found.iter().all(|(line, _)| *line == 0)
                    && found.iter().any(|(_, mistake)| mistake.column == *column)
            }
        };
        if !right {
            let said = brief(&found);
            wrong.push(format!(
                "{text}\n    wants column {column}, possible: {possible}; found {said:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Line, column and words of each.
fn brief(found: &[(isize, Mistake)]) -> Vec<String> {
    found
        .iter()
        .map(|(line, it)| format!("{line:+}:{} {} {:?}", it.column, it.message, it.help))
        .collect()
}

/// The words outside quotes and parameters that are long enough to be recognised with a letter less.
fn fixed_words(known: &Known) -> Vec<Part> {
    let parts = parts(&known.phrase);
    let word = Regex::new("[A-Za-z]{4,}").expect("a pattern");
    let words = word.find_iter(known.phrase.example).map(|word| word.range());
    let fixed = words.filter(|word| {
        !parts.iter().any(|part| word.start < part.place.end && part.place.start < word.end)
    });
    fixed.map(|place| Part { kind: "fixed".to_owned(), place }).collect()
}

#[test]
fn a_letter_left_out_is_a_mistake_that_names_the_step() {
    let (mut cases, mut drills) = (Vec::new(), Vec::new());
    for one in known() {
        for part in fixed_words(&one) {
            let word = &one.phrase.example[part.place.clone()];
            let (front, back) = word.split_at(word.len() / 2);
            let text = instead(&one.phrase, &part, &format!("{front}{}", &back[1..]));
            drills.push(one.drill(&text));
            cases.push((text, word, one.phrase));
        }
    }
    let mut wrong = Vec::new();
    for ((text, word, phrase), found) in cases.iter().zip(mistakes(drills)) {
        let step = format!("the nearest {} step is: {}", phrase.keyword, phrase.phrase);
        // A word that is one of several has a help of its own.
        let choice = |help: &str| {
            !help.contains("step is") && help.split([' ', ',']).any(|known| known == *word)
        };
        let right = match &found[..] {
            [(0, mistake)] => {
                mistake.help.as_ref().is_some_and(|help| *help == step || choice(help))
            }
            _ => false,
        };
        if !right {
            wrong.push(format!("{text}\n    {:?}", brief(&found)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
