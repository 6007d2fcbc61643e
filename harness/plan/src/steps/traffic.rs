//! How many messages are sent, to whom, and how that changes.

use super::Phrase;
use crate::draft::{Rate, Rise};
use crate::drill::Drill;
use crate::params::{Number, Quoted, Window};
use cucumber::gherkin::Step;
use cucumber::{given, when};

pub const PHRASES: &[Phrase] = &[
    Phrase::given(
        "{number} messages per second",
        "200 messages per second",
        "open load, to the subscribers of every carrier",
    ),
    Phrase::given(
        "{number} messages per second to \"smartfren\"",
        "200 messages per second to \"smartfren\"",
        "the same, to one carrier's subscribers",
    ),
    Phrase::given(
        "{number} messages a day to \"smartfren\", sampled 1 in {number}",
        "100 million messages a day to \"smartfren\", sampled 1 in 50",
        "a real volume and the share of it that is played; the population is sampled alike",
    ),
    Phrase::when(
        "traffic rises to {number} messages per second {window}",
        "traffic rises to 800 messages per second for 5 minutes",
        "before sampling; stays until changed again, or until its window ends",
    ),
];

/// Seconds in a day, over which a daily volume is spread evenly.
const DAY_S: f64 = 86_400.0;

/// The most an engine is asked to send, after sampling.
const MOST_PER_SECOND: f64 = 100_000.0;

#[given(
    regex = r#"^(-?[\d.,]+(?: (?:thousand|million|billion))?) messages (per second|a day)(?: to ("[^"]*"))?(?:, sampled 1 in (-?[\d.,]+))?$"#
)]
fn rate(
    drill: &mut Drill,
    step: &Step,
    count: Number,
    per: String,
    carrier: Quoted,
    sampled: Number,
) {
    drill.declare(step, |draft| {
        if draft.traffic_stated {
            draft.wrong("", "the traffic is stated a second time");
            return None;
        }
        draft.traffic_stated = true;
        let number = draft.positive(&count);
        let sampled_1_in = match sampled.0.is_empty() {
            true => Some(1),
            false => draft.positive(&sampled).and_then(|_| draft.whole(&sampled)),
        };
        let name = match carrier.0.is_empty() {
            true => None,
            false => Some(draft.carrier(&carrier)?),
        };
        let per_second = number? / if per == "a day" { DAY_S } else { 1.0 };
        let sampled = sampled_1_in?;
        if per_second / sampled as f64 > MOST_PER_SECOND {
            let help = "add a sampling: … to \"smartfren\", sampled 1 in 50".to_owned();
            let message = format!("more than {MOST_PER_SECOND} messages a second to play");
            draft.wrong(&count.0, message).help = Some(help);
            return None;
        }
        draft.rate = Some(Rate { per_second, sampled, carrier: name });
        Some(())
    });
}

#[when(expr = "traffic rises to {number} messages per second{window}")]
fn rises(drill: &mut Drill, step: &Step, rate: Number, window: Window) {
    drill.declare(step, |draft| {
        let placed = draft.window(&window);
        let per_second = draft.positive(&rate)?;
        let placed = placed?;
        draft.rises.push(Rise { start: placed.start, end: placed.end, per_second });
        Some(())
    });
}
