//! Messages waiting: by the ledger, and by what the nodes said of themselves.
//!
//! Regions and nodes have no colour: a line and its name. A node that did not answer has no line.

use super::frame::{Area, Frame};
use super::labels::{self, Labels};
use super::rates::{scale, tick};
use crate::run::DrillReport;
use crate::series::{NodeBacklog, Series};
use maud::{Markup, html};

/// Nodes with a line of their own: those with the highest peaks.
const MOST: usize = 3;

pub fn draw(frame: &Frame, series: &Series, _: &DrillReport, area: Area) -> Markup {
    let told = series.backlog.iter().map(|node| node.peak as f64).fold(0.0, f64::max);
    // A message or two in hand is no backlog: a scale of its own would make it look like one.
    let most = series.greatest(|bin| bin.waiting as f64).max(told).max(10.0);
    // A line that never leaves the axis is not told from it.
    let shows = |node: &&NodeBacklog| node.peak > 2 && node.peak as f64 >= most * 0.02;
    let nodes: Vec<&NodeBacklog> = series.backlog.iter().filter(shows).take(MOST).collect();
    let (limit, step) = scale(most);
    let y = |count: u64| area.y(count as f64 / limit);
    let xs: Vec<f64> = series.bins.iter().map(|bin| super::middle(frame, bin)).collect();
    let ledger: Vec<(f64, Option<f64>)> =
        xs.iter().zip(&series.bins).map(|(x, bin)| (*x, Some(y(bin.waiting)))).collect();
    let mut labels = Labels::new(frame, area);
    let lines: Vec<Vec<(f64, Option<f64>)>> = nodes
        .iter()
        .map(|node| xs.iter().zip(&node.waiting).map(|(x, n)| (*x, n.map(y))).collect())
        .collect();
    labels.avoid(&ledger);
    lines.iter().for_each(|line| labels.avoid(line));
    // A node that holds all that waits draws the very line of the ledger: one line, one label.
    let same = |line: &[(f64, Option<f64>)]| {
        let waits = |y: &f64| area.bottom() - y > 6.0;
        let pairs = line.iter().zip(&ledger).filter_map(|(a, b)| Some((a.1?, b.1.filter(waits)?)));
        let apart: Vec<f64> = pairs.map(|(a, b)| (a - b).abs()).collect();
        let near = apart.iter().filter(|gap| **gap < 4.0).count();
        apart.len() >= 5 && near * 10 >= apart.len() * 9
    };
    let holder = nodes.iter().zip(&lines).find(|(_, line)| same(line));
    let text = match holder {
        Some((node, _)) => format!("accepted, not delivered: at {}", name(node)),
        None => "accepted, not delivered".to_owned(),
    };
    let all = labels.place(frame, area, "t", &text, crest(&ledger));
    html! {
        @for i in 1..=((limit / step).round() as u32) {
            @let value = f64::from(i) * step;
            (frame.grid(area.y(value / limit), &tick(value)))
        }
        (frame.grid(area.bottom(), "0"))
        path class="ink-line" d=(super::line(ledger.iter().copied())) {}
        @for (node, line) in nodes.iter().zip(&lines) {
            @if holder.is_none_or(|(held, _)| held.node != node.node) {
                path class="second-line" d=(super::line(line.iter().copied())) {}
                (labels.place(frame, area, "s", &name(node), crest(line)))
            }
        }
        (frame.base(area))
        (all)
    }
}

fn name(node: &NodeBacklog) -> String {
    crate::escape::plain(&match &node.region {
        Some(region) => format!("{} ({region})", node.node),
        None => node.node.clone(),
    })
}

/// Spots around the highest point of a line, beside it first, then anywhere along it.
fn crest(line: &[(f64, Option<f64>)]) -> Vec<(f64, f64)> {
    let highest = line.iter().filter_map(|(x, y)| Some((*x, (*y)?)));
    let Some((x, y)) = highest.min_by(|a, b| a.1.total_cmp(&b.1)) else { return Vec::new() };
    let beside = [(0.0, -6.0), (100.0, 8.0), (100.0, 20.0), (-100.0, 2.0), (-160.0, 4.0), (-100.0, -6.0)];
    let beside = beside.map(|(dx, dy)| (x + dx, y + dy));
    beside.into_iter().chain(labels::along(line, &[-8.0, -14.0, 18.0, 24.0])).collect()
}
