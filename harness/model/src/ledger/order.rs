//! Order of arrival per subscriber: a message is out of order when one scheduled later for the
//! same subscriber arrived before it. Repeats of a message do not count here.

use super::{Message, MessageTable};
use crate::units::Micros;

/// What the order of arrivals came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    pub out_of_order: u64,
    /// Deliveries to a subscriber who had one before: what could have been out of order.
    pub followers: u64,
    pub evidence: Vec<u64>,
}

pub fn order(table: &MessageTable, keep: usize) -> Order {
    let arrived = |m: &&Message| m.attempted() && m.was_delivered();
    let Some(last) = table.rows().iter().filter(arrived).map(|m| m.subscriber).max() else {
        return Order::default();
    };
    // Zeroed pages cost nothing until they are touched.
    let mut latest = vec![Micros::ZERO; last as usize + 1];
    let mut order = Order::default();
    for (m, message) in table.attempted().filter(|(_, m)| m.was_delivered()) {
        let latest = &mut latest[message.subscriber as usize];
        // One past the instant, so that zero means nobody yet.
        let at = message.delivered + Micros(1);
        if *latest > Micros::ZERO {
            order.followers += 1;
        }
        if at < *latest {
            order.out_of_order += 1;
            if order.evidence.len() < keep {
                order.evidence.push(m);
            }
        }
        *latest = at.max(*latest);
    }
    order
}
