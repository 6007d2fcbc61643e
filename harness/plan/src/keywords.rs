//! Keywords that the Gherkin parser would swallow as description: `Scenaro:`, `Wehn …`.
//!
//! Each is a mistake. The text is repaired, line for line, so that what follows is still checked.

use crate::catalogue;
use crate::mistake::Mistake;
use crate::source::Source;
use std::sync::Arc;

const SECTIONS: [&str; 7] = [
    "Feature",
    "Background",
    "Rule",
    "Scenario",
    "Scenario Outline",
    "Scenario Template",
    "Examples",
];
const ALSO_SECTIONS: [&str; 2] = ["Example", "Scenarios"];
const STEPS: [&str; 5] = ["Given", "When", "Then", "And", "But"];

/// The text with misspelt keywords put right, and a mistake for each of them.
pub fn repair(source: &Arc<Source>) -> (String, Vec<Mistake>) {
    let mut repaired = String::with_capacity(source.text.len());
    let mut mistakes = Vec::new();
    let mut fence: Option<&str> = None;
    for (index, line) in source.text.split_inclusive('\n').enumerate() {
        let trimmed = line.trim();
        let quote = ["\"\"\"", "```"].into_iter().find(|quote| trimmed.starts_with(quote));
        if quote.is_some() && (fence.is_none() || fence == quote) {
            fence = if fence.is_none() { quote } else { None };
            repaired.push_str(line);
            continue;
        }
        let found = match fence {
            None => misspelt(trimmed),
            Some(_) => None,
        };
        let Some((written, meant)) = found else {
            repaired.push_str(line);
            continue;
        };
        let message = format!("\"{written}\" is not a keyword");
        let mistake = source.mistake_in_line(index + 1, written, message);
        mistakes.push(mistake.help(format!("did you mean \"{meant}\"?")));
        repaired.push_str(&line.replacen(written, meant, 1));
    }
    (repaired, mistakes)
}

/// What stands in the line, and which keyword was meant.
fn misspelt(line: &str) -> Option<(&str, &'static str)> {
    if line.is_empty() || line.starts_with(['#', '|', '@', '*']) {
        return None;
    }
    if let Some((word, _)) = line.split_once(':') {
        if SECTIONS.contains(&word) || ALSO_SECTIONS.contains(&word) {
            return None;
        }
        let near = SECTIONS
            .into_iter()
            .find(|section| word.eq_ignore_ascii_case(section) || slip(word, section));
        if let Some(section) = near {
            return Some((word, section));
        }
    }
    let (word, rest) = line.split_once(' ')?;
    if STEPS.contains(&word) || !looks_like_a_step(rest) {
        return None;
    }
    let meant =
        STEPS.into_iter().find(|step| word.eq_ignore_ascii_case(step) || slip(word, step))?;
    Some((word, meant))
}

/// One or two slips of the fingers, by the length of the word.
fn slip(word: &str, meant: &str) -> bool {
    let most = if meant.len() > 4 { 2 } else { 1 };
    (1..=most).contains(&strsim::damerau_levenshtein(word, meant))
}

/// Prose may begin with "The"; only what goes on like a step is one.
fn looks_like_a_step(rest: &str) -> bool {
    catalogue::nearest(rest, None).is_some_and(|(score, _)| score > 0.8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Arc<Source> {
        Arc::new(Source { name: "a.feature".into(), text: text.into() })
    }

    #[test]
    fn misspelt_keywords_are_found_and_put_right() {
        let text = "Featur: x\n  Scenaro: y\n    Gven the stack \"reference\"\n";
        let (repaired, mistakes) = repair(&source(text));
        assert_eq!(repaired, "Feature: x\n  Scenario: y\n    Given the stack \"reference\"\n");
        let places: Vec<(usize, usize)> = mistakes.iter().map(|m| (m.line, m.column)).collect();
        assert_eq!(places, [(1, 1), (2, 3), (3, 5)]);
    }

    #[test]
    fn prose_tables_and_docstrings_are_left_alone() {
        let text = "Feature: x\n  The queue: lost. Note: read on.\n  | Scenaro: | y |\n  \
                    \"\"\"\n  Scenaro: z\n  \"\"\"\n  Than it was worse.\n";
        assert_eq!(repair(&source(text)), (text.to_owned(), Vec::new()));
    }
}
