//! What a check may look at: the record, its closed ledger, and what was worked out from both once.

use crate::detection::Detection;
use crate::fact::Fact;
use crate::judged::{Bracket, FaultSeen};
use crate::ledger::{Ledger, Message, MessageTable};
use crate::plan::{PhaseName, Plan};
use crate::record::Record;
use crate::recovery::Recovery;
use crate::units::{Micros, Span};

/// One drill, ready to be judged.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    pub plan: &'a Plan,
    pub messages: &'a MessageTable,
    pub events: &'a [Fact],
    pub ledger: Ledger,
    /// Same order as `plan.faults`.
    pub faults: Vec<FaultSeen>,
    /// Due instants of the first and the last message that missed the SLO deadline.
    pub impact: Option<Span>,
    pub recovery: Recovery,
    pub detection: Detection,
}

impl<'a> Case<'a> {
    pub fn open(record: &'a Record) -> Case<'a> {
        let plan = &record.plan;
        let deadline = plan.stack.slo.deadline;
        let faults = crate::proof::prove(plan, &record.events);
        let mut case = Case {
            plan,
            messages: &record.messages,
            events: &record.events,
            ledger: crate::ledger::close(&record.messages, &record.events, deadline),
            faults,
            impact: None,
            recovery: Recovery::default(),
            detection: Detection::default(),
        };
        case.impact = crate::impact::impact(&case);
        case.recovery = crate::recovery::recovery(&case);
        case.detection = crate::detection::detection(&case);
        case
    }

    pub fn deadline(&self) -> Micros {
        self.plan.stack.slo.deadline
    }

    /// From the end of warm-up to the end of the traffic.
    pub fn whole(&self) -> Span {
        Span { start: self.plan.warm_up, end: self.plan.end.max(self.plan.warm_up) }
    }

    /// When the first fault took effect.
    pub fn effective(&self) -> Option<Bracket> {
        self.faults.iter().filter_map(|fault| fault.effective).min_by_key(|b| b.by)
    }

    /// When the last fault was healed; `None` while one that took effect is not known to have healed.
    pub fn healed(&self) -> Option<Bracket> {
        let felt = self.faults.iter().filter(|fault| fault.effective.is_some());
        let healed: Option<Vec<Bracket>> = felt.map(|fault| fault.healed).collect();
        healed?.into_iter().max_by_key(|b| b.by)
    }

    /// The stretches of drill time in which every message was surely scheduled while a fault was
    /// effective: joined, in order. A fault that was never seen to heal lasts to the end.
    pub fn during(&self) -> Vec<Span> {
        self.under_fault(|effective, healed| Span {
            start: effective.by,
            end: healed.map_or(self.plan.end, |b| b.after),
        })
    }

    /// The stretches outside of which surely no message was scheduled while a fault was effective.
    pub fn during_at_most(&self) -> Vec<Span> {
        self.under_fault(|effective, healed| Span {
            start: effective.after,
            end: healed.map_or(self.plan.end, |b| b.by),
        })
    }

    fn under_fault(&self, span: impl Fn(Bracket, Option<Bracket>) -> Span) -> Vec<Span> {
        let felt =
            self.faults.iter().filter_map(|fault| Some(span(fault.effective?, fault.healed)));
        let mut spans: Vec<Span> = felt.filter(|span| span.start < span.end).collect();
        spans.sort_by_key(|span| span.start);
        let mut joined: Vec<Span> = Vec::new();
        for span in spans {
            match joined.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => joined.push(span),
            }
        }
        joined
    }

    /// The stretches a phase names.
    ///
    /// # Errors
    /// A sentence saying why the drill has no such phase.
    pub fn spans(&self, phase: PhaseName) -> Result<Vec<Span>, String> {
        let whole = self.whole();
        match phase {
            PhaseName::Whole => Ok(vec![whole]),
            PhaseName::Window(span) => Ok(vec![span]),
            PhaseName::BeforeTheFault => match self.effective() {
                Some(effective) => Ok(vec![Span { start: whole.start, end: effective.after }]),
                None => Err("No fault was seen to take effect, so nothing was before it.".into()),
            },
            PhaseName::DuringTheFault => match self.during() {
                spans if spans.is_empty() => {
                    Err("No fault was seen to take effect, so nothing was during it.".into())
                }
                spans => Ok(spans),
            },
            PhaseName::AfterRecovery => match self.recovery.at() {
                Some(at) => Ok(vec![Span { start: at, end: whole.end.max(at) }]),
                None => Err("Delivery was not seen to recover, so nothing was after it.".into()),
            },
        }
    }

    /// Attempted messages scheduled in `spans`.
    pub fn scheduled<'s>(
        &'s self,
        spans: &'s [Span],
    ) -> impl Iterator<Item = (u64, &'s Message)> + 's {
        self.messages.attempted().filter(|(_, m)| spans.iter().any(|span| span.contains(m.due)))
    }
}
