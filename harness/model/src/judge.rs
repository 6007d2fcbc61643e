//! The judge: one record in, one verdict out, the same on any machine, years later.
//!
//! Each objective is checked alone; here is only what concerns several of them, in this order: a check
//! that crashes, load that was not held, Holm's correction, and whatever takes a Pass away.

use crate::case::Case;
use crate::check::Checked;
use crate::fact::Fact;
use crate::judged::{Finding, Judged, Unit};
use crate::objective::Objective;
use crate::plan::{Expected, PlannedObjective};
use crate::record::Record;
use crate::stats::{ALPHA, holm};
use crate::troubles::Troubles;
use crate::units::{Micros, Span};
use crate::verdict::Verdict;
use crate::words::{of, percent};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Judges one played drill.
pub fn judge(record: &Record) -> Judged {
    let case = Case::open(record);
    let troubles = Troubles::find(record, &case);
    let mut checked: Vec<Checked> =
        record.plan.objectives.iter().map(|objective| check(objective, &case)).collect();
    for checked in &mut checked {
        troubles.excuse(checked);
    }
    correct(&mut checked);
    let mut findings: Vec<Finding> = checked.into_iter().map(|checked| checked.finding).collect();
    if record.events.iter().any(|event| matches!(event, Fact::Interrupted { .. })) {
        excuse_the_interrupted(record, &mut findings);
    }
    if let Some(doubt) = troubles.doubt() {
        for finding in findings.iter_mut().filter(|f| f.verdict == Verdict::Pass) {
            finding.verdict = Verdict::Inconclusive;
            finding.reason = format!("Would pass, but {doubt}. {}", finding.reason);
        }
    }
    let item = record.plan.traffic.item;
    findings.iter_mut().for_each(|finding| finding.reason = item.says(&finding.reason));
    let mut verdict = Verdict::worst(findings.iter().map(|finding| finding.verdict));
    if troubles.doubt().is_some() {
        verdict = verdict.max(Verdict::Inconclusive);
    }
    let met = met(record.plan.expected, verdict, &findings, &troubles);
    let timeline = crate::timeline::timeline(&case);
    let score = crate::score::score(&case, &timeline, &findings, troubles.unsettles(&case));
    Judged {
        verdict,
        met,
        reason: reason(record, verdict, &findings, &troubles),
        accounting: case.ledger.accounting.clone(),
        calls: crate::calls::calls(&case),
        findings,
        phases: phases(record, case.watched()),
        stopped: case.stopped,
        timeline,
        segments: crate::impact::segments(&case),
        waited: crate::backlog::waited(&case),
        during_faults: crate::impact::during_faults(&case),
        budget: crate::impact::budget(&case),
        score,
        troubles: troubles.sentences,
        faults: case.faults,
    }
}

fn check(planned: &PlannedObjective, case: &Case<'_>) -> Checked {
    let run = || planned.objective.as_check().check(case, planned.phase);
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        let why = "The check itself crashed, which is a defect of squall; nothing is known.";
        Checked::nothing(Unit::Count, why)
    })
}

/// With several shares judged at 95% each, one of them fails by chance more often than 1 in 20 drills:
/// a fail has to stand Holm's correction over all of them.
fn correct(checked: &mut [Checked]) {
    let tests: Vec<(usize, f64)> =
        checked.iter().enumerate().filter_map(|(i, c)| Some((i, c.test?.p))).collect();
    let ps: Vec<f64> = tests.iter().map(|(_, p)| *p).collect();
    for ((index, _), (level, stands)) in tests.iter().zip(holm(&ps, ALPHA)) {
        let Checked { finding, test: Some(test), .. } = &mut checked[*index] else { continue };
        if finding.verdict != Verdict::Fail {
            continue;
        }
        if !stands {
            finding.verdict = Verdict::Inconclusive;
            finding.reason += &format!(
                " Alone it would fail, but among {} that is too likely by chance.",
                of(ps.len() as u64, "judged share")
            );
        } else if finding.unit == Unit::Ratio && level < ALPHA {
            let share = test.seen.share().unwrap_or_default();
            let scale = if share > 0.0 { finding.observed.unwrap_or(share) / share } else { 1.0 };
            let (low, high) = test.seen.bounds(level);
            (finding.low, finding.high) = (Some(low * scale), Some(high * scale));
        }
    }
}

/// What had not arrived when a drill was cut short may still have come, and the delivery that a
/// receipt claims may stand in a log that was not read to its end: only a Fail that rests on something
/// that did happen stands.
fn excuse_the_interrupted(record: &Record, findings: &mut [Finding]) {
    for (planned, finding) in record.plan.objectives.iter().zip(findings) {
        let happened = matches!(
            planned.objective,
            Objective::NoDuplicates(_) | Objective::InOrder(_) | Objective::NothingAfterValidity(_)
        );
        if finding.verdict == Verdict::Fail && !happened {
            finding.verdict = Verdict::Inconclusive;
            finding.reason = format!("Would fail, but the drill was cut short. {}", finding.reason);
        }
    }
}

