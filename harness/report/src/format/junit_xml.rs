//! `junit.xml`: a suite a drill, a case an objective, with file and line.
//!
//! Totals follow `met`: the failing objective of a canary is its expected outcome. What could not be
//! decided is an error, not a failure, as is a trouble of the run itself.

use crate::escape::plain;
use crate::format::summary_md;
use crate::repeat;
use crate::run::{DrillReport, RunReport};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use squall_model::judged::Finding;
use squall_model::plan::PlannedObjective;
use squall_model::verdict::Verdict;
use std::io::{self, Write};
use std::time::Duration;

pub fn write(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new("squall");
    report.set_time(Duration::from_millis(run.info.wall_ms));
    report.add_test_suites(run.drills.iter().map(|drill| suite(run, drill)));
    report.serialize(out).map_err(io::Error::other)
}

fn suite(run: &RunReport, drill: &DrillReport) -> TestSuite {
    let plan = drill.plan();
    let mut suite = TestSuite::new(plain(&format!("{}: {}", plan.feature, plan.title())));
    suite.extra.insert("file".into(), plain(&plan.file).into());
    suite.extra.insert("line".into(), plan.line.to_string().into());
    suite.add_property(("stack", plain(&plan.stack.label()).as_str()));
    suite.add_property(("engine", plain(&drill.record.header.engine).as_str()));
    suite.add_property(("seed", plan.seed.to_string().as_str()));
    suite.add_property(("plan_hash", plain(&drill.record.header.plan_hash).as_str()));
    suite.add_property(("verdict", drill.judged.verdict.word()));
    suite.add_property(("repeat", repeat::command(run, drill).as_str()));
    let cases = plan.objectives.iter().zip(&drill.judged.findings);
    suite.add_test_cases(cases.map(|(planned, finding)| objective(drill, planned, finding)));
    suite.add_test_case(whole(drill));
    suite.set_system_out(plain(&summary_md::ledger_line(drill)));
    suite
}

fn objective(drill: &DrillReport, planned: &PlannedObjective, finding: &Finding) -> TestCase {
    let status = match finding.verdict {
        // A canary that was met failed as it should, and a pass of its objective is no success.
        Verdict::Fail if drill.judged.met => TestCaseStatus::success(),
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail => status(NonSuccessKind::Failure, "fail", &finding.reason),
        Verdict::Inconclusive => status(NonSuccessKind::Error, "inconclusive", &finding.reason),
    };
    case(drill, &planned.text, planned.line, status)
}

/// The drill itself: what no single objective says, such as an unproven fault or a passing canary.
fn whole(drill: &DrillReport) -> TestCase {
    let judged = &drill.judged;
    let reason = match judged.troubles.as_slice() {
        [] => judged.reason.clone(),
        troubles => format!("{} {}", judged.reason, troubles.join(" ")),
    };
    let status = match (judged.met, judged.verdict) {
        (true, _) => TestCaseStatus::success(),
        (false, Verdict::Inconclusive) => {
            status(NonSuccessKind::Error, "inconclusive", &reason)
        }
        (false, Verdict::Pass) => status(NonSuccessKind::Failure, "canary passed", &reason),
        (false, Verdict::Fail) => status(NonSuccessKind::Failure, "fail", &reason),
    };
    case(drill, "the drill is met", drill.plan().line, status)
}

fn status(kind: NonSuccessKind, word: &str, reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(word);
    status.set_message(plain(reason));
    status
}

fn case(drill: &DrillReport, name: &str, line: usize, status: TestCaseStatus) -> TestCase {
    let plan = drill.plan();
    let mut case = TestCase::new(plain(name), status);
    case.set_classname(plain(&format!("{}.{}", plan.feature, plan.scenario)));
    case.extra.insert("file".into(), plain(&plan.file).into());
    case.extra.insert("line".into(), line.to_string().into());
    case
}
