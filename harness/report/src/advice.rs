//! What to fix first: rules over the record, each pointing at its evidence.
//!
//! A rule speaks only where the record shows its condition. It knows no stack: which setting mends a
//! harm is what the stack's own file says (`mends`), so any stack gets advice in its own words. None
//! claims what a change would bring: that takes a drill of its own.

use crate::evidence::Evidence;
use crate::run::DrillReport;
use crate::stretch;
use crate::timeline;
use crate::words;
use squall_model::about::Harm;
use squall_model::fault::Fault;
use squall_model::judged::{Accounting, Finding};
use squall_model::objective::Objective;
use squall_model::plan::Expected;
use squall_model::plan::PlannedFault;
use squall_model::units::Micros;
use squall_model::verdict::Verdict;

/// One thing to mend.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// What to do.
    pub what: String,
    /// What the record shows, with its numbers.
    pub why: String,
    /// Settings of the stack that mend it, in the words of the stack's file.
    pub options: Vec<String>,
    pub evidence: Vec<Evidence>,
    /// Some of the messages that show it.
    pub messages: Vec<u64>,
}

type Rule = fn(&DrillReport) -> Vec<Advice>;

/// In the order in which they matter: a drill that proves nothing, loss, outage, slow recovery,
/// receipts, side effects.
const RULES: &[Rule] = &[
    unbalanced,
    unproven,
    lost,
    outage,
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
    let item = drill.plan().traffic.item;
    let mut all: Vec<Advice> = RULES.iter().flat_map(|rule| rule(drill)).collect();
    all.iter_mut().for_each(|it| (it.what, it.why) = (item.says(&it.what), item.says(&it.why)));
    all
}

fn say(what: impl Into<String>, why: impl Into<String>, evidence: &[Evidence]) -> Vec<Advice> {
    let evidence = evidence.to_vec();
    let (what, why) = (what.into(), why.into());
    vec![Advice { what, why, options: Vec::new(), evidence, messages: Vec::new() }]
}

