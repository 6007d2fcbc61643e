//! The curves of a drill: counts, percentiles, backlog and burn, in bins of one human length.
//!
//! Nothing is smoothed. A bin with nothing in it has no percentile, which is not 0. The length of a
//! bin is part of the value, so that every chart can state it.

mod backlog;
mod burn;

pub use backlog::NodeBacklog;

use squall_model::ledger::{Answered, Message, MessageTable};
use squall_model::record::Record;
use squall_model::units::{Micros, Span};

/// Lengths a bin may have, in seconds: what people count in.
const LENGTHS_S: [u64; 16] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];

#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub span: Span,
    pub bin: Micros,
    pub bins: Vec<Bin>,
    pub backlog: Vec<NodeBacklog>,
}

/// One bin. Rates are counts of the bin; the reader divides by its length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    pub start: Micros,
    /// Shorter than the rest at the end of the span.
    pub length: Micros,
    /// By the scheduled instant: messages due, of those accepted, of those past the deadline.
    pub scheduled: u64,
    pub accepted: u64,
    pub missed: u64,
    /// By the instant it happened: delivered within the deadline, later, refused.
    pub in_time: u64,
    pub late: u64,
    pub refused: u64,
    /// Of deliveries in this bin, from the scheduled instant.
    pub p50: Option<Micros>,
    pub p99: Option<Micros>,
    /// Accepted and neither delivered nor reported as failed, at the end of the bin.
    pub waiting: u64,
    /// Error-budget burn over the hour that ends with this bin.
    pub burn: f64,
}

impl Bin {
    /// A count of this bin as a rate.
    pub fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.length.as_secs_f64().max(1e-9)
    }
}

impl Series {
    /// The curves of `span` in at most `most` bins. A bin is long enough to hold about 20 messages,
    /// where the span allows it.
    pub fn over(record: &Record, span: Span, most: u64) -> Series {
        let messages = &record.messages;
        let bin = bin_length(record, span, most);
        let count = span.length().0.div_ceil(bin.0.max(1)).min(4_096);
        let mut bins: Vec<Bin> = (0..count)
            .map(|i| {
                let start = span.start + Micros(i * bin.0);
                Bin { start, length: bin.min(span.end - start), ..Bin::default() }
            })
            .collect();
        let deadline = record.plan.stack.slo.deadline;
        count_messages(&mut bins, messages, span, bin, deadline);
        percentiles(&mut bins, messages, span, bin);
        waiting(&mut bins, messages, span, bin);
        burn::fill(&mut bins, messages, &record.plan, span);
        Series { span, bin, bins, backlog: backlog::by_node(record, span, bin, count as usize) }
    }

    /// The greatest value of a reading over the bins.
    pub fn greatest(&self, read: impl Fn(&Bin) -> f64) -> f64 {
        self.bins.iter().map(read).fold(0.0, f64::max)
    }
}

fn bin_length(record: &Record, span: Span, most: u64) -> Micros {
    let rate = record.plan.traffic.rates.iter().map(|r| r.per_second).fold(0.0, f64::max);
    let wanted_s = if rate > 0.0 { 20.0 / rate } else { 0.0 };
    let length_s = span.length().as_secs_f64();
    let fits = |s: u64| length_s / s as f64 <= most as f64;
    let enough = |s: u64| s as f64 >= wanted_s || length_s / s as f64 <= 40.0;
    let s = LENGTHS_S.into_iter().find(|s| fits(*s) && enough(*s));
    Micros::from_secs(s.unwrap_or(LENGTHS_S[LENGTHS_S.len() - 1]))
}

fn slot(at: Micros, span: Span, bin: Micros) -> Option<usize> {
    span.contains(at).then(|| ((at - span.start).0 / bin.0.max(1)) as usize)
}

fn count_messages(bins: &mut [Bin], messages: &MessageTable, span: Span, bin: Micros, slo: Micros) {
    for (_, message) in messages.attempted() {
        if let Some(b) = slot(message.due, span, bin).and_then(|i| bins.get_mut(i)) {
            b.scheduled += 1;
            b.accepted += u64::from(message.answer == Answered::Accepted);
            b.missed += u64::from(!message.in_time(slo));
        }
        if let Some(b) = slot(message.delivered, span, bin).and_then(|i| bins.get_mut(i)) {
            let in_time = message.in_time(slo);
            b.in_time += u64::from(in_time);
            b.late += u64::from(!in_time);
        }
        if message.answer == Answered::Rejected
            && let Some(b) = slot(message.answered, span, bin).and_then(|i| bins.get_mut(i))
        {
            b.refused += 1;
        }
    }
}

/// Nearest-rank percentiles of the deliveries in each bin.
fn percentiles(bins: &mut [Bin], messages: &MessageTable, span: Span, bin: Micros) {
    let mut latencies: Vec<Vec<Micros>> = vec![Vec::new(); bins.len()];
    for (_, message) in messages.attempted() {
        if let Some(of_bin) = slot(message.delivered, span, bin).and_then(|i| latencies.get_mut(i))
        {
            of_bin.push(message.latency());
        }
    }
    for (b, of_bin) in bins.iter_mut().zip(&mut latencies) {
        of_bin.sort_unstable();
        let rank = |share: f64| {
            let rank = (of_bin.len() as f64 * share).ceil() as usize;
            of_bin.get(rank.saturating_sub(1)).copied()
        };
        b.p50 = rank(0.5);
        b.p99 = rank(0.99);
    }
}

/// A running sum over everything before the end of each bin, from the start of the drill.
fn waiting(bins: &mut [Bin], messages: &MessageTable, span: Span, bin: Micros) {
    let mut before = 0i64;
    let mut change = vec![0i64; bins.len()];
    let mut add = |at: Micros, by: i64| match slot(at, span, bin) {
        Some(i) => change[i.min(bins.len() - 1)] += by,
        None if at < span.start => before += by,
        None => {}
    };
    if bins.is_empty() {
        return;
    }
    let accepted = |m: &&Message| m.answer == Answered::Accepted;
    for message in messages.rows().iter().filter(accepted) {
        // Delivered, or else reported as failed; a false receipt of delivery ends no waiting.
        let reported = if message.claimed() { Micros::MAX } else { message.receipted };
        let done = message.delivered.min(reported);
        // A delivery seen before the answer to its submit never made the message wait.
        if done > message.answered {
            add(message.answered, 1);
            add(done, -1);
        }
    }
    for (b, change) in bins.iter_mut().zip(change) {
        before += change;
        b.waiting = before.max(0) as u64;
    }
}
