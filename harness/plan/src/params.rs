//! The parameters of the step phrases: raw text here, meaning in [`crate::draft`], where a mistake has a place.
//!
//! Their expressions are generous on purpose: `120%` and `5 minuts` must reach the reader that can
//! say what is wrong with them, instead of making the whole step unknown.

use cucumber::Parameter;
use std::convert::Infallible;
use std::str::FromStr;

macro_rules! parameters {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $regex:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Parameter)]
        #[param(name = $name, regex = $regex)]
        pub struct $kind(pub String);

        impl FromStr for $kind {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok($kind(text.trim().to_owned()))
            }
        }
    )*};
}

parameters! {
    /// `"smartfren"`, quotes included so that its place in the line is found.
    Quoted = "name", r#""[^"]*""#;
    /// `"play" and "say"`.
    Verbs = "verbs", r#""[^"]*"(?:(?:, | and )"[^"]*")*"#;
    /// `800 ms`.
    Duration = "duration", r"-?[\d.,]+ ?[A-Za-z]+";
    /// `99.9%`.
    Percent = "percent", r"-?[\d.,]+ ?%";
    /// `200`, `100 million`.
    Number = "number", r"-?[\d.,]+(?: (?:thousand|million|billion))?";
    /// `07:00`.
    Time = "time", r"\d{1,2}:\d{1,2}(?::\d{1,2})?";
    /// Nothing, `for 5 minutes`, `from 07:00 to 14:00`, `until 14:00`.
    Window = "window", r"(?: for .+| from .+ to .+| until .+)?";
    /// Nothing, `before the fault`, `during the fault`, `after recovery`, `from 15:12 to 16:16`.
    Phase = "phase", r"(?: before the fault| during the fault| after recovery| from .+ to .+)?";
}

impl Quoted {
    /// Without its quotes.
    pub fn name(&self) -> &str {
        self.0.trim_matches('"')
    }
}
