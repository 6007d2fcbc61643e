//! What to fix first: rules over the record, each pointing at its evidence.
//!
//! A rule speaks only where the record shows its condition, and names a setting only where the plan
//! has it. None of them claims what a change would bring: that takes a drill of its own.

use crate::evidence::Evidence;
use crate::run::DrillReport;
use crate::words;
use squall_model::judged::{Accounting, Finding};
use squall_model::objective::Objective;
use squall_model::plan::Expected;
use squall_model::units::Micros;
use squall_model::verdict::Verdict;

/// One thing to mend.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// What to do.
    pub what: String,
    /// What the record shows, with its numbers.
    pub why: String,
    pub evidence: Vec<Evidence>,
    /// Some of the messages that show it.
    pub messages: Vec<u64>,
}

type Rule = fn(&DrillReport) -> Option<Advice>;

/// In the order in which they matter: a drill that proves nothing, loss, outage, slow recovery,
/// receipts, side effects.
const RULES: &[Rule] = &[
    unbalanced,
    unproven,
    lost,
    region_failover,
    second_route,
    queue_loss,
    slow_backlog,
    detection,
    false_receipts,
    duplicates,
    retries,
    health,
    missing_receipts,
];

/// Everything that the record calls for, most pressing first.
pub fn advice(drill: &DrillReport) -> Vec<Advice> {
    RULES.iter().filter_map(|rule| rule(drill)).collect()
}

fn say(what: impl Into<String>, why: impl Into<String>, evidence: &[Evidence]) -> Option<Advice> {
    let evidence = evidence.to_vec();
    Some(Advice { what: what.into(), why: why.into(), evidence, messages: Vec::new() })
}

fn setting<'a>(drill: &'a DrillReport, key: &str) -> Option<&'a str> {
    drill.record.plan.stack.settings.get(key).map(String::as_str)
}

fn books(drill: &DrillReport) -> &Accounting {
    &drill.judged.accounting
}

/// Messages that prove the finding of an objective, whatever its verdict.
fn proof(drill: &DrillReport, is: impl Fn(&Objective) -> bool) -> Vec<u64> {
    let planned = drill.record.plan.objectives.iter();
    planned
        .zip(&drill.judged.findings)
        .filter(|(planned, _)| is(&planned.objective))
        .flat_map(|(_, finding)| finding.evidence.iter().copied())
        .take(5)
        .collect()
}

fn failing(drill: &DrillReport, is: impl Fn(&Objective) -> bool) -> Option<&Finding> {
    let planned = drill.record.plan.objectives.iter();
    planned
        .zip(&drill.judged.findings)
        .find(|(planned, finding)| finding.verdict == Verdict::Fail && is(&planned.objective))
        .map(|(_, finding)| finding)
}

/// How long the impact lasted, where there was one and no other route took over.
fn outage(drill: &DrillReport) -> Option<Micros> {
    let line = &drill.judged.timeline;
    line.impact.filter(|_| line.failed_over.is_empty()).map(|impact| impact.length())
}

fn unbalanced(drill: &DrillReport) -> Option<Advice> {
    let text = "The ledger does not balance, so no objective can pass: the record is incomplete.";
    if books(drill).balances() {
        return None;
    }
    say("Find the messages that the record lost.", text, &[Evidence::Ledger])
}

fn unproven(drill: &DrillReport) -> Option<Advice> {
    let seen = drill.judged.faults.iter().find(|fault| !fault.proven)?;
    let what = format!("Make the fault take effect: {}.", seen.label);
    say(what, format!("It is not proven: {}", seen.reason), &[Evidence::Faults])
}

fn lost(drill: &DrillReport) -> Option<Advice> {
    let lost = books(drill).lost;
    if lost == 0 {
        return None;
    }
    let gone = words::plural(lost, "accepted message is gone", "accepted messages are gone");
    let mut it = if setting(drill, "store") == Some("memory") {
        let why = format!("{gone}; this drill ran with `store` = memory.");
        say(
            "Keep accepted messages on disk: `store` = durable.",
            why,
            &[Evidence::Ledger, Evidence::Plan],
        )
    } else {
        say(
            "Find where accepted messages vanish.",
            format!("{gone}, without a trace."),
            &[Evidence::Ledger],
        )
    }?;
    it.messages = proof(drill, |objective| matches!(objective, Objective::NoLoss(_)));
    Some(it)
}

fn region_failover(drill: &DrillReport) -> Option<Advice> {
    let outage = outage(drill)?;
    let plan = &drill.record.plan;
    if setting(drill, "region_failover") != Some("off") || plan.stack.regions.len() < 2 {
        return None;
    }
    let why = format!(
        "Messages missed their deadline for {outage} and no other region took them over; this drill ran with `region_failover` = off."
    );
    say(
        "Let another region take over: `region_failover` = on.",
        why,
        &[Evidence::Deliveries, Evidence::Plan],
    )
}