/// Advice with every setting of the stack that mends one of the harms and is not set so.
fn mend(
    drill: &DrillReport,
    harms: &[Harm],
    what: &str,
    why: &str,
    evidence: &[Evidence],
) -> Vec<Advice> {
    let stack = &drill.record.plan.stack;
    let settings = drill.record.plan.about.settings.iter();
    let options: Vec<String> = settings
        .filter_map(|(name, about)| {
            let is = stack.settings.get(name)?;
            let mends = harms.iter().find_map(|harm| about.mends.get(harm))?;
            let set = match mends.as_str() {
                word @ ("higher" | "lower") => format!("Set `{name}` {word} than {is}"),
                value if value == is => return None,
                value => format!("Set `{name}` to {value}, here {is}"),
            };
            Some(match about.doc.trim_end_matches('.') {
                "" => format!("{set}."),
                doc => format!("{set}: {doc}."),
            })
        })
        .collect();
    let mut all = say(what, why, evidence);
    for it in all.iter_mut().filter(|_| !options.is_empty()) {
        it.evidence.push(Evidence::Plan);
        it.options.clone_from(&options);
    }
    all
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

fn unbalanced(drill: &DrillReport) -> Vec<Advice> {
    let text = "The ledger does not balance, so no objective can pass: the record is incomplete.";
    if books(drill).balances() {
        return Vec::new();
    }
    say("Find the messages that the record lost.", text, &[Evidence::Ledger])
}

fn unproven(drill: &DrillReport) -> Vec<Advice> {
    let unseen = drill.judged.faults.iter().find(|fault| !fault.proven);
    let Some(seen) = unseen else { return Vec::new() };
    let what = format!("Make the fault take effect: {}.", seen.label);
    say(what, format!("It is not proven: {}", seen.reason), &[Evidence::Faults])
}

fn lost(drill: &DrillReport) -> Vec<Advice> {
    let lost = books(drill).lost;
    if lost == 0 {
        return Vec::new();
    }
    let gone = words::plural(lost, "accepted message is gone", "accepted messages are gone");
    let why = format!("{gone}, without a trace.");
    let general = "Keep every message that was accepted.";
    let messages = proof(drill, |objective| matches!(objective, Objective::NoLoss(_)));
    let mut all = mend(drill, &[Harm::Loss], general, &why, &[Evidence::Ledger]);
    all.iter_mut().for_each(|it| it.messages.clone_from(&messages));
    all
}

/// Messages missed their deadline, and no other route is known to have taken over.
fn outage(drill: &DrillReport) -> Vec<Advice> {
    let line = &drill.judged.timeline;
    let (Some(when), true) = (stretch::said(drill), line.failed_over.is_empty()) else {
        return Vec::new();
    };
    let books = books(drill);
    let counts = [
        (books.late, "arrived late"),
        (books.rejected, "were refused"),
        (books.lost, "were lost"),
        (books.failed + books.expired, "failed or expired"),
        (books.pending, "were still waiting at the end"),
        (books.undecided, "cannot be accounted for"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", words::count(*count)))
        .collect();
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    let over = match timeline::failed_over(drill).absent() {
        "not visible" => "whether another route took over is not visible",
        _ => "no other route took over",
    };
    let why = format!("Messages missed their deadline {when}{counts}; {over}.");
    let general = "Give messages another way while this one is down.";
    // What mends the loss of a region does nothing for that of a vendor.
    let hit = squall_model::failover::hit_by(drill.plan(), |_| true);
    let harms = [
        (Harm::Outage, true),
        (Harm::RegionOutage, !hit.regions.is_empty()),
        (Harm::CarrierOutage, !hit.carriers.is_empty()),
        (Harm::TelemetryOutage, drill.plan().faults.iter().any(on_telemetry)),
    ];
    let harms: Vec<Harm> = harms.iter().filter(|(_, is)| *is).map(|(harm, _)| *harm).collect();
    mend(drill, &harms, general, &why, &[Evidence::Deliveries])
}

fn on_telemetry(planned: &PlannedFault) -> bool {
    matches!(planned.fault, Fault::TelemetryRises(_) | Fault::BufferLimited(_))
}

fn slow_backlog(drill: &DrillReport) -> Vec<Advice> {
    let line = &drill.judged.timeline;
    let (Some(healed), Some(impact), Some(drained)) = (line.healed, line.impact, line.drained)
    else {
        return Vec::new();
    };
    let took = drained - healed;
    // Minutes are the price of any backlog; a tenth of the outage on top of it is not.
    if took < Micros::from_secs(300) || took.0 < impact.length().0 / 10 {
        return Vec::new();
    }
    let why = format!("The backlog was worked off only {took} after the heal.");
    let evidence = [Evidence::Health, Evidence::Deliveries];
    mend(drill, &[Harm::SlowDrain], "Work off the backlog faster.", &why, &evidence)
}

fn detection(drill: &DrillReport) -> Vec<Advice> {
    let line = &drill.judged.timeline;
    let late = failing(drill, |objective| matches!(objective, Objective::Detected(_)));
    if line.impact.is_none() {
        return Vec::new();
    }
    let why = match (line.detected, line.effective, late) {
        (Some(at), Some(since), Some(_)) => {
            format!("The burn-rate alert fired {} after the fault was effective.", at - since)
        }
        (None, ..) => "Messages missed their deadline and no burn-rate alert fired.".into(),
        _ => return Vec::new(),
    };
    say("See the outage sooner.", why, &[Evidence::Sender])
}

fn false_receipts(drill: &DrillReport) -> Vec<Advice> {
    let count = books(drill).false_receipts;
    if count == 0 {
        return Vec::new();
    }
    let claim = words::plural(count, "receipt claims", "receipts claim");
    let why = format!("{claim} a delivery that the carrier never made.");
    let general = "Do not believe receipts of delivery unchecked.";
    let messages = proof(drill, |objective| matches!(objective, Objective::NoFalseReceipts(_)));
    let mut all = mend(drill, &[Harm::FalseReceipts], general, &why, &[Evidence::Receipts]);
    all.iter_mut().for_each(|it| it.messages.clone_from(&messages));
    all
}

fn duplicates(drill: &DrillReport) -> Vec<Advice> {
    let failed = failing(drill, |objective| matches!(objective, Objective::NoDuplicates(_)));
    let Some(finding) = failed else { return Vec::new() };
    let count = words::plural(books(drill).duplicated, "message was", "messages were");
    let why = format!("{count} delivered more than once.");
    let general = "Send again only under the same identity.";
    let mut all = mend(drill, &[Harm::Duplicates], general, &why, &[Evidence::Ledger]);
    let messages: Vec<u64> = finding.evidence.iter().copied().take(5).collect();
    all.iter_mut().for_each(|it| it.messages.clone_from(&messages));
    all
}

fn retries(drill: &DrillReport) -> Vec<Advice> {
    let failed = failing(drill, |objective| matches!(objective, Objective::Attempts(_)));
    let Some(finding) = failed else { return Vec::new() };
    mend(drill, &[Harm::Retries], "Bound the retries.", &finding.reason, &[Evidence::Ledger])
}

fn health(drill: &DrillReport) -> Vec<Advice> {
    let failed = failing(drill, |objective| matches!(objective, Objective::HealthIsHonest(_)));
    let Some(finding) = failed else { return Vec::new() };
    let what = "Make the health endpoint tell of a stuck queue.";
    say(what, finding.reason.clone(), &[Evidence::Health])
}

fn missing_receipts(drill: &DrillReport) -> Vec<Advice> {
    let is = |objective: &Objective| matches!(objective, Objective::EveryOutcomeHasReceipt(_));
    if failing(drill, is).is_none() {
        return Vec::new();
    }
    let count = words::plural(books(drill).missing_receipts, "outcome has", "outcomes have");
    let general = "Keep receipts until the sender took them.";
    let why = format!("{count} no receipt.");
    mend(drill, &[Harm::MissingReceipts], general, &why, &[Evidence::Receipts])
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
