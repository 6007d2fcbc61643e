//! What each step puts into the plan, as snapshots: one file a step, and in it only what the plan
//! would lack without the step. What the stack says of itself stays out.

use super::{known, plans};
use serde_json::{Map, Value};
use squall_model::plan::Plan;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn what_each_step_puts_into_the_plan() {
    let known = known();
    let with = plans(known.iter().map(|one| one.drill(one.phrase.example)).collect());
    let without = plans(known.iter().map(super::Known::without).collect());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for ((one, (with, _)), (without, _)) in known.iter().zip(with).zip(without) {
        let put = added(&bare(&with), &bare(&without)).unwrap_or(Value::Null);
        settings.set_description(format!("{} {}", one.phrase.keyword, one.phrase.example));
        settings.bind(|| insta::assert_json_snapshot!(slug(one.phrase.phrase), put));
    }
}

#[test]
fn every_snapshot_is_of_a_step() {
    let phrases = known();
    let of_steps: BTreeSet<String> =
        phrases.iter().map(|one| format!("{}.snap", slug(one.phrase.phrase))).collect();
    assert_eq!(of_steps.len(), phrases.len(), "two phrases have one slug");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/steps/snapshots");
    let files = std::fs::read_dir(folder).expect("the snapshots");
    let files = files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned());
    let stand: BTreeSet<String> = files.filter(|file| file.ends_with(".snap")).collect();
    assert_eq!(stand, of_steps);
}

fn slug(phrase: &str) -> String {
    let words = phrase.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<&str>>().join("-").to_ascii_lowercase()
}

/// The plan without the step's own words and place, and of its stack only name and settings.
fn bare(plan: &Plan) -> Value {
    let mut whole = serde_json::to_value(plan).expect("a plan is data");
    let about = plan.about.settings.iter();
    let default = |name: &str| about.clone().find(|(n, _)| *n == name).map(|(_, s)| &s.default);
    let set = plan.stack.settings.iter().filter(|(name, value)| default(name) != Some(value));
    let set: Map<String, Value> = set.map(|(n, value)| (n.clone(), value.clone().into())).collect();
    whole["stack"] = serde_json::json!({ "name": plan.stack.name, "settings": set });
    ["about", "scenario", "line"].iter().for_each(|key| {
        whole.as_object_mut().expect("a plan is a map").remove(*key);
    });
    for list in ["faults", "changes", "objectives", "guards"] {
        for entry in whole[list].as_array_mut().expect("a list") {
            let entry = entry.as_object_mut().expect("a map");
            entry.retain(|key, _| key != "text" && key != "line");
        }
    }
    whole["file"] = Value::Null;
    whole
}

/// What of `with` is not in `without`. A list counts by its entries, a map by its keys.
fn added(with: &Value, without: &Value) -> Option<Value> {
    match (with, without) {
        _ if with == without => None,
        (Value::Object(with), Value::Object(without)) => {
            let new = with.iter().filter_map(|(key, value)| {
                let old = without.get(key).unwrap_or(&Value::Null);
                Some((key.clone(), added(value, old)?))
            });
            Some(Value::Object(new.collect()))
        }
        (Value::Array(with), Value::Array(without)) => {
            let mut old = without.clone();
            let mut new = with.clone();
            new.retain(|entry| match old.iter().position(|known| known == entry) {
                Some(index) => {
                    old.remove(index);
                    false
                }
                None => true,
            });
            Some(Value::Array(new))
        }
        _ => Some(with.clone()),
    }
}