fn second_route(drill: &DrillReport) -> Option<Advice> {
    let outage = outage(drill)?;
    if setting(drill, "routing") != Some("primary-only") {
        return None;
    }
    let stack = &drill.record.plan.stack;
    let idle: Vec<&str> = stack
        .carriers
        .iter()
        .filter(|carrier| drill.record.messages.route(&carrier.name).is_none())
        .map(|carrier| carrier.vendor.as_deref().unwrap_or(&carrier.name))
        .collect();
    let stood = match idle.as_slice() {
        [] => "".into(),
        idle => format!(" {} carried nothing.", idle.join(", ")),
    };
    let why = format!("One route carried everything, and its outage lasted {outage}.{stood}");
    say(
        "Route around a vendor that fails: `routing` = priority.",
        why,
        &[Evidence::Deliveries, Evidence::Plan],
    )
}

fn queue_loss(drill: &DrillReport) -> Option<Advice> {
    let outage = outage(drill)?;
    let evidence = [Evidence::Ledger, Evidence::Plan];
    let what = "Send on what cannot be queued: `on_queue_loss` = spill.";
    let why = match setting(drill, "on_queue_loss")? {
        "hold" => format!(
            "What could not be queued waited; {} arrived late in an outage of {outage}.",
            words::plural(books(drill).late, "message", "messages")
        ),
        "reject" if books(drill).rejected > 0 => format!(
            "{} refused, openly, in an outage of {outage}.",
            words::plural(books(drill).rejected, "message was", "messages were")
        ),
        _ => return None,
    };
    say(what, why, &evidence)
}

fn slow_backlog(drill: &DrillReport) -> Option<Advice> {
    let line = &drill.judged.timeline;
    let healed = line.healed?;
    let out = line.impact?.length();
    let drained = line.drained?;
    let took = drained - healed;
    // Minutes are the price of any backlog; a tenth of the outage on top of it is not.
    if took < Micros::from_secs(300) || took.0 < out.0 / 10 {
        return None;
    }
    let how = setting(drill, "backlog_rate")
        .map(|rate| format!(" `backlog_rate` = {rate} in this drill."))
        .unwrap_or_default();
    say(
        "Work off the backlog faster.",
        format!("It took {took} after the heal.{how}"),
        &[Evidence::Health, Evidence::Deliveries],
    )
}

fn detection(drill: &DrillReport) -> Option<Advice> {
    let line = &drill.judged.timeline;
    let late = failing(drill, |objective| matches!(objective, Objective::Detected(_)));
    line.impact?;
    let why = match (line.detected, line.effective, late) {
        (Some(at), Some(since), Some(_)) => {
            format!("The burn-rate alert fired {} after the fault was effective.", at - since)
        }
        (None, ..) => "Messages missed their deadline and no burn-rate alert fired.".into(),
        _ => return None,
    };
    say("See the outage sooner.", why, &[Evidence::Sender])
}

fn false_receipts(drill: &DrillReport) -> Option<Advice> {
    let count = books(drill).false_receipts;
    if count == 0 {
        return None;
    }
    let why = words::plural(count, "receipt claims", "receipts claim");
    let mut it = say(
        "Do not believe receipts of delivery unchecked.",
        format!("{why} a delivery that the carrier never made."),
        &[Evidence::Receipts],
    )?;
    it.messages = proof(drill, |objective| matches!(objective, Objective::NoFalseReceipts(_)));
    Some(it)
}

fn duplicates(drill: &DrillReport) -> Option<Advice> {
    let finding = failing(drill, |objective| matches!(objective, Objective::NoDuplicates(_)))?;
    let count = words::plural(books(drill).duplicated, "message was", "messages were");
    let mut it = say(
        "Send again only under the same identity.",
        format!("{count} delivered more than once."),
        &[Evidence::Ledger],
    )?;
    it.messages = finding.evidence.iter().copied().take(5).collect();
    Some(it)
}

fn retries(drill: &DrillReport) -> Option<Advice> {
    let finding = failing(drill, |objective| matches!(objective, Objective::Attempts(_)))?;
    let what = match setting(drill, "retry") {
        Some("naive") => "Bound the retries: `retry` = budgeted.",
        _ => "Bound the retries.",
    };
    say(what, finding.reason.clone(), &[Evidence::Ledger, Evidence::Plan])
}

fn health(drill: &DrillReport) -> Option<Advice> {
    let finding = failing(drill, |objective| matches!(objective, Objective::HealthIsHonest(_)))?;
    say(
        "Make the health endpoint tell of a stuck queue.",
        finding.reason.clone(),
        &[Evidence::Health],
    )
}

fn missing_receipts(drill: &DrillReport) -> Option<Advice> {
    failing(drill, |objective| matches!(objective, Objective::EveryOutcomeHasReceipt(_)))?;
    let count = words::plural(books(drill).missing_receipts, "outcome has", "outcomes have");
    say(
        "Keep receipts until the sender took them.",
        format!("{count} no receipt."),
        &[Evidence::Receipts],
    )
}

/// Said instead where no rule speaks.
pub fn nothing(drill: &DrillReport) -> &'static str {
    match (drill.judged.verdict, drill.record.plan.expected) {
        (Verdict::Pass, _) => "Nothing in this record calls for a repair.",
        (Verdict::Fail, Expected::Fail) if drill.judged.met => {
            "A canary: it has to fail, and it does."
        }
        _ => "No rule speaks to this record; start with the objectives above.",
    }
}
