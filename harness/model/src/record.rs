//! The plain value between run and report: a versioned header, the plan, and what happened.
//!
//! A facts file is one [`Header`] line and then one [`Fact`] a line. Facts about messages are many
//! and folded into the [`MessageTable`] as they are read; all others are kept as they are. To read
//! a file: `let mut b = Record::builder(header, plan); for each line { b.push(fact); } b.finish()`.

use crate::fact::Fact;
use crate::ledger::MessageTable;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Version of the fact format; a reader refuses another major number.
pub const SCHEMA: &str = "squall.facts/1";

/// First line of a facts file (one a drill).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub schema: String,
    pub squall: String,
    pub engine: String,
    pub plan_hash: String,
    /// Index of the drill in the run.
    pub drill: usize,
}

/// All that is known of one played drill.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub header: Header,
    pub plan: Plan,
    /// Submits, carriers' logs, receipts and what queues still name, one row a message.
    pub messages: MessageTable,
    /// All other facts, in the order in which they were written.
    pub events: Vec<Fact>,
}

impl Record {
    pub fn builder(header: Header, plan: Plan) -> RecordBuilder {
        let messages = MessageTable::new(&plan);
        RecordBuilder { record: Record { header, plan, messages, events: Vec::new() } }
    }
}

/// Takes facts one at a time, in any order.
#[derive(Clone, Debug)]
pub struct RecordBuilder {
    record: Record,
}

impl RecordBuilder {
    pub fn push(&mut self, fact: Fact) {
        let messages = &mut self.record.messages;
        match fact {
            Fact::Submit(submit) => messages.submit(&submit),
            Fact::Carrier(saw) => messages.carrier(&saw),
            Fact::Receipt(receipt) => messages.receipt(&receipt),
            Fact::Pending { m, node, .. } => messages.pending(m, &node),
            other => self.record.events.push(other),
        }
    }

    pub fn finish(self) -> Record {
        self.record
    }
}

impl Extend<Fact> for RecordBuilder {
    fn extend<T: IntoIterator<Item = Fact>>(&mut self, facts: T) {
        facts.into_iter().for_each(|fact| self.push(fact));
    }
}
