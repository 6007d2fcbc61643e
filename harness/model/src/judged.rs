//! What follows from a record: plain values, made by the judge and read by every report format.

use crate::calls::Calls;
use crate::fact::{ProbePath, ProbeTarget};
use crate::score::Score;
use crate::units::{Micros, Span};
use crate::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One drill, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The worst of the findings, of unproven faults, of an unbalanced ledger.
    pub verdict: Verdict,
    /// Whether the verdict is the expected one (`@must-fail` turns it round).
    pub met: bool,
    /// Why, in one sentence.
    pub reason: String,
    pub accounting: Accounting,
    /// Of a drill of calls.
    pub calls: Option<Calls>,
    /// Same order as `plan.faults`.
    pub faults: Vec<FaultSeen>,
    /// Same order as `plan.objectives`.
    pub findings: Vec<Finding>,
    /// Named phases as they were played.
    pub phases: Vec<(String, Span)>,
    /// When the drill was cut short of its planned end, drain included.
    pub stopped: Option<Micros>,
    pub timeline: Timeline,
    /// Same order as `plan.traffic.population`.
    pub segments: Vec<SegmentHit>,
    pub during_faults: InTime,
    /// In the order of the stack's nodes.
    pub waited: Vec<Waited>,
    pub budget: Budget,
    pub score: Score,
    /// Problems of the run itself: load not held, interrupted, environment failed.
    pub troubles: Vec<String>,
}

/// What one objective came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub verdict: Verdict,
    /// In `unit`; `None` where there is nothing to observe (then `reason` says why), and infinite
    /// (never, "> X") where `reason` says so.
    pub observed: Option<f64>,
    /// The bounds that decided.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// The side of the scale that meets the objective, in `unit`; open where `None`.
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
    pub unit: Unit,
    /// One sentence, with the numbers.
    pub reason: String,
    /// Messages that prove it, at most [`EVIDENCE`] of them.
    pub evidence: Vec<u64>,
}

/// Most message ids a finding carries.
pub const EVIDENCE: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// 0–1.
    Ratio,
    /// Milliseconds.
    Ms,
    /// A number of things.
    Count,
    /// A number per message.
    Times,
}

/// The message ledger, closed. attempted = rejected + indeterminate + accepted;
/// accepted = delivered + late + failed + expired + pending + undecided + lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accounting {
    pub deadline_ms: u64,
    pub attempted: u64,
    pub rejected: u64,
    pub indeterminate: u64,
    pub accepted: u64,
    pub delivered: u64,
    pub late: u64,
    pub failed: u64,
    pub expired: u64,
    pub pending: u64,
    pub undecided: u64,
    pub lost: u64,
    pub duplicated: u64,
    /// Indeterminate, yet delivered.
    pub recovered: u64,
    /// Rejected, yet delivered.
    pub ghost: u64,
    /// Reached the carrier, never attempted.
    pub unexpected: u64,
    pub false_receipts: u64,
    pub missing_receipts: u64,
    pub out_of_order: u64,
    /// Submits seen by carriers.
    pub attempts: u64,
}

impl Accounting {
    /// Both identities hold.
    pub fn balances(&self) -> bool {
        self.attempted == self.rejected + self.indeterminate + self.accepted
            && self.accepted
                == self.delivered
                    + self.late
                    + self.failed
                    + self.expired
                    + self.pending
                    + self.undecided
                    + self.lost
    }
}

/// What was seen of a fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultSeen {
    pub kind: String,
    pub target: String,
    pub label: String,
    pub requested: Span,
    pub effective: Option<Bracket>,
    pub healed: Option<Bracket>,
    /// Effect and end were both seen.
    pub proven: bool,
    /// How it was seen, or why not.
    pub reason: String,
    /// What became of the probes sent while it was asked for, a line a target and path.
    pub answers: Vec<Answers>,
}

/// Probes of one target on one path under a fault, by what became of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    pub target: ProbeTarget,
    pub path: ProbePath,
    pub answered: u64,
    pub refused: u64,
    /// The connection broke before an answer.
    pub closed: u64,
    /// Nothing came while the probe waited.
    pub silent: u64,
    /// The name server answered that it cannot tell.
    pub unresolved: u64,
    /// The certificate was not accepted.
    pub untrusted: u64,
    /// When the first was sent that was not answered.
    pub since: Option<Micros>,
    /// The longest it took until one knew that was told or cut off; `None` where none was.
    pub told_after: Option<Micros>,
    /// The longest that one waited in silence.
    pub waited: Micros,
}

impl Answers {
    pub fn asked(&self) -> u64 {
        let not = self.refused + self.closed + self.silent + self.unresolved + self.untrusted;
        self.answered + not
    }
}

/// Where messages waited since the first fault was asked for, by what the nodes said of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    pub node: String,
    /// The most, and when.
    pub backlog: u64,
    pub at: Option<Micros>,
    /// The greatest age of the oldest message there.
    pub oldest: Micros,
    /// How often it was asked, and how often it gave no answer: what it held then nobody knows.
    pub asked: u64,
    pub unanswered: u64,
}

/// An instant known to lie between two observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bracket {
    /// The last observation of the state before.
    pub after: Micros,
    /// The first observation of the state since.
    pub by: Micros,
}

/// The incident as one would put it in a reason-for-outage. Of what is `None` or empty here, `absent`
/// tells why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    pub injected: Option<Micros>,
    pub effective: Option<Micros>,
    /// Due instants of the first and the last message that missed the SLO deadline.
    pub impact: Option<Span>,
    /// When the burn-rate alert fired.
    pub detected: Option<Micros>,
    /// Routes that took over: name and instant.
    pub failed_over: Vec<(String, Micros)>,
    pub healed: Option<Micros>,
    pub recovered: Option<Micros>,
    pub drained: Option<Micros>,
    /// Largest backlog seen, and when.
    pub backlog_peak: Option<(u64, Micros)>,
    pub absent: Vec<Absent>,
}

/// A moment of the timeline that has no instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Absent {
    pub moment: Moment,
    pub word: Absence,
    /// One sentence.
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    Detected,
    FailedOver,
    Recovered,
    Drained,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// It was watched for, and did not come.
    Never,
    /// Nothing called for it.
    NotNeeded,
    /// The record can not tell whether it came.
    NotVisible,
    /// The drill has no fault.
    NotPlayed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentHit {
    pub name: String,
    pub carrier: String,
    /// Subscribers with a message scheduled while a fault was effective.
    pub reached_out: u64,
    /// Of those, with such a message past the deadline.
    pub affected: u64,
}

/// Messages that met the SLO deadline, of those scheduled in some stretch of the drill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InTime {
    pub scheduled: u64,
    pub in_time: u64,
}

/// What the outage spent of the error budget, and cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    pub bad: u64,
    /// At the stack's own target.
    pub own: Spent,
    /// At the targets that people compare by, but for the stack's own.
    pub usual: Vec<Spent>,
    /// First to last missed message.
    pub out_of_objective: Micros,
    /// Whole currency units.
    pub cost: Option<u64>,
}

/// The error budget at one target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spent {
    /// The promised share, 0–1.
    pub target: f64,
    /// Bad messages that a whole period at the scheduled rate may have.
    pub allowed: f64,
    /// bad ÷ allowed.
    pub spent: f64,
}

impl Budget {
    /// At every target, in their order.
    pub fn targets(&self) -> Vec<Spent> {
        let mut all: Vec<Spent> =
            [self.own].into_iter().chain(self.usual.iter().copied()).collect();
        all.sort_by(|a, b| a.target.total_cmp(&b.target));
        all
    }
}
