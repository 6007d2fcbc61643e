//! Promises of the page: every tag resolves, every drawing stands in three widths, absences have words.

use crate::{golden, sample};
use squall_model::units::Micros;
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
fn advice_is_what_the_stacks_file_says_of_its_settings() {
    let page = golden::render(&golden::run(&[sample::long()]), "report.html");
    assert!(page.contains("Set <code>region_failover</code> to on, here off: who takes over."));
    assert!(page.contains("Set <code>routing</code> to priority, here primary-only"));
    assert!(!page.contains("<code>store</code> to durable"), "the store is durable already");
    assert!(page.contains("Keep every message that was accepted."), "so the general advice stands");
    let calm = golden::render(&golden::run(&[sample::calm()]), "report.html");
    assert!(calm.contains("Nothing in this record calls for a repair."));
}

#[test]
fn a_number_that_mends_is_advised_by_its_direction() {
    let (mut judged, record) = sample::judged(&sample::long());
    let late = Micros::from_secs(2 * 3_600);
    judged.timeline.drained = judged.timeline.healed.map(|healed| healed + late);
    let drill = squall_report::DrillReport::new(judged, record);
    let run = squall_report::RunReport::new([drill], Default::default());
    let page = golden::render(&run, "report.html");
    assert!(page.contains("Set <code>backlog_rate</code> higher than 40: a second."));
}

#[test]
fn a_stack_that_names_no_remedy_gets_general_advice() {
    let (judged, mut record) = sample::judged(&sample::long());
    record.plan.about.settings.clear();
    let drill = squall_report::DrillReport::new(judged, record);
    let run = squall_report::RunReport::new([drill], Default::default());
    let page = golden::render(&run, "report.html");
    assert!(page.contains("Give messages another way while this one is down."));
    assert!(!page.contains("Set <code>"));
}

#[test]
fn a_failover_that_cannot_be_seen_is_not_called_never() {
    let (_, mut record) = sample::judged(&sample::long());
    let mut facts = sample::facts(&sample::long(), &record.plan);
    for fact in &mut facts {
        if let squall_model::fact::Fact::Carrier(saw) = fact {
            saw.via = None;
        }
    }
    let header = sample::header(0);
    let mut untold = squall_model::record::Record::builder(header, record.plan.clone());
    facts.into_iter().for_each(|fact| untold.push(fact));
    record = untold.finish();
    let judged = squall_model::judge::judge(&record);
    let drill = squall_report::DrillReport::new(judged, record);
    let run = squall_report::RunReport::new([drill], Default::default());
    let page = golden::render(&run, "report.html");
    assert!(page.contains("failed over: not visible"), "on the rail");
    let why = "Failed over: not visible. The carriers' logs do not tell";
    assert!(page.contains(why), "with its reason");
    let summary = golden::render(&run, "summary.md");
    assert!(summary.contains("| not visible |"), "{summary}");
}

#[test]
fn the_description_and_the_exact_command_stand_on_every_page() {
    let run = golden::run(&[sample::short()]);
    let command = "squall run features/incidents/queue-loss.feature --engine sim --seed 42";
    for file in ["report.html", "summary.md", "run.json"] {
        let text = golden::render(&run, file);
        assert!(text.contains("As reported, unverified"), "{file}");
        assert!(text.contains(command), "{file}");
    }
    assert!(golden::render(&run, "junit.xml").contains(command));
    let page = golden::render(&run, "report.html");
    assert!(page.contains("<code>routing = primary-only</code>"), "what the drill states");
    assert!(!page.contains("on_queue_loss = hold"), "that is the stack's default");
}

#[test]
fn the_command_says_all_that_the_drill_takes() {
    let (judged, mut record) = sample::judged(&sample::long());
    record.header.engine = "local".into();
    record.plan.tags = vec!["slow".into()];
    record.plan.file = "my drills/a.feature".into();
    record.plan.stack.settings.insert("api_token".into(), "planted".into());
    let info = squall_report::RunInfo {
        command: ["squall", "run", "--stack=other"].map(str::to_owned).into(),
        ..Default::default()
    };
    let drill = squall_report::DrillReport::new(judged, record);
    let run = squall_report::RunReport::new([drill], info);
    let summary = golden::render(&run, "summary.md");
    let command = "squall run 'my drills/a.feature' --engine local --seed 42 --stack other --tags @slow --allow-long";
    assert!(summary.contains(command), "{summary}");
    assert!(!golden::render(&run, "report.html").contains("planted"), "a secret setting");
}
