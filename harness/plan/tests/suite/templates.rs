//! Configuration files of images: templates beside the stack file, checked where they stand.

use crate::{compile_in, mistakes_in, options};
use squall_model::stack::{Gateway, RunAs};
use squall_model::units::Micros;
use std::path::Path;

fn drill(routing: &str) -> String {
    format!(
        "Feature: f
  Scenario: s
    Given the stack \"small\" with
      | setting | value |
      | routing | {routing} |
    And 200 messages per second
    When 1 minute passes
    Then no receipt is false
"
    )
}

/// The small stack with somebody else's gateway, its two templates as given.
fn stack(files: &str, templates: [&str; 2]) -> tempfile::TempDir {
    let small = options().stacks_dir.join("small/stack.toml");
    let text = std::fs::read_to_string(small).expect("the small stack");
    let image = format!(
        "[node.run]
image = {{ build = \"x\" }}
gateway = \"kannel\"
ports = {{ http = 13013, admin = 13000 }}
[node.run.files]
{files}
"
    );
    let timer = "{ setting = \"routing\", priority = \"5 s\", primary-only = \"50 s\" }";
    let text = text
        .replacen("run = \"gateway\"\nports = [\"http\", \"admin\"]\n", &image, 1)
        .replacen("submit_timeout = \"5 s\"", &format!("submit_timeout = {timer}"), 1);
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("small");
    std::fs::create_dir(&own).expect("a stack's folder");
    let write = |name: &str, text: &str| std::fs::write(own.join(name), text).expect("a file");
    write("stack.toml", &text);
    write("a.conf", templates[0]);
    write("b.conf", templates[1]);
    folder
}

const CHOSEN: &str =
    "\"/etc/x.conf\" = { setting = \"routing\", priority = \"a.conf\", primary-only = \"b.conf\" }";

/// What the gateway is given under a routing, and how long it waits.
fn given(stacks: &Path, routing: &str) -> (String, Micros) {
    let suite = compile_in(stacks, &drill(routing)).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let stack = &suite.plans[0].stack;
    let RunAs::Image(image) = &stack.node("gateway-1").expect("a gateway").run else {
        panic!("no image")
    };
    assert_eq!(image.gateway, Some(Gateway::Kannel));
    (image.files["/etc/x.conf"].clone(), stack.timers["submit_timeout"])
}

#[test]
fn a_setting_chooses_the_file_and_the_timers_that_go_with_it() {
    let templates = ["to = {{host:smartfren}}:{{port:smartfren}}", "{{if:workers=8}}eight"];
    let stacks = stack(CHOSEN, templates);
    let (first, last) = (given(stacks.path(), "priority"), given(stacks.path(), "primary-only"));
    assert_eq!(first, (templates[0].to_owned(), Micros::from_secs(5)));
    assert_eq!(last, (templates[1].to_owned(), Micros::from_secs(50)));
}

#[test]
fn a_place_that_nobody_can_fill_in_is_a_mistake_of_the_template() {
    for (text, told) in [
        ("a\n {{host:nobody}}", "2:2 no link leads from \"gateway-1\" to \"nobody\""),
        ("{{setting:colour}}", "1:1 the stack has no setting \"colour\""),
        ("{{if:routing=upwards}}x", "1:1 \"upwards\" is no value of the setting \"routing\""),
        ("{{secrets}}", "1:1 \"secrets\" is no place; there are "),
        ("{{secret", "1:1 {{ without }}"),
    ] {
        // Also in the file that this drill does not use.
        let stacks = stack(CHOSEN, ["", text]);
        let found = mistakes_in(stacks.path(), &drill("priority"));
        assert!(found.len() == 1 && found[0].starts_with(told), "{found:?}");
    }
}

#[test]
fn a_gateway_that_is_asked_for_its_status_has_the_port_for_it() {
    let stacks = stack("\"/x\" = \"a.conf\"", ["", ""]);
    let file = stacks.path().join("small/stack.toml");
    let text = std::fs::read_to_string(&file).expect("a stack");
    std::fs::write(&file, text.replace(", admin = 13000", "")).expect("a written stack");
    let found = mistakes_in(stacks.path(), &drill("priority"));
    let told =
        |one: &String| one.contains("a gateway is asked at its port \"admin\", and has none");
    assert!(found.iter().any(told), "{found:?}");
}

#[test]
fn a_file_is_inside_the_stacks_folder_and_has_a_whole_path_in_the_container() {
    for (files, told) in [
        ("\"/x\" = \"c.conf\"", "cannot be read"),
        ("\"/x\" = \"../small/a.conf\"", "a file inside the stack's own folder"),
        ("\"x\" = \"a.conf\"", "begins with /"),
        ("\"/../x\" = \"a.conf\"", "begins with /"),
    ] {
        let found = mistakes_in(stack(files, ["", ""]).path(), &drill("priority"));
        // A node that cannot be read is missing elsewhere too.
        assert!(found.first().is_some_and(|one| one.contains(told)), "{files}: {found:?}");
    }
}
