//! Who was hit, from when to when, and what it spent of the error budget and of money.

use crate::case::Case;
use crate::judged::{Budget, InTime, SegmentHit, Spent};
use crate::ledger::Message;
use crate::units::{Micros, Span};

/// From the first to the last scheduled instant of a message that missed the SLO deadline.
pub fn impact(case: &Case<'_>) -> Option<Span> {
    let deadline = case.deadline();
    let whole = [case.whole()];
    let mut missed =
        case.scheduled(&whole).filter(|(_, m)| !m.in_time(deadline)).map(|(_, m)| m.due);
    let first = missed.next()?;
    let (start, end) = missed.fold((first, first), |(a, b), due| (a.min(due), b.max(due)));
    Some(Span { start, end })
}

/// Per pool of subscribers: how many had a message scheduled while a fault was effective, and how
/// many of them had one that missed the deadline.
pub fn segments(case: &Case<'_>) -> Vec<SegmentHit> {
    hits(case, &case.during())
}

/// Messages scheduled while a fault was effective, and how many of them met the SLO deadline.
pub fn during_faults(case: &Case<'_>) -> InTime {
    let during = case.during();
    case.scheduled(&during).fold(InTime::default(), |sum, (_, message)| InTime {
        scheduled: sum.scheduled + 1,
        in_time: sum.in_time + u64::from(message.in_time(case.deadline())),
    })
}

/// As [`segments`], for messages scheduled in `spans`.
pub fn hits(case: &Case<'_>, spans: &[Span]) -> Vec<SegmentHit> {
    const REACHED: u8 = 1;
    const AFFECTED: u8 = 2;
    let deadline = case.deadline();
    let mut marks = Vec::new();
    for (_, message) in case.scheduled(spans) {
        let index = message.subscriber as usize;
        if index >= marks.len() {
            marks.resize(index + 1, 0u8);
        }
        marks[index] |= REACHED | if message.in_time(deadline) { 0 } else { AFFECTED };
    }
    let mut rest = marks.as_slice();
    case.plan
        .traffic
        .population
        .iter()
        .map(|pool| {
            let (own, others) = rest.split_at(rest.len().min(pool.subscribers as usize));
            rest = others;
            let marked = |mark| own.iter().filter(|m| **m & mark != 0).count() as u64;
            SegmentHit {
                name: pool.segment.name.clone(),
                carrier: pool.segment.carrier.clone(),
                reached_out: marked(REACHED),
                affected: marked(AFFECTED),
            }
        })
        .collect()
}

/// Messages after warm-up that missed the deadline, of all that were attempted.
pub fn missed(case: &Case<'_>) -> (u64, u64, Vec<u64>) {
    let deadline = case.deadline();
    let whole = [case.whole()];
    let late = |m: &Message| !m.in_time(deadline);
    case.scheduled(&whole).fold((0, 0, Vec::new()), |(bad, all, mut proof), (m, message)| {
        let missed = late(message);
        if missed && proof.len() < crate::judged::EVIDENCE {
            proof.push(m);
        }
        (bad + u64::from(missed), all + 1, proof)
    })
}

/// How many bad messages a whole period may have: rate × period × (1 − target).
pub fn allowance(case: &Case<'_>, target: f64) -> f64 {
    let end = case.plan.end.as_secs_f64();
    let rate = if end > 0.0 { case.plan.traffic.expected(case.plan.end) / end } else { 0.0 };
    rate * case.plan.stack.slo.period.as_secs_f64() * (1.0 - target)
}

/// Whether the drill missed its target: what an alert is for.
pub fn burns(case: &Case<'_>) -> bool {
    let (bad, all, _) = missed(case);
    bad as f64 > all as f64 * (1.0 - case.plan.stack.slo.target)
}

/// Targets that people compare by, whatever a stack promises.
const USUAL: [f64; 2] = [0.999, 0.999_5];

pub fn budget(case: &Case<'_>) -> Budget {
    let (bad, _, _) = missed(case);
    let spent = |target: f64| {
        let allowed = allowance(case, target);
        Spent { target, allowed, spent: if bad == 0 { 0.0 } else { bad as f64 / allowed } }
    };
    let own = case.plan.stack.slo.target;
    let usual = USUAL.into_iter().filter(|target| (target - own).abs() > 1e-9);
    let out = case.impact.map_or(Micros::ZERO, |span| span.length());
    Budget {
        bad,
        own: spent(own),
        usual: usual.map(spent).collect(),
        out_of_objective: out,
        cost: case
            .plan
            .cost_per_hour
            .map(|hourly| (hourly as f64 * out.as_secs_f64() / 3600.0).round() as u64),
    }
}
