//! A stack that already runs is drilled through its own fault proxy and left as it was found, and
//! nothing is dialled that its file does not list.

use crate::command::{NO_DAEMON, Pace, enter, feature, holding};
use crate::outside::{Bare, Outside, PATIENCE, TOKEN, VARIABLE, ask, squall_in};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Instant;

const LATENCY: &str = r#"    Given the stack "outside"
    And 40 messages per second
    When steady state holds for 8 seconds
    And the setting "routing" of "gateway" becomes "weighted"
    And the link "gateway" to "smartfren" gains 300 ms latency for 12 seconds
    And 6 seconds pass
    Then at least 99% of messages are delivered within 20 seconds
    And no accepted message is lost
    And no message is delivered more than once
    And every final outcome has a receipt
"#;

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

struct Played {
    code: Option<i32>,
    said: String,
    out: PathBuf,
}

fn play(outside: &Outside, steps: &str, arguments: &[&str]) -> Played {
    play_in(outside.folder.path(), steps, arguments)
}

fn play_in(folder: &Path, steps: &str, arguments: &[&str]) -> Played {
    let (path, out) = (feature(folder, steps), folder.join("out"));
    let output = squall_in(folder)
        .env(VARIABLE, TOKEN)
        .arg("run")
        .arg(path)
        .arg("--out")
        .arg(&out)
        .args(arguments)
        .output()
        .expect("squall starts");
    Played { code: output.status.code(), said: said(&output), out }
}

