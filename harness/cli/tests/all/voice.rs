//! The media cache saturation follows from its mechanism: more calls fail more of their verbs, fewer
//! calls fewer, and no setting says how many.

use crate::command::{feature, run};

/// The share of `play` and `say` verbs that fail in the last minutes of a rise of telemetry.
fn failing(per_second: u32) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let steps = format!(
        r#"    Given the stack "voice"
    And the seed 7
    And the clock starts at 2025-03-31 15:00 +00:00
    And {per_second} calls per second
    When steady state holds for 4 minutes
    And telemetry requests rise to 5 times
    And 12 minutes pass
    Then between 0% and 99% of "play" and "say" verbs fail with "11200" from 15:08 to 15:16
"#
    );
    let path = feature(folder.path(), &steps);
    let ran = run(&["--engine", "sim", &path.display().to_string()]);
    let drill = &ran.drills()[0];
    assert_eq!(drill["faults"][0]["proven"], true, "{}", ran.said());
    drill["objectives"][0]["observed"].as_f64().expect("a share")
}

#[test]
fn the_load_moves_what_fails_and_nothing_else_does() {
    let (less, usual, more) = (failing(16), failing(20), failing(24));
    assert!(less < 0.05, "a fifth less: {less}");
    assert!((0.18..0.33).contains(&usual), "{usual}");
    assert!(more > usual + 0.1, "a fifth more: {more}, usual {usual}");
}
