//! A phrase of the catalogue laid against its example: which words are fixed, and which may be
//! written otherwise. What they mean is not known here.

use cucumber::codegen::Regex;
use cucumber::gherkin::{Feature, GherkinEnv, Step};
use squall_plan::Phrase;
use std::ops::Range;

/// Words of an example that stand for a parameter or name something.
#[derive(Clone, Debug)]
pub struct Part {
    /// `percent`, `window`, … as in the phrase's braces; `name` for what stands in quotes.
    pub kind: String,
    /// Where in the example. A window or phase takes the space before it along; left out it is the
    /// empty end of the example.
    pub place: Range<usize>,
}

/// Parameters that may be left out.
const LEFT_OUT: [&str; 2] = ["window", "phase"];

/// The parts of the example, in order.
///
/// # Panics
/// Where phrase and example do not fit.
pub fn parts(phrase: &Phrase) -> Vec<Part> {
    let example = phrase.example;
    let one = phrase.phrase.replace("{date} {time} {offset}", "{instant}");
    let (mut pattern, mut kinds) = ("^".to_owned(), Vec::new());
    for (index, piece) in one.split(['{', '}']).enumerate() {
        if index % 2 == 0 {
            let escaped = |c: char| if c.is_ascii_punctuation() { vec!['\\', c] } else { vec![c] };
            pattern.extend(piece.chars().flat_map(escaped));
        } else {
            if LEFT_OUT.contains(&piece) {
                pattern.pop();
            }
            kinds.push(piece.to_owned());
            pattern.push_str(expression(piece));
        }
    }
    pattern.push('$');
    let fits = Regex::new(&pattern).expect("a pattern");
    let found =
        fits.captures(example).unwrap_or_else(|| panic!("{example}\nis no {}", phrase.phrase));
    let mut parts: Vec<Part> = Vec::new();
    for (kind, group) in kinds.into_iter().zip(found.iter().skip(1)) {
        let end = example.len()..example.len();
        parts.push(Part { kind, place: group.map_or(end, |group| group.range()) });
    }
    let quoted = Regex::new(r#""[^"]*""#).expect("a pattern");
    let names = quoted.find_iter(example);
    parts.extend(names.map(|name| Part { kind: "name".to_owned(), place: name.range() }));
    parts.sort_by_key(|part| part.place.start);
    parts
}

fn expression(kind: &str) -> &'static str {
    match kind {
        "window" => "( (?:for|from|until) .+)?",
        "phase" => "( (?:before|during|after|from) .+)?",
        "duration" => r"([\d.]+ [a-z]+)",
        "percent" => r"([\d.]+%)",
        "number" => r"([\d.,]+(?: [a-z]+illion)?)",
        "instant" => r"(\S+ \S+ \S+)",
        _ => r"(\S+)",
    }
}

/// The example with the part's words replaced.
pub fn instead(phrase: &Phrase, part: &Part, words: &str) -> String {
    let (before, after) = (&phrase.example[..part.place.start], &phrase.example[part.place.end..]);
    let space = if LEFT_OUT.contains(&part.kind.as_str()) && !words.is_empty() { " " } else { "" };
    format!("{before}{space}{words}{after}")
}

/// A step as the parser reads it.
pub fn step(keyword: &str, text: &str) -> Step {
    let text = format!("Feature: f\n  Scenario: s\n    {keyword} {text}\n");
    let feature = Feature::parse(text, GherkinEnv::default()).expect("a step");
    feature.scenarios[0].steps[0].clone()
}
