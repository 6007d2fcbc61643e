//! What each node said of its own backlog, by the last answer of its health endpoint in each bin.
//!
//! A node that did not answer has no value there: its line breaks instead of falling to 0.

use squall_model::fact::Fact;
use squall_model::record::Record;
use squall_model::units::{Micros, Span};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub struct NodeBacklog {
    pub node: String,
    pub region: Option<String>,
    /// One a bin.
    pub waiting: Vec<Option<u64>>,
    pub peak: u64,
}

/// One line a node that was ever asked, the highest peak first.
pub fn by_node(record: &Record, span: Span, bin: Micros, bins: usize) -> Vec<NodeBacklog> {
    let mut nodes: BTreeMap<&str, Vec<Option<u64>>> = BTreeMap::new();
    for fact in &record.events {
        let Fact::Health(health) = fact else { continue };
        let line = nodes.entry(&health.node).or_insert_with(|| vec![None; bins]);
        if span.contains(health.at)
            && let Some(value) = line.get_mut(((health.at - span.start).0 / bin.0.max(1)) as usize)
        {
            *value = health.healthy.map(|_| health.backlog);
        }
    }
    let mut lines: Vec<NodeBacklog> = nodes
        .into_iter()
        .map(|(node, waiting)| NodeBacklog {
            node: node.to_owned(),
            region: record.plan.stack.region_of(node).map(str::to_owned),
            peak: waiting.iter().flatten().copied().max().unwrap_or(0),
            waiting,
        })
        .collect();
    lines.sort_by(|a, b| b.peak.cmp(&a.peak).then_with(|| a.node.cmp(&b.node)));
    lines
}
