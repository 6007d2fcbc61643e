//! How a fault looked to who knocked: refused, broken, let in and told nothing, or told why not.

use crate::words::{self, Clock};
use squall_model::fact::{ProbePath, ProbeTarget};
use squall_model::judged::Answers;
use squall_model::units::Micros;

/// What was asked: `node gateway-1, new connections`.
pub fn asked(line: &Answers) -> String {
    // A name is asked for at the name server: what is kept open leads there, not to the target.
    let name = matches!(line.target, ProbeTarget::Name(_));
    let path = match line.path {
        ProbePath::New if name => "asked on new connections to the name server",
        ProbePath::Existing if name => "asked on one to the name server open since before",
        ProbePath::Control if name => "another name beside it",
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
    let how = how(line);
    let (not, asked) = (words::count(all - line.answered), words::count(all));
    format!("{how} from {} on ({not} of {asked} probes)", clock.at(since))
}

fn how(line: &Answers) -> &'static str {
    match (line.refused, line.closed, line.silent) {
        (0, 0, 0) if line.untrusted == 0 => "not resolved",
        (0, 0, 0) if line.unresolved == 0 => "shown a certificate that is not accepted",
        _ if line.unresolved + line.untrusted > 0 => "refused, broken or told nothing of use",
        (0, 0, _) => "let in and told nothing",
        (_, 0, 0) => "refused",
        (0, _, 0) => "broken",
        (_, _, 0) => "broken, then refused",
        _ => "refused or broken, or told nothing",
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_certificate_are_told_from_a_refusal() {
        let line = |unresolved, untrusted, refused| Answers {
            target: ProbeTarget::Name("gateway-1->vendor-b".into()),
            path: ProbePath::New,
            answered: 1,
            refused,
            closed: 0,
            silent: 0,
            unresolved,
            untrusted,
            since: Some(Micros::from_secs(10)),
            told_after: Some(Micros(900)),
            waited: Micros::ZERO,
        };
        assert_eq!(how(&line(4, 0, 0)), "not resolved");
        assert_eq!(how(&line(0, 4, 0)), "shown a certificate that is not accepted");
        assert_eq!(how(&line(0, 0, 4)), "refused");
        assert_eq!(how(&line(1, 0, 3)), "refused, broken or told nothing of use");
        let on = |path| asked(&Answers { path, ..line(1, 0, 0) });
        let name = "the name behind gateway-1->vendor-b, asked on";
        assert_eq!(on(ProbePath::New), format!("{name} new connections to the name server"));
        let kept = format!("{name} one to the name server open since before");
        assert_eq!(on(ProbePath::Existing), kept);
    }
}
