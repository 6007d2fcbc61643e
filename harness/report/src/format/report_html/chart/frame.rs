//! The ground of a drawing: its width, its scales in time, the fault windows, the panel titles.

use crate::format::report_html::text;
use crate::run::DrillReport;
use crate::words::Clock;
use maud::{Markup, html};
use squall_model::units::{Micros, Span};

pub const TOP_AXIS: f64 = 34.0;
pub const BOTTOM_AXIS: f64 = 26.0;
pub const GAP: f64 = 24.0;
/// Room for the half of the last tick label that stands past the plot.
const RIGHT: f64 = 10.0;

/// The three drawings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Wide,
    Medium,
    Small,
}

impl Size {
    pub const ALL: [Size; 3] = [Size::Wide, Size::Medium, Size::Small];

    pub fn width(self) -> f64 {
        [1160.0, 690.0, 368.0][self as usize]
    }

    pub fn class(self) -> &'static str {
        ["wide", "medium", "small"][self as usize]
    }

    fn gutter(self) -> f64 {
        [196.0, 56.0, 48.0][self as usize]
    }
}

/// A panel's place in the drawing.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub top: f64,
    pub height: f64,
}

impl Area {
    pub fn bottom(self) -> f64 {
        self.top + self.height
    }

    /// The height of a share of 0–1, counted from the bottom.
    pub fn y(self, share: f64) -> f64 {
        self.bottom() - self.height * share.clamp(0.0, 1.0)
    }
}

pub struct Frame {
    pub size: Size,
    pub span: Span,
    pub clock: Clock,
    /// When the fault was effective.
    pub zero: Option<Micros>,
    /// Injected to healed.
    pub faults: Vec<Span>,
}

impl Frame {
    pub fn new(drill: &DrillReport, span: Span, size: Size, clock: Clock) -> Frame {
        let faults = drill.judged.faults.iter().map(|seen| Span {
            start: seen.requested.start,
            end: seen.healed.map_or(span.end, |bracket| bracket.by),
        });
        let inside = |it: &Span| it.start < span.end && it.end > span.start;
        let zero = crate::timeline::zero(drill);
        Frame { size, span, clock, zero, faults: faults.filter(inside).collect() }
    }

    pub fn left(&self) -> f64 {
        self.size.gutter()
    }

    pub fn right(&self) -> f64 {
        self.size.width() - RIGHT
    }

    pub fn x(&self, at: Micros) -> f64 {
        let at = at.max(self.span.start).min(self.span.end);
        let length = (self.span.length().0 as f64).max(1.0);
        self.left() + (at - self.span.start).0 as f64 / length * (self.right() - self.left())
    }

    pub fn holds(&self, at: Micros) -> bool {
        self.span.start <= at && at <= self.span.end
    }

    /// Panel titles stand in the gutter of the wide drawing, else above the panel.
    pub fn title_height(&self) -> f64 {
        if self.size == Size::Wide { 0.0 } else { 26.0 }
    }

    pub fn title(&self, title: &str, note: &str, area: Area) -> Markup {
        html! {
            @if self.size == Size::Wide {
                (text(0.0, area.top + 10.0, "b", title))
                (text(0.0, area.top + 27.0, "s", note))
            } @else {
                text x="0" y=(format!("{:.1}", area.top - 13.0)) class="b" {
                    (title) " " tspan class="s" { (note) }
                }
            }
        }
    }

    /// The fault windows behind everything: through the whole wide drawing, else through each panel,
    /// so that no title stands on a window.
    pub fn windows(&self, rail: f64, first: f64, panels: &[Area]) -> Markup {
        let through: Vec<(f64, f64)> = match (self.size, panels.last()) {
            (Size::Wide, Some(last)) => vec![(rail, last.bottom())],
            _ => std::iter::once((rail, first - 4.0))
                .chain(panels.iter().map(|area| (area.top, area.bottom())))
                .collect(),
        };
        html! {
            @for span in &self.faults {
                @let (x0, x1) = (self.x(span.start), self.x(span.end));
                @for (top, bottom) in &through {
                    rect class="window" x=(f(x0)) y=(f(*top)) width=(f((x1 - x0).max(1.0))) height=(f(bottom - top)) {}
                    @if self.holds(span.start) { path class="edge" d=(format!("M{x0:.1} {top:.1}V{bottom:.1}")) {} }
                    @if self.holds(span.end) { path class="edge" d=(format!("M{x1:.1} {top:.1}V{bottom:.1}")) {} }
                }
            }
        }
    }

    /// Whether the ground at `x` is a fault window: halos take its colour.
    pub fn shaded(&self, x: f64) -> bool {
        self.faults.iter().any(|span| self.x(span.start) <= x && x < self.x(span.end))
    }

    /// A hairline with its label in the gutter.
    pub fn grid(&self, y: f64, label: &str) -> Markup {
        html! {
            path class="grid" d=(format!("M{:.1} {y:.1}H{:.1}", self.left(), self.right())) {}
            text class="s e" x=(f(self.left() - 6.0)) y=(f(y + 4.0)) { (label) }
        }
    }

    pub fn base(&self, area: Area) -> Markup {
        html! { path class="axis" d=(format!("M{:.1} {:.1}H{:.1}", self.left(), area.bottom(), self.right())) {} }
    }

    /// A dashed line at a limit, without its name.
    pub fn limit(&self, y: f64) -> Markup {
        html! { path class="limit" d=(format!("M{:.1} {y:.1}H{:.1}", self.left(), self.right())) {} }
    }

    /// Where a limit's name may stand: on its line, at the right end first, then further left; below
    /// it where nothing is free above.
    pub fn limit_spots(&self, y: f64, half: f64) -> Vec<(f64, f64)> {
        let room = self.right() - self.left() - 2.0 * half;
        let along = [0.0, 0.12, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0];
        let at = |share: f64| self.right() - half - share * room.max(0.0);
        [-5.0, 14.0]
            .into_iter()
            .flat_map(|shift| along.map(|share| (at(share), y + shift)))
            .collect()
    }
}

/// One decimal is a tenth of a pixel.
pub fn f(value: f64) -> String {
    format!("{value:.1}")
}