fn met(expected: Expected, verdict: Verdict, findings: &[Finding], troubles: &Troubles) -> bool {
    match expected {
        Expected::Pass => verdict == Verdict::Pass,
        Expected::Fail => {
            matches!(findings, [only] if only.verdict == Verdict::Fail)
                && troubles.doubt().is_none()
        }
    }
}

/// One sentence for whoever reads only one.
fn reason(record: &Record, verdict: Verdict, findings: &[Finding], troubles: &Troubles) -> String {
    let texts = record.plan.objectives.iter().map(|planned| planned.text.as_str());
    let all: Vec<(&str, &Finding)> = texts.zip(findings).collect();
    let worst = all.iter().find(|(_, finding)| finding.verdict == verdict);
    let also = all.iter().filter(|(_, finding)| finding.verdict == verdict).count() as u64;
    let more = match also {
        0 | 1 => String::new(),
        2 => format!(" Nor does 1 more of {} objectives.", all.len()),
        n => format!(" Nor do {} more of {} objectives.", n - 1, all.len()),
    };
    match (verdict, worst) {
        (Verdict::Pass, _) => {
            let over = of(record.messages.submits(), record.plan.traffic.item.one());
            match all.len() as u64 {
                1 => format!("The one objective was met over {over}."),
                n => format!("All {} were met over {over}.", of(n, "objective")),
            }
        }
        (Verdict::Fail, Some((text, finding))) => {
            format!("\u{201c}{text}\u{201d} does not hold: {}{more}", finding.reason)
        }
        _ if troubles.doubt().is_some() => {
            let mut first = troubles.doubt().unwrap_or_default();
            if let Some(initial) = first.get(..1) {
                first = initial.to_uppercase() + &first[1..];
            }
            format!("{first}.")
        }
        (_, Some((text, finding))) => {
            let more = more.replace("Nor does", "Nor is").replace("Nor do", "Nor are");
            format!("\u{201c}{text}\u{201d} is not decided: {}{more}", finding.reason)
        }
        (_, None) => format!("The drill has no objective, so {} decide nothing.", percent(1.0)),
    }
}

