//! Promises of the page: every tag resolves, every drawing stands in three widths, absences have words.

use crate::{golden, sample};
use std::collections::BTreeSet;

#[test]
fn every_evidence_tag_resolves_on_the_page() {
    let page = golden::render(&golden::run(&[sample::short(), sample::calm()]), "report.html");
    let ids: BTreeSet<&str> =
        page.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let links: Vec<&str> =
        page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(links.len() > 20);
    assert!(links.iter().all(|link| ids.contains(link)), "{links:?} against {ids:?}");
}

#[test]
fn three_drawings_a_chart_and_no_number_that_is_none() {
    let page = golden::render(&golden::run(&[sample::long()]), "report.html");
    for class in ["wide", "medium", "small"] {
        // The whole drill, and the strip around the start of the fault.
        assert_eq!(page.matches(&format!("<svg class=\"{class}\"")).count(), 2, "{class}");
    }
    assert!(!page.contains("NaN") && !page.contains("inf "), "a path holds numbers only");
    assert!(page.contains("06:30:00") || page.contains("07:00:00"), "time of day");
}

#[test]
fn what_never_came_has_a_word() {
    let page = golden::render(&golden::run(&[sample::long()]), "report.html");
    assert!(page.contains("failed over: never"), "on the rail");
    let calm = golden::render(&golden::run(&[sample::calm()]), "report.html");
    assert!(calm.contains("not played") && !calm.contains("never<"));
}

#[test]
fn a_ledger_that_does_not_balance_is_said_in_the_head() {
    let (mut judged, record) = sample::judged(&sample::calm());
    let head = |page: &str| {
        page.split("<header").nth(1).unwrap().split("</header>").next().unwrap().to_owned()
    };
    let sound = golden::render(&golden::run(&[sample::calm()]), "report.html");
    assert!(!head(&sound).contains("does not balance"));
    judged.accounting.accepted += 1;
    let drill = squall_report::DrillReport::new(judged, record);
    let run = squall_report::RunReport::new([drill], Default::default());
    assert!(head(&golden::render(&run, "report.html")).contains("does not balance"));
}

#[test]
fn advice_points_at_settings_of_this_plan_only() {
    let page = golden::render(&golden::run(&[sample::long()]), "report.html");
    assert!(page.contains("<code>region_failover</code> = on"));
    assert!(page.contains("<code>routing</code> = priority"));
    assert!(!page.contains("<code>store</code> = durable"), "the store is durable already");
    let calm = golden::render(&golden::run(&[sample::calm()]), "report.html");
    assert!(calm.contains("Nothing in this record calls for a repair."));
}
