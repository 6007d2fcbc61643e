//! Messages a second: delivered in time and late stack up from zero, refused hangs from the
//! scheduled line; the white between is what waits, is lost or expired. Nothing covers anything.

use super::frame::{Area, Frame};
use super::labels::{Labels, along, roomy};
use crate::run::DrillReport;
use crate::series::{Bin, Series};
use maud::{Markup, html};

/// Heights of one bin in pixels from the top of the drawing.
struct Point {
    x: f64,
    in_time: f64,
    stack: f64,
    /// Where refused ends below, and the line it hangs from (raised where late deliveries pass it).
    hangs_to: f64,
    hangs_from: f64,
    scheduled: f64,
}

pub fn draw(frame: &Frame, series: &Series, _: &DrillReport, area: Area) -> Markup {
    let top = series.greatest(|bin| {
        let stack = bin.per_second(bin.in_time + bin.late + bin.refused);
        stack.max(bin.per_second(bin.scheduled))
    });
    let (limit, step) = scale(top);
    let points: Vec<Point> = series.bins.iter().map(|bin| point(frame, bin, area, limit)).collect();
    let (good, late, refused) = (
        band(&points, |_| area.bottom(), |p| p.in_time),
        band(&points, |p| p.in_time, |p| p.stack),
        band(&points, |p| p.hangs_to, |p| p.hangs_from),
    );
    html! {
        @for i in 1..=((limit / step).round() as u32) {
            @let value = f64::from(i) * step;
            (frame.grid(area.y(value / limit), &tick(value)))
        }
        path class="good-area" d=(good) {}
        path class="late-area" d=(late) {}
        path class="bad-area" d=(refused) {}
        path class="late-line" d=(line(&points, |p| Some(p.stack))) {}
        path class="good-line" d=(line(&points, |p| Some(p.in_time))) {}
        path class="ink-line" d=(line(&points, |p| Some(p.scheduled))) {}
        (frame.grid(area.bottom(), "0")) (frame.base(area))
        (names(frame, &points, area))
    }
}

fn point(frame: &Frame, bin: &Bin, area: Area, limit: f64) -> Point {
    let y = |count: u64| area.y(bin.per_second(count) / limit);
    let stack = y(bin.in_time + bin.late);
    let scheduled = y(bin.scheduled);
    let refused = area.bottom() - y(bin.refused);
    let hangs_from = scheduled.min(stack - refused);
    Point {
        x: super::middle(frame, bin),
        in_time: y(bin.in_time),
        stack,
        hangs_to: hangs_from + refused,
        hangs_from,
        scheduled,
    }
}

fn names(frame: &Frame, points: &[Point], area: Area) -> Markup {
    let mut labels = Labels::new(frame, area);
    let room = |low: fn(&Point) -> f64, up: fn(&Point) -> f64, text: &str| {
        let band: Vec<_> = points.iter().map(|p| (p.x, low(p), up(p))).collect();
        roomy(&band, text)
    };
    let floor: Vec<_> = points.iter().map(|p| (p.x, area.bottom(), p.in_time)).collect();
    let late = points.iter().filter(|p| p.stack < p.in_time - 2.0).min_by(|a, b| a.stack.total_cmp(&b.stack));
    let mut late_spots = room(|p| p.in_time, |p| p.stack, "delivered late");
    if let Some(peak) = late {
        late_spots.extend([(peak.x + 58.0, peak.stack + 12.0), (peak.x - 58.0, peak.stack + 12.0), (peak.x, peak.stack - 6.0)]);
    }
    let mut refused_spots = room(|p| p.hangs_to, |p| p.hangs_from, "refused");
    let most = points.iter().max_by(|a, b| (a.hangs_to - a.hangs_from).total_cmp(&(b.hangs_to - b.hangs_from)));
    if let Some(most) = most.filter(|p| p.hangs_to - p.hangs_from > 2.0) {
        refused_spots.extend([(most.x, most.hangs_from - 6.0), (most.x + 40.0, most.hangs_from - 6.0)]);
    }
    let line = |read: fn(&Point) -> f64| -> Vec<(f64, Option<f64>)> {
        points.iter().map(|p| (p.x, Some(read(p)))).collect()
    };
    for edge in [line(|p| p.scheduled), line(|p| p.stack), line(|p| p.in_time)] {
        labels.avoid(&edge);
    }
    let scheduled = along(&line(|p| p.scheduled), &[-6.0, -9.0, -13.0, -18.0]);
    let waits = |text| room(|p| p.stack, |p| p.hangs_to, text);
    let long = "waiting, lost or expired";
    let waiting = match labels.place_clear(frame, area, "s", long, waits(long)) {
        placed if placed.0.is_empty() => {
            labels.place_clear(frame, area, "s", "waiting", waits("waiting"))
        }
        placed => placed,
    };
    html! {
        (labels.place(frame, area, "late", "delivered late", late_spots))
        (labels.place(frame, area, "bad", "refused", refused_spots))
        (labels.place(frame, area, "t", "scheduled", scheduled))
        (waiting)
        (labels.place(frame, area, "good bare", "delivered in time", roomy(&floor, "delivered in time")))
    }
}

/// A closed band between two edges.
fn band(points: &[Point], low: impl Fn(&Point) -> f64, up: impl Fn(&Point) -> f64) -> String {
    let mut path = String::new();
    let mut first = true;
    for p in points {
        path += &format!("{}{:.1} {:.1}", if first { "M" } else { "L" }, p.x, up(p));
        first = false;
    }
    for p in points.iter().rev() {
        path += &format!("L{:.1} {:.1}", p.x, low(p));
    }
    if first { path } else { path + "Z" }
}

fn line(points: &[Point], y: impl Fn(&Point) -> Option<f64>) -> String {
    super::line(points.iter().map(|p| (p.x, y(p))))
}

/// The end of a linear scale from zero, and the step of its ticks: three or four of them.
pub fn scale(top: f64) -> (f64, f64) {
    if !(top > 0.0 && top.is_finite()) {
        return (1.0, 1.0);
    }
    let power = 10f64.powf((top / 3.0).log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|n| n * power).into_iter().find(|s| s * 3.5 >= top);
    let step = step.unwrap_or(10.0 * power);
    ((top / step).ceil() * step, step)
}

/// An axis may say `50 k`.
pub fn tick(value: f64) -> String {
    match value {
        v if v >= 1e6 => format!("{} M", v / 1e6),
        v if v >= 1e4 => format!("{} k", v / 1e3),
        v if v.fract() == 0.0 => crate::words::count(v as u64),
        v => format!("{}", (v * 1e6).round() / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_holds_its_greatest_value_with_few_ticks() {
        for top in [0.3, 1.0, 11.7, 49.0, 75.1, 1_234.0, 118_000.0] {
            let (limit, step) = scale(top);
            let ticks = limit / step;
            assert!(limit >= top && limit < top * 2.0 && (1.0..=4.01).contains(&ticks), "{top}: {limit} by {step}");
        }
        assert_eq!(scale(0.0), (1.0, 1.0));
        assert_eq!(tick(50_000.0), "50 k");
        assert_eq!(tick(0.30000000000000004), "0.3");
    }
}
