//! What a check may look at: the record, its closed ledger, and what was worked out from both once.

use crate::detection::Detection;
use crate::fact::Fact;
use crate::judged::{Bracket, FaultSeen};
use crate::ledger::{Heard, Ledger, Message, MessageTable};
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
    /// When the drill was cut short of its planned end, drain included.
    pub stopped: Option<Micros>,
    pub recovery: Recovery,
    pub detection: Detection,
}

/// How long a receipt may be under way, beside what its carrier takes to send it.
const UNDER_WAY: Micros = Micros::from_secs(10);

/// Until when a delivery had time enough to be told of: a stack may be at work to the very end.
fn settled(plan: &Plan, stopped: Option<Micros>) -> Micros {
    let watched = stopped.unwrap_or(plan.end + plan.drain);
    let slowest = plan.stack.carriers.iter().map(|carrier| carrier.receipt_delay).max();
    watched.saturating_sub(slowest.unwrap_or_default() + UNDER_WAY)
}

impl<'a> Case<'a> {
    pub fn open(record: &'a Record) -> Case<'a> {
        let plan = &record.plan;
        let deadline = plan.stack.slo.deadline;
        let stopped = stopped(record);
        let faults = crate::proof::prove(plan, &record.events, stopped);
        let mut case = Case {
            plan,
            messages: &record.messages,
            events: &record.events,
            ledger: crate::ledger::close(
                &record.messages,
                &record.events,
                deadline,
                settled(plan, stopped),
            ),
            faults,
            stopped,
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

    /// From the end of warm-up to the end of the traffic, or to where the drill was stopped.
    pub fn whole(&self) -> Span {
        let end = self.stopped.map_or(self.plan.end, |at| at.min(self.plan.end));
        Span { start: self.plan.warm_up, end: end.max(self.plan.warm_up) }
    }

    /// Until when anything was watched for: to the end of the drain, or to where the drill was stopped.
    pub fn watched(&self) -> Micros {
        self.stopped.unwrap_or(self.plan.end + self.plan.drain)
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
            end: healed.map_or(self.whole().end, |b| b.after),
        })
    }

    /// The stretches outside of which surely no message was scheduled while a fault was effective.
    pub fn during_at_most(&self) -> Vec<Span> {
        self.under_fault(|effective, healed| Span {
            start: effective.after,
            end: healed.map_or(self.whole().end, |b| b.by),
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

    /// The stretches that a phase names for what ends at an instant of its own, as calls and verbs do.
    /// What ended as the fault began, or before it was surely gone, ended in the fault.
    ///
    /// # Errors
    /// As [`Case::spans`].
    pub fn spans_of_ends(&self, phase: PhaseName) -> Result<Vec<Span>, String> {
        let mut spans = self.spans(phase)?;
        if phase == PhaseName::DuringTheFault {
            spans = self.during_at_most();
        }
        // What was under way when the traffic ended goes on into the drain.
        let end = self.whole().end;
        for span in spans.iter_mut().filter(|span| span.end == end) {
            span.end = self.watched();
        }
        Ok(spans)
    }

    /// Attempted calls of a phase, each in the phase in which it ended: the calls that a fault cuts short
    /// were placed before it. One that was never answered counts when it was scheduled, and so do all of
    /// them where the phase is the whole drill.
    ///
    /// # Errors
    /// As [`Case::spans`].
    pub fn calls_ended(&self, phase: PhaseName) -> Result<Vec<(u64, &Message)>, String> {
        let spans = self.spans_of_ends(phase)?;
        let at = |m: u64, call: &Message| match phase {
            PhaseName::Whole => call.due,
            _ => self.messages.ended(m, call).unwrap_or(call.due),
        };
        let inside = |at: Micros| spans.iter().any(|span| span.contains(at));
        Ok(self.messages.attempted().filter(|(m, call)| inside(at(*m, call))).collect())
    }

    /// Verbs that ended in a phase, in the order of the carriers' logs.
    ///
    /// # Errors
    /// As [`Case::spans`].
    pub fn verbs_ended(&self, phase: PhaseName) -> Result<Vec<&Heard>, String> {
        let spans = self.spans_of_ends(phase)?;
        let counts = |verb: &&Heard| {
            let call = self.messages.rows().get(verb.m as usize).filter(|call| call.attempted());
            let at = |call: &Message| if phase == PhaseName::Whole { call.due } else { verb.at };
            call.is_some_and(|call| spans.iter().any(|span| span.contains(at(call))))
        };
        Ok(self.messages.verbs().rows().iter().filter(counts).collect())
    }

    /// Attempted messages scheduled in `spans`.
    pub fn scheduled<'s>(
        &'s self,
        spans: &'s [Span],
    ) -> impl Iterator<Item = (u64, &'s Message)> + 's {
        self.messages.attempted().filter(|(_, m)| spans.iter().any(|span| span.contains(m.due)))
    }
}

/// What comes after the first interruption is the undoing of it, and no part of the drill.
fn stopped(record: &Record) -> Option<Micros> {
    let stops = record.events.iter().filter_map(|event| match event {
        Fact::Interrupted { at, .. } => Some(*at),
        _ => None,
    });
    stops.min().filter(|at| *at < record.plan.end + record.plan.drain)
}
