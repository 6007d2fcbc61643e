//! What faults of names, certificates, buffers and receipts may act on; stacks say which of their parts
//! have those.

use crate::{options, root};
use squall_plan::{Mistakes, Options, load, stack};
use std::path::Path;

/// Mistakes as `line message (help)`.
fn told(mistakes: &Mistakes) -> Vec<String> {
    let told = mistakes.all().iter().map(|m| {
        let help = m.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{} {}{help}", m.line, m.message)
    });
    told.collect()
}

fn on(stacks: &Path, stack: &str, steps: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.feature");
    let head = format!(
        "Feature: f\n  Scenario: s\n    Given the stack \"{stack}\"\n    And 5 messages per second\n    When steady state holds for 10 seconds\n"
    );
    let steps: String = steps.iter().map(|step| format!("    When {step}\n")).collect();
    let text = head + &steps + "    And 1 minute passes\n    Then no receipt is false\n";
    std::fs::write(&file, text).expect("a written feature");
    let options = Options { stacks_dir: stacks.to_owned(), ..options() };
    load(&[file], &options).err().map(|mistakes| told(&mistakes)).unwrap_or_default()
}

#[test]
fn steps_on_what_has_no_name_or_no_certificate_are_mistakes() {
    let reference = root().join("stacks");
    let found = on(
        &reference,
        "reference",
        &[
            "the name \"vendor-b\" does not resolve for 5 seconds",
            "the certificate of \"vendor-b\" is expired for 5 seconds",
            "the name \"vendor-c\" does not resolve for 5 seconds",
            "the name \"vendor-a\" does not resolve for 5 seconds",
            "the certificate of \"smartfren\" is expired for 5 seconds",
            "the certificate of \"vendor-b\" has expired for 5 seconds",
        ],
    );
    assert_eq!(
        found[..3],
        [
            "8 no carrier \"vendor-c\" (did you mean \"vendor-b\"?)",
            "9 no link finds \"smartfren\" by its name (did you mean \"vendor-b\"?)",
            "10 no link to \"smartfren\" speaks TLS (known: vendor-b)",
        ]
    );
    assert!(found[3].starts_with("11 ") && found[3].contains("is expired"), "{}", found[3]);
    assert_eq!(found.len(), 4, "{found:?}");
    // Names without TLS, and neither of the two.
    let expired = ["the certificate of \"vendor-b\" is expired for 5 seconds"];
    let help = "this stack has no carrier with such a link";
    let codes = on(&reference, "codes", &expired);
    assert_eq!(codes, [format!("6 no link to \"vendor-b\" speaks TLS ({help})")]);
    let unresolved = ["the name \"smartfren\" does not resolve for 5 seconds"];
    let small = on(&options().stacks_dir, "small", &unresolved);
    assert_eq!(small, [format!("6 no link finds \"smartfren\" by its name ({help})")]);
}

#[test]
fn two_faults_of_one_certificate_must_follow_each_other() {
    let found = on(
        &root().join("stacks"),
        "reference",
        &[
            "the certificate of \"vendor-b\" is expired for 20 seconds",
            "at the same time the certificate of \"vendor-b\" is expired for 10 seconds",
        ],
    );
    assert!(
        matches!(&found[..], [one] if one.contains("acts on what the fault of line 6")),
        "{found:?}"
    );
}

#[test]
fn a_buffer_is_limited_once_at_a_time_and_by_nobody_else() {
    let stacks = root().join("stacks");
    let limited = |events: u32| {
        format!("the buffer \"queue\" of \"queue-1\" holds only {events} events for 20 seconds")
    };
    let again = format!("at the same time {}", limited(200));
    let twice = on(&stacks, "reference", &[&limited(100), &again]);
    assert!(
        matches!(&twice[..], [one] if one.contains("acts on what the fault of line 6")),
        "{twice:?}"
    );
    let change = "the setting \"queue_buffer\" of \"queue-1\" becomes \"1000\"";
    let changed = on(&stacks, "reference", &[change, &limited(100)]);
    assert!(
        matches!(&changed[..], [one] if one.contains("acts on the setting that line 6 changes")),
        "{changed:?}"
    );
    // After the heal nothing is undone.
    let limit = limited(100);
    assert_eq!(on(&stacks, "reference", &[&limit, "10 seconds pass", change]), [""; 0]);
    // Another node's buffer is another one.
    let other = change.replace("queue-1", "queue-2");
    assert_eq!(on(&stacks, "reference", &[&other, &limited(100)]), [""; 0]);
    let none = on(&stacks, "codes", &[&limited(100)]);
    assert_eq!(none, ["6 no buffer \"queue\" (the stack has no buffer at all)"]);
}

