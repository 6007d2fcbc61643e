//! How a fault looked to who knocked: refused, broken, or let in and told nothing.

use crate::words::{self, Clock};
use squall_model::fact::ProbePath;
use squall_model::judged::Answers;
use squall_model::units::Micros;

/// What was asked: `node gateway-1, new connections`.
pub fn asked(line: &Answers) -> String {
    let path = match line.path {
        ProbePath::New => "new connections",
        ProbePath::Existing => "the connection open since before",
        ProbePath::Control => "the path beside it",
    };
    format!("{}, {path}", line.target)
}

/// What it said, and since when.
pub fn said(line: &Answers, clock: Clock) -> String {
    let all = line.asked();
    let Some(since) = line.since else {
        return format!("answered throughout ({})", words::plural(all, "probe", "probes"));
    };
    let how = match (line.refused, line.closed, line.silent) {
        (0, 0, _) => "let in and told nothing",
        (_, 0, 0) => "refused",
        (0, _, 0) => "broken",
        (_, _, 0) => "broken, then refused",
        _ => "refused or broken, or told nothing",
    };
    let (not, asked) = (words::count(all - line.answered), words::count(all));
    format!("{how} from {} on ({not} of {asked} probes)", clock.at(since))
}

/// How soon who knocked knew: the time-out is his own where nobody tells him.
pub fn knew(line: &Answers) -> String {
    match (line.told_after, line.silent) {
        (Some(after), 0) => format!("within {}", at_least_a_millisecond(after)),
        (Some(after), _) => format!("{after}, or by its own time-out of {}", line.waited),
        (None, 0) => "–".into(),
        (None, _) => format!("by its own time-out only, here {}", line.waited),
    }
}

/// `0 ms` would claim more than a clock tells.
fn at_least_a_millisecond(span: Micros) -> Micros {
    Micros::from_millis(span.0.div_ceil(1_000).max(1))
}
