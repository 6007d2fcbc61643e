//! Stacks that already run: what their file says, what is wrong with it, and what a drill may ask of
//! them.

use crate::{compile_in, mistakes_in};
use std::path::Path;

const SMALL: &str = include_str!("../stacks/small/stack.toml");

const RUNS: &str = r#"
[external]
name = "staging"
allow = ["127.0.0.1:8000", "127.0.0.1:8001", "127.0.0.1:8474", "127.0.0.1:9001"]
token = { env = "SQUALL_TEST_TOKEN" }

[external.nodes]
gateway-1 = { http = "127.0.0.1:8000", admin = "127.0.0.1:8001" }
queue-1 = { admin = "localhost:9001" }

[external.links]
"gateway-1->smartfren" = "127.0.0.1:8474"
"#;

const QUIET: &str = "    When 1 minute passes\n    Then no accepted message is lost\n";

fn drill(steps: &str) -> String {
    format!(
        "Feature: f\n  Scenario: s\n    Given the stack \"small\"\n    \
         And 200 messages per second\n{steps}"
    )
}

fn folder(runs: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("small")).expect("a folder");
    std::fs::write(folder.path().join("small/stack.toml"), format!("{SMALL}{runs}"))
        .expect("a written stack");
    folder
}

/// What is wrong with a drill on the small stack with this `[external]`, without places.
fn wrong(runs: &str, steps: &str) -> Vec<String> {
    let folder = folder(runs);
    let found = mistakes_in(folder.path(), &drill(steps));
    found.into_iter().map(|one| one.split_once(' ').expect("a place").1.to_owned()).collect()
}

fn wrong_with(sound: &str, damaged: &str) -> Vec<String> {
    assert!(RUNS.contains(sound), "{sound}");
    wrong(&RUNS.replacen(sound, damaged, 1), QUIET)
}

#[test]
fn a_plan_shows_every_target_and_no_secret_is_asked_for() {
    let folder = folder(RUNS);
    let suite = compile_in(folder.path(), &drill(QUIET)).unwrap_or_else(|m| panic!("{m}"));
    let plan = &suite.plans[0];
    let external = plan.stack.external.as_ref().expect("it runs");
    assert_eq!(external.token.as_deref(), Some("SQUALL_TEST_TOKEN"));
    assert!(external.runs("queue-1") && !external.runs("smartfren"));
    let told = squall_plan::describe(plan);
    for line in ["127.0.0.1:8000", "127.0.0.1:8001", "127.0.0.1:8474", "127.0.0.1:9001"] {
        assert!(told.contains(&format!("\n    {line}\n")), "{line} is not shown:\n{told}");
    }
    assert!(told.contains("carrier smartfren  mock, started here"), "{told}");
    assert!(!told.contains("--confirm"), "{told}");
}

#[test]
fn a_target_beyond_this_machine_is_shown_as_that() {
    let runs = RUNS.replacen("\"127.0.0.1:9001\"", "\"192.0.2.7:9001\"", 1);
    let folder = folder(&runs);
    let suite = compile_in(folder.path(), &drill(QUIET)).unwrap_or_else(|m| panic!("{m}"));
    let told = squall_plan::describe(&suite.plans[0]);
    assert!(told.contains("192.0.2.7:9001  beyond this machine"), "{told}");
    assert!(told.contains("--confirm staging"), "{told}");
}

#[test]
fn what_is_not_allowed_or_not_there_is_a_mistake() {
    let one = |sound: &str, damaged: &str, expected: &str| {
        assert_eq!(wrong_with(sound, damaged), [expected], "{damaged}");
    };
    one(
        "http = \"127.0.0.1:8000\"",
        "http = \"127.0.0.1:8002\"",
        "127.0.0.1:8002 is not in allow (only addresses in allow are ever dialled)",
    );
    one(
        "\"127.0.0.1:8001\", ",
        "\"127.0.0.1:8001\", \"staging.invalid:80\", ",
        "\"staging.invalid:80\" is no exact address \
         (a number and a port, such as \"127.0.0.1:8474\")",
    );
    one(
        "\"127.0.0.1:8001\", ",
        "\"127.0.0.1:8001\", \"0.0.0.0:80\", ",
        "\"0.0.0.0:80\" is no exact address (a number and a port, such as \"127.0.0.1:8474\")",
    );
    one("localhost:9001", "localhost", "\"localhost\" is no address (host:port)");
    assert_eq!(
        wrong_with("queue-1 = {", "queue-2 = {"),
        [
            "[external.nodes] has no line for node \"queue-1\" \
             (beside it Squall starts only proxies and carriers)",
            "no node or carrier \"queue-2\" (did you mean \"queue-1\"?)",
        ]
    );
    one(
        "queue-1 = { admin",
        "queue-1 = { adnim",
        "\"queue-1\" has no port \"adnim\" (did you mean \"admin\"?)",
    );
    one(
        "http = \"127.0.0.1:8000\", ",
        "",
        "no address of port \"http\" of \"gateway-1\" (the sender submits there)",
    );
    one(
        "\"gateway-1->smartfren\" = \"127.0.0.1:8474\"",
        "",
        "\"gateway-1\" cannot know where \"smartfren\" will listen \
         ([external.links] \"gateway-1->smartfren\" = what \"gateway-1\" dials)",
    );
    one(
        "token = {",
        "callback = \"0.0.0.0\"\ntoken = {",
        "\"0.0.0.0\" is no address to listen at \
         (the one address of this machine that the stack reaches, without a port)",
    );
    one(
        "queue-1 = { admin = \"localhost:9001\" }",
        "queue-1 = { admin = \"localhost:9001\" }\nsmartfren = { smpp = \"127.0.0.1:9001\" }",
        "carrier \"smartfren\" has no \"control\" \
         (its log is the truth about what was delivered)",
    );
}

