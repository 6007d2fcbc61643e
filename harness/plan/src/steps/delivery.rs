//! Objectives on how many messages arrive, how fast, and at whom.

use super::Phrase;
use crate::drill::Drill;
use crate::params::{Duration, Number, Percent, Phase, Quoted};
use crate::words;
use cucumber::gherkin::Step;
use cucumber::then;
use squall_model::objective::latency_percentile::Latency;
use squall_model::objective::{Attempts, DeliveredWithin, LatencyPercentile, SubscribersAffected};

pub const PHRASES: &[Phrase] = &[
    Phrase::then(
        "at least {percent} of messages are delivered within {duration} {phase}",
        "at least 99.9% of messages are delivered within 30 seconds during the fault",
        "of all attempted messages scheduled in the phase; refused ones count against",
    ),
    Phrase::then(
        "between {percent} and {percent} of subscribers of \"smartfren\" are affected",
        "between 28% and 32% of subscribers of \"smartfren\" are affected",
        "of those with a message during a fault: whose message missed the SLO deadline",
    ),
    Phrase::then(
        "fewer than {percent} of subscribers of \"smartfren\" are affected",
        "fewer than 1% of subscribers of \"smartfren\" are affected",
        "the same with an upper limit only",
    ),
    Phrase::then(
        "the {ordinal} percentile of accept latency is under {duration} {phase}",
        "the 99th percentile of accept latency is under 200 ms before the fault",
        "accept, delivery or receipt latency, from the scheduled instant",
    ),
    Phrase::then(
        "each message is attempted at most {number} times on average {phase}",
        "each message is attempted at most 1.1 times on average",
        "submits seen by carriers, a message",
    ),
];

#[then(expr = "at least {percent} of messages are delivered within {duration}{phase}")]
fn delivered(drill: &mut Drill, step: &Step, share: Percent, within: Duration, phase: Phase) {
    drill.then(step, |draft| {
        let phase = draft.phase(&phase);
        let (at_least, within) = (draft.share(&share), draft.duration(&within));
        draft.objective(DeliveredWithin { at_least: at_least?, within: within? }, phase?);
        Some(())
    });
}

#[then(expr = "between {percent} and {percent} of subscribers of {name} are affected")]
fn affected(drill: &mut Drill, step: &Step, low: Percent, high: Percent, carrier: Quoted) {
    drill.then(step, |draft| {
        let carrier = draft.carrier(&carrier);
        let (low, high) = draft.between_shares(&low, &high)?;
        let whole = squall_model::plan::PhaseName::Whole;
        draft.objective(SubscribersAffected { carrier: carrier?, low, high }, whole);
        Some(())
    });
}

#[then(expr = "fewer than {percent} of subscribers of {name} are affected")]
fn fewer_affected(drill: &mut Drill, step: &Step, high: Percent, carrier: Quoted) {
    drill.then(step, |draft| {
        let carrier = draft.carrier(&carrier);
        let text = high.0.as_str();
        let high = draft.share(&high)?;
        if high == 0.0 {
            draft.wrong(text, "no share is less than 0%");
            return None;
        }
        let whole = squall_model::plan::PhaseName::Whole;
        draft.objective(SubscribersAffected { carrier: carrier?, low: 0.0, high }, whole);
        Some(())
    });
}

#[then(
    regex = r"^the ([\d.]+)(?:st|nd|rd|th) percentile of ([a-z]+) latency is under (-?[\d.,]+ ?[A-Za-z]+)( before the fault| during the fault| after recovery| from .+ to .+)?$"
)]
fn percentile(
    drill: &mut Drill,
    step: &Step,
    rank: String,
    of: String,
    under: Duration,
    phase: Phase,
) {
    drill.then(step, |draft| {
        let phase = draft.phase(&phase);
        let under = draft.duration(&under);
        let known = [
            ("accept", Latency::Accept),
            ("delivery", Latency::Delivery),
            ("receipt", Latency::Receipt),
        ];
        let Some((_, latency)) = known.iter().find(|(name, _)| *name == of) else {
            let help = "accept, delivery or receipt".to_owned();
            draft.wrong(&of, format!("no latency is called \"{of}\"")).help = Some(help);
            return None;
        };
        let percentile = draft.read(&rank, words::number(&rank))?;
        if !(percentile > 0.0 && percentile < 100.0) {
            draft.wrong(&rank, "a percentile lies between 0 and 100");
            return None;
        }
        draft.objective(LatencyPercentile { of: *latency, percentile, under: under? }, phase?);
        Some(())
    });
}

#[then(expr = "each message is attempted at most {number} times on average{phase}")]
fn attempts(drill: &mut Drill, step: &Step, at_most: Number, phase: Phase) {
    drill.then(step, |draft| {
        let phase = draft.phase(&phase);
        let limit = draft.number(&at_most)?;
        if limit < 1.0 {
            draft.wrong(&at_most.0, "a message that arrives is attempted at least once");
            return None;
        }
        draft.objective(Attempts { at_most: limit }, phase?);
        Some(())
    });
}
