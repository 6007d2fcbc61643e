//! Error-budget burn: bad messages of the last hour ÷ what the budget allows in an hour.
//!
//! A message turns bad when the sender can tell. Time before the drill counts as healthy at the
//! scheduled rate, so that a drill of ten minutes does not look like ten minutes of history.

use super::Bin;
use squall_model::ledger::{Known, MessageTable};
use squall_model::plan::Plan;
use squall_model::units::{Micros, Span};

/// The window of the burn curve.
pub const WINDOW: Micros = Micros::from_secs(3_600);

/// Burn at the end of each bin.
pub fn fill(bins: &mut [Bin], messages: &MessageTable, plan: &Plan, span: Span) {
    let slo = &plan.stack.slo;
    let allowed_share = (1.0 - slo.target).max(1e-12);
    let mut bad: Vec<Micros> = messages
        .attempted()
        .filter_map(|(_, message)| match message.known(slo.deadline) {
            Some(Known::Bad(at)) => Some(at),
            Some(Known::Good(_)) | None => None,
        })
        .collect();
    bad.sort_unstable();
    let mut due: Vec<Micros> = messages.attempted().map(|(_, message)| message.due).collect();
    due.sort_unstable();
    let first_rate = plan.traffic.rates.first().map_or(0.0, |rate| rate.per_second);
    for bin in bins {
        let end = (bin.start + bin.length).min(span.end);
        let start = end.saturating_sub(WINDOW);
        let before_the_drill = WINDOW.saturating_sub(end).as_secs_f64() * first_rate;
        let total = between(&due, start, end) as f64 + before_the_drill;
        let bad = between(&bad, start, end) as f64;
        bin.burn = if total > 0.0 { bad / total / allowed_share } else { 0.0 };
    }
}

/// How many of the sorted instants lie in `start < at <= end`, or from the very first at `start` 0.
fn between(sorted: &[Micros], start: Micros, end: Micros) -> usize {
    let from = if start == Micros::ZERO { 0 } else { sorted.partition_point(|at| *at <= start) };
    sorted.partition_point(|at| *at <= end) - from
}
