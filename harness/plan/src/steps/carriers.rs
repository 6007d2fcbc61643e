//! Carriers misbehave, towards messages and towards receipts.

use super::Phrase;
use crate::draft::Draft;
use crate::drill::Drill;
use crate::params::{Duration, Number, Percent, Quoted, Window};
use cucumber::gherkin::Step;
use cucumber::when;
use squall_model::behaviour::Behaviour;
use squall_model::fault::CarrierBehaves;
use squall_model::stack::CarrierProtocol;

pub const PHRASES: &[Phrase] = &[
    Phrase::when(
        "carrier \"smartfren\" throttles {window}",
        "carrier \"smartfren\" throttles for 30 seconds",
        "every message is refused as over the account's rate",
    ),
    Phrase::when(
        "carrier \"smartfren\" answers \"queue full\" to {percent} of messages {window}",
        "carrier \"smartfren\" answers \"queue full\" to 30% of messages for 30 seconds",
        "also \"system error\", \"rejected\", or a raw code: \"0x58\", \"21611\", \"503\"",
    ),
    Phrase::when(
        "carrier \"smartfren\" accepts but never delivers {window}",
        "carrier \"smartfren\" accepts but never delivers for 30 seconds",
        "no handset gets it and no receipt follows",
    ),
    Phrase::when(
        "carrier \"smartfren\" answers after {duration} {window}",
        "carrier \"smartfren\" answers after 20 seconds for 2 minutes",
        "the answer to a submit is held back",
    ),
    Phrase::when(
        "carrier \"smartfren\" takes at most {number} messages per second {window}",
        "carrier \"smartfren\" takes at most 100 messages per second for 30 seconds",
        "what comes above it is refused as throttled",
    ),
    Phrase::when(
        "receipts from \"smartfren\" are delayed by {duration} {window}",
        "receipts from \"smartfren\" are delayed by 30 seconds for 2 minutes",
        "later than the carrier's usual delay",
    ),
    Phrase::when(
        "receipts from \"smartfren\" are lost for {percent} of messages {window}",
        "receipts from \"smartfren\" are lost for 10% of messages for 30 seconds",
        "they are never sent",
    ),
    Phrase::when(
        "receipts from \"smartfren\" are repeated {window}",
        "receipts from \"smartfren\" are repeated for 30 seconds",
        "every one is sent twice",
    ),
    Phrase::when(
        "receipts from \"smartfren\" claim delivery falsely for {percent} of messages {window}",
        "receipts from \"smartfren\" claim delivery falsely for 5% of messages for 30 seconds",
        "the handset never got the message",
    ),
];

/// The shape of all of them: a window, a carrier and its behaviour.
fn behaves(
    drill: &mut Drill,
    step: &Step,
    carrier: &Quoted,
    window: &Window,
    behaviour: impl FnOnce(&mut Draft) -> Option<Behaviour>,
) {
    drill.declare(step, |draft| {
        let placed = draft.window(window);
        let carrier = draft.carrier(carrier);
        let behaviour = behaviour(draft);
        draft.fault(CarrierBehaves { carrier: carrier?, behaviour: behaviour? }, placed?);
        Some(())
    });
}

/// [`behaves`] towards receipts, which not every carrier sends.
fn behaves_later(
    drill: &mut Drill,
    step: &Step,
    carrier: &Quoted,
    window: &Window,
    behaviour: impl FnOnce(&mut Draft) -> Option<Behaviour>,
) {
    behaves(drill, step, carrier, window, |draft| {
        let stack = &draft.stack.as_ref()?.stack;
        let protocol = stack.carrier(carrier.name()).map(|carrier| carrier.protocol);
        if protocol == Some(CarrierProtocol::Sip) {
            let message = format!("{} sends no receipts", carrier.0);
            let help = "who calls over SIP knows how the call ended".to_owned();
            draft.wrong(&carrier.0, message).help = Some(help);
            return None;
        }
        behaviour(draft)
    });
}

/// Words the carriers know, or a raw code of their protocol.
fn is_answer(text: &str) -> bool {
    let hex = text.strip_prefix("0x").is_some_and(|hex| {
        (1..=8).contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_hexdigit())
    });
    let code = (3..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    ["queue full", "system error", "rejected"].contains(&text) || hex || code
}

#[when(expr = "carrier {name} throttles{window}")]
fn throttles(drill: &mut Drill, step: &Step, carrier: Quoted, window: Window) {
    behaves(drill, step, &carrier, &window, |_| Some(Behaviour::Throttle));
}

#[when(expr = "carrier {name} answers {name} to {percent} of messages{window}")]
fn refuses(
    drill: &mut Drill,
    step: &Step,
    carrier: Quoted,
    answer: Quoted,
    share: Percent,
    window: Window,
) {
    behaves(drill, step, &carrier, &window, |draft| {
        let share = draft.fault_share(&share);
        if !is_answer(answer.name()) {
            let help = "\"queue full\", \"system error\", \"rejected\", or a raw code such as \
                        \"0x58\", \"21611\" or \"503\"";
            let message = format!("{} is no answer a carrier knows", answer.0);
            draft.wrong(&answer.0, message).help = Some(help.to_owned());
            return None;
        }
        Some(Behaviour::Refuse { answer: answer.name().to_owned(), share: share? })
    });
}

#[when(expr = "carrier {name} accepts but never delivers{window}")]
fn swallows(drill: &mut Drill, step: &Step, carrier: Quoted, window: Window) {
    behaves(drill, step, &carrier, &window, |_| Some(Behaviour::Swallow { share: 1.0 }));
}

#[when(expr = "carrier {name} answers after {duration}{window}")]
fn slow(drill: &mut Drill, step: &Step, carrier: Quoted, delay: Duration, window: Window) {
    behaves(drill, step, &carrier, &window, |draft| {
        Some(Behaviour::AnswerAfter { delay_ms: draft.duration(&delay)?.as_millis() })
    });
}

#[when(expr = "carrier {name} takes at most {number} messages per second{window}")]
fn capacity(drill: &mut Drill, step: &Step, carrier: Quoted, rate: Number, window: Window) {
    behaves(drill, step, &carrier, &window, |draft| {
        Some(Behaviour::Capacity { per_second: draft.positive(&rate)? })
    });
}

#[when(expr = "receipts from {name} are delayed by {duration}{window}")]
fn delayed(drill: &mut Drill, step: &Step, carrier: Quoted, delay: Duration, window: Window) {
    behaves_later(drill, step, &carrier, &window, |draft| {
        Some(Behaviour::ReceiptsDelayed { delay_ms: draft.duration(&delay)?.as_millis() })
    });
}

#[when(expr = "receipts from {name} are lost for {percent} of messages{window}")]
fn lost(drill: &mut Drill, step: &Step, carrier: Quoted, share: Percent, window: Window) {
    behaves_later(drill, step, &carrier, &window, |draft| {
        Some(Behaviour::ReceiptsLost { share: draft.fault_share(&share)? })
    });
}

#[when(expr = "receipts from {name} are repeated{window}")]
fn repeated(drill: &mut Drill, step: &Step, carrier: Quoted, window: Window) {
    behaves_later(drill, step, &carrier, &window, |_| {
        Some(Behaviour::ReceiptsRepeated { share: 1.0 })
    });
}

#[when(expr = "receipts from {name} claim delivery falsely for {percent} of messages{window}")]
fn falsely(drill: &mut Drill, step: &Step, carrier: Quoted, share: Percent, window: Window) {
    behaves_later(drill, step, &carrier, &window, |draft| {
        Some(Behaviour::ReceiptsFalse { share: draft.fault_share(&share)? })
    });
}
