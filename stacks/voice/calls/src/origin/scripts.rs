//! The scripts of the customer's calls, in TwiML (https://www.twilio.com/docs/voice/twiml).
//!
//! Which one a call runs hangs on its token alone. Calls that follow one another go through all
//! hundred places of the mix before one comes again, so that a mix is exact and not only likely.

use super::tuning::{Script, Tuning};
use squall_model::token;

/// Has no factor in common with a hundred: stepping by it meets every place once.
const STEP: u64 = 37;
/// The same for any number of media files that has not this prime in it.
const FILE_STEP: u64 = 7_919;

/// The script of the call with this token.
pub(super) fn call(call: &str, tuning: &Tuning) -> String {
    let number = number(call);
    let mut place = u32::try_from(number.wrapping_mul(STEP) % 100).unwrap_or(0);
    let script = tuning.mix.iter().find(|(_, percent)| match place.checked_sub(*percent) {
        None => true,
        Some(rest) => {
            place = rest;
            false
        }
    });
    let file = number.wrapping_mul(FILE_STEP) % u64::from(tuning.media_files);
    let play = format!("<Play>http://media/media/{file}.ulaw</Play>");
    let say = format!("<Say>Your order number {file} is on its way to you.</Say>");
    match script.map_or(Script::Keypad, |(script, _)| *script) {
        Script::Keypad => respond(&format!("{}{}", gather("bye", call), bye())),
        Script::Play => respond(&play),
        Script::Say => respond(&format!("{say}<Pause length=\"1\"/>")),
        Script::Tour => respond(&format!("{play}{}{say}", gather(&format!("tour/{file}"), call))),
    }
}

/// What follows a key pressed in [`call`]'s `Gather`: the same that follows without one. `rest` is the
/// path behind `/key/`.
pub(super) fn key(rest: &str, tuning: &Tuning) -> Option<String> {
    let (what, _call) = rest.rsplit_once('/')?;
    if what == "bye" {
        return Some(respond(&bye()));
    }
    let file: u32 = what.strip_prefix("tour/")?.parse().ok()?;
    let known = file < tuning.media_files;
    known.then(|| respond(&format!("<Say>Your order number {file} is on its way to you.</Say>")))
}

/// What is left when a script or its sound cannot be had: no sound.
pub(super) fn fallback() -> String {
    respond(&bye())
}

fn bye() -> String {
    "<Pause length=\"1\"/><Hangup/>".to_owned()
}

fn gather(then: &str, call: &str) -> String {
    format!(
        "<Gather input=\"dtmf\" numDigits=\"1\" timeout=\"6\" method=\"GET\" \
         action=\"/key/{then}/{call}\"/>"
    )
}

fn respond(verbs: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>{verbs}</Response>\n")
}

/// The call's number, or one drawn from its name.
fn number(call: &str) -> u64 {
    token::find(call).unwrap_or_else(|| crc32fast::hash(call.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use squall_model::node_config::NodeConfig;
    use squall_role::settings::Settings;
    use std::collections::BTreeSet;

    #[test]
    fn a_hundred_calls_in_a_row_are_the_mix() {
        let tuning = Tuning::read(&NodeConfig::default()).expect("the defaults");
        for first in [0, 1, 99, 12_345] {
            let calls = first..first + 100;
            let scripts: Vec<String> = calls.map(|m| call(&token::encode(m), &tuning)).collect();
            let with = |word: &str| scripts.iter().filter(|s| s.contains(word)).count();
            assert_eq!((with("<Play>"), with("<Say>"), with("<Gather")), (32, 23, 55));
            assert_eq!(with("<Hangup/>"), 50);
        }
        let again = call(&token::encode(7), &tuning);
        assert_eq!(call(&token::encode(7), &tuning), again);
    }

    #[test]
    fn all_files_are_in_use() {
        let settings = [("mix".to_owned(), "play=100".to_owned())].into();
        let config = NodeConfig { settings, ..NodeConfig::default() };
        let tuning = Tuning::read(&config).expect("a mix");
        let used: BTreeSet<String> = (0..200).map(|m| call(&token::encode(m), &tuning)).collect();
        assert_eq!(used.len(), 200);
    }

    #[test]
    fn a_key_leads_on_and_a_made_up_one_leads_nowhere() {
        let tuning = Tuning::read(&NodeConfig::default()).expect("the defaults");
        assert!(key("bye/SQ1", &tuning).expect("a script").contains("<Hangup/>"));
        assert!(key("tour/7/SQ1", &tuning).expect("a script").contains("number 7 is"));
        for wrong in ["", "bye", "tour/SQ1", "tour/200/SQ1", "tour/x/SQ1", "a/b/c"] {
            assert_eq!(key(wrong, &tuning), None, "{wrong}");
        }
    }
}
