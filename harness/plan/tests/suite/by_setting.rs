//! Carriers, nodes and links that follow the stack's settings. What is wrong with them in a stack file is among the
//! other mistakes of such files.

use crate::{compile, mistakes, options};
use squall_model::stack::{Carrier, CarrierProtocol, LinkProtocol, RunAs, Stack};
use squall_plan::{Options, load};

fn drill(settings: &str) -> String {
    format!(
        "Feature: f
  Scenario: s
    Given the stack \"follows\" with
      | setting | value |
{settings}    And 200 messages per second
    When 1 minute passes
    Then no receipt is false
"
    )
}

fn carriers(settings: &str) -> Vec<Carrier> {
    let suite = compile(&drill(settings)).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    suite.plans[0].stack.carriers.clone()
}

#[test]
fn carriers_are_what_the_settings_say() {
    let [a, b, c] = &carriers("")[..] else { panic!("three carriers") };
    assert_eq!((a.protocol, a.capacity), (CarrierProtocol::Smpp, None));
    assert_eq!((b.protocol, b.capacity), (CarrierProtocol::Twilio, None));
    assert_eq!((c.protocol, c.capacity), (CarrierProtocol::Json, Some(5.0)));
    for (word, protocol) in [("vonage", CarrierProtocol::Vonage), ("json", CarrierProtocol::Json)] {
        let rows = format!("      | api | {word} |\n      | rate | 120 |\n");
        let [a, b, c] = &carriers(&rows)[..] else { panic!("three carriers") };
        assert_eq!((b.protocol, b.capacity), (protocol, Some(120.0)));
        assert_eq!((a.protocol, c.capacity), (CarrierProtocol::Smpp, Some(5.0)));
    }
    assert_eq!(carriers("      | anything | 0 |\n")[2].capacity, None);
    assert_eq!(carriers("      | anything | 0.5 |\n")[2].capacity, Some(0.5));
}

#[test]
fn what_a_carrier_cannot_be_is_a_mistake_of_the_scenario() {
    assert_eq!(
        mistakes(&drill("      | api | vonnage |\n      | anything | some |\n")),
        [
            "5:15 \"vonnage\" is no value of \"api\" (did you mean \"vonage\"?)",
            "6:20 carrier \"vendor-c\" cannot follow \"some\", which is no rate",
        ]
    );
    let change =
        "    When the setting \"api\" of \"gateway-1\" becomes \"json\"\n    When 1 minute";
    assert_eq!(
        mistakes(&drill("").replace("    When 1 minute", change)),
        ["6:22 \"api\" is what carrier \"vendor-b\" starts with \
          (state it with the stack: it cannot change during the drill)"]
    );
}

