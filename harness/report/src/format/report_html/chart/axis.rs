//! The time axes: time of day (or since the start) below, time since the fault was effective above.

use super::frame::{Frame, Size, TOP_AXIS, f};
use super::labels;
use maud::{Markup, html};
use squall_model::units::Micros;

/// Steps that people count time in, in seconds.
const STEPS_S: [u64; 20] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 172_800, 604_800,
];

fn step(frame: &Frame, pixels: f64) -> u64 {
    let seconds = frame.span.length().as_secs_f64();
    let wanted = seconds * pixels / (frame.right() - frame.left());
    STEPS_S.into_iter().find(|s| *s as f64 >= wanted).unwrap_or(604_800)
}

/// Instants of the span that are a whole number of steps from `origin_s`.
fn ticks(frame: &Frame, origin_s: f64, step: u64) -> Vec<Micros> {
    let (start, end) = (frame.span.start.as_secs_f64(), frame.span.end.as_secs_f64());
    let step = step as f64;
    let first = ((start - origin_s) / step).ceil() as i64;
    let last = ((end - origin_s) / step).floor() as i64;
    (first..=last.min(first + 200))
        .map(|i| Micros::from_secs_f64(origin_s + i as f64 * step))
        .collect()
}

/// A label's centre, moved inwards so that no label crosses the drawing's edge.
fn inside(frame: &Frame, x: f64, text: &str) -> f64 {
    let half = labels::width(text) / 2.0;
    x.clamp(half, frame.size.width() - half)
}

pub fn bottom(frame: &Frame, y: f64) -> Markup {
    let step = step(frame, if frame.size == Size::Small { 72.0 } else { 84.0 });
    let unit = Micros::from_secs(step);
    html! {
        path class="axis" d=(format!("M{:.1} {y:.1}H{:.1}", frame.left(), frame.right())) {}
        @for at in ticks(frame, -frame.clock.phase(), step) {
            @let (x, label) = (frame.x(at), frame.clock.tick(at, unit));
            path class="axis" d=(format!("M{x:.1} {y:.1}v4")) {}
            text class="s m" x=(f(inside(frame, x, &label))) y=(f(y + 18.0)) { (label) }
        }
        @if frame.size == Size::Wide {
            text class="s" x="0" y=(f(y + 18.0)) {
                @if frame.clock.stated { "time of day, " (frame.clock.name()) }
                @else { "since the start" }
            }
        }
    }
}

/// Time since the fault was effective, or nothing where there was none.
pub fn top(frame: &Frame) -> Markup {
    let Some(zero) = frame.zero else { return html! {} };
    let y = TOP_AXIS - 8.0;
    let step = step(frame, if frame.size == Size::Small { 64.0 } else { 96.0 });
    html! {
        path class="axis" d=(format!("M{:.1} {y:.1}H{:.1}", frame.left(), frame.right())) {}
        @for at in ticks(frame, zero.as_secs_f64(), step) {
            @let (x, label) = (frame.x(at), signed(zero, at));
            path class="axis" d=(format!("M{x:.1} {y:.1}v4")) {}
            text class="s m" x=(f(inside(frame, x, &label))) y=(f(y - 7.0)) { (label) }
        }
        @if frame.size == Size::Wide { text class="s" x="0" y=(f(y - 3.0)) { "since the fault was effective" } }
    }
}

fn signed(zero: Micros, at: Micros) -> String {
    match at {
        at if at == zero => "0".into(),
        at if at > zero => format!("+{}", at - zero),
        at => format!("−{}", zero - at),
    }
}