#[test]
fn no_target_at_all_is_a_mistake() {
    let found = wrong("\n[external]\nname = \"staging\"\n", QUIET);
    assert!(found[0].starts_with("[external] names no target"), "{found:?}");
}

#[test]
fn numbers_that_may_be_somebodys_are_refused_where_the_stack_is_somebodys() {
    let folder = folder("");
    let file = folder.path().join("small/stack.toml");
    let sound = std::fs::read_to_string(&file).expect("a stack");
    let real = sound.replacen("+62001", "+62881", 1);
    std::fs::write(&file, &real).expect("written");
    assert!(mistakes_in(folder.path(), &drill(QUIET)).is_empty(), "a mock reaches nobody");
    std::fs::write(&file, real + RUNS).expect("written");
    let found = mistakes_in(folder.path(), &drill(QUIET));
    assert!(found.len() == 1 && found[0].contains("+62881 may be somebody's"), "{found:?}");
}

#[test]
fn what_is_not_in_squalls_power_is_a_mistake_of_the_step() {
    let steps = "    When steady state holds for 1 minute
    And node \"queue-1\" is killed for 20 seconds
    And node \"gateway-1\" is frozen for 20 seconds
    And the link \"gateway\" to \"queue\" is down for 20 seconds
    And node \"gateway-1\" is restarted
    And 1 minute passes
    Then no accepted message is lost
";
    let folder = folder(RUNS);
    let found = mistakes_in(folder.path(), &drill(steps));
    let line = |one: &String| one.split(':').next().unwrap_or_default().to_owned();
    assert_eq!(found.iter().map(line).collect::<Vec<_>>(), ["6", "7", "8", "9"], "{found:?}");
    assert!(found[0].contains("\"queue-1\" already runs"), "{found:?}");
    assert!(found[2].contains("[external.links] \"gateway-1->queue-1\""), "{found:?}");
}

#[test]
fn what_is_in_reach_compiles() {
    let steps = "    When steady state holds for 1 minute
    And the link \"gateway\" to \"smartfren\" gains 300 ms latency for 20 seconds
    And carrier \"smartfren\" throttles for 20 seconds
    And the setting \"workers\" of \"gateway\" becomes \"16\"
    And 1 minute passes
    Then no accepted message is lost
";
    assert_eq!(wrong(RUNS, steps), Vec::<String>::new());
    let proxied = RUNS.replacen("token", "proxy = \"127.0.0.1:8474\"\ntoken", 1);
    let cut = "    When steady state holds for 1 minute\n    And node \"queue-1\" is cut off for 20 seconds\n    And 1 minute passes\n    \
               Then no accepted message is lost\n";
    assert_eq!(wrong(&proxied, cut), Vec::<String>::new());
    assert_eq!(wrong(RUNS, cut).len(), 1, "no proxy lies before the queue");
}

#[test]
fn settings_of_a_stack_that_runs_are_not_stated_beforehand() {
    let folder = folder(RUNS);
    let text = drill(QUIET).replacen(
        "\"small\"\n",
        "\"small\" with\n      | setting | value |\n      | workers | 16 |\n",
        1,
    );
    let found = mistakes_in(folder.path(), &text);
    assert!(found.len() == 1 && found[0].contains("already runs"), "{found:?}");
}

#[test]
fn the_committed_stack_plays_the_drills_of_links() {
    let stacks = crate::root().join("stacks");
    let options = squall_plan::Options {
        stacks_dir: stacks,
        stack: Some("compose".into()),
        ..crate::options()
    };
    let file = crate::root().join("features/faults/latency-spike.feature");
    assert!(Path::new(&file).exists());
    let suite = squall_plan::load(&[file], &options).unwrap_or_else(|m| panic!("{m}"));
    assert_eq!(suite.plans[0].stack.name, "compose");
}