/// The stack "follows" with a queue that is a broker where the setting says so.
fn brokers() -> String {
    let file = options().stacks_dir.join("follows/stack.toml");
    let text = std::fs::read_to_string(file).expect("a stack");
    let by_queue = "{ setting = \"queue\", builtin = \"frames\", redis = \"redis\" }";
    let settings = "queue = { default = \"builtin\", values = [\"builtin\", \"redis\"] }
store = { default = \"durable\", values = [\"durable\", \"memory\"] }

[timers]";
    let run = "[node.run]
setting = \"queue\"
builtin = \"queue\"
[node.run.redis]
image = { build = \"redis\" }
ports = { redis = 6379 }
command = { setting = \"store\", durable = [\"--appendonly\", \"yes\"], memory = [] }
";
    text.replacen("[timers]", settings, 1)
        .replace(
            "run = \"queue\"\nports = [\"frames\", \"admin\"]\n",
            &format!("ports = [\"frames\"]\n{run}"),
        )
        .replace(
            "port = \"frames\"\nprotocol = \"frames\"",
            &format!("port = {by_queue}\nprotocol = {by_queue}"),
        )
}

/// A folder of stacks with this one in the place of "follows".
fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("follows")).expect("a stack's folder");
    std::fs::write(folder.path().join("follows/stack.toml"), text).expect("a stack");
    folder
}

fn chosen(settings: &str) -> Stack {
    let stacks = folder(&brokers());
    let feature = stacks.path().join("a.feature");
    std::fs::write(&feature, drill(settings)).expect("a feature");
    let options = Options { stacks_dir: stacks.path().to_owned(), ..options() };
    let suite = load(&[feature], &options).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    suite.plans[0].stack.clone()
}

#[test]
fn a_node_and_the_links_to_it_are_what_a_setting_says() {
    let end = |stack: &Stack| {
        let link = stack.links.iter().find(|link| link.to == "queue-1").expect("a link").clone();
        (link.port, link.protocol)
    };
    let built_in = chosen("");
    let queue = built_in.node("queue-1").expect("a queue");
    assert_eq!(
        (&queue.run, &queue.ports),
        (&RunAs::BuiltIn("queue".into()), &vec!["frames".into()])
    );
    assert_eq!(end(&built_in), ("frames".into(), LinkProtocol::Frames));

    // The order of the rows does not matter.
    let (queue, memory) = ("      | queue | redis |\n", "      | store | memory |\n");
    for (rows, command) in [
        (queue.to_owned(), vec!["--appendonly", "yes"]),
        (format!("{queue}{memory}"), vec![]),
        (format!("{memory}{queue}"), vec![]),
    ] {
        let stack = chosen(&rows);
        let node = stack.node("queue-1").expect("a queue");
        let RunAs::Image(image) = &node.run else { panic!("{:?}", node.run) };
        assert_eq!(
            (image.from.to_string(), &image.command[..]),
            (
                "follows/redis".into(),
                &command.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()[..]
            )
        );
        assert_eq!((node.ports.clone(), image.ports["redis"]), (vec!["redis".to_owned()], 6379));
        assert_eq!(end(&stack), ("redis".into(), LinkProtocol::Redis));
    }
}

#[test]
fn what_a_node_starts_with_cannot_change_during_the_drill() {
    let stacks = folder(&brokers());
    let feature = stacks.path().join("a.feature");
    for (key, value, what) in
        [("queue", "redis", "node \"queue-1\""), ("store", "memory", "node \"queue-1\"")]
    {
        let change = format!(
            "    When the setting \"{key}\" of \"gateway-1\" becomes \"{value}\"\n    When 1 minute"
        );
        let text = drill("").replace("    When 1 minute", &change);
        std::fs::write(&feature, text).expect("a feature");
        let options = Options { stacks_dir: stacks.path().to_owned(), ..options() };
        let mistakes = load(std::slice::from_ref(&feature), &options).expect_err("a mistake");
        let expected = format!("\"{key}\" is what {what} starts with");
        assert!(mistakes.plain().contains(&expected), "{}", mistakes.plain());
    }
}

#[test]
fn a_node_that_runs_as_an_image_takes_no_settings_during_the_drill() {
    let settings = "queue_buffer = { default = \"0\", range = [0, 1000] }\n\n[timers]";
    let stacks = folder(&brokers().replacen("[timers]", settings, 1));
    let feature = stacks.path().join("a.feature");
    let options = Options { stacks_dir: stacks.path().to_owned(), ..options() };
    let told = |rows: &str, step: &str| {
        let step = format!("    When {step}\n    When 1 minute");
        let text = drill(rows).replace("    When 1 minute", &step);
        std::fs::write(&feature, text).expect("a feature");
        load(std::slice::from_ref(&feature), &options).map_err(|mistakes| mistakes.plain()).err()
    };
    for (step, column) in [
        ("the setting \"queue_buffer\" of \"queue-1\" becomes \"5\"", 40),
        ("the buffer \"queue\" of \"queue-1\" holds only 5 events for 20 seconds", 32),
    ] {
        let mistakes = told("      | queue | redis |\n", step).expect(step);
        let message = format!("a.feature:7:{column}");
        assert!(mistakes.contains(&message), "{mistakes}");
        assert!(
            mistakes.contains("\"queue-1\" runs as an image and takes no settings"),
            "{mistakes}"
        );
        assert!(mistakes.contains("or set it of "), "{mistakes}");
        let without = told("", step).unwrap_or_default();
        assert!(!without.contains("runs as an image"), "{without}");
    }
}

#[test]
fn every_value_of_the_setting_has_its_entry_and_leads_somewhere() {
    let table = "{ setting = \"queue\", builtin = \"frames\", redis = \"redis\" }";
    let port = format!("port = {table}");
    for (sound, damaged, expected) in [
        (
            port.as_str(),
            "port = { setting = \"queue\", builtin = \"frames\" }",
            &[
                "\"port\" has no entry for \"redis\" (one entry for each value that setting \"queue\" may have)",
            ][..],
        ),
        (
            port.as_str(),
            "port = { setting = \"queue\", builtin = \"frames\", redsi = \"redis\" }",
            &[
                "\"redsi\" is no value of setting \"queue\" (did you mean \"redis\"?)",
                "\"port\" has no entry for \"redis\"",
            ],
        ),
        (
            port.as_str(),
            "port = { setting = \"quoue\", builtin = \"frames\", redis = \"redis\" }",
            &["no setting \"quoue\" (did you mean \"queue\"?)"],
        ),
        (
            port.as_str(),
            "port = { setting = \"rate\", builtin = \"frames\", redis = \"redis\" }",
            &["setting \"rate\" has no list of values"],
        ),
        (
            port.as_str(),
            "port = { setting = \"queue\", builtin = \"frames\", redis = 6379 }",
            &["\"redis\" wants a string"],
        ),
        (
            port.as_str(),
            "port = { setting = \"queue\", builtin = \"frames\", redis = \"rediss\" }",
            &[
                "\"queue-1\" has no port \"rediss\" where \"queue\" is \"redis\" (did you mean \"redis\"?)",
            ],
        ),
        (
            port.as_str(),
            "port = \"frames\"",
            &["\"queue-1\" has no port \"frames\" where \"queue\" is \"redis\""],
        ),
        (
            "protocol = { setting = \"queue\", builtin = \"frames\", redis = \"redis\" }",
            "protocol = { setting = \"queue\", builtin = \"frames\", redis = \"resp\" }",
            &["\"resp\" is not a protocol"],
        ),
        ("builtin = \"queue\"\n", "", &["\"run\" has no entry for \"builtin\""]),
        ("image = { build = \"redis\" }\n", "", &["run is a role, or has an image"]),
        (", memory = []", "", &["\"command\" has no entry for \"memory\""]),
        ("memory = []", "memory = [1]", &["\"memory\" wants a list of strings"]),
    ] {
        let text = brokers();
        assert!(text.contains(sound), "{sound}");
        let stacks = folder(&text.replacen(sound, damaged, 1));
        let mistakes = squall_plan::stack::load(stacks.path(), "follows").expect_err(damaged);
        let told = mistakes
            .all()
            .iter()
            .map(|m| format!("{} ({})", m.message, m.help.clone().unwrap_or_default()));
        let told: Vec<String> = told.collect();
        for expected in expected {
            assert!(told.iter().any(|told| told.starts_with(expected)), "{damaged}: {told:?}");
        }
    }
}
