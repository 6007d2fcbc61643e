//! Which stack is drilled, with which settings, from which time of day on.

use super::Phrase;
use crate::draft::Draft;
use crate::drill::Drill;
use crate::mistake::Mistake;
use crate::params::{Duration, Number, Percent, Quoted};
use crate::stack::StackFile;
use cucumber::gherkin::Step;
use cucumber::given;
use squall_model::plan::{Clock, Guard};

pub const PHRASES: &[Phrase] = &[
    Phrase::given(
        "the stack \"reference\"",
        "the stack \"reference\"",
        "the system under test: a folder of stacks/; `reference/vonage` is the same under a profile of its own",
    ),
    Phrase::given(
        "the stack \"reference\" with",
        "the stack \"reference\" with",
        "the same with a table `| setting | value |` over the stack's defaults",
    ),
    Phrase::given(
        "the clock starts at {date} {time} {offset}",
        "the clock starts at 2026-01-10 06:30 +07:00",
        "time of day at the start of the drill; windows may then name times",
    ),
    Phrase::given(
        "messages are valid for {duration}",
        "messages are valid for 60 seconds",
        "validity period of every message",
    ),
    Phrase::given("the seed {number}", "the seed 42", "draws of this drill; else from its name"),
    Phrase::given(
        "an outage costs ${number} an hour",
        "an outage costs $350,000 an hour",
        "price of an hour out of objective, for the report",
    ),
    Phrase::given(
        "the drill stops when fewer than {percent} of messages are delivered",
        "the drill stops when fewer than 50% of messages are delivered",
        "a guard: ends the drill early and heals everything",
    ),
];

#[given(expr = "the stack {name}")]
fn stack(drill: &mut Drill, step: &Step, name: Quoted) {
    drill.declare(step, |draft| open(draft, &name));
}

#[given(expr = "the stack {name} with")]
fn stack_with(drill: &mut Drill, step: &Step, name: Quoted) {
    drill.declare(step, |draft| {
        open(draft, &name);
        let Some(table) = &step.table else {
            draft.wrong("with", "\"with\" wants a table | setting | value |");
            return None;
        };
        let mut rows = table.rows.iter();
        if rows.next().is_none_or(|head| head != &["setting", "value"]) {
            draft.wrong("with", "the table begins with the row | setting | value |");
            return None;
        }
        if draft.stack.as_ref().is_some_and(|file| file.stack.external.is_some()) {
            draft.wrong("with", "the stack already runs, with the settings that it has").help =
                Some("change them on the way: the setting \"a\" of \"b\" becomes \"c\"".to_owned());
            return None;
        }
        for (index, row) in rows.enumerate() {
            if let [key, value] = row.as_slice() {
                let line = row_line(draft, index + 1);
                set(draft, line, key, value);
            }
        }
        Some(())
    });
}

/// Opens the stack file, its mistakes among those of the scenario.
fn open(draft: &mut Draft, name: &Quoted) -> Option<()> {
    if draft.stack_named.is_some() {
        draft.wrong("", "the stack is named a second time");
        return None;
    }
    draft.stack_named = Some(draft.at.clone());
    let wanted = draft.stack_override.clone().unwrap_or_else(|| name.name().to_owned());
    let (stack, profile) = crate::stack::split(&wanted);
    match draft.library.open(stack) {
        Some(Ok(file)) => match under((*file).clone(), profile) {
            Ok(file) => draft.stack = Some(file),
            Err(message) => {
                let mistake = not_to_be_had(draft, name, &wanted, message);
                draft.mistakes.push(mistake);
            }
        },
        Some(Err(mistakes)) => draft.mistakes.extend(mistakes),
        None => {
            let known = draft.library.names();
            let mistake = not_to_be_had(draft, name, &wanted, format!("no stack \"{stack}\""));
            let mistake = match known.as_slice() {
                [] => mistake.help(format!("looked in {}/", draft.library.place())),
                known => mistake.nearest(stack, known.iter().map(String::as_str)),
            };
            draft.mistakes.push(mistake);
        }
    }
    Some(())
}

fn under(file: StackFile, profile: Option<&str>) -> Result<StackFile, String> {
    match profile {
        None => Ok(file),
        Some(_) if file.stack.external.is_some() => {
            Err(format!("\"{}\" already runs, with the settings that it has", file.stack.name))
        }
        Some(profile) => file.under_profile(profile),
    }
}

