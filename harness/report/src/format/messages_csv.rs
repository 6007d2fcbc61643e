//! `messages.csv`: one row an attempted message, for a spreadsheet or a query of one's own.
//!
//! Subscribers appear by index and segment; phone numbers are not in a record at all. Times are
//! milliseconds of drill time with microseconds behind the point, empty where they never came.

use crate::escape;
use crate::run::{DrillReport, RunReport};
use squall_model::ledger::{Answered, Message, State};
use squall_model::units::Micros;
use std::io::{self, Write};

const HEAD: [&str; 14] = [
    "drill",
    "message",
    "due_ms",
    "sent_ms",
    "answered_ms",
    "answer",
    "outcome",
    "delivered_ms",
    "delivered_by",
    "deliveries",
    "attempts",
    "receipt_ms",
    "subscriber",
    "segment",
];

pub fn write(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HEAD)?;
    for (number, drill) in run.drills.iter().enumerate() {
        rows(number + 1, drill, &mut csv)?;
    }
    csv.flush()
}

fn rows<W: Write>(number: usize, drill: &DrillReport, csv: &mut csv::Writer<W>) -> io::Result<()> {
    let plan = drill.plan();
    let number = number.to_string();
    let deadline = plan.stack.slo.deadline;
    let missing = missing_word(drill);
    let carriers: Vec<String> =
        drill.record.messages.carriers().iter().map(|name| escape::csv(name)).collect();
    for (m, message) in drill.record.messages.attempted() {
        let segment = plan.traffic.segment(message.subscriber).map(|segment| &segment.name);
        let by = carriers.get(usize::from(message.route)).filter(|_| message.was_delivered());
        csv.write_record([
            number.as_str(),
            &m.to_string(),
            &ms(message.due),
            &ms(message.due + Micros(u64::from(message.lag_us))),
            &ms(message.answered),
            answer(message.answer),
            outcome(message, deadline, missing),
            &ms(message.delivered),
            by.map_or("", String::as_str),
            &message.deliveries.to_string(),
            &message.attempts.to_string(),
            &ms(message.receipted),
            &message.subscriber.to_string(),
            &segment.map(|name| escape::csv(name)).unwrap_or_default(),
        ])?;
    }
    Ok(())
}

fn ms(at: Micros) -> String {
    match at {
        Micros::MAX => String::new(),
        at => format!("{}.{:03}", at.0 / 1_000, at.0 % 1_000),
    }
}

fn answer(answer: Answered) -> &'static str {
    match answer {
        Answered::Never => "never",
        Answered::Accepted => "accepted",
        Answered::Rejected => "rejected",
        Answered::Indeterminate => "indeterminate",
    }
}

/// The ledger knows what became of the missing as a whole, not always of each: where a gateway tells
/// only how many wait, a missing message is one of those or lost.
fn missing_word(drill: &DrillReport) -> &'static str {
    let books = &drill.judged.accounting;
    let deadline = drill.plan().stack.slo.deadline;
    let rows = drill.record.messages.rows().iter();
    let missing = rows.filter(|row| row.state(deadline) == State::Missing).count() as u64;
    match missing {
        n if n == books.lost => "lost",
        n if n == books.undecided => "undecided",
        _ => "lost or pending",
    }
}

fn outcome(message: &Message, deadline: Micros, missing: &'static str) -> &'static str {
    match message.state(deadline) {
        State::NeverAttempted => "never attempted",
        State::Rejected => "rejected",
        State::Indeterminate => "indeterminate",
        State::Delivered => "delivered",
        State::Late => "late",
        State::Failed => "failed",
        State::Expired => "expired",
        State::Pending => "pending",
        State::Missing => missing,
    }
}
