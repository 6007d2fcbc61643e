//! How many messages or calls are sent, to whom, and how that changes.

use super::Phrase;
use crate::draft::{Draft, Rate, Rise};
use crate::drill::Drill;
use crate::params::{Number, Quoted, Window};
use cucumber::gherkin::Step;
use cucumber::{given, when};
use squall_model::traffic::Item;

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
    Phrase::given(
        "{number} calls per second",
        "50 calls per second",
        "the same on a stack that takes calls",
    ),
    Phrase::when(
        "traffic rises to {number} messages per second {window}",
        "traffic rises to 800 messages per second for 5 minutes",
        "before sampling; stays until changed again, or until its window ends",
    ),
    Phrase::when(
        "traffic rises to {number} calls per second {window}",
        "traffic rises to 80 calls per second for 5 minutes",
        "the same on a stack that takes calls",
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
        draft.rate = Some(Rate { item: Item::Message, per_second, sampled, carrier: name });
        Some(())
    });
}

#[given(expr = "{number} calls per second")]
fn calls(drill: &mut Drill, step: &Step, count: Number) {
    drill.declare(step, |draft| {
        if draft.traffic_stated {
            draft.wrong("", "the traffic is stated a second time");
            return None;
        }
        draft.traffic_stated = true;
        let per_second = draft.positive(&count)?;
        if per_second > MOST_PER_SECOND {
            draft.wrong(&count.0, format!("more than {MOST_PER_SECOND} calls a second to play"));
            return None;
        }
        draft.rate = Some(Rate { item: Item::Call, per_second, sampled: 1, carrier: None });
        Some(())
    });
}

#[when(expr = "traffic rises to {number} messages per second{window}")]
fn rises(drill: &mut Drill, step: &Step, rate: Number, window: Window) {
    drill.declare(step, |draft| rise(draft, Item::Message, &rate, &window));
}

#[when(expr = "traffic rises to {number} calls per second{window}")]
fn calls_rise(drill: &mut Drill, step: &Step, rate: Number, window: Window) {
    drill.declare(step, |draft| rise(draft, Item::Call, &rate, &window));
}

fn rise(draft: &mut Draft, item: Item, rate: &Number, window: &Window) -> Option<()> {
    let placed = draft.window(window);
    let per_second = draft.positive(rate);
    if let Some(stated) = draft.rate.as_ref().map(|rate| rate.item).filter(|stated| *stated != item)
    {
        draft.wrong(item.many(), format!("the traffic of this drill is {}", stated.many()));
        return None;
    }
    let (placed, per_second) = (placed?, per_second?);
    draft.rises.push(Rise { start: placed.start, end: placed.end, per_second });
    Some(())
}