/// A mistake in the name of a stack, where the name stands.
fn not_to_be_had(draft: &Draft, name: &Quoted, wanted: &str, message: String) -> Mistake {
    match &draft.stack_override {
        // Not what the feature says is wrong.
        Some(_) => Mistake::nowhere(&format!("--stack {wanted}"), message),
        None => draft.source.mistake_in_line(draft.at.line, &name.0, message),
    }
}

/// The line of the table's row `index`, comments and blank lines between rows left out.
fn row_line(draft: &Draft, index: usize) -> usize {
    let rows = draft.source.text.lines().enumerate().skip(draft.at.line);
    rows.filter(|(_, line)| line.trim_start().starts_with('|'))
        .nth(index)
        .map_or(draft.at.line, |(line, _)| line + 1)
}

fn set(draft: &mut Draft, line: usize, key: &str, value: &str) {
    let Some(file) = &mut draft.stack else { return };
    let Some(setting) = file.settings.get(key) else {
        let message = format!("the stack has no setting \"{key}\"");
        let mistake = draft.source.mistake_in_line(line, key, message);
        let mistake = mistake.nearest(key, file.settings.keys().map(String::as_str));
        draft.mistakes.push(mistake);
        return;
    };
    if !setting.allowed.takes(value) {
        let message = format!("\"{value}\" is no value of \"{key}\"");
        let mistake = draft.source.mistake_in_line(line, value, message);
        draft.mistakes.push(setting.allowed.explain(mistake, value));
        return;
    }
    if let Err(message) = file.set(key, value) {
        let mistake = draft.source.mistake_in_line(line, value, message);
        draft.mistakes.push(mistake);
    }
}

#[given(regex = r"^the clock starts at (.+)$")]
fn clock(drill: &mut Drill, step: &Step, text: String) {
    drill.declare(step, |draft| {
        if draft.clock.is_some() {
            draft.wrong("", "the clock is set a second time");
            return None;
        }
        let read = ["%Y-%m-%d %H:%M %:z", "%Y-%m-%d %H:%M:%S %:z"]
            .into_iter()
            .find_map(|format| jiff::fmt::strtime::parse(format, &text).ok())
            .and_then(|parts| Some((parts.to_timestamp().ok()?, parts.offset()?)));
        let Some((instant, offset)) = read else {
            let help = "a date, a time and an offset: 2026-01-10 06:30 +07:00".to_owned();
            draft.wrong(&text, format!("\"{text}\" is no instant")).help = Some(help);
            return None;
        };
        let Ok(start_unix_us) = u64::try_from(instant.as_microsecond()) else {
            draft.wrong(&text, "the clock cannot start before 1970");
            return None;
        };
        draft.clock = Some(Clock { start_unix_us, offset_seconds: offset.seconds(), stated: true });
        Some(())
    });
}

#[given(expr = "messages are valid for {duration}")]
fn validity(drill: &mut Drill, step: &Step, length: Duration) {
    drill.declare(step, |draft| {
        draft.validity = Some(draft.duration(&length)?);
        Some(())
    });
}

#[given(expr = "the seed {number}")]
fn seed(drill: &mut Drill, step: &Step, number: Number) {
    drill.declare(step, |draft| {
        draft.seed = Some(draft.whole(&number)?);
        Some(())
    });
}

#[given(expr = "an outage costs ${number} an hour")]
fn cost(drill: &mut Drill, step: &Step, amount: Number) {
    drill.declare(step, |draft| {
        draft.cost_per_hour = Some(draft.number(&amount)?.round() as u64);
        Some(())
    });
}

#[given(expr = "the drill stops when fewer than {percent} of messages are delivered")]
fn guard(drill: &mut Drill, step: &Step, share: Percent) {
    drill.declare(step, |draft| {
        let delivered_share = draft.share(&share)?;
        if delivered_share == 0.0 {
            draft.wrong(
                &share.0,
                "fewer than 0% are never delivered, so nothing would stop the drill",
            );
            return None;
        }
        let (text, line) = (draft.at.text.clone(), draft.at.line);
        draft.guards.push(Guard { delivered_share, text, line });
        Some(())
    });
}
