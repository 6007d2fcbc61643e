//! Delivery: how many of the messages that fell into the outage arrived all the same.

use super::{Drill, Measured};
use crate::judged::Bracket;
use crate::recovery::Recovery;
use crate::stats::{ALPHA, Proportion};
use crate::words::{count, of, percent};

pub(super) const FORMULA: &str = "100 × the share delivered within the stack's deadline, of messages \
    scheduled since the first fault took effect until delivery recovered (where it was not seen to: \
    until the last heal or the end, whichever is worse); lower 95% bound.";

pub(super) fn measure(drill: &Drill<'_>) -> Measured {
    let case = drill.case;
    if case.plan.faults.is_empty() {
        return Measured::NotApplicable("The drill has no fault.".into());
    }
    if case.effective().is_none() {
        return Measured::Hole("No fault was seen to take effect.".into());
    }
    let exactly = |at| Bracket { after: at, by: at };
    let end = exactly(case.whole().end);
    let ends = match case.recovery {
        Recovery::Recovered { at, .. } => [exactly(at); 2],
        _ => [case.healed().unwrap_or(end), end],
    };
    let shares = ends.map(|end| until(drill, end));
    let worse = shares.iter().min_by(|a, b| a.bounds(ALPHA).0.total_cmp(&b.bounds(ALPHA).0));
    match worse.and_then(|seen| Some((seen, seen.share()?))) {
        None => Measured::Hole("No message was scheduled in the outage.".into()),
        Some((seen, share)) => {
            let low = seen.bounds(ALPHA).0;
            let why = format!(
                "{} of {} in the outage arrived in time ({}; at least {} at 95%).",
                count(seen.k),
                of(seen.n, "message"),
                percent(share),
                percent(low),
            );
            Measured::exactly(100.0 * low, why)
        }
    }
}

/// Where an edge is known only to lie between two probes, late messages count from the outer one of
/// them and timely ones from the inner.
fn until(drill: &Drill<'_>, end: Bracket) -> Proportion {
    let case = drill.case;
    let mut seen = Proportion { k: 0, n: 0 };
    let Some(start) = case.effective() else { return seen };
    let (outer, inner) = (start.after..end.by, start.by..end.after);
    for (_, message) in case.messages.attempted() {
        let good = message.in_time(case.deadline());
        let counts = if good { inner.contains(&message.due) } else { outer.contains(&message.due) };
        seen.n += u64::from(counts);
        seen.k += u64::from(counts && good);
    }
    seen
}
