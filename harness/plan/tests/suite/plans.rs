//! Feature → plan, and what the plan is made of.

use crate::{compile, root};
use squall_model::plan::Plan;
use squall_model::units::{Micros, Span};
use squall_plan::{catalogue, describe, hash, markdown};

const INCIDENT: &str = "Feature: incident
  Background:
    Given the stack \"small\" with
      | setting | value        |
      | routing | primary-only |
  @slowless
  Scenario: queue lost
    Given 100 million messages a day to \"smartfren\", sampled 1 in 100
    And the clock starts at 2026-01-10 06:30 +07:00
    And an outage costs $350,000 an hour
    When the queue in region \"singapore\" is lost from 07:00 to 14:00
    And 30 minutes pass
    Then between 28% and 32% of subscribers of \"smartfren\" are affected
    But at least 99% of messages are delivered within 5 minutes from 06:35 to 07:00
";

fn one(text: &str) -> Plan {
    let suite = compile(text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    Plan { file: "a.feature".into(), ..suite.plans[0].clone() }
}

#[test]
fn the_plan_of_an_incident() {
    insta::assert_json_snapshot!(one(INCIDENT));
}

#[test]
fn a_plan_in_words() {
    insta::assert_snapshot!(describe(&one(INCIDENT)));
}

#[test]
fn the_same_text_gives_the_same_plan_and_another_text_another() {
    assert_eq!(hash(&one(INCIDENT)), hash(&one(INCIDENT)));
    let other = INCIDENT.replace("14:00", "13:59");
    assert_ne!(hash(&one(INCIDENT)), hash(&one(&other)));
    assert_ne!(one(INCIDENT).seed, one(&INCIDENT.replace("queue lost", "another")).seed);
    let moved = Plan { file: "elsewhere.feature".into(), ..one(INCIDENT) };
    assert_eq!(hash(&moved), hash(&one(INCIDENT)));
}

#[test]
fn steps_follow_each_other_or_start_together() {
    let plan = one("Feature: f
  Scenario: s
    Given the stack \"small\"
    And 200 messages per second
    When steady state holds for 1 minute
    And node \"gateway-1\" is frozen for 2 minutes
    And at the same time traffic rises to 800 messages per second for 1 minute
    And carrier \"vendor-a\" throttles
    And 3 minutes pass
    Then no accepted message is lost
");
    let minutes = |from: u64, to: u64| Span {
        start: Micros::from_secs(from * 60),
        end: Micros::from_secs(to * 60),
    };
    let windows: Vec<Span> = plan.faults.iter().map(|fault| fault.window).collect();
    // The rise starts with the freeze and ends after one minute; what follows starts there.
    assert_eq!(windows, [minutes(1, 3), minutes(2, 5)]);
    assert_eq!(plan.end, Micros::from_secs(300));
    assert_eq!(plan.warm_up, Micros::from_secs(6));
    assert_eq!(plan.drain, Micros::from_secs(30));
    let rates: Vec<(u64, f64)> =
        plan.traffic.rates.iter().map(|r| (r.at.0 / 1_000_000, r.per_second)).collect();
    assert_eq!(rates, [(0, 200.0), (60, 800.0), (120, 200.0)]);
    assert_eq!(plan.faults[1].fault.target(), "smartfren");
}

#[test]
fn a_setting_goes_by_whole_steps() {
    let plan = one("Feature: f
  Scenario Outline: ramp to <last>
    Given the stack \"small\"
    And the clock starts at 2026-01-10 22:00 +00:00
    And 200 messages per second
    When the setting \"workers\" of \"gateway\" goes from \"2\" to \"<last>\" between 23:00 and 01:00
    Then no accepted message is lost

    Examples:
      | last |
      | 4    |
");
    assert_eq!(plan.scenario, "ramp to 4");
    let at: Vec<u64> = plan.changes.iter().map(|change| change.at.0 / 60_000_000).collect();
    assert_eq!(at, [60, 120, 180]);
}

#[test]
fn traffic_goes_to_everybody_or_to_one_carriers_subscribers() {
    let to = |whom: &str| -> Vec<String> {
        let plan = one(&format!(
            "Feature: f
  Scenario: s
    Given the stack \"follows\"
    And 200 messages per second{whom}
    When 10 minutes pass
    Then no accepted message is lost
"
        ));
        plan.traffic.population.iter().map(|pool| pool.segment.name.clone()).collect()
    };
    assert_eq!(to(""), ["jakarta", "rest", "elsewhere"]);
    assert_eq!(to(" to \"vendor-c\""), ["elsewhere"]);
    assert_eq!(to(" to \"vendor-a\""), ["jakarta", "rest"]);
}

/// The step functions of the catalogue's examples, each with its example.
fn of_the_catalogue() -> Vec<((&'static str, u32), &'static str)> {
    use cucumber::gherkin::{Feature, GherkinEnv, StepType};
    let phrases = catalogue().into_iter().flat_map(|(_, family)| family);
    let functions = phrases.map(|phrase| {
        let text =
            format!("Feature: f\n  Scenario: s\n    {} {}\n", phrase.keyword, phrase.example);
        let feature = Feature::parse(text, GherkinEnv::default()).expect("an example");
        let step = &feature.scenarios[0].steps[0];
        let expected = match phrase.keyword {
            "Given" => StepType::Given,
            "When" => StepType::When,
            _ => StepType::Then,
        };
        assert_eq!(step.ty, expected);
        let function = squall_plan::step_function(step);
        let unread = || panic!("{} {} reads as no step", phrase.keyword, phrase.example);
        (function.unwrap_or_else(unread), phrase.example)
    });
    functions.collect()
}

#[test]
fn every_step_is_in_the_catalogue_by_an_example_that_reads() {
    // Traffic has three phrases for one function.
    assert_eq!(of_the_catalogue().len(), squall_plan::step_functions() + 2);
}

#[test]
fn every_step_has_a_drill_that_uses_it() {
    use cucumber::gherkin::{Feature, GherkinEnv, Step};
    let mut used = std::collections::BTreeSet::new();
    for folder in ["features/faults", "features/incidents"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("drills") {
            let path = entry.expect("an entry").path();
            let feature = Feature::parse_path(path, GherkinEnv::default()).expect("a feature");
            let scenarios = feature.scenarios.iter().flat_map(|scenario| &scenario.steps);
            let steps = feature.background.iter().flat_map(|b| &b.steps).chain(scenarios);
            // The parser keeps these words in the step; `load` takes them off.
            let alone = steps.map(|step| Step {
                value: step.value.trim_start_matches("at the same time ").to_owned(),
                ..step.clone()
            });
            used.extend(alone.filter_map(|step| squall_plan::step_function(&step)));
        }
    }
    let unused: Vec<&str> = of_the_catalogue()
        .into_iter()
        .filter(|(function, _)| !used.contains(function))
        .map(|(_, example)| example)
        .collect();
    assert_eq!(unused, [""; 0], "no drill of features/ uses these steps");
}

#[test]
fn the_page_of_steps_is_current() {
    let page = root().join("features/README.md");
    if std::env::var_os("SQUALL_WRITE").is_some() {
        std::fs::write(&page, markdown()).expect("a written page");
    }
    let stands = std::fs::read_to_string(page).unwrap_or_default();
    assert_eq!(stands, markdown(), "features/README.md is stale: run `squall steps`");
}

#[test]
fn lines_of_a_published_timeline_are_told_apart_from_the_text() {
    let clock = "    And the clock starts at 2026-01-10 06:30 +07:00\n";
    let text = format!(
        "Feature: f\n  Scenario: s\n\n    One made up.\n\n    - 06:45 monitors see high load\n\
         \x20   - 06:50:30 engineers begin\n    - 05:00 normal\n\n    - no moment\n\n    Given the stack \"small\"\n{clock}    And 200 messages per second\n\
         \x20   When 1 minute passes\n    Then no accepted message is lost\n"
    );
    let about = one(&text).about;
    let moments: Vec<(u64, &str)> =
        about.published.iter().map(|it| (it.at.0 / 1_000_000, it.text.as_str())).collect();
    // The next 05:00 is that of the day after.
    let told = [(900, "monitors see high load"), (1_230, "engineers begin"), (81_000, "normal")];
    assert_eq!(moments, told);
    assert_eq!(about.description, ["One made up. - no moment"]);
    let untimed = one(&text.replace(clock, "")).about;
    assert_eq!((untimed.published.len(), untimed.description.len()), (0, 1));
}
