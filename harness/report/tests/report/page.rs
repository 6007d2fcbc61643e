//! Promises of the page: every tag resolves, every drawing stands in three widths, absences have words.

use crate::{golden, sample};
use squall_model::units::Micros;
use squall_model::verdict::Verdict;
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
    let command = "squall run features/incidents/queue-loss.feature:7 --engine sim --seed 42";
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
    let command =
        "squall run 'my drills/a.feature:7' --engine local --seed 42 --stack other --allow-long";
    assert!(summary.contains(command), "{summary}");
    assert!(!golden::render(&run, "report.html").contains("planted"), "a secret setting");
}

#[test]
fn a_drill_that_was_stopped_ends_there_everywhere() {
    let mut record = sample::record(&sample::short());
    let at = Micros::from_secs(100);
    record.events.push(squall_model::fact::Fact::Interrupted { at, reason: "a guard".into() });
    let judged = squall_model::judge::judge(&record);
    let drill = squall_report::DrillReport::new(judged, record);
    assert_eq!(drill.whole.span.end, at, "the chart");
    let run = squall_report::RunReport::new([drill], Default::default());
    let words = "stopped at 0:01:40.0, of 3 min planned";
    for file in ["report.html", "summary.md"] {
        assert!(golden::render(&run, file).contains(words), "{file}");
    }
    let summary = golden::render(&run, "summary.md");
    assert!(summary.contains("| &gt; 39 s (stopped) | never |"), "{summary}");
    let terminal = squall_report::terminal(&run, std::path::Path::new("report.html"), false);
    assert!(terminal.contains(words), "{terminal}");
    let json: serde_json::Value = serde_json::from_str(&golden::render(&run, "run.json")).unwrap();
    let drill = &json["drills"][0];
    assert_eq!((&drill["duration_ms"], &drill["stopped_ms"]), (&100_000.into(), &100_000.into()));
}

#[test]
fn advice_is_about_what_the_fault_hits_and_counts_what_still_waits() {
    use squall_model::about::Harm;
    let (mut judged, mut record) = sample::judged(&sample::long());
    judged.accounting.pending = 1_234;
    for (name, harm) in [("region_failover", Harm::RegionOutage), ("routing", Harm::CarrierOutage)]
    {
        let about = record.plan.about.settings.get_mut(name).unwrap();
        let remedy = about.mends.remove(&Harm::Outage).unwrap();
        about.mends.insert(harm, remedy);
    }
    let drill = squall_report::DrillReport::new(judged, record);
    let run = squall_report::RunReport::new([drill], Default::default());
    let page = golden::render(&run, "report.html");
    // A queue of a region is lost: what mends a vendor's outage has nothing to do with it.
    assert!(page.contains("Set <code>region_failover</code> to on"), "what was hit");
    assert!(!page.contains("Set <code>routing</code>"), "what was not");
    assert!(page.contains("1,234 were still waiting at the end"));
}

#[test]
fn an_impact_says_in_how_much_of_its_stretch_messages_missed() {
    let page = golden::render(&golden::run(&[sample::long()]), "report.html");
    let said = "Messages missed their deadline between 07:00:";
    assert!(page.contains(said), "{said}");
    let rest = page.split(said).nth(1).unwrap();
    let (some, all) = rest.split(", in ").nth(1).unwrap().split_once(" of ").unwrap();
    let number = |text: &str| text.split(' ').next().unwrap().parse::<u64>().unwrap();
    assert!(number(some) > 300 && number(some) <= number(all), "{some} of {all}");
}

type Drill = (squall_model::judged::Judged, squall_model::record::Record);

/// A calm drill of one setting, in which so many were lost.
fn set(name: &str, failover: &str, verdict: Verdict, lost: f64) -> Drill {
    let (mut judged, mut record) = sample::judged(&sample::calm());
    record.plan.scenario = name.into();
    record.plan.stack.settings.insert("region_failover".into(), failover.into());
    let finding = &mut judged.findings[1];
    (finding.verdict, finding.observed) = (verdict, Some(lost));
    let bounds = if lost > 0.0 { (Some(1.0), Some(9.0)) } else { (None, None) };
    (finding.low, finding.high) = bounds;
    judged.met = verdict == Verdict::Pass;
    (judged, record)
}

/// On the terminal, and on the page.
fn told(drills: Vec<Drill>) -> [String; 2] {
    let drills =
        drills.into_iter().map(|(judged, record)| squall_report::DrillReport::new(judged, record));
    let run = squall_report::RunReport::new(drills, Default::default());
    let terminal = squall_report::terminal(&run, std::path::Path::new("r"), false);
    [terminal, golden::render(&run, "report.html")]
}

