//! Feature files → scenarios with their examples filled in. What the steps mean is not decided here.

use crate::drill::AT_THE_SAME_TIME;
use crate::keywords;
use crate::mistake::Mistake;
use crate::source::Source;
use cucumber::feature::Ext as _;
use cucumber::gherkin::{self, Feature, GherkinEnv, Scenario, Step};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most scenarios of one file, examples filled in.
const MAX_SCENARIOS: usize = 1_000;
/// Most steps of one scenario.
const MAX_STEPS: usize = 200;

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub source: Arc<Source>,
    pub feature: Feature,
    /// The line of each `Scenario` and `Scenario Outline`, before the examples were filled in.
    starts: Vec<usize>,
}

impl Parsed {
    /// Whether `line` of the file means the scenario at `own`: its own line, or another one of a
    /// scenario, its tags above it included; of an outline that is every example.
    pub fn means(&self, line: usize, own: usize) -> bool {
        let exact = scenarios(&self.feature).iter().any(|it| it.scenario.position.line == line);
        let line = self.below_the_tags(line);
        let block = |line: usize| self.starts.iter().filter(|start| **start <= line).count();
        if exact { line == own } else { block(line) > 0 && block(line) == block(own) }
    }

    /// A line of tags belongs to the scenario below.
    fn below_the_tags(&self, line: usize) -> usize {
        let tag = |line: &usize| self.source.line(*line).1.trim_start().starts_with('@');
        (line..).find(|line| !tag(line)).unwrap_or(line)
    }

    /// The scenario that stands nearest to a line, and its own line.
    pub fn nearest(&self, line: usize) -> Option<(usize, String)> {
        let all = scenarios(&self.feature);
        let own = all.iter().map(|it| (it.scenario.position.line, it.scenario.name.clone()));
        own.min_by_key(|(at, _)| at.abs_diff(line))
    }
}

/// One scenario with the steps of its backgrounds before its own and all tags that hold for it.
pub struct Selected<'a> {
    pub feature: &'a Feature,
    pub scenario: &'a Scenario,
    pub steps: Vec<&'a Step>,
    pub tags: Vec<String>,
}

