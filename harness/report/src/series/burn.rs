//! The burn curve: what the alerts read, at the end of each bin.

use super::Bin;
use squall_model::detection::{Burn, PAGE_WINDOW};
use squall_model::ledger::MessageTable;
use squall_model::plan::Plan;
use squall_model::units::Span;

pub fn fill(bins: &mut [Bin], messages: &MessageTable, plan: &Plan, span: Span) {
    let burn = Burn::of(messages, plan);
    for bin in bins {
        bin.burn = burn.rate((bin.start + bin.length).min(span.end), PAGE_WINDOW);
    }
}
