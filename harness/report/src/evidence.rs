//! What the claims of a report rest on: tags E1, E2 … that name files of the run folder.

use crate::run::DrillReport;
use crate::words;

/// A source of claims; its tag is its place in [`Evidence::ALL`], the same in every drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Levers pulled, and probes through the very links and nodes.
    Faults,
    /// Instants at which the sender could tell.
    Sender,
    /// Due and delivered instants of every message.
    Deliveries,
    /// Answers and final state of every message.
    Ledger,
    /// Receipts beside the carriers' own logs.
    Receipts,
    /// What the nodes said of their backlog.
    Health,
    /// The resolved plan: stack, settings, objectives, price.
    Plan,
    /// Verdicts, bounds and message ids.
    Verdicts,
}

impl Evidence {
    pub const ALL: [Evidence; 8] = [
        Evidence::Faults,
        Evidence::Sender,
        Evidence::Deliveries,
        Evidence::Ledger,
        Evidence::Receipts,
        Evidence::Health,
        Evidence::Plan,
        Evidence::Verdicts,
    ];

    /// `E1` …
    pub fn tag(self) -> String {
        format!("E{}", self as usize + 1)
    }

    pub fn file(self) -> &'static str {
        match self {
            Evidence::Faults | Evidence::Sender | Evidence::Receipts | Evidence::Health => {
                "facts.jsonl"
            }
            Evidence::Deliveries | Evidence::Ledger => "messages.csv",
            Evidence::Plan => "plan.json",
            Evidence::Verdicts => "run.json",
        }
    }

    /// What stands there, with how many lines of it this drill has.
    pub fn what(self, drill: &DrillReport) -> String {
        let lines = |kind| words::count(drill.facts.get(kind).copied().unwrap_or(0));
        let rows = words::count(drill.judged.accounting.attempted);
        match self {
            Evidence::Faults => format!(
                "levers pulled and read back ({} lines), probes ({} lines), draws of carriers ({} lines)",
                lines("lever"),
                lines("probe"),
                lines("draws")
            ),
            Evidence::Sender => "answers and receipts as the sender got them".into(),
            Evidence::Deliveries => format!("due, delivered, carrier: {rows} messages, one a row"),
            Evidence::Ledger => format!("answer and outcome: {rows} messages, one a row"),
            Evidence::Receipts => format!(
                "receipts beside the carriers' own logs ({} submits seen there)",
                words::count(drill.judged.accounting.attempts)
            ),
            Evidence::Health => {
                format!("what nodes said of their health and backlog, {} lines", lines("health"))
            }
            Evidence::Plan => "the resolved plan: stack, settings, timeline, objectives".into(),
            Evidence::Verdicts => {
                "verdicts, bounds that decided, ids of the messages that prove them".into()
            }
        }
    }
}
