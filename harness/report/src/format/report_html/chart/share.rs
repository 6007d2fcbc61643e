//! Of the messages scheduled in a bin: the share accepted at once, and the share that missed the
//! deadline whatever became of it later. A bin with nothing scheduled has no share.

use super::frame::{Area, Frame};
use super::labels::{self, Labels};
use crate::run::DrillReport;
use crate::series::{Bin, Series};
use maud::{Markup, html};

pub fn draw(frame: &Frame, series: &Series, _: &DrillReport, area: Area) -> Markup {
    let points = |count: fn(&Bin) -> u64| -> Vec<(f64, Option<f64>)> {
        let share = |bin: &Bin| {
            (bin.scheduled > 0).then(|| area.y(count(bin) as f64 / bin.scheduled as f64))
        };
        series.bins.iter().map(|bin| (super::middle(frame, bin), share(bin))).collect()
    };
    let (accepted, missed) = (points(|bin| bin.accepted), points(|bin| bin.missed));
    let mut labels = Labels::new(frame, area);
    labels.avoid(&accepted);
    labels.avoid(&missed);
    html! {
        (frame.grid(area.y(1.0), "100 %")) (frame.grid(area.y(0.5), "50 %")) (frame.grid(area.y(0.0), "0"))
        path class="bad-line" d=(super::line(missed.iter().copied())) {}
        path class="ink-line" d=(super::line(accepted.iter().copied())) {}
        (frame.base(area))
        (labels.place(frame, area, "t", "accepted", labels::along(&accepted, &[15.0, 17.0, -6.0])))
        (labels.place(frame, area, "bad", "missed the deadline", labels::along(&missed, &[-5.0, -8.0, 15.0])))
    }
}
