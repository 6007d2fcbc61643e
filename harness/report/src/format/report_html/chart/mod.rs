//! The chart of a drill: panels over one time axis, drawn by hand as SVG in three widths.
//!
//! A drawing is never scaled down: the page shows the one that fits. Nothing here needs a script or
//! a pointer; what the curves say stands in a table beside them too.

mod axis;
mod backlog;
mod burn;
mod frame;
mod labels;
mod latency;
mod numbers;
mod rail;
mod rates;
mod share;

use crate::run::DrillReport;
use crate::series::Series;
use crate::words::{self, Clock};
use frame::{Area, Frame, Size};
use maud::{Markup, html};
use squall_model::units::{Micros, Span};

/// One panel: what stands beside it, how high it is (wide, medium, small), who draws it.
struct Panel {
    title: &'static str,
    note: &'static str,
    height: [f64; 3],
    draw: fn(&Frame, &Series, &DrillReport, Area) -> Markup,
}

const RATES: Panel = Panel {
    title: "Messages a second",
    note: "by what happened to them",
    height: [150.0, 140.0, 110.0],
    draw: rates::draw,
};
const LATENCY: Panel = Panel {
    title: "Delivery latency",
    note: "of what arrives, log scale",
    height: [124.0, 110.0, 96.0],
    draw: latency::draw,
};
const FULL: &[Panel] = &[
    RATES,
    Panel {
        title: "Accepted and missed",
        note: "% of messages scheduled",
        height: [72.0, 72.0, 64.0],
        draw: share::draw,
    },
    LATENCY,
    Panel {
        title: "Backlog",
        note: "messages waiting",
        height: [92.0, 86.0, 76.0],
        draw: backlog::draw,
    },
    Panel {
        title: "Error-budget burn",
        note: "1 h window, log scale",
        height: [92.0, 86.0, 76.0],
        draw: burn::draw,
    },
];
const ZOOM: &[Panel] = &[RATES, LATENCY];

/// The whole chart with its caption, the strip around the fault's start, and the numbers as a table.
pub fn chart(drill: &DrillReport) -> Markup {
    let clock = Clock::of(drill.plan());
    html! {
        figure.chart {
            @for size in Size::ALL { (drawing(drill, &drill.whole, FULL, size, clock)) }
            figcaption.note { (caption(drill)) }
        }
        @if let Some(zoom) = &drill.zoom {
            figure.chart {
                h4 {
                    "The first minutes, " (clock.at(zoom.span.start)) " to " (clock.at(zoom.span.end))
                }
                @for size in Size::ALL { (drawing(drill, zoom, ZOOM, size, clock)) }
                figcaption.note {
                    "The same curves around the start of the fault. Each point is the mean of "
                    (zoom.bin.to_string()) "."
                }
            }
        }
        (numbers::table(drill))
    }
}

fn drawing(
    drill: &DrillReport,
    series: &Series,
    panels: &[Panel],
    size: Size,
    clock: Clock,
) -> Markup {
    let item = drill.plan().traffic.item;
    let frame = Frame::new(drill, series.span, size, clock);
    let rail = rail::lay_out(&frame, drill);
    let mut top = frame::TOP_AXIS + rail.height;
    let first = top;
    let mut placed = Vec::new();
    for panel in panels {
        let area = Area { top: top + frame.title_height(), height: panel.height[size as usize] };
        top = area.bottom() + frame::GAP;
        placed.push((panel, area));
    }
    let bottom = placed.last().map_or(first, |(_, area)| area.bottom());
    let height = bottom + frame::BOTTOM_AXIS;
    html! {
        svg class=(size.class()) viewBox=(format!("0 0 {} {height:.0}", size.width()))
            width=(size.width()) height=(format!("{height:.0}")) role="img" aria-label=(spoken(drill, series, clock)) {
            (frame.windows(frame::TOP_AXIS, first, &placed.iter().map(|(_, area)| *area).collect::<Vec<_>>()))
            (axis::top(&frame))
            @for (panel, area) in &placed {
                (frame.title(&item.says(panel.title), &item.says(panel.note), *area))
                ((panel.draw)(&frame, series, drill, *area))
            }
            (rail.draw(&frame, bottom))
            (axis::bottom(&frame, bottom))
        }
    }
}

fn caption(drill: &DrillReport) -> Markup {
    let sampled = drill.plan().traffic.sampled;
    html! {
        @if !drill.plan().faults.is_empty() { "Shaded: from injected to healed. " }
        "Each point is the mean of " (drill.whole.bin.to_string())
        "; the tables count every " (drill.plan().traffic.item.one())
        @if sampled > 1 { ", each standing for " (words::count(sampled)) }
        ". Blue, in time, and amber, late, stack up; red, refused, hangs from what was scheduled. "
        "Latency is of what arrives: what never does shows in “missed the deadline”, by its scheduled instant. "
        "A node that does not answer has no backlog line."
    }
}

/// The chart in one breath, for who hears the page.
fn spoken(drill: &DrillReport, series: &Series, clock: Clock) -> String {
    let Span { start, end } = series.span;
    let low = series.bins.iter().map(|bin| bin.per_second(bin.in_time)).fold(f64::MAX, f64::min);
    let p99 = series.bins.iter().filter_map(|bin| bin.p99).max().unwrap_or(Micros::ZERO);
    let said = format!(
        "Curves from {} to {}: scheduled up to {:.1} messages a second, delivered in time at least {:.1} and at most {:.1} a second; delivered late up to {:.1} a second, 99th percentile of latency up to {p99}, up to {} messages waiting, burn up to {:.1} times. The table below holds the curves as numbers. ",
        clock.at(start),
        clock.at(end),
        series.greatest(|bin| bin.per_second(bin.scheduled)),
        if low == f64::MAX { 0.0 } else { low },
        series.greatest(|bin| bin.per_second(bin.in_time)),
        series.greatest(|bin| bin.per_second(bin.late)),
        words::count(series.greatest(|bin| bin.waiting as f64) as u64),
        series.greatest(|bin| bin.burn),
    );
    drill.plan().traffic.item.says(&said) + &crate::escape::plain(&drill.judged.reason)
}

/// A path through points, broken where there is no value.
fn line(points: impl IntoIterator<Item = (f64, Option<f64>)>) -> String {
    let mut path = String::new();
    let mut pen_up = true;
    for (x, y) in points {
        match y {
            Some(y) => {
                path += &format!("{}{x:.1} {y:.1}", if pen_up { "M" } else { "L" });
                // A point of its own, with nothing on either side, shows as a dot.
                if pen_up {
                    path += "h0.1";
                }
                pen_up = false;
            }
            None => pen_up = true,
        }
    }
    path
}

/// The middle of a bin on the time axis.
fn middle(frame: &Frame, bin: &crate::series::Bin) -> f64 {
    frame.x(bin.start + Micros(bin.length.0 / 2))
}