fn phases(record: &Record, end: Micros) -> Vec<(String, Span)> {
    let mut starts: Vec<_> = record
        .events
        .iter()
        .filter_map(|event| match event {
            Fact::Phase(phase) => Some((phase.at, phase.name.clone())),
            _ => None,
        })
        .collect();
    starts.sort_by_key(|(at, _)| *at);
    let ends: Vec<_> = starts.iter().skip(1).map(|(at, _)| *at).chain([end]).collect();
    starts
        .into_iter()
        .zip(ends)
        .map(|((start, name), end)| (name, Span { start, end: end.max(start) }))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::fact::*;
    use crate::judged::Judged;
    use crate::objective::*;
    use crate::plan::{Expected, Plan};
    use crate::sample::{Fate, changed, facts, judged, plan, record, s};
    use crate::units::Micros;
    use crate::verdict::Verdict::*;

    fn delivered(at_least: f64) -> Objective {
        DeliveredWithin { at_least, within: s(5) }.into()
    }

    fn good(_: u64, _: u64) -> Fate {
        Fate::good()
    }

    fn bad(m: u64, _: u64) -> Fate {
        if m.is_multiple_of(5) { Fate::gone() } else { Fate::good() }
    }

    fn with(fate: fn(u64, u64) -> Fate, more: impl FnOnce(&mut Vec<Fact>)) -> Judged {
        changed(delivered(0.99), fate, |_| {}, more)
    }

    #[test]
    fn a_sound_drill_passes_and_is_met() {
        let seen = judged(delivered(0.99), good);
        assert_eq!(
            (seen.verdict, seen.met, seen.troubles.len()),
            (Pass, true, 0),
            "{}",
            seen.reason
        );
        assert_eq!(seen.timeline.injected, Some(s(60) + Micros::from_millis(20)));
        assert!(seen.reason.starts_with("The one objective was met over "), "{}", seen.reason);
        let mut two = plan(vec![delivered(0.99), NoLoss {}.into()]);
        let seen = crate::judge::judge(&record(two.clone(), facts(&two, good)));
        assert!(seen.reason.starts_with("All 2 objectives were met over "), "{}", seen.reason);
        two.objectives.push(two.objectives[0].clone());
        let seen = crate::judge::judge(&record(two.clone(), facts(&two, bad)));
        assert!(seen.reason.ends_with(" Nor do 2 more of 3 objectives."), "{}", seen.reason);
    }

    #[test]
    fn an_unproven_fault_lets_nothing_pass_and_no_fail_go() {
        let blind = |facts: &mut Vec<Fact>| facts.retain(|f| !matches!(f, Fact::Probe(_)));
        let seen = with(good, blind);
        assert_eq!((seen.verdict, seen.findings[0].verdict), (Inconclusive, Inconclusive));
        assert!(seen.reason.contains("not proven"), "{}", seen.reason);
        assert_eq!(with(bad, blind).verdict, Fail);
    }

    #[test]
    fn an_interrupted_drill_decides_nothing_good() {
        let stop = |facts: &mut Vec<Fact>| {
            facts.push(Fact::Interrupted { at: s(290), reason: "SIGINT".into() });
        };
        assert_eq!(with(good, stop).verdict, Inconclusive);
        assert_eq!(with(bad, stop).verdict, Inconclusive);
        let lost = changed(NoLoss {}, bad, |_| {}, stop);
        assert_eq!((lost.verdict, lost.accounting.lost), (Inconclusive, 0));
        assert!(lost.accounting.undecided > 0);
        // Its delivery may stand in what was not read any more.
        let claims = |m, _| match m {
            7_000 => Fate { deliveries: Vec::new(), ..Fate::good() },
            _ => Fate::good(),
        };
        let objective = || crate::objective::NoFalseReceipts {};
        assert_eq!(changed(objective(), claims, |_| {}, stop).verdict, Inconclusive);
        assert_eq!(changed(objective(), claims, |_| {}, |_| {}).verdict, Fail);
    }

    #[test]
    fn a_process_that_ended_by_itself_makes_no_success() {
        let exit = |facts: &mut Vec<Fact>| {
            let status = "signal 9".to_owned();
            facts.push(Fact::Exit(Exit { at: s(30), node: "edge".into(), planned: false, status }));
        };
        assert_eq!(with(good, exit).verdict, Inconclusive);
    }

    #[test]
    fn a_ledger_that_loses_one_in_a_thousand_passes_nothing() {
        let drop = |facts: &mut Vec<Fact>| {
            facts.retain(|f| !matches!(f, Fact::Submit(submit) if submit.m % 1_000 == 7));
        };
        assert_eq!(with(good, drop).verdict, Inconclusive);
        let last = |facts: &mut Vec<Fact>| {
            let (zero, sent) = (Micros::ZERO, 1_000_000);
            let load = Load { at: s(300), scheduled: sent, sent, lag_p99: zero, lag_max: zero };
            facts.push(Fact::Load(load));
        };
        assert_eq!(with(good, last).verdict, Inconclusive);
    }

    #[test]
    fn load_that_was_not_held_excuses_time_and_never_helps_to_pass() {
        let lag = |facts: &mut Vec<Fact>| {
            for fact in facts {
                if let Fact::Submit(submit) = fact {
                    submit.sent = submit.due + Micros::from_millis(51);
                }
            }
        };
        let seen = with(bad, lag);
        assert_eq!(seen.verdict, Inconclusive);
        assert!(seen.findings[0].reason.contains("Load"), "{}", seen.findings[0].reason);
        assert_eq!(with(good, lag).verdict, Pass);
        let lost = changed(NoLoss {}, bad, |_| {}, lag);
        assert_eq!(lost.verdict, Fail);
    }

    #[test]
    fn holm_demands_more_of_many() {
        // 30,000 messages, 1.136% bad against 1%: p near 0.01 by itself, and 1 in 400 is wanted of 20.
        let near = |m: u64, _: u64| if m.is_multiple_of(88) { Fate::gone() } else { Fate::good() };
        let alone = judged(delivered(0.99), near);
        let mut many = plan((0..20).map(|_| delivered(0.9)).collect());
        many.objectives[0].objective = delivered(0.99);
        let facts = facts(&many, near);
        let among = crate::judge::judge(&record(many, facts));
        assert_eq!(alone.findings[0].verdict, Fail, "{}", alone.findings[0].reason);
        assert_eq!(among.findings[0].verdict, Inconclusive, "{}", among.findings[0].reason);
        assert!(among.findings[0].reason.contains("among 20 judged shares"));
        // Far off, all of them stand.
        let mut many = plan((0..20).map(|_| delivered(0.99)).collect());
        many.objectives[1].objective = delivered(0.5);
        let facts = crate::sample::facts(&many, bad);
        let seen = crate::judge::judge(&record(many, facts));
        assert_eq!(seen.findings.iter().filter(|f| f.verdict == Fail).count(), 19);
    }

    #[test]
    fn a_canary_is_met_only_by_a_proven_fail_of_its_one_objective() {
        let canary = |plan: &mut Plan| plan.expected = Expected::Fail;
        assert!(changed(NoLoss {}, bad, canary, |_| {}).met);
        assert!(!changed(NoLoss {}, good, canary, |_| {}).met);
        let blind = |facts: &mut Vec<Fact>| facts.retain(|f| !matches!(f, Fact::Probe(_)));
        assert!(!changed(NoLoss {}, bad, canary, blind).met);
        let two = |plan: &mut Plan| {
            canary(plan);
            plan.objectives.push(plan.objectives[0].clone());
        };
        assert!(!changed(NoLoss {}, bad, two, |_| {}).met);
    }

    #[test]
    fn no_objective_decides_nothing() {
        let plan = plan(Vec::new());
        let facts = facts(&plan, good);
        assert_eq!(crate::judge::judge(&record(plan, facts)).verdict, Inconclusive);
    }
}
