//! Several stacks under the same drills, side by side: a pure function of what was judged.
//!
//! The same plan and the same seeds for all, else there is no comparison ([`Unlike`]). A difference is
//! claimed only where it holds statistically, is large enough to matter, and was looked for in enough
//! repeats; what is not claimed is "no difference shown", never "equal".

mod alike;
mod cells;
mod differences;
mod measure;
#[cfg(test)]
mod tests;

pub use alike::Unlike;
pub use measure::{Better, MEASURES, Measure, Seen};

use crate::judged::{Absence, Judged, Unit};
use crate::plan::Plan;
use crate::stack::is_secret;
use crate::units::Micros;
use crate::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the comparison's format.
pub const SCHEMA: &str = "squall.comparison/1";
/// Fewest plays a stack before a difference is claimed.
pub const ENOUGH: u32 = 10;
/// Of all claims of a comparison, the share that may be chance.
pub const FALSE_CLAIMS: f64 = 0.05;
/// A difference below this share of the larger value is too small to matter.
pub const PRACTICAL: f64 = 0.1;

/// One drill as it was played once on one stack.
#[derive(Clone, Debug)]
pub struct Play {
    /// The column it belongs to.
    pub stack: String,
    pub engine: String,
    pub plan: Plan,
    pub judged: Judged,
    /// Where its report lies.
    pub run: String,
}

/// What may be made of a difference that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Claims {
    Made,
    /// Fewer than [`ENOUGH`] plays a stack: intervals, and no claim.
    TooFew,
    /// In real time, one stack after the other: what else changed meanwhile would look like a
    /// difference.
    NotInterleaved,
}

/// Stacks as columns, drills as rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    pub schema: String,
    pub engine: String,
    /// The first is what the others are compared to in words.
    pub stacks: Vec<Column>,
    pub drills: Vec<Row>,
    /// Fewest plays of any drill on any stack that played it.
    pub repeats: u32,
    pub claims: Claims,
    /// How many pairs were tested: what the false discovery rate is over.
    pub tests: usize,
}

/// One stack, as it was configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    pub stack: String,
    pub summary: String,
    /// Settings that are not the stack's own defaults, and all that a profile names.
    pub settings: BTreeMap<String, String>,
    /// Milliseconds by name.
    pub timers_ms: BTreeMap<String, u64>,
    pub deadline_ms: u64,
    /// Node and path → what it was configured with, its places not filled in.
    pub files: BTreeMap<String, String>,
}

/// One drill on every stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    pub feature: String,
    pub scenario: String,
    pub file: String,
    pub line: usize,
    /// The words of its faults and changes.
    pub faults: Vec<String>,
    pub rate: f64,
    pub duration_ms: u64,
    /// Per stack, what its plays came to.
    pub plays: Vec<Tally>,
    /// Per stack, where its reports lie.
    pub runs: Vec<Vec<String>>,
    pub measures: Vec<Line>,
    pub objectives: Vec<Line>,
}

/// How often each verdict came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    pub pass: u32,
    pub fail: u32,
    pub inconclusive: u32,
}

/// One thing that was looked at, on every stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// A measure's name, or an objective's own words.
    pub name: String,
    /// `measure`, or the kind of objective.
    pub kind: String,
    pub unit: Unit,
    pub better: Better,
    /// Per stack; nothing where it did not play the drill.
    pub cells: Vec<Option<Cell>>,
    /// Pairs that were told apart by their figures, claimed or not.
    pub differences: Vec<Difference>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// Of an objective.
    pub verdicts: Option<Tally>,
    /// What was observed, in the line's unit.
    pub observed: Option<Observed>,
    /// Plays with nothing to observe, by the word for why.
    pub absent: BTreeMap<String, u32>,
}

/// Values over repeats. What never came is larger than anything, and `null` here.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Observed {
    pub n: u32,
    /// Of them, how many never came.
    pub never: u32,
    pub median: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// The two are a 95% interval for the median; else the least and the most that was seen.
    pub interval: bool,
}