/// All feature files below `paths`, in order.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Vec<Mistake>> {
    let (mut files, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        if let Err(error) = walk(path, true, &mut files) {
            let message = format!("cannot be read: {error}");
            mistakes.push(Mistake::nowhere(&path.display().to_string(), message));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    if mistakes.is_empty() { Ok(files) } else { Err(mistakes) }
}

fn walk(path: &Path, named: bool, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    // A folder that is a link is only followed where the user named it: no circles.
    let meta = if named { std::fs::metadata(path)? } else { std::fs::symlink_metadata(path)? };
    if meta.is_dir() {
        let entries = std::fs::read_dir(path)?;
        let mut inside: Vec<PathBuf> =
            entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        inside.sort();
        return inside.iter().try_for_each(|path| walk(path, false, files));
    }
    if named || path.extension().is_some_and(|extension| extension == "feature") {
        files.push(path.to_owned());
    }
    Ok(())
}

/// Parses one file. Mistakes of its keywords come along with the scenarios that could be read.
pub fn parse(source: &Arc<Source>) -> (Option<Parsed>, Vec<Mistake>) {
    let (text, mut mistakes) = keywords::repair(source);
    if let Some(line) = source.text.lines().position(other_language) {
        let message = "the steps are English: only \"# language: en\" is understood";
        mistakes.push(source.mistake_in_line(line + 1, "", message));
        return (None, mistakes);
    }
    let feature = match Feature::parse(text, GherkinEnv::default()) {
        Ok(feature) => feature,
        Err(error) => {
            mistakes.push(unparsable(source, &error));
            return (None, mistakes);
        }
    };
    let expected = expected_scenarios(&feature);
    let starts = starts(&feature);
    if expected > MAX_SCENARIOS {
        let message = format!("{expected} scenarios are too many: at most {MAX_SCENARIOS} a file");
        mistakes.push(source.mistake_in_line(1, "", message));
        return (None, mistakes);
    }
    let mut feature = match feature.expand_examples() {
        Ok(feature) => feature,
        Err(error) => {
            let placeholder = format!("<{}>", error.name);
            let message = format!("no column of Examples is called {placeholder}");
            mistakes.push(source.mistake_in_line(error.pos.line, &placeholder, message));
            return (None, mistakes);
        }
    };
    feature.path = Some(PathBuf::from(&source.name));
    each_step(&mut feature, prefix_into_keyword);
    for scenario in scenarios(&feature) {
        if scenario.steps.len() > MAX_STEPS {
            let message = format!("more than {MAX_STEPS} steps");
            mistakes.push(source.mistake_in_line(scenario.scenario.position.line, "", message));
        }
    }
    (Some(Parsed { source: Arc::clone(source), feature, starts }), mistakes)
}

fn other_language(line: &str) -> bool {
    line.trim()
        .strip_prefix('#')
        .and_then(|rest| rest.trim_start().strip_prefix("language:"))
        .is_some_and(|language| language.trim() != "en")
}

fn starts(feature: &Feature) -> Vec<usize> {
    let rules = feature.rules.iter().flat_map(|rule| &rule.scenarios);
    feature.scenarios.iter().chain(rules).map(|scenario| scenario.position.line).collect()
}

/// Counted before they are made.
fn expected_scenarios(feature: &Feature) -> usize {
    let rules = feature.rules.iter().flat_map(|rule| &rule.scenarios);
    let rows = |scenario: &Scenario| -> usize {
        let tables = scenario.examples.iter().filter_map(|examples| examples.table.as_ref());
        tables.map(|table| table.rows.len()).sum::<usize>().max(1)
    };
    feature.scenarios.iter().chain(rules).map(rows).sum()
}

/// The parser's own words name its grammar, so only its place is used.
fn unparsable(source: &Arc<Source>, error: &gherkin::ParseError) -> Mistake {
    let text = error.to_string();
    let line = text
        .strip_prefix("Error at ")
        .and_then(|rest| rest.split(':').next()?.parse().ok())
        .unwrap_or(1usize);
    let found = source.line(line).1.trim();
    let message = match found {
        "" => "the file ends or breaks off where more is expected".to_owned(),
        found => format!("\"{found}\" is neither a step nor a section here"),
    };
    source.mistake_in_line(line, "", message).help(
        "a feature holds Background, Rule, Scenario and Scenario Outline with Examples; \
               their steps begin with Given, When, Then, And, But",
    )
}

/// `And at the same time X` → keyword `And at the same time`, step `X`.
fn prefix_into_keyword(step: &mut Step) {
    if let Some(rest) = step.value.strip_prefix(AT_THE_SAME_TIME)
        && rest.starts_with([' ', ','])
    {
        step.keyword = format!("{} {AT_THE_SAME_TIME} ", step.keyword.trim_end());
        step.value = rest.trim_start_matches([' ', ',']).to_owned();
    }
}

fn each_step(feature: &mut Feature, change: fn(&mut Step)) {
    let backgrounds = feature.background.iter_mut().flat_map(|background| &mut background.steps);
    backgrounds.for_each(change);
    let own = feature.scenarios.iter_mut().flat_map(|scenario| &mut scenario.steps);
    own.for_each(change);
    for rule in &mut feature.rules {
        let backgrounds = rule.background.iter_mut().flat_map(|background| &mut background.steps);
        backgrounds.for_each(change);
        rule.scenarios.iter_mut().flat_map(|scenario| &mut scenario.steps).for_each(change);
    }
}

/// Every scenario of a file, in order.
pub fn scenarios(feature: &Feature) -> Vec<Selected<'_>> {
    let outer = feature.background.as_ref().map_or(&[][..], |background| &background.steps);
    let mut all = Vec::new();
    for scenario in &feature.scenarios {
        all.push(select(feature, None, outer, scenario));
    }
    for rule in &feature.rules {
        for scenario in &rule.scenarios {
            all.push(select(feature, Some(rule), outer, scenario));
        }
    }
    all
}

fn select<'a>(
    feature: &'a Feature,
    rule: Option<&'a gherkin::Rule>,
    outer: &'a [Step],
    scenario: &'a Scenario,
) -> Selected<'a> {
    let inner = rule.and_then(|rule| rule.background.as_ref());
    let inner = inner.map_or(&[][..], |background| &background.steps);
    let steps = outer.iter().chain(inner).chain(&scenario.steps).collect();
    let of_rule = rule.map_or(&[][..], |rule| &rule.tags);
    let mut tags: Vec<String> = Vec::new();
    for tag in feature.tags.iter().chain(of_rule).chain(&scenario.tags) {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    Selected { feature, scenario, steps, tags }
}
