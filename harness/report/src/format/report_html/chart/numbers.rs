//! The curves as a table: what the chart shows, for who cannot see it or wants the numbers.

use crate::run::DrillReport;
use crate::series::Bin;
use crate::words::{self, Clock};
use maud::{Markup, html};
use squall_model::units::Micros;

const ROWS: usize = 20;

pub fn table(drill: &DrillReport) -> Markup {
    let clock = Clock::of(drill.plan());
    let bins = &drill.whole.bins;
    let group = bins.len().div_ceil(ROWS).max(1);
    let length = Micros(drill.whole.bin.0 * group as u64);
    html! {
        details.numbers {
            summary { "The chart in numbers" }
            table.stack {
                thead { tr {
                    th { "from" }
                    @for head in HEADS { th.num { (head) } }
                } }
                tbody {
                    @for bins in bins.chunks(group) {
                        tr {
                            td data-label="from" { (clock.at(bins[0].start)) }
                            @for (head, value) in HEADS.iter().zip(row(bins)) {
                                td.num data-label=(head) { (value) }
                            }
                        }
                    }
                }
            }
            p.note {
                "Each row covers " (length.to_string())
                ". Rates are means over it; latency and burn are the highest of its points, waiting is at its end."
            }
        }
    }
}

const HEADS: [&str; 8] = [
    "scheduled a second",
    "in time",
    "late",
    "refused",
    "missed",
    "p99 latency",
    "waiting",
    "burn",
];

fn row(bins: &[Bin]) -> [String; 8] {
    let seconds: f64 = bins.iter().map(|bin| bin.length.as_secs_f64()).sum();
    let sum = |read: fn(&Bin) -> u64| bins.iter().map(read).sum::<u64>();
    let rate = |count: u64| format!("{:.2}", count as f64 / seconds.max(1e-9));
    let p99 = bins.iter().filter_map(|bin| bin.p99).max();
    [
        rate(sum(|bin| bin.scheduled)),
        rate(sum(|bin| bin.in_time)),
        rate(sum(|bin| bin.late)),
        rate(sum(|bin| bin.refused)),
        words::percent_of(sum(|bin| bin.missed), sum(|bin| bin.scheduled)),
        p99.map_or("none arrived".into(), |p99| p99.to_string()),
        words::count(bins.last().map_or(0, |bin| bin.waiting)),
        format!("{:.1}×", bins.iter().map(|bin| bin.burn).fold(0.0, f64::max)),
    ]
}