#[test]
fn a_carrier_over_sip_has_no_receipts_to_misbehave_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let small = std::fs::read_to_string(options().stacks_dir.join("small/stack.toml"));
    let made = folder.path().join("made");
    std::fs::create_dir(&made).expect("a folder");
    let text = small.expect("the small stack").replace("\"smpp\"", "\"sip\"");
    std::fs::write(made.join("stack.toml"), text).expect("a written stack");
    for what in [
        "are delayed by 30 seconds",
        "are lost for 10% of messages",
        "are repeated",
        "claim delivery falsely for 5% of messages",
    ] {
        let step = format!("receipts from \"smartfren\" {what} for 10 seconds");
        let told = "\"smartfren\" sends no receipts (who calls over SIP knows how the call ended)";
        let found = on(folder.path(), "made", &[&step]);
        assert!(matches!(&found[..], [one] if one.ends_with(told)), "{what}: {found:?}");
        assert_eq!(on(&options().stacks_dir, "small", &[&step]), [""; 0]);
    }
}

/// The small stack with one more link and carrier, as `[[link]]` says it.
fn linked(link: &str, carrier: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let small = options().stacks_dir.join("small/stack.toml");
    let text = std::fs::read_to_string(small).expect("the small stack");
    let made = folder.path().join("made");
    std::fs::create_dir(&made).expect("a folder");
    let text = format!("{text}\n[[link]]\n{link}\n[[carrier]]\n{carrier}\n");
    std::fs::write(made.join("stack.toml"), text).expect("a written stack");
    stack::load(folder.path(), "made").err().map(|m| told(&m)).unwrap_or_default()
}

#[test]
fn a_stack_says_tls_of_links_that_can_have_it() {
    let link = |from: &str, to: &str, port: &str, protocol: &str| {
        format!("from = \"{from}\"\nto = \"{to}\"\nport = \"{port}\"\nprotocol = \"{protocol}\"")
    };
    let carrier = |name: &str| format!("name = \"{name}\"\nprotocol = \"json\"");
    let tls = |to: &str| link("gateway-1", to, "https", "https");
    assert_eq!(linked(&tls("vendor-b"), &carrier("vendor-b")), [""; 0]);
    let only = |found: Vec<String>, part: &str| {
        assert!(matches!(&found[..], [one] if one.contains(part)), "{part}: {found:?}");
    };
    let plain = link("gateway-1", "vendor-b", "https", "http");
    only(linked(&plain, &carrier("vendor-b")), "go together");
    let wrong_port = link("gateway-1", "vendor-b", "http", "https");
    only(linked(&wrong_port, &carrier("vendor-b")), "go together");
    let to_node = link("queue-1", "gateway-1", "http", "https");
    only(linked(&to_node, &carrier("vendor-b")), "no carrier with an API over HTTP");
    let network = "name = \"network\"\nprotocol = \"sip\"";
    let [no_tls, no_port] = &linked(&tls("network"), network)[..] else { panic!("two mistakes") };
    assert!(no_tls.contains("no carrier with an API over HTTP"), "{no_tls}");
    assert!(no_port.contains("no port \"https\" (known: sip)"), "{no_port}");
    only(linked(&tls("vendor b"), &carrier("vendor b")), "cannot be part of a domain name");
    let both = tls("vendor-b") + "\n[[link]]\n" + &link("queue-1", "vendor-b", "http", "http");
    only(linked(&both, &carrier("vendor-b")), "another link leads to \"vendor-b\" without TLS");
}