#[test]
fn drills_that_differ_in_settings_and_verdict_are_compared_in_one_sentence() {
    use Verdict::{Fail, Inconclusive, Pass};
    let a = || set("A", "off", Pass, 0.0);
    let b = || set("B", "on", Fail, 4.0);
    let c = || set("C", "off", Inconclusive, 0.0);
    let words = "“no accepted message is lost” holds with A (0); does not with B (4, 1 to 9); is \
                 undecided with C (0).";
    let [terminal, page] = told(vec![a(), b(), c()]);
    assert!(terminal.contains(&format!("= {words}\n")), "{terminal}");
    assert_eq!((terminal.matches("\n= ").count(), page.contains(words)), (1, true));
    let mut elsewhere = c();
    elsewhere.1.plan.file = "other.feature".into();
    let mut repeat = c();
    repeat.1.plan.about.repeat = Some(squall_model::about::Repeat { number: 1, of: 2 });
    let alike = vec![a(), set("B", "off", Fail, 4.0), a()];
    let settled = vec![a(), set("B", "on", Pass, 0.0), a()];
    let two = vec![a(), b()];
    for none in [two, alike, settled, vec![a(), b(), elsewhere], vec![a(), b(), repeat]] {
        assert!(!told(none)[0].contains("\n= "));
    }
}

#[test]
fn repeats_are_added_up_with_their_spread() {
    use Verdict::{Fail, Inconclusive, Pass};
    let all = [(Fail, 4.0), (Pass, 0.0), (Inconclusive, 2.0)].into_iter().zip(1..);
    let drills = all.map(|((verdict, lost), number)| {
        let (judged, mut record) = set("A", "off", verdict, lost);
        record.plan.about.repeat = Some(squall_model::about::Repeat { number, of: 4 });
        (judged, record)
    });
    let [terminal, page] = told(drills.collect());
    assert!(terminal.contains("repeats of A: 1 of 4 met"), "{terminal}");
    let line = "no accepted message is lost: 1 pass, 1 fail, 1 inconclusive; observed 0 to 4\n";
    assert!(terminal.contains(line), "{terminal}");
    assert!(page.contains("1 pass, 1 fail, 1 inconclusive"));
}

#[test]
fn a_drill_of_calls_tells_its_verbs_and_speaks_of_calls() {
    use squall_model::calls::{Calls, VerbEnds};
    let (mut judged, mut record) = sample::judged(&sample::short());
    assert!(!told(vec![(judged.clone(), record.clone())])[1].contains("Verbs of the calls"));
    let end = |verb: &str, code: Option<&str>, count| VerbEnds {
        verb: verb.into(),
        code: code.map(str::to_owned),
        count,
    };
    let verbs = vec![end("play", None, 90), end("play", Some("11200"), 10), end("say", None, 5)];
    judged.calls = Some(Calls { dropped: 13, verbs });
    judged.accounting.attempted = 100;
    record.plan.traffic.item = squall_model::traffic::Item::Call;
    let [_, page] = told(vec![(judged, record)]);
    assert!(page.contains("<b>13</b> of 100 calls (13"), "dropped");
    let cells: String =
        page.split("Verbs of the calls").nth(1).unwrap().chars().take(1_500).collect();
    for told in
        ["<td>play</td><td class=\"num\">100</td>", "11200 <span class=\"quiet\">×10</span>"]
    {
        assert!(cells.contains(told), "{told}: {cells}");
    }
    assert!(page.contains("Keep every call that was accepted."));
}

#[test]
fn the_published_timeline_stands_beside_what_the_drill_saw_in_order_of_time() {
    let (judged, mut record) = sample::judged(&sample::short());
    let without = told(vec![(judged.clone(), record.clone())]);
    assert!(!without[1].contains("Beside the published"));
    let text = "monitors see <load>".to_owned();
    let at = Micros::from_secs(61);
    record.plan.about.published = vec![squall_model::about::Published { at, text }];
    let [_, page] = told(vec![(judged, record)]);
    let table = page.split("Beside the published timeline").nth(1).unwrap();
    let table = table.split("</table>").next().unwrap();
    let at = |words: &str| table.find(words).unwrap_or_else(|| panic!("{words}: {table}"));
    let published = "<td class=\"what\">monitors see &lt;load&gt;</td><td class=\"what\"></td>";
    let injected = "<td class=\"what\"></td><td class=\"what\">Fault injected";
    assert!(at(injected) < at(published) && at(published) < at("Healed"), "{table}");
}