/// Two stacks that differ in one line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Indices of the columns.
    pub one: usize,
    pub other: usize,
    pub of: Of,
    pub p: f64,
    /// The column that fared better.
    pub better: usize,
    /// Large enough to matter.
    pub practical: bool,
    /// It holds over all tests of the comparison, matters, and there were enough repeats.
    pub claimed: bool,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// How often the objective is met (Fisher's exact test).
    Verdict,
    /// What was observed (permutation test on ranks).
    Observed,
}

/// Puts `stacks` side by side, in this order. `interleaved`: their repeats were played in turns.
///
/// # Errors
/// Two plays of one drill differ in more than the stack.
pub fn compare(stacks: &[String], plays: &[Play], interleaved: bool) -> Result<Comparison, Unlike> {
    let engine = alike::engine(plays)?;
    let mut drills = Vec::new();
    for (feature, scenario) in scenarios(plays) {
        let same = |play: &&Play| play.plan.feature == feature && play.plan.scenario == scenario;
        let of: Vec<Vec<&Play>> = stacks
            .iter()
            .map(|stack| plays.iter().filter(same).filter(|play| play.stack == *stack).collect())
            .collect();
        alike::check(&of)?;
        drills.push(cells::row(&of));
    }
    let played = drills.iter().flat_map(|row: &Row| &row.plays).map(Tally::plays);
    let repeats = played.filter(|plays| *plays > 0).min().unwrap_or(0);
    let claims = match () {
        () if repeats < ENOUGH => Claims::TooFew,
        () if !interleaved && engine != "sim" => Claims::NotInterleaved,
        () => Claims::Made,
    };
    let mut comparison = Comparison {
        schema: SCHEMA.to_owned(),
        engine,
        stacks: stacks.iter().filter_map(|stack| column(stack, plays)).collect(),
        drills,
        repeats,
        claims,
        tests: 0,
    };
    differences::tell(&mut comparison, stacks, plays);
    Ok(comparison)
}

/// Feature and scenario of every drill, in the order of the plays.
fn scenarios(plays: &[Play]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for plan in plays.iter().map(|play| &play.plan) {
        let one = (plan.feature.clone(), plan.scenario.clone());
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// What stands in the place of a secret.
const HIDDEN: &str = "not shown";

/// A configuration file for readers: what a secret's line is set to stays out, unless it is a place that
/// is filled in later.
fn readable(text: &str) -> String {
    let line = |line: &str| match line.split_once(['=', ':']) {
        Some((name, value)) if is_secret(name) && !value.contains("{{") && !is_comment(line) => {
            let sign = &line[name.len()..=name.len()];
            format!("{name}{sign} {HIDDEN}")
        }
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with(['#', ';'])
}

fn column(stack: &str, plays: &[Play]) -> Option<Column> {
    let plan = &plays.iter().find(|play| play.stack == stack)?.plan;
    let own = |name: &String, value: &String| {
        plan.about.settings.get(name).is_none_or(|about| about.default != *value)
    };
    let settings = plan.stack.settings.iter().filter(|(name, value)| own(name, value));
    let timers = plan.stack.timers.iter();
    Some(Column {
        stack: stack.to_owned(),
        summary: plan.stack.summary.clone(),
        settings: settings
            .map(|(name, value)| match is_secret(name) {
                true => (name.clone(), HIDDEN.to_owned()),
                false => (name.clone(), value.clone()),
            })
            .collect(),
        timers_ms: timers.map(|(name, length)| (name.clone(), length.as_millis())).collect(),
        deadline_ms: plan.stack.slo.deadline.as_millis(),
        files: plan.stack.files().into_iter().map(|(at, text)| (at, readable(&text))).collect(),
    })
}

impl Tally {
    pub fn plays(&self) -> u32 {
        self.pass + self.fail + self.inconclusive
    }

    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Fail => self.fail += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
        }
    }
}

/// The word of an absence, as the reports have it.
fn word(absence: Absence) -> &'static str {
    match absence {
        Absence::Never => "never",
        Absence::NotNeeded => "not needed",
        Absence::NotVisible => "not visible",
        Absence::NotPlayed => "no fault",
    }
}

/// Milliseconds between two instants; 0 where the second came first.
fn gap(from: Micros, to: Micros) -> f64 {
    to.saturating_sub(from).0 as f64 / 1e3
}
