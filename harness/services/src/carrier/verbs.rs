//! The words in the log of calls as numbers: an entry has one octet for a verb and four for a code.
//!
//! Codes are the caller's own, such as 11200; the few that are words lie above all numbers. What is in
//! no table is logged as `other`. The places in both tables are what files hold: they only ever grow.

use super::answer::Code;

/// A verb of a call's script, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verb(pub u8);

/// TwiML's verbs that a trunk tells of, in lower case.
const VERBS: [&str; 7] = ["other", "play", "say", "gather", "pause", "redirect", "hangup"];

const WORDS: [&str; 2] = ["other", "connection"];

/// The first code that stands for a word.
const FIRST: u32 = u32::MAX - 255;

/// The other side of a call was lost with its connection.
pub(super) const CONNECTION: Code = Code(FIRST + 1);

impl Verb {
    pub(super) fn of(name: &str) -> Verb {
        let place = VERBS.iter().position(|known| known.eq_ignore_ascii_case(name));
        Verb(place.unwrap_or(0) as u8)
    }

    pub(super) fn name(self) -> &'static str {
        VERBS.get(usize::from(self.0)).unwrap_or(&VERBS[0])
    }
}

/// A code as its sender wrote it.
pub(super) fn code(text: &str) -> Code {
    let number = text.parse().ok().filter(|number| (1..FIRST).contains(number));
    let word = || WORDS.iter().position(|known| *known == text).unwrap_or(0) as u32;
    Code(number.unwrap_or_else(|| FIRST + word()))
}

pub(super) fn show(code: Code) -> String {
    match code.0.checked_sub(FIRST) {
        Some(word) => (*WORDS.get(word as usize).unwrap_or(&WORDS[0])).to_owned(),
        None => code.0.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_are_shown_as_they_came() {
        for text in ["11200", "41", "1", "connection", "other"] {
            assert_eq!(show(code(text)), text);
        }
        for text in ["", "0", "-1", "4294967295", "99999999999", "no such word"] {
            assert_eq!(show(code(text)), "other", "{text}");
        }
        assert_eq!((show(CONNECTION), show(Code(u32::MAX))), ("connection".into(), "other".into()));
    }

    #[test]
    fn verbs_are_known_in_any_case() {
        for name in VERBS {
            assert_eq!(Verb::of(&name.to_uppercase()).name(), name);
        }
        assert_eq!((Verb::of("sing").name(), Verb(255).name()), ("other", "other"));
    }
}
