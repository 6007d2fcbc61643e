//! Run folders read back, whole and damaged; formats and folder held equal.

use crate::{golden, sample};
use squall_model::plan::Plan;
use squall_report::format::FORMATS;
use squall_report::{RunInfo, judge_run, read, read_info, write};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Writes what a recorder would have written, `facts` as given.
fn folder(dir: &Path, plans: &[Plan], facts: &[u8]) {
    fs::write(dir.join("plan.json"), serde_json::to_vec(plans).unwrap()).unwrap();
    fs::write(dir.join("facts.jsonl"), facts).unwrap();
}

fn lines(number: usize, sample: &sample::Sample, plan: &Plan) -> String {
    let header = serde_json::to_string(&sample::header(number)).unwrap();
    let facts = sample::facts(sample, plan);
    let facts = facts.iter().map(|fact| serde_json::to_string(fact).unwrap() + "\n");
    header + "\n" + &facts.collect::<String>()
}

fn two() -> (Vec<Plan>, String) {
    let samples = [sample::short(), sample::calm()];
    let plans: Vec<Plan> = samples.iter().map(sample::plan).collect();
    let text = (0..2).map(|i| lines(i, &samples[i], &plans[i])).collect();
    (plans, text)
}

#[test]
fn every_format_of_the_folder_is_in_the_table() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/format");
    let modules: BTreeSet<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".rs", ""))
        .filter(|name| name != "mod")
        .collect();
    let table: BTreeSet<String> = FORMATS.iter().map(|format| format.module.to_owned()).collect();
    assert_eq!(modules, table);
}

#[test]
fn a_run_folder_gives_every_file_and_the_same_again() {
    let dir = tempfile::tempdir().unwrap();
    let (plans, text) = two();
    folder(dir.path(), &plans, text.as_bytes());
    let info = RunInfo {
        engine: "sim".into(),
        seed: 42,
        wall_ms: 9,
        undo_verified: false,
        ..RunInfo::default()
    };
    let run = judge_run(read(dir.path()).unwrap(), info.clone());
    let written = write(dir.path(), &run).unwrap();
    assert_eq!(written.len(), FORMATS.len());
    let first: Vec<Vec<u8>> = written.iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(read_info(dir.path()), info);
    let again = judge_run(read(dir.path()).unwrap(), read_info(dir.path()));
    let second: Vec<Vec<u8>> =
        write(dir.path(), &again).unwrap().iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(first, second);
    assert_eq!(again.exit_code, 4, "an unverified undo stays one");
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn packed_facts_are_read_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let (plans, text) = two();
    folder(dir.path(), &plans, text.as_bytes());
    let plain = read(dir.path()).unwrap();
    let packed = zstd::encode_all(text.as_bytes(), 3).unwrap();
    fs::write(dir.path().join("facts.jsonl.zst"), packed).unwrap();
    fs::remove_file(dir.path().join("facts.jsonl")).unwrap();
    assert_eq!(read(dir.path()).unwrap(), plain);
    assert_eq!(plain.len(), 2);
}

#[test]
fn a_damaged_line_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (plans, text) = two();
    let damaged = text.replacen("\"submit\"", "\"sbmt\"", 1);
    let at = damaged.lines().position(|line| line.contains("sbmt")).unwrap() + 1;
    folder(dir.path(), &plans, damaged.as_bytes());
    let error = read(dir.path()).unwrap_err().to_string();
    assert!(error.contains(&format!("facts.jsonl:{at}:")), "{error}");
    assert!(error.contains("play the drill again"), "{error}");
}

#[test]
fn a_last_line_cut_off_is_an_interruption_and_nothing_passes() {
    let dir = tempfile::tempdir().unwrap();
    let sample = sample::calm();
    let plan = sample::plan(&sample);
    let text = lines(0, &sample, &plan);
    folder(dir.path(), std::slice::from_ref(&plan), &text.as_bytes()[..text.len() - 20]);
    let run = judge_run(read(dir.path()).unwrap(), RunInfo::default());
    assert_eq!((run.exit_code, run.met), (3, false), "{:?}", run.drills[0].judged);
    folder(dir.path(), &[plan], text.as_bytes());
    assert_eq!(judge_run(read(dir.path()).unwrap(), RunInfo::default()).exit_code, 0);
}

#[test]
fn other_versions_and_other_plans_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (plans, text) = two();
    folder(dir.path(), &plans, text.replacen("squall.facts/1", "squall.facts/2", 1).as_bytes());
    assert!(read(dir.path()).unwrap_err().to_string().contains("squall.facts/2"));
    folder(dir.path(), &plans[..1], text.as_bytes());
    assert!(read(dir.path()).unwrap_err().to_string().contains("drill 1 of a plan of 1"));
    folder(dir.path(), &plans, b"{\"phase\":{\"at\":0,\"name\":\"x\"}}\n");
    assert!(read(dir.path()).unwrap_err().to_string().contains("before the first header"));
    fs::remove_file(dir.path().join("plan.json")).unwrap();
    assert!(read(dir.path()).unwrap_err().to_string().contains("plan.json"));
}

#[test]
fn an_empty_run_decides_nothing() {
    let run = judge_run(Vec::new(), RunInfo::default());
    assert_eq!((run.exit_code, run.met), (3, false));
    assert!(golden::render(&run, "report.html").contains("No drill was played."));
}

#[test]
fn run_json_has_the_fields_that_are_promised() {
    let run = golden::run(&[sample::short()]);
    let json: serde_json::Value = serde_json::from_str(&golden::render(&run, "run.json")).unwrap();
    let keys = |value: &serde_json::Value, names: &str| {
        for name in names.split(' ') {
            assert!(value.get(name).is_some(), "{name} is missing in {value}");
        }
    };
    keys(&json, "schema squall started engine seed verdict met exit_code wall_ms drills");
    let drill = &json["drills"][0];
    keys(
        drill,
        "feature scenario file line stack tags verdict expected met plan_hash duration_ms phases faults accounting objectives score",
    );
    keys(&drill["phases"][0], "name start_ms end_ms");
    keys(&drill["faults"][0], "kind target requested_ms effective_ms healed_ms proven");
    keys(
        &drill["accounting"],
        "deadline_ms attempted rejected indeterminate accepted delivered late failed expired pending undecided lost duplicated recovered ghost unexpected false_receipts missing_receipts out_of_order attempts",
    );
    keys(&drill["objectives"][0], "text line verdict observed low high unit reason evidence");
    assert_eq!(json["schema"], "squall.run/1");
    let schema = squall_report::schema();
    let stated = schema["required"].as_array().unwrap();
    assert!(stated.iter().any(|name| name == "drills"), "{schema}");
}
