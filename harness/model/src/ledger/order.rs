//! Order of arrival per subscriber: a message is out of order when one scheduled later for the
//! same subscriber arrived before it. Repeats of a message do not count here.

use super::MessageTable;
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
    let delivered = table.attempted().filter(|(_, m)| m.was_delivered());
    let mut arrivals: Vec<(u32, u64)> = delivered.map(|(m, row)| (row.subscriber, m)).collect();
    // By subscriber, then by number: a table with a place for each subscriber would be larger than
    // all messages of a short drill together.
    arrivals.sort_unstable();
    let mut order = Order::default();
    for of_one in arrivals.chunk_by(|a, b| a.0 == b.0) {
        order.followers += of_one.len() as u64 - 1;
        let mut latest = Micros::ZERO;
        for (_, m) in of_one {
            let at = table.rows()[*m as usize].delivered;
            if at < latest {
                order.evidence.push(*m);
            }
            latest = at.max(latest);
        }
    }
    order.out_of_order = order.evidence.len() as u64;
    order.evidence.sort_unstable();
    order.evidence.truncate(keep);
    order
}
