//! Error-budget burn over one hour, on a log scale, with the threshold at which one is paged.

use super::frame::{Area, Frame};
use super::labels::{self, Labels};
use crate::run::DrillReport;
use crate::series::Series;
use maud::{Markup, html};
use squall_model::detection::PAGE;

const FLOOR: f64 = 0.1;

pub fn draw(frame: &Frame, series: &Series, _: &DrillReport, area: Area) -> Markup {
    let most = series.greatest(|bin| bin.burn).max(100.0);
    let decades = (most / FLOOR).log10().ceil();
    let y = |burn: f64| area.y((burn.max(FLOOR) / FLOOR).log10() / decades);
    let line: Vec<(f64, Option<f64>)> =
        series.bins.iter().map(|bin| (super::middle(frame, bin), Some(y(bin.burn)))).collect();
    let peak = series.bins.iter().zip(&line).max_by(|a, b| a.0.burn.total_cmp(&b.0.burn));
    let mut labels = Labels::new(frame, area);
    let limit = y(PAGE);
    let name = format!("page at {PAGE}×");
    labels.avoid(&line);
    let spots = frame.limit_spots(limit, labels::width(&name) / 2.0);
    let named = labels.place(frame, area, "bad", &name, spots);
    labels.avoid(&[(frame.left(), Some(limit)), (frame.right(), Some(limit))]);
    let peak = peak.filter(|(bin, _)| bin.burn > 0.0).map(|(bin, (x, y))| {
        let y = y.unwrap_or(area.bottom());
        (format!("up to {:.0}×", bin.burn), [(*x, y - 5.0), (x - 50.0, y - 5.0), (*x, y + 16.0), (x - 60.0, y + 16.0)])
    });
    html! {
        @for decade in 0..=(decades as i32) {
            @let value = FLOOR * 10f64.powi(decade);
            (frame.grid(y(value), &if value < 1.0 { "0.1×".to_owned() } else { format!("{}×", super::rates::tick(value.round())) }))
        }
        (frame.limit(limit))
        path class="ink-line" d=(super::line(line.iter().copied())) {}
        (frame.base(area))
        (named)
        @if let Some((text, spots)) = peak { (labels.place(frame, area, "t", &text, spots)) }
    }
}
