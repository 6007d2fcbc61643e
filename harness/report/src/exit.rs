//! What a run comes to as a whole: the totals and the exit code, both after `met`.

use squall_model::judged::Judged;
use squall_model::verdict::Verdict;

/// A drill's part in the run's totals: an expected verdict counts as a pass; one that was not
/// expected is a failure, unless nothing was decided.
pub fn counts_as(judged: &Judged) -> Verdict {
    match (judged.met, judged.verdict) {
        (true, _) => Verdict::Pass,
        (false, Verdict::Inconclusive) => Verdict::Inconclusive,
        (false, Verdict::Pass | Verdict::Fail) => Verdict::Fail,
    }
}

/// 4 where an undo could not be verified, else 1, 3 or 0 by the worst drill. A mistake of the user
/// (2) starts nothing, so it never reaches a report.
pub fn code(total: Verdict, undo_verified: bool) -> u8 {
    match total {
        _ if !undo_verified => 4,
        Verdict::Fail => 1,
        Verdict::Inconclusive => 3,
        Verdict::Pass => 0,
    }
}

/// The exit code in words, for the last line of a run.
pub fn reason(code: u8) -> &'static str {
    match code {
        0 => "every drill met",
        1 => "an objective is breached, or a canary passed",
        2 => "a mistake in what was asked",
        3 => "inconclusive: something could not be decided",
        _ => "an undo could not be verified; run `squall recover`",
    }
}
