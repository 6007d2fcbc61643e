//! Foreign text that attacks: every name a user, a stack or a carrier can choose, in every format.

use crate::{golden, sample};
use squall_model::judged::Judged;
use squall_model::record::Record;
use squall_report::{DrillReport, RunInfo, RunReport, terminal};
use std::path::Path;

const EVIL: &str = "=cmd|' /C calc'!A0<script>alert(1)</script>\"><img src=http://evil.test/x onerror=alert(1)>\u{202e}gpj\u{1b}[2J\r\n::error::pwned\r\n##vso[task.complete]|[x](javascript:alert(1))]]>";

/// A judged drill whose every foreign text attacks.
fn attacked() -> RunReport {
    let (mut judged, mut record): (Judged, Record) = sample::judged(&sample::short());
    let evil = || EVIL.to_owned();
    let plan = &mut record.plan;
    plan.feature = evil();
    plan.scenario = evil();
    plan.file = evil();
    plan.tags = vec![evil()];
    plan.stack.name = evil();
    plan.stack.settings.insert(evil(), evil());
    plan.about.description = vec![evil()];
    let mends = [(squall_model::about::Harm::Outage, evil())].into();
    let about = squall_model::about::SettingAbout { default: "x".into(), doc: evil(), mends };
    plan.about.settings.insert(evil(), about);
    plan.traffic.population.iter_mut().for_each(|pool| pool.segment.name = evil());
    plan.objectives.iter_mut().for_each(|it| it.text = evil());
    plan.faults.iter_mut().for_each(|it| it.text = evil());
    record.header.squall = evil();
    record.header.engine = evil();
    record.header.plan_hash = evil();
    record
        .events
        .push(squall_model::fact::Fact::Note { at: squall_model::units::Micros(1), text: evil() });
    judged.reason = evil();
    judged.troubles = vec![evil()];
    judged.findings.iter_mut().for_each(|it| it.reason = evil());
    judged.segments.iter_mut().for_each(|it| it.name = evil());
    judged.timeline.failed_over = vec![(evil(), squall_model::units::Micros(70_000_000))];
    for fault in &mut judged.faults {
        (fault.label, fault.target, fault.reason) = (evil(), evil(), evil());
    }
    let info = RunInfo {
        engine: evil(),
        started: evil(),
        squall: evil(),
        command: vec![evil()],
        ..RunInfo::default()
    };
    RunReport::new([DrillReport::new(judged, record)], info)
}

#[test]
fn the_page_holds_no_foreign_markup_and_loads_nothing() {
    let page = golden::render(&attacked(), "report.html");
    assert!(page.contains("&lt;script&gt;"), "the text itself is shown");
    assert!(!page.contains("<script") && !page.contains("<img"));
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    // Nothing that fetches: only fragments are linked, and the policy forbids the rest.
    for attribute in page.split("href=\"").skip(1) {
        assert!(attribute.starts_with('#'), "{}", &attribute[..40.min(attribute.len())]);
    }
    for tag in
        ["<link", "<iframe", "<object", "<embed", "<form", "<base", " src=\"", "@import", "url("]
    {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
}

#[test]
fn the_summary_stays_text() {
    let summary = golden::render(&attacked(), "summary.md");
    let outside_code: String =
        summary.lines().filter(|line| !line.starts_with("    ")).collect::<Vec<_>>().join("\n");
    assert!(
        !outside_code.contains('<')
            && !outside_code.contains("](")
            && !outside_code.contains("://")
    );
    assert!(!summary.contains('\u{202e}') && !summary.contains('\u{1b}'));
    assert!(!summary.lines().any(|line| line.trim_start().starts_with("::")));
    let table = summary.lines().filter(|line| line.starts_with("| ")).nth(1).unwrap();
    assert_eq!(table.replace("\\|", "").matches('|').count(), 15, "{table}");
}

#[test]
fn the_spreadsheet_gets_no_formula() {
    let csv = golden::render(&attacked(), "messages.csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut rows = 0;
    for row in reader.records() {
        for cell in row.unwrap().iter() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
        rows += 1;
    }
    assert!(rows > 3_000 && csv.contains("'=cmd"), "the segment's name is in the rows");
}

#[test]
fn junit_is_well_formed_and_says_the_text() {
    let xml = golden::render(&attacked(), "junit.xml");
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert!(report.test_suites[0].name.as_str().contains("<script>"), "as text");
    assert!(!xml.contains("<script") && !xml.contains('\u{1b}'));
}

#[test]
fn json_keeps_the_text_as_a_string() {
    let json: serde_json::Value =
        serde_json::from_str(&golden::render(&attacked(), "run.json")).unwrap();
    assert_eq!(json["drills"][0]["scenario"], EVIL);
}

#[test]
fn no_line_of_the_terminal_is_a_command() {
    let out = terminal(&attacked(), Path::new("reports/\u{1b}]0;x\u{7}/report.html"), false);
    assert!(!out.contains('\u{1b}') && !out.contains('\u{7}') && !out.contains('\u{202e}'));
    assert!(!out.contains("##vso"));
    assert!(!out.lines().any(|line| line.trim_start().starts_with("::")), "{out}");
    assert!(
        terminal(&attacked(), Path::new("r"), true).contains("\u{1b}[1;31m"),
        "colour where asked"
    );
}
