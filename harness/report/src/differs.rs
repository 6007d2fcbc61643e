//! In which settings the drills of one run differ: what a reader compares them by.

use crate::repeat;
use crate::run::{DrillReport, RunReport};
use std::collections::BTreeMap;

/// The settings that are not the same in every drill of the run, as they are in this one. Nothing
/// where the run has one drill, or all of them are set alike.
pub fn settings(run: &RunReport, drill: &DrillReport) -> BTreeMap<String, String> {
    let of = |drill: &DrillReport, name: &str| drill.plan().stack.settings.get(name).cloned();
    let own = drill.plan().stack.settings.iter();
    let differs = |name: &str, value: &str| {
        run.drills.iter().any(|other| of(other, name).is_none_or(|is| is != *value))
    };
    // What stays out of reports is nothing to compare by.
    own.filter(|(name, value)| repeat::shown(name, value) == value.as_str() && differs(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// `routing=priority, breaker=on`: those of them that are not what the stack has by default.
pub fn line(run: &RunReport, drill: &DrillReport) -> String {
    let about = &drill.plan().about.settings;
    let mut all = settings(run, drill);
    all.retain(|name, value| about.get(name).is_none_or(|about| about.default != *value));
    all.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}