fn run_json(out: &Path) -> Value {
    let bytes = std::fs::read(out.join("latest/run.json")).expect("run.json");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Twice over: what the first drill left in the carriers' logs bears the tokens of the second.
#[test]
fn a_drill_comes_to_its_verdict_and_leaves_the_stack_as_it_was() {
    let _place = enter(Pace::Calm);
    let outside = Outside::raise();
    outside.describe(|stack| stack);
    let before = outside.state();
    for turn in ["first", "second"] {
        let played = play(&outside, LATENCY, &[]);
        assert_eq!(played.code, Some(0), "{turn}: {}", played.said);
        let run = run_json(&played.out);
        assert_eq!(run["engine"], "external");
        let drill = &run["drills"][0];
        assert_eq!(drill["faults"][0]["proven"], true, "{}", played.said);
        let books = &drill["accounting"];
        assert!(books["delivered"].as_u64() > Some(900), "{books}");
        for none in ["lost", "undecided", "duplicated", "unexpected"] {
            assert_eq!(books[none], 0, "{turn}, {none}: {books}");
        }
        assert_eq!(outside.state(), before, "{turn}: not left as it was");
        assert_eq!(holding(&played.out, TOKEN), Vec::<PathBuf>::new(), "the token was kept");
        assert!(!played.out.join("latest/drill-0/attached.json").exists());
    }
}

/// Messages of an earlier drill may arrive in the midst of the next: they are nobody's to count.
#[test]
fn an_earlier_drills_messages_are_not_taken_for_this_ones() {
    let _place = enter(Pace::Calm);
    let outside = Outside::raise();
    outside.describe(|stack| stack);
    let steps = r#"    Given the stack "outside"
    And 40 messages per second
    When steady state holds for 10 seconds
    Then no message is delivered more than once
    And no accepted message is lost
"#;
    let log = || ask(outside.control("smartfren"), "GET", "/log?from=0&max=1", "").1;
    let played = std::thread::scope(|scope| {
        let drill = scope.spawn(|| play(&outside, steps, &[]));
        // From when the drill has begun, so that no other message is in the log before them.
        while !log().contains("\"seq\"") {
            assert!(!drill.is_finished(), "nothing arrived");
            std::thread::yield_now();
        }
        for number in 0..50 {
            outside.post(&squall_model::token::encode(number));
        }
        drill.join().expect("played")
    });
    assert_eq!(played.code, Some(0), "{}", played.said);
    let books = &run_json(&played.out)["drills"][0]["accounting"];
    assert_eq!(books["delivered"], books["attempted"], "{books}");
    assert_eq!((&books["duplicated"], &books["unexpected"]), (&0.into(), &50.into()), "{books}");
}

/// The proxy listens where the gateways dial their carriers, and leads to the mocks. A receipt that comes
/// to the other gateway has no way back here, so receipts are not asked for.
#[test]
fn proxy_and_carriers_are_started_where_there_are_none() {
    let _place = enter(Pace::Calm);
    let bare = Bare::raise();
    let throttled = LATENCY.replace(
        "    And 6 seconds pass\n",
        "    And carrier \"vendor-b\" answers after 1 second for 5 seconds\n    And 6 seconds pass\n",
    );
    let throttled = throttled.replace("    And every final outcome has a receipt\n", "");
    let played = play_in(bare.folder.path(), &throttled, &[]);
    assert_eq!(played.code, Some(0), "{}", played.said);
    let drill = &run_json(&played.out)["drills"][0];
    for fault in [0, 1] {
        assert_eq!(drill["faults"][fault]["proven"], true, "{}", played.said);
    }
    assert!(drill["accounting"]["delivered"].as_u64() > Some(1_000), "{}", drill["accounting"]);
    // What they were told is not the run's own to keep.
    assert!(!played.out.join("latest/drill-0/nodes/vendor-b.json").exists());
    let unreachable = LATENCY.replace("\"gateway\" to \"smartfren\"", "\"edge\" to \"queue\"");
    let refused = play_in(bare.folder.path(), &unreachable, &[]);
    assert!(refused.code == Some(2) && refused.said.contains("by a proxy"), "{}", refused.said);
}

#[test]
fn what_a_killed_run_left_is_put_back_by_recover() {
    let outside = Outside::raise();
    outside.describe(|stack| stack);
    let before = outside.state();
    let throttles =
        "for 5 minutes\n    And at the same time carrier \"smartfren\" throttles for 5 minutes";
    let steps = LATENCY.replace("for 12 seconds", throttles);
    let (path, out) = (feature(outside.folder.path(), &steps), outside.folder.path().join("out"));
    let mut squall = outside.squall();
    squall.env(VARIABLE, TOKEN).arg("run").arg(path).arg("--out").arg(&out);
    let mut child = squall.spawn().expect("squall starts");
    let until = Instant::now() + PATIENCE;
    let toxics = || outside.proxy_of("gateway-2->smartfren")["toxics"].clone();
    let behaviours = || ask(outside.control("smartfren"), "GET", "/behaviours", "").1;
    let calm = behaviours();
    while toxics().as_array().is_none_or(Vec::is_empty) || behaviours() == calm {
        assert!(Instant::now() < until, "no fault");
        std::thread::yield_now();
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGKILL).expect("it lives");
    child.wait().expect("it ends");
    assert_ne!(outside.state(), before, "the test sees no difference");
    let ask = |command: &str, token: bool| {
        let mut squall = outside.squall();
        squall.arg(command).arg("--out").arg(&out).env(NO_DAEMON.0, NO_DAEMON.1);
        if token {
            squall.env(VARIABLE, TOKEN);
        }
        let output = squall.output().expect("squall starts");
        (output.status.code(), said(&output))
    };
    let (_, left) = ask("doctor", true);
    assert!(left.contains("died while it drilled \"outside\""), "{left}");
    let (code, left) = ask("recover", false);
    assert!(code == Some(4) && left.contains(VARIABLE), "{left}");
    let (code, healed) = ask("recover", true);
    assert!(code == Some(0) && healed.contains("as it was before"), "{healed}");
    assert_eq!(outside.state(), before);
    let (_, nothing) = ask("doctor", true);
    assert!(nothing.contains("nothing is left over"), "{nothing}");
}

/// Each of these refusals comes before anything is dialled, or at the address that is not listed.
#[test]
fn what_is_not_listed_confirmed_or_known_is_refused() {
    let outside = Outside::raise();
    let before = outside.state();
    let refused = |change: &dyn Fn(String) -> String, code: i32, words: &str| {
        outside.describe(change);
        let played = play(&outside, LATENCY, &[]);
        assert_eq!(played.code, Some(code), "{}", played.said);
        assert!(played.said.contains(words), "\"{words}\" is not said:\n{}", played.said);
    };
    let other = |stack: String| stack.replacen(VARIABLE, "SQUALL_TEST_NO_SUCH", 1);
    refused(&other, 2, "SQUALL_TEST_NO_SUCH");
    let beyond = |stack: String| stack.replacen("allow = [", "allow = [\"192.0.2.7:80\", ", 1);
    refused(&beyond, 2, "--confirm outside");
    let confirmed = play(&outside, LATENCY, &["--confirm", "inside"]);
    assert_eq!(confirmed.code, Some(2), "another name confirms nothing: {}", confirmed.said);
    let engine = play(&outside, LATENCY, &["--engine", "sim"]);
    assert!(engine.code == Some(2) && engine.said.contains("already runs"), "{}", engine.said);
    let jobs = play(&outside, LATENCY, &["--jobs", "2"]);
    assert!(jobs.code == Some(2) && jobs.said.contains("leave --jobs out"), "{}", jobs.said);
    assert!(!engine.out.exists(), "something was started");

    // A name that leads where the list does not: of a control port, and of what proxies alone dial.
    for at in [outside.control("queue-1"), outside.at("edge", "http")] {
        let named = at.replace("127.0.0.1", "localhost");
        let elsewhere = |stack: String| {
            let (list, nodes) = stack.split_once("token =").expect("a token");
            let list = list.replacen(at, &at.replace("127.0.0.1", "127.0.0.2"), 1);
            format!("{list}token ={}", nodes.replacen(at, &named, 1))
        };
        refused(&elsewhere, 3, "is not allowed");
    }

    // Somebody is busy with it.
    outside.describe(|stack| stack);
    let toxic = r#"{"name":"mine","type":"latency","attributes":{"latency":5}}"#;
    let path = "/proxies/edge-%3Equeue-1/toxics";
    assert_eq!(ask(outside.api(), "POST", path, toxic).0, 200);
    let busy = play(&outside, LATENCY, &[]);
    assert!(busy.code == Some(3) && busy.said.contains("the toxic mine"), "{}", busy.said);
    assert_eq!(ask(outside.api(), "DELETE", &format!("{path}/mine"), "").0, 204);
    assert_eq!(outside.state(), before, "a refused drill has changed something");
}
