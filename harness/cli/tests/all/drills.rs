//! The drills of the repository, as `squall run` plays them in the simulation.

use crate::command::{root, run, squall};

#[test]
fn the_short_drills_are_met_in_the_simulation() {
    let ran = run(&["--engine", "sim", "features/faults"]);
    assert_eq!(ran.code(), Some(0), "{}", ran.said());
    let drills = ran.drills();
    assert!(drills.len() >= 8);
    for drill in &drills {
        let accounting = &drill["accounting"];
        assert_eq!(drill["met"], true, "{}", drill["scenario"]);
        // A canary is there to lose something.
        let canary = drill["expected"] == "fail";
        for none in ["lost", "ghost", "unexpected", "false_receipts", "undecided"] {
            assert!(canary || accounting[none] == 0, "{none} in {}", drill["scenario"]);
        }
        for fault in drill["faults"].as_array().expect("faults") {
            assert_eq!(fault["proven"], true, "{fault}");
        }
    }
}

#[test]
fn a_run_leaves_every_file_it_promises_and_renders_again_from_them() {
    let ran = run(&["--engine", "sim", "features/faults/no-fault.feature"]);
    assert_eq!(ran.code(), Some(0), "{}", ran.said());
    for name in [
        "plan.json",
        "facts.jsonl",
        "run.json",
        "messages.csv",
        "report.html",
        "summary.md",
        "junit.xml",
    ] {
        assert!(!ran.file(name).is_empty(), "{name}");
    }
    let before = ran.file("report.html");
    std::fs::remove_file(ran.folder.join("report.html")).expect("removed");
    let again = squall().arg("report").arg(&ran.folder).output().expect("squall starts");
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert!(ran.file("report.html") == before, "the second rendering differs");
}

#[test]
fn a_page_that_somebody_wrote_by_hand_is_not_replaced_by_the_catalogue() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("features/README.md");
    std::fs::create_dir(folder.path().join("features")).expect("a folder");
    std::fs::write(&page, "# Our drills\n\nRead this first.\n").expect("a page");
    let steps = || squall().arg("steps").current_dir(folder.path()).output().expect("starts");
    assert!(String::from_utf8_lossy(&steps().stderr).contains("stays as it is"));
    assert!(std::fs::read_to_string(&page).expect("a page").starts_with("# Our drills"));
    std::fs::remove_file(&page).expect("removed");
    steps();
    let written = std::fs::read_to_string(&page).expect("a page");
    std::fs::write(&page, format!("{written}\nolder\n")).expect("a page");
    steps();
    assert_eq!(std::fs::read_to_string(&page).expect("a page"), written);
}

#[test]
fn the_step_catalogue_is_current() {
    let committed = std::fs::read_to_string(root().join("features/README.md")).expect("a page");
    let steps = squall().arg("steps").current_dir(std::env::temp_dir()).output().expect("starts");
    let printed = String::from_utf8_lossy(&steps.stdout).into_owned();
    assert!(committed == printed, "run `squall steps` and commit features/README.md");
}
