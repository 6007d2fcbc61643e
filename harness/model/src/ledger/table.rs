//! The table of messages, built from facts as they are read. Order of facts does not matter.
//!
//! Rows are found by message number. Numbers beyond twice the plan's schedule are no messages of
//! this drill: they are counted as strays and take no memory, whatever a damaged file says.

use super::message::{
    Answered, CLAIMED, DROPPED, EXPIRED, FAILED, GOOD_FIRST, Message, PENDING, SWALLOWED, since,
};
use super::verbs::Verbs;
use crate::fact::{Answer, CarrierEvent, CarrierSaw, Receipt, ReceiptState, Submit};
use crate::plan::Plan;
use crate::units::Micros;
use std::collections::BTreeMap;

/// Every message of a drill, one row each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageTable {
    rows: Vec<Message>,
    limit: u64,
    subscribers: u64,
    carriers: Vec<String>,
    nodes: Vec<String>,
    extras: Vec<Extra>,
    verbs: Verbs,
    /// When calls were cut short, by their numbers.
    drops: BTreeMap<u64, Micros>,
    /// Submit facts taken in; the ledger is checked against it.
    pub(super) submits: u64,
    /// Carrier log lines without a token of this drill.
    pub(super) unknown: u64,
    /// Attempts at carriers by such messages.
    pub(super) unknown_attempts: u64,
    /// Facts that contradict the plan or each other.
    pub(super) strays: u64,
    /// By carrier: lines of its log that were taken in, and the position after the last of them.
    logged: BTreeMap<String, (u64, u64)>,
    /// How many messages each node named as still waiting.
    pub(super) named: BTreeMap<String, u64>,
}

/// A delivery after the first of the same message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extra {
    pub m: u64,
    pub at: Micros,
    pub route: u8,
}

impl MessageTable {
    pub fn new(plan: &Plan) -> Self {
        let expected = plan.traffic.expected(plan.end).clamp(0.0, 1e9) as u64;
        let subscribers = plan.traffic.population.iter().map(|p| u64::from(p.subscribers)).sum();
        let limit = expected.saturating_mul(2) + 65_536;
        MessageTable { limit, subscribers, ..Default::default() }
    }

    /// Rows by message number, attempted or not.
    pub fn rows(&self) -> &[Message] {
        &self.rows
    }

    /// Attempted messages with their numbers, in order of number and so of due instant.
    pub fn attempted(&self) -> impl Iterator<Item = (u64, &Message)> {
        self.rows.iter().enumerate().filter(|(_, m)| m.attempted()).map(|(i, m)| (i as u64, m))
    }

    /// Names behind [`Message::route`].
    pub fn carriers(&self) -> &[String] {
        &self.carriers
    }

    /// Names behind [`Message::via`].
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    pub fn route(&self, carrier: &str) -> Option<u8> {
        self.carriers.iter().position(|name| name == carrier).map(|i| i as u8)
    }

    /// Deliveries beyond the first of each message.
    pub fn extras(&self) -> &[Extra] {
        &self.extras
    }

    /// What the handsets of calls heard.
    pub fn verbs(&self) -> &Verbs {
        &self.verbs
    }

    /// When a call ended: its script did, or it was cut short; `None` for one that was never answered.
    pub fn ended(&self, m: u64, call: &Message) -> Option<Micros> {
        match call.was_delivered() {
            true => Some(call.delivered),
            false => self.drops.get(&m).copied(),
        }
    }

    /// Facts that fit neither the plan nor each other; a sound record has none.
    pub fn strays(&self) -> u64 {
        self.strays
    }

    pub fn submits(&self) -> u64 {
        self.submits
    }

    /// Numbers below the highest attempted one that were never attempted.
    pub fn holes(&self) -> u64 {
        let end = self.rows.iter().rposition(Message::attempted).map_or(0, |last| last + 1);
        self.rows[..end].iter().filter(|m| !m.attempted()).count() as u64
    }

    pub(crate) fn submit(&mut self, fact: &Submit) {
        self.submits += 1;
        if u64::from(fact.sub) >= self.subscribers.max(65_536) {
            self.strays += 1;
            return;
        }
        let Some(row) = self.row(fact.m) else { return };
        if row.attempted() {
            self.strays += 1;
            return;
        }
        row.due = fact.due;
        row.answered = fact.at;
        row.subscriber = fact.sub;
        row.lag_us = u32::try_from((fact.sent - fact.due).0).unwrap_or(u32::MAX);
        row.answer = match fact.answer {
            Answer::Accepted => Answered::Accepted,
            Answer::Rejected(_) => Answered::Rejected,
            Answer::Indeterminate(_) => Answered::Indeterminate,
        };
    }

