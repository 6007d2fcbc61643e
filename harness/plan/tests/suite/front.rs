//! Judged drills through cucumber's own runner: a Then step is what its finding is.

use crate::compile;
use squall_model::judged::{Accounting, Budget, Finding, InTime, Judged, Timeline, Unit};
use squall_model::verdict::Verdict;
use squall_plan::front;

const TEXT: &str = "Feature: f
  Scenario: s
    Given the stack \"small\"
    And 200 messages per second
    When steady state holds for 1 minute
    And at the same time node \"gateway-1\" is restarted
    Then no accepted message is lost
    And no receipt is false
";

fn judged(verdicts: &[Verdict], met: bool) -> Judged {
    let finding = |verdict: &Verdict| Finding {
        verdict: *verdict,
        observed: None,
        low: None,
        high: None,
        at_least: None,
        at_most: None,
        unit: Unit::Count,
        reason: format!("the reason of a {}", verdict.word()),
        evidence: Vec::new(),
    };
    Judged {
        verdict: Verdict::worst(verdicts.iter().copied()),
        met,
        reason: "the whole drill's reason".into(),
        accounting: Accounting::default(),
        calls: None,
        faults: Vec::new(),
        findings: verdicts.iter().map(finding).collect(),
        phases: Vec::new(),
        stopped: None,
        timeline: Timeline::default(),
        segments: Vec::new(),
        during_faults: InTime::default(),
        budget: Budget::default(),
        score: Default::default(),
        waited: Vec::new(),
        troubles: Vec::new(),
    }
}

#[test]
fn each_then_step_passes_or_fails_by_its_own_finding() {
    let suite = compile(TEXT).expect("a sound drill");
    let pass = front(&suite, &[Some(judged(&[Verdict::Pass, Verdict::Pass], true))], false);
    assert_eq!((pass.failed, pass.passed_steps), (0, 6), "{}", pass.text);
    assert!(pass.text.contains("at the same time"), "{}", pass.text);

    let fail = front(&suite, &[Some(judged(&[Verdict::Pass, Verdict::Fail], false))], false);
    assert_eq!((fail.failed, fail.passed_steps), (1, 5), "{}", fail.text);
    assert!(fail.text.contains("the reason of a fail"), "{}", fail.text);

    let open =
        front(&suite, &[Some(judged(&[Verdict::Inconclusive, Verdict::Pass], false))], false);
    assert!(open.text.contains("◇  Then no accepted message is lost"), "{}", open.text);
    assert!(open.text.contains("inconclusive: the reason of a"), "{}", open.text);
    assert!(open.failed > 0);
    // The objective after it is told too, and nothing panicked.
    assert!(open.text.contains("✔  And no receipt is false"), "{}", open.text);
    assert!(!open.text.contains("panicked") && !open.text.contains("hook"), "{}", open.text);
    let both = front(&suite, &[Some(judged(&[Verdict::Fail; 2], false))], false);
    assert_eq!(both.text.matches("✘  ").count(), 2, "{}", both.text);
    assert_eq!(both.text.matches("the reason of a fail").count(), 2, "{}", both.text);
}

#[test]
fn what_no_step_tells_still_fails_the_drill() {
    let suite = compile(TEXT).expect("a sound drill");
    let unproven = front(&suite, &[Some(judged(&[Verdict::Pass, Verdict::Pass], false))], false);
    assert!(unproven.failed > 0, "{}", unproven.text);
    assert!(unproven.text.contains("the whole drill's reason"), "{}", unproven.text);
    assert!(front(&suite, &[None], false).failed > 0);
    assert!(front(&suite, &[], false).failed > 0);
    let short = front(&suite, &[Some(judged(&[Verdict::Pass], true))], false);
    assert!(short.failed > 0, "{}", short.text);
}

#[test]
fn a_canary_is_met_by_its_failure() {
    let text = TEXT
        .replace("  Scenario", "  @must-fail\n  Scenario")
        .replace("    And no receipt is false\n", "");
    let suite = compile(&text).expect("a sound canary");
    let sings = front(&suite, &[Some(judged(&[Verdict::Fail], true))], false);
    assert_eq!(sings.failed, 0, "{}", sings.text);
    let silent = front(&suite, &[Some(judged(&[Verdict::Pass], false))], false);
    assert!(silent.text.contains("must fail, but passed"), "{}", silent.text);
}
