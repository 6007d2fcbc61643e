//! The rules of ARCHITECTURE.md that a machine can keep: who may depend on whom, and who may touch
//! the operating system.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// Crate → the crates of ours it may use (dev-dependencies apart).
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("squall-model", &[] as &[_]),
        ("squall-platform", &[]),
        ("squall-plan", &["squall-model"]),
        ("squall-wire", &["squall-model", "squall-platform"]),
        ("squall-services", &["squall-wire", "squall-model", "squall-platform"]),
        ("squall-role", &["squall-wire", "squall-model", "squall-platform"]),
        ("squall-reference", &["squall-role", "squall-wire", "squall-model", "squall-platform"]),
        ("squall-voice", &["squall-role", "squall-wire", "squall-model", "squall-platform"]),
        (
            "squall-node",
            &[
                "squall-services",
                "squall-reference",
                "squall-voice",
                "squall-model",
                "squall-platform",
            ],
        ),
        ("squall-run", &["squall-wire", "squall-model", "squall-platform"]),
        ("squall-report", &["squall-model"]),
        (
            "squall",
            &[
                "squall-model",
                "squall-plan",
                "squall-platform",
                "squall-wire",
                "squall-services",
                "squall-reference",
                "squall-node",
                "squall-run",
                "squall-report",
            ],
        ),
    ])
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect()
}

/// Crates of systems under test.
fn stacks() -> Vec<PathBuf> {
    let inside = root().join("stacks");
    crates().into_iter().filter(|path| path.starts_with(&inside)).collect()
}

fn crates() -> Vec<PathBuf> {
    let root = root();
    let mut found: Vec<PathBuf> = std::iter::once(root.join("harness"))
        .chain(std::iter::once(root.join("stacks")))
        .chain(children(&root.join("stacks")))
        .flat_map(|folder| children(&folder))
        .filter(|path| path.join("Cargo.toml").is_file())
        .collect();
    found.sort();
    found
}

#[test]
fn crates_depend_only_on_whom_they_may() {
    let allowed = allowed();
    let mut seen = BTreeSet::new();
    for path in crates() {
        let text = std::fs::read_to_string(path.join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("a manifest in TOML");
        let name = manifest["package"]["name"].as_str().expect("a name").to_owned();
        let may = allowed.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no row here"));
        let ours = manifest["dependencies"].as_table().into_iter().flatten();
        for (dependency, _) in ours.filter(|(d, _)| *d == "squall" || d.starts_with("squall-")) {
            assert!(may.contains(&dependency.as_str()), "{name} must not use {dependency}");
        }
        seen.insert(name);
    }
    assert_eq!(
        seen.len(),
        allowed.len(),
        "crates without a row, or rows without a crate: {seen:?}"
    );
}

#[test]
fn the_model_does_no_input_or_output() {
    let text =
        std::fs::read_to_string(root().join("harness/model/Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = text.parse().expect("TOML");
    for (name, _) in manifest["dependencies"].as_table().expect("dependencies") {
        assert!(
            ["serde", "serde_json", "thiserror", "statrs", "schemars"].contains(&name.as_str()),
            "squall-model must not use {name}"
        );
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_file_says_what_it_is_for() {
    for path in crates().iter().flat_map(|path| sources(&path.join("src"))) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        assert!(text.starts_with("//!"), "{} does not open with //!", path.display());
    }
}

/// What runs on both sides must reach the world through `platform` alone.
#[test]
fn services_reach_the_world_through_platform() {
    let forbidden = [
        "std::net::",
        "tokio::net::",
        "SystemTime::now",
        "std::time::Instant::now",
        "thread::spawn",
        "tokio::spawn",
        "std::fs::",
        "thread_rng",
        "rand::rng()",
    ];
    let ours = ["harness/model", "harness/wire", "harness/services"].map(|path| root().join(path));
    for folder in ours.into_iter().chain(stacks()) {
        let sources = sources(&folder.join("src"));
        // A module of that name is compiled for tests alone.
        for path in sources.iter().filter(|path| !path.ends_with("tests.rs")) {
            let text = std::fs::read_to_string(path).expect("a source file");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in forbidden {
                assert!(!code.contains(word), "{} uses {word}", path.display());
            }
        }
    }
}

/// tokio's `watch` wakes those who wait in an order drawn anew in each process. What the simulation
/// runs waits for `platform::running::Stop`, or for a channel with one receiver; a run's one watch is
/// its user's wish, for which one task of a drill waits at a time.
#[test]
fn nothing_simulated_waits_for_a_watch() {
    let wish = root().join("harness/run/src/wish.rs");
    let ours =
        ["platform", "wire", "services", "run"].map(|name| root().join("harness").join(name));
    for folder in ours.into_iter().chain(stacks()) {
        let is_test =
            |path: &Path| path.ends_with("tests.rs") || path.iter().any(|part| part == "tests");
        for path in sources(&folder.join("src")) {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let allowed = path == wish || is_test(&path) || !text.contains("watch::channel");
            assert!(allowed, "{} makes a watch", path.display());
        }
    }
}

#[test]
fn selects_are_biased() {
    for path in crates().iter().flat_map(|path| sources(&path.join("src"))) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        for (at, _) in text.match_indices("select! {") {
            let body = text[at + "select! {".len()..].trim_start();
            assert!(body.starts_with("biased;"), "{}: a select! is not biased", path.display());
        }
    }
}
