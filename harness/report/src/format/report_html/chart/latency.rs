//! Delivery latency, from the scheduled instant, of what arrived in each bin: 50th and 99th
//! percentile on a log scale, with the stack's deadline.

use super::frame::{Area, Frame};
use super::labels::{self, Labels};
use crate::run::DrillReport;
use crate::series::{Bin, Series};
use maud::{Markup, html};
use squall_model::units::Micros;

/// Ticks that people know, in milliseconds.
const TICKS_MS: [u64; 13] = [
    1, 10, 100, 1_000, 10_000, 60_000, 600_000, 3_600_000, 14_400_000, 86_400_000, 604_800_000,
    6_048_000_000, 60_480_000_000,
];

pub fn draw(frame: &Frame, series: &Series, drill: &DrillReport, area: Area) -> Markup {
    let deadline = drill.plan().stack.slo.deadline;
    let (low, high) = range(series, deadline);
    let y = |at: Micros| area.y(share(at, low, high));
    let points = |read: fn(&Bin) -> Option<Micros>| -> Vec<(f64, Option<f64>)> {
        series.bins.iter().map(|bin| (super::middle(frame, bin), read(bin).map(y))).collect()
    };
    let (p50, p99) = (points(|bin| bin.p50), points(|bin| bin.p99));
    let name = format!("deadline {deadline}");
    let mut labels = Labels::new(frame, area);
    let limit = y(deadline);
    labels.avoid(&p50);
    labels.avoid(&p99);
    let spots = frame.limit_spots(limit, labels::width(&name) / 2.0);
    let named = labels.place(frame, area, "bad", &name, spots);
    labels.avoid(&[(frame.left(), Some(limit)), (frame.right(), Some(limit))]);
    html! {
        @for tick in ticks(low, high, area) { (frame.grid(y(tick), &tick.to_string())) }
        (frame.limit(limit))
        path class="second-line" d=(super::line(p50.iter().copied())) {}
        path class="ink-line" d=(super::line(p99.iter().copied())) {}
        (frame.base(area))
        (named)
        (labels.place(frame, area, "t", "p99", labels::along(&p99, &[-6.0, -9.0, -12.0, 17.0])))
        (labels.place(frame, area, "s", "p50", labels::along(&p50, &[15.0, 17.0, 20.0, -6.0])))
    }
}

/// The known ticks around everything that is drawn.
fn range(series: &Series, deadline: Micros) -> (Micros, Micros) {
    let all = || {
        series.bins.iter().flat_map(|bin| [bin.p50, bin.p99]).flatten().chain([deadline])
    };
    let least = all().min().unwrap_or(deadline);
    let most = all().max().unwrap_or(deadline);
    let ticks = TICKS_MS.map(Micros::from_millis);
    let low = ticks.into_iter().rev().find(|tick| *tick <= least).unwrap_or(ticks[0]);
    let high = ticks.into_iter().find(|tick| *tick >= most && *tick > low);
    (low, high.unwrap_or(ticks[ticks.len() - 1]))
}

fn share(at: Micros, low: Micros, high: Micros) -> f64 {
    let log = |at: Micros| (at.0.max(1) as f64).ln();
    (log(at) - log(low)) / (log(high) - log(low)).max(1e-9)
}

/// Ticks of the range that have room for their labels.
fn ticks(low: Micros, high: Micros, area: Area) -> Vec<Micros> {
    let mut kept: Vec<Micros> = Vec::new();
    for tick in TICKS_MS.map(Micros::from_millis) {
        let free = kept.last().is_none_or(|last| {
            area.height * (share(tick, low, high) - share(*last, low, high)) >= 14.0
        });
        if low <= tick && tick <= high && free {
            kept.push(tick);
        }
    }
    kept
}