    pub(crate) fn carrier(&mut self, fact: &CarrierSaw) {
        self.log(&fact.carrier, fact.seq);
        if fact.what == CarrierEvent::Part {
            return;
        }
        let Some(m) = fact.m else {
            if !matches!(fact.what, CarrierEvent::Verb { .. }) {
                self.unknown += 1;
                self.unknown_attempts += 1;
            }
            return;
        };
        if let CarrierEvent::Verb { verb, code } = &fact.what {
            // Of a stranger's call the call itself is counted, not its verbs.
            if m < self.limit {
                self.verbs.log(m, fact.at, verb, code.as_deref());
            }
            return;
        }
        let route = self.route_of(&fact.carrier);
        let via = fact.via.as_deref().map_or(u8::MAX, |node| self.via_of(node));
        let Some(row) = self.row(m) else {
            self.unknown += 1;
            return;
        };
        row.attempts = row.attempts.saturating_add(1);
        match fact.what {
            CarrierEvent::Swallowed => row.flags |= SWALLOWED,
            CarrierEvent::Dropped(_) => {
                row.flags |= DROPPED;
                let first = self.drops.entry(m).or_insert(fact.at);
                *first = fact.at.min(*first);
            }
            CarrierEvent::Refused(_) | CarrierEvent::Part | CarrierEvent::Verb { .. } => {}
            CarrierEvent::Delivered => {
                let mut extra = None;
                if row.deliveries == 0 || fact.at < row.delivered {
                    if row.deliveries > 0 {
                        extra = Some(Extra { m, at: row.delivered, route: row.route });
                    }
                    row.delivered = fact.at;
                    row.route = route;
                    row.via = via;
                } else {
                    extra = Some(Extra { m, at: fact.at, route });
                }
                row.deliveries = row.deliveries.saturating_add(1);
                self.extras.extend(extra);
            }
        }
    }

    /// Lines of the carriers' logs that stand before others and were not taken in.
    pub fn gaps(&self) -> u64 {
        self.logged.values().map(|(lines, end)| end.saturating_sub(*lines)).sum()
    }

    fn log(&mut self, carrier: &str, seq: u64) {
        let entry = match self.logged.get_mut(carrier) {
            Some(entry) => entry,
            None => self.logged.entry(carrier.to_owned()).or_default(),
        };
        *entry = (entry.0 + 1, entry.1.max(seq.saturating_add(1)));
    }

    pub(crate) fn receipt(&mut self, fact: &Receipt) {
        let Some(row) = self.row(fact.m) else { return };
        row.flags |= match fact.state {
            ReceiptState::Delivered => CLAIMED,
            ReceiptState::Failed => FAILED,
            ReceiptState::Expired => EXPIRED,
        };
        if fact.at < row.receipted {
            row.receipted = fact.at;
            let good = fact.state == ReceiptState::Delivered;
            row.flags = if good { row.flags | GOOD_FIRST } else { row.flags & !GOOD_FIRST };
        }
    }

    pub(crate) fn pending(&mut self, m: u64, node: &str) {
        if let Some(row) = self.row(m) {
            row.flags |= PENDING;
        }
        match self.named.get_mut(node) {
            Some(count) => *count += 1,
            None => drop(self.named.insert(node.to_owned(), 1)),
        }
    }

    fn row(&mut self, m: u64) -> Option<&mut Message> {
        if m >= self.limit {
            self.strays += 1;
            return None;
        }
        let index = m as usize;
        if index >= self.rows.len() {
            self.rows.resize(index + 1, Message::BLANK);
        }
        self.rows.get_mut(index)
    }

    /// Past 255 names the way counts as untold.
    fn via_of(&mut self, node: &str) -> u8 {
        let known = self.nodes.iter().position(|name| name == node);
        let index = known.unwrap_or_else(|| {
            if self.nodes.len() < usize::from(u8::MAX) {
                self.nodes.push(node.to_owned());
                return self.nodes.len() - 1;
            }
            usize::from(u8::MAX)
        });
        index as u8
    }

    fn route_of(&mut self, carrier: &str) -> u8 {
        let known = self.carriers.iter().position(|name| name == carrier);
        let index = known.unwrap_or_else(|| {
            // Past 255 carriers the rest share one index; no stack comes near.
            if self.carriers.len() < usize::from(u8::MAX) {
                self.carriers.push(carrier.to_owned());
            }
            self.carriers.len() - 1
        });
        index as u8
    }
}

/// Latency of the answer to the submit; a refusal never is one.
impl Message {
    pub fn accept_latency(&self) -> Micros {
        match self.answer {
            Answered::Accepted => since(self.due, self.answered),
            _ => Micros::MAX,
        }
    }

    pub fn receipt_latency(&self) -> Micros {
        since(self.due, self.receipted)
    }
}
