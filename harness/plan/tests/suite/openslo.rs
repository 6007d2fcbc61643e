//! OpenSLO files: objectives like those of steps, or mistakes with their place in the file.

use crate::{compile, mistakes};
use squall_model::objective::Objective;

fn drill(file: &str) -> String {
    format!(
        "Feature: f\n  Scenario: s\n    Given the stack \"small\"\n    And 200 messages per second\n    \
         When 10 minutes pass\n    Then the objectives in \"{file}\" are met\n"
    )
}

#[test]
fn a_file_says_what_steps_say() {
    let suite = compile(&drill("slo.yaml")).expect("a sound drill");
    let objectives = &suite.plans[0].objectives;
    let texts: Vec<&str> = objectives.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "delivered-in-time of \"slo.yaml\": at least 95% of messages are delivered within 1 min",
            "answered-quickly of \"slo.yaml\": 95% of accept latencies are under 2.5 s",
        ]
    );
    let by_steps = drill("slo.yaml").replace(
        "the objectives in \"slo.yaml\" are met",
        "at least 95% of messages are delivered within 1 minute\n    \
         And the 95th percentile of accept latency is under 2500 ms",
    );
    let stated = compile(&by_steps).expect("a sound drill");
    let kinds = |plan: &squall_model::plan::Plan| -> Vec<Objective> {
        plan.objectives.iter().map(|one| one.objective.clone()).collect()
    };
    assert_eq!(kinds(&suite.plans[0]), kinds(&stated.plans[0]));
}

#[test]
fn what_the_format_cannot_say_names_the_step_that_can() {
    insta::assert_snapshot!(mistakes(&drill("unsayable.yaml")).join("\n"));
}

#[test]
fn a_file_that_is_not_there_and_one_elsewhere() {
    let missing = mistakes(&drill("sla.yaml")).join("\n");
    assert!(missing.contains("cannot be read"), "{missing}");
    let elsewhere = mistakes(&drill("../small/slo.yaml")).join("\n");
    assert!(elsewhere.contains("without a path"), "{elsewhere}");
}

#[test]
fn no_text_makes_the_reader_panic() {
    for text in
        ["", "---\n---\n", ": :", "- 1", "kind: SLO", "\u{feff}kind: [", "a: &a [*a]", "--- x"]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let stacks = folder.path().join("stacks/small");
        std::fs::create_dir_all(&stacks).expect("a folder of stacks");
        let small = crate::options().stacks_dir.join("small/stack.toml");
        std::fs::copy(small, stacks.join("stack.toml")).expect("a stack");
        std::fs::write(stacks.join("any.yaml"), text).expect("a file");
        let feature = folder.path().join("a.feature");
        std::fs::write(&feature, drill("any.yaml")).expect("a feature");
        let options =
            squall_plan::Options { stacks_dir: folder.path().join("stacks"), ..crate::options() };
        let found = squall_plan::load(&[feature], &options).expect_err("no objective in it");
        assert!(found.plain().contains("any.yaml"), "{text:?}: {}", found.plain());
    }
}
