//! TwiML, the call scripts of Twilio's voice platform: what a document may say, and [`parse`], which
//! reads one from hostile bytes.
//!
//! Nothing here is run or fetched. The verbs are Play, Say, Pause, Gather, Redirect and Hangup, with
//! those attributes that mean something to a call that is placed and listened to by keys alone.
//! Dialling on, recording, speech recognition and messaging are not here.

mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

pub use parse::parse;

/// Octets of a document. Twilio documents 64 kB (its error 11750).
pub const MAX_BYTES: usize = 64 << 10;

/// Verbs of a document, nested ones included. A bound of our own.
pub const MAX_VERBS: usize = 1_000;

/// Characters that one Say may have (Twilio's page on Say).
pub const MAX_SAID: usize = 4_096;

/// How often a sound is played that is to be played for ever, `loop="0"` (Twilio's page on Play).
pub const FOR_EVER: u32 = 1_000;

/// A script, top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub verbs: Vec<Verb>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    Prompt(Prompt),
    Gather(Gather),
    Redirect { url: String, method: Method },
    Hangup,
}

/// What the person called hears; all that a Gather may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// `times` is 1 to [`FOR_EVER`].
    Play {
        url: String,
        times: u32,
    },
    /// Voice and language are taken and make no difference.
    Say {
        text: String,
        times: u32,
    },
    Pause {
        seconds: u32,
    },
}

/// Collects keys. Defaults are those of Twilio's page on Gather.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gather {
    pub prompts: Vec<Prompt>,
    /// Where the keys are sent; the document's own URL where there is none.
    pub action: Option<String>,
    pub method: Method,
    /// Seconds without a key after which it ends.
    pub timeout_s: u32,
    /// Ends it once there is a digit, and is no part of the digits.
    pub finish_on: Option<char>,
    pub num_digits: Option<u32>,
    /// The action is asked even where no key was pressed.
    pub on_empty: bool,
}

/// How a document is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    Get,
    #[default]
    Post,
}

impl Method {
    /// `GET` and `POST` alone.
    pub fn parse(word: &str) -> Option<Method> {
        match word {
            "GET" => Some(Method::Get),
            "POST" => Some(Method::Post),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// Why a document cannot be run.
///
/// Twilio documents 12200 as a warning and does not say what becomes of a call whose script has
/// such a mistake; here it ends the script, as a verb that is left out unheard would be worse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// 11750: more than [`MAX_BYTES`].
    TooLarge,
    /// 12100: no XML, or its root is not Response.
    Parse(String),
    /// 12200: an unknown verb, a wrong value, a verb where it may not stand.
    Schema(String),
}

impl Mistake {
    /// Twilio's error code.
    pub fn code(&self) -> u32 {
        match self {
            Mistake::TooLarge => 11_750,
            Mistake::Parse(_) => 12_100,
            Mistake::Schema(_) => 12_200,
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mistake::TooLarge => write!(f, "11750: more than {MAX_BYTES} octets"),
            Mistake::Parse(why) | Mistake::Schema(why) => write!(f, "{}: {why}", self.code()),
        }
    }
}

impl std::error::Error for Mistake {}
