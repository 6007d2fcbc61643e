//! A killed node and a frozen one are told apart by the report of the same stack under the same messages.

use crate::command::run;
use serde_json::Value;

/// What the record says of the probes of the gateway, by path: how many were told that it is gone, how
/// many were told nothing, and how soon the last of the told knew.
fn told(drill: &Value) -> Vec<(String, u64, u64, Option<u64>)> {
    let probes = drill["faults"][0]["probes"].as_array().expect("probes of the fault");
    let count = |line: &Value, what: &str| line[what].as_u64().expect("a number");
    let told = |line: &Value| {
        assert_eq!(line["target"], "node gateway-1");
        assert_eq!(line["answered"], 0, "a probe was answered in the fault: {line}");
        let path = line["path"].as_str().expect("a path").to_owned();
        let gone = count(line, "refused") + count(line, "closed");
        (path, gone, count(line, "silent"), line["told_after_ms"].as_u64())
    };
    probes.iter().map(told).collect()
}

/// The part of the page that says how the fault of the nth drill showed itself.
fn page(html: &str, nth: usize) -> &str {
    let drill = html.split("<section class=\"drill\"").nth(nth + 1).expect("a drill of the page");
    let look = drill.split("How the fault showed itself").nth(1).expect("how the fault looked");
    look.split("</table>").next().unwrap_or_default()
}

/// Whether who knocks is refused at once at the one and told nothing at the other.
fn told_apart(killed: &Value, frozen: &Value) -> bool {
    let (killed, frozen) = (told(killed), told(frozen));
    let paths = |of: &[(String, u64, u64, Option<u64>)]| -> Vec<String> {
        of.iter().map(|(path, ..)| path.clone()).collect()
    };
    paths(&killed) == ["new", "existing"]
        && paths(&frozen) == ["new", "existing"]
        && killed.iter().all(|(_, gone, silent, after)| {
            *gone > 10 && *silent == 0 && after.is_some_and(|ms| ms < 100)
        })
        && frozen
            .iter()
            .all(|(_, gone, silent, after)| *gone == 0 && *silent > 10 && after.is_none())
}

#[test]
fn a_frozen_gateway_does_not_read_like_a_killed_one() {
    let ran = run(&["--engine", "sim", "features/faults/frozen-or-killed.feature"]);
    assert_eq!(ran.code(), Some(0), "{}", ran.said());
    let drills = ran.drills();
    let [killed, frozen] = drills.as_slice() else { panic!("two drills") };
    assert_eq!(killed["accounting"]["attempted"], frozen["accounting"]["attempted"]);
    assert!(killed["differs"].as_object().is_some_and(|differs| differs.is_empty()));
    assert!(told_apart(killed, frozen), "{} {}", killed["faults"], frozen["faults"]);
    // Said of one drill twice, or the wrong way round, it would not hold.
    assert!(!told_apart(killed, killed) && !told_apart(frozen, frozen));
    assert!(!told_apart(frozen, killed));
    for drill in [killed, frozen] {
        let waited = drill["waited"].as_array().expect("nodes");
        let of = |node: &str| waited.iter().find(|it| it["node"] == node).expect("the node");
        assert!(of("queue-1")["backlog"].as_u64() > Some(100), "{drill}");
        assert!(of("gateway-1")["unanswered"].as_u64() > Some(0));
        assert_eq!(of("gateway-2")["unanswered"], 0);
    }
    let html = String::from_utf8(ran.file("report.html")).expect("text");
    let (dead, still) = (page(&html, 0), page(&html, 1));
    assert!(dead.contains("refused from") && !dead.contains("told nothing"), "{dead}");
    assert!(still.contains("told nothing from") && !still.contains("refused"), "{still}");
    assert!(dead.contains("within 1") && still.contains("by its own time-out only"), "{still}");
}
