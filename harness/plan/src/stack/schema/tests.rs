//! The schema against the parser, key by key, and against every stack of the repository.
#![allow(clippy::unwrap_used)]
use super::{StackToml, schema};
use crate::source::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Keys = BTreeMap<String, BTreeSet<String>>;

/// The keys of every table by its struct in the schema, and `root`.
fn described() -> Keys {
    let schema = schema();
    let of = |table: &serde_json::Value| {
        let keys = table["properties"].as_object().into_iter().flatten();
        keys.map(|(key, _)| key.clone()).collect::<BTreeSet<String>>()
    };
    let definitions = schema["$defs"].as_object().unwrap();
    let tables = definitions.iter().filter(|(_, table)| table.get("properties").is_some());
    // One shape, numbered by what it holds.
    let name = |name: &str| match name.starts_with("ByValueToml") {
        true => "ByValueToml".to_owned(),
        false => name.to_owned(),
    };
    let mut keys: Keys = tables.map(|(own, table)| (name(own), of(table))).collect();
    keys.insert("root".into(), of(&schema));
    keys
}

/// The keys that the parser asks for: it is handed a file of every table, each with a key that
/// nobody knows, and lists them all.
fn read() -> Keys {
    let text = r#"
        [slo]
        [settings.x]
        default = "a"
        mends = { outage = "a" }
        [[region]]
        [[node]]
        run = { image = { build = "x" } }
        [[node]]
        run = { setting = "x" }
        [[link]]
        port = { setting = "x" }
        protocol = { setting = "x" }
        [[carrier]]
        protocol = { setting = "x" }
        capacity = { setting = "x" }
        [[segment]]
        [ingress]
        [receipts]
        [external]
        token = { env = "X" }
        account = { env = "X" }
        secret = { env = "X" }
    "#;
    let source = Arc::new(Source { name: "stack.toml".into(), text: text.into() });
    let asked = crate::stack::parse::asked(&source);
    let name = |table: &str| {
        Some(match table {
            "stack.toml" => "root",
            "[slo]" => "SloToml",
            "setting \"x\"" => "SettingToml",
            "[[region]]" => "RegionToml",
            "[[node]]" => "NodeToml",
            "[run]" => "ImageToml",
            "[image]" => "ImageFromToml",
            "[[link]]" => "LinkToml",
            "[[carrier]]" => "CarrierToml",
            "[protocol]" | "[capacity]" => "BySettingToml",
            "\"run\"" | "\"port\"" | "\"protocol\"" => "ByValueToml",
            "[[segment]]" => "SegmentToml",
            "[ingress]" => "IngressToml",
            "[receipts]" => "ReceiptsToml",
            "[external]" => "ExternalToml",
            "[token]" | "[account]" | "[secret]" => "VariableToml",
            _ => return None,
        })
    };
    let own = |keys: BTreeSet<&'static str>| keys.into_iter().map(str::to_owned).collect();
    asked.into_iter().map(|(t, keys)| (name(&t).unwrap_or(&t).into(), own(keys))).collect()
}

#[test]
fn the_schema_describes_the_very_keys_that_are_read() {
    assert_eq!(described(), read());
}

#[test]
fn every_stack_of_the_repository_has_this_shape() {
    let stacks = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stacks");
    let mut seen = 0;
    for folder in std::fs::read_dir(stacks).unwrap().flatten() {
        let Ok(text) = std::fs::read_to_string(folder.path().join("stack.toml")) else {
            continue;
        };
        seen += 1;
        let fits = |text: &str| toml::from_str::<StackToml>(text).map(|_| ());
        fits(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.path().display()));
        for (sound, damaged) in [
            ("deadline = \"", "deadline = 60 # \""),
            ("protocol = \"http\"", "protocol = \"htttp\""),
            ("[ingress]", "[ingres]"),
            ("[slo]", "[slo]\ntargett = 1"),
        ] {
            assert!(fits(&text.replacen(sound, damaged, 1)).is_err(), "{damaged}");
        }
    }
    assert!(seen > 0);
}
