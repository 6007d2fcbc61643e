//! OpenSLO v1 files: ratio and threshold indicators over the ledger become objectives of a drill.
//!
//! The indicator's metric source is Squall itself (`type: Squall`), for a drill counts messages and
//! asks no other source:
//! - `ratioMetric`: `good` is `{messages: delivered, within: 30 seconds}` (or `bad` is `messages:
//!   missed`), `total` is `{messages: attempted}`
//! - `thresholdMetric`: `{latency: accept, unit: ms}` with objectives of `op: lt`
//!
//! A target holds over the drill, not over the file's `timeWindow`. What the format cannot say is
//! refused with the step to use instead.

mod document;

use crate::describe::percent;
use crate::mistake::{Mistake, nearest};
use crate::source::Source;
use crate::words;
use document::{Document, Indicator, Metric, Object, Objective, Query, Ratio, SliSpec, SloSpec};
use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Spanned};
use squall_model::objective::latency_percentile::Latency;
use squall_model::objective::{self, DeliveredWithin, LatencyPercentile};
use squall_model::units::Micros;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One objective of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slo {
    /// `metadata.name` of its SLO.
    pub name: String,
    pub objective: objective::Objective,
    /// In the words of the step that says the same.
    pub words: String,
}

/// Every objective of a file, in its order.
///
/// # Errors
/// Every mistake in it.
pub(crate) fn read(source: &Arc<Source>) -> Result<Vec<Slo>, Vec<Mistake>> {
    let mut reader = Reader { source, mistakes: Vec::new(), found: Vec::new() };
    reader.file();
    if reader.found.is_empty() && reader.mistakes.is_empty() {
        reader.mistakes.push(Mistake::nowhere(&source.name, "holds no objective of kind: SLO"));
    }
    if reader.mistakes.is_empty() { Ok(reader.found) } else { Err(reader.mistakes) }
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    mistakes: Vec<Mistake>,
    found: Vec<Slo>,
}

impl Reader<'_> {
    fn file(&mut self) {
        let (mut slos, mut indicators) = (Vec::new(), BTreeMap::new());
        for text in documents(&self.source.text) {
            let Some(document) = self.parse::<Document>(&text) else { continue };
            let version = document.api_version;
            if version.value != "openslo/v1" {
                let message = format!("\"{}\" is not read here", version.value);
                self.wrong(version.referenced, message).help = Some("openslo/v1".to_owned());
            }
            match document.kind.as_str() {
                "SLO" => slos.extend(self.parse::<Object<SloSpec>>(&text)),
                "SLI" => indicators.extend(
                    self.parse::<Object<SliSpec>>(&text).map(|sli| (sli.metadata.name, sli.spec)),
                ),
                // Data sources, services and alerts state no objective.
                _ => {}
            }
        }
        for slo in slos {
            self.slo(&slo, &indicators);
        }
    }

    fn parse<T: DeserializeOwned>(&mut self, text: &str) -> Option<T> {
        let options = serde_saphyr::options! { with_snippet: false };
        match serde_saphyr::from_str_with_options(text, options) {
            Ok(value) => Some(value),
            Err(error) => {
                let message = error.to_string();
                match error.location() {
                    Some(at) => {
                        let place = format!(" at line {}, column {}", at.line(), at.column());
                        self.wrong(at, message.replace(&place, ""))
                    }
                    None => self.note(Mistake::nowhere(&self.source.name, message)),
                };
                None
            }
        }
    }

    fn slo(&mut self, slo: &Object<SloSpec>, indicators: &BTreeMap<String, SliSpec>) {
        let spec = &slo.spec;
        if spec.budgeting_method.value != "Occurrences" {
            let message = "a drill counts messages, not slices of time";
            let help = "budgetingMethod: Occurrences; for lengths of time there are steps such as: \
                        Then the impact lasts between 5 minutes and 10 minutes";
            self.wrong(spec.budgeting_method.referenced, message).help = Some(help.to_owned());
        }
        let indicator = match (&spec.indicator, &spec.indicator_ref) {
            (Some(Indicator { spec }), None) => spec,
            (None, Some(name)) => match indicators.get(&name.value) {
                Some(indicator) => indicator,
                None => {
                    let near = nearest(&name.value, indicators.keys().map(String::as_str));
                    let help = near.map(|near| format!("did you mean \"{near}\"?"));
                    let message = format!("no SLI of this file is called \"{}\"", name.value);
                    self.wrong(name.referenced, message).help = help;
                    return;
                }
            },
            _ => {
                let message = "an SLO wants either indicator or indicatorRef";
                self.wrong(spec.budgeting_method.referenced, message);
                return;
            }
        };
        for objective in &spec.objectives {
            if let Some((objective, words)) = self.objective(objective, indicator) {
                let name = slo.metadata.name.clone();
                self.found.push(Slo { name, objective, words });
            }
        }
    }

    fn objective(
        &mut self,
        given: &Spanned<Objective>,
        indicator: &SliSpec,
    ) -> Option<(objective::Objective, String)> {
        // All of them are looked at, so that one mistake does not hide the next.
        let target = self.target(given);
        match (&indicator.ratio_metric, &indicator.threshold_metric) {
            (Some(ratio), None) => {
                let within = self.deadline(ratio);
                let (at_least, within) = (target?, within?);
                let share = percent(at_least);
                let words = format!("at least {share} of messages are delivered within {within}");
                Some((DeliveredWithin { at_least, within }.into(), words))
            }
            (None, Some(metric)) => {
                let (kind, under) = (self.latency(metric), self.limit(metric, given));
                let ((name, of), share, under) = (kind?, target?, under?);
                let words = format!("{} of {name} latencies are under {under}", percent(share));
                let percentile = share * 100.0;
                Some((LatencyPercentile { of, percentile, under }.into(), words))
            }
            _ => {
                let message = "its indicator wants either ratioMetric or thresholdMetric";
                self.wrong(given.referenced, message);
                None
            }
        }
    }

    /// 0–1, both exclusive.
    fn target(&mut self, given: &Spanned<Objective>) -> Option<f64> {
        let Objective { target, target_percent, .. } = &given.value;
        let (at, share) = match (target, target_percent) {
            (Some(target), None) => (target.referenced, target.value),
            // Through decimal text, so that 99.9 is the double nearest to 0.999.
            (None, Some(percent)) => {
                let share = format!("{}e-2", percent.value).parse();
                (percent.referenced, share.unwrap_or(percent.value / 100.0))
            }
            _ => {
                self.wrong(given.referenced, "an objective wants either target or targetPercent");
                return None;
            }
        };
        if share > 0.0 && share < 1.0 {
            return Some(share);
        }
        let mistake = self.wrong(at, "a target of OpenSLO lies between none and all");
        if share >= 1.0 {
            let help = "what must never happen has steps such as: Then no accepted message is lost";
            mistake.help = Some(help.to_owned());
        }
        None
    }

    /// Until when a message counts as delivered.
    fn deadline(&mut self, ratio: &Spanned<Ratio>) -> Option<Micros> {
        let (part, counted) = match &ratio.value {
            Ratio { good: Some(good), bad: None, .. } => (good, "delivered"),
            Ratio { good: None, bad: Some(bad), .. } => (bad, "missed"),
            _ => {
                let message = "a ratio wants good or bad, and total: a drill counts for itself";
                self.wrong(ratio.referenced, message);
                return None;
            }
        };
        let Some(total) = &ratio.value.total else {
            self.wrong(ratio.referenced, "a ratio wants its total");
            return None;
        };
        let total = self.query(total).and_then(|query| self.counts(query, "attempted"));
        let part = self.query(part)?;
        let (counted, within) = (self.counts(part, counted), self.within(part));
        total.and(counted).and(within)
    }

    fn latency(&mut self, metric: &Spanned<Metric>) -> Option<(&'static str, Latency)> {
        let known = [
            ("accept", Latency::Accept),
            ("delivery", Latency::Delivery),
            ("receipt", Latency::Receipt),
        ];
        let query = self.query(&metric.value)?;
        let asked = query.value.latency.as_ref();
        let found =
            asked.and_then(|asked| known.into_iter().find(|(name, _)| *name == asked.value));
        if found.is_none() {
            let at = asked.map_or(query.referenced, |asked| asked.referenced);
            self.wrong(at, "no latency of messages").help =
                Some("latency: accept, delivery or receipt".to_owned());
        }
        found
    }

    /// The threshold of an objective.
    fn limit(&mut self, metric: &Spanned<Metric>, given: &Spanned<Objective>) -> Option<Micros> {
        let Objective { op, value, .. } = &given.value;
        if let Some(op) = op.as_ref().filter(|op| !["lt", "lte"].contains(&op.value.as_str())) {
            let message = format!("a latency has an upper limit, not one of \"{}\"", op.value);
            self.wrong(op.referenced, message).help = Some("op: lt".to_owned());
        }
        let Some(value) = value else {
            self.wrong(given.referenced, "a threshold wants its value");
            return None;
        };
        let unit = metric.value.metric_source.spec.value.unit.as_ref();
        let unit = unit.map_or("", |unit| unit.value.as_str());
        self.time(value.referenced, &format!("{} {unit}", value.value))
    }

    /// The query of a metric of ours.
    fn query<'m>(&mut self, metric: &'m Metric) -> Option<&'m Spanned<Query>> {
        let source = &metric.metric_source;
        match &source.kind {
            Some(kind) if kind.value.eq_ignore_ascii_case("squall") => Some(&source.spec),
            other => {
                let at = other.as_ref().map_or(source.spec.referenced, |kind| kind.referenced);
                let named =
                    other.as_ref().map_or("a source without type", |kind| kind.value.as_str());
                let message = format!("a drill cannot ask {named}");
                self.wrong(at, message).help =
                    Some("type: Squall, with spec: {messages: delivered, within: 30 s}".to_owned());
                None
            }
        }
    }

    fn counts(&mut self, query: &Spanned<Query>, wanted: &str) -> Option<()> {
        let named = query.value.messages.as_ref();
        if named.is_some_and(|named| named.value == wanted) {
            return Some(());
        }
        let at = named.map_or(query.referenced, |named| named.referenced);
        self.wrong(at, format!("here messages: {wanted} can be counted"));
        None
    }

    fn within(&mut self, query: &Spanned<Query>) -> Option<Micros> {
        match &query.value.within {
            Some(within) => self.time(within.referenced, &within.value),
            None => {
                self.wrong(query.referenced, "wants its deadline").help =
                    Some("within: 30 seconds".to_owned());
                None
            }
        }
    }

    fn time(&mut self, at: Location, text: &str) -> Option<Micros> {
        match words::duration(text) {
            Ok(time) if time > Micros::ZERO => Some(time),
            Ok(_) => {
                self.wrong(at, format!("{text} is no time at all"));
                None
            }
            Err(wrong) => {
                self.wrong(at, wrong.message).help = wrong.help;
                None
            }
        }
    }

    fn wrong(&mut self, at: Location, message: impl Into<String>) -> &mut Mistake {
        let start = at.span().byte_offset().unwrap_or(0) as usize;
        let start = start.min(self.source.text.len());
        let length = at.span().byte_len().unwrap_or(0) as usize;
        let end = (start + length).min(self.source.text.len());
        self.note(self.source.mistake(start..end, message))
    }

    fn note(&mut self, mistake: Mistake) -> &mut Mistake {
        self.mistakes.push(mistake);
        let last = self.mistakes.len() - 1;
        &mut self.mistakes[last]
    }
}

/// The documents of a file, each at its own place: what comes before it is blank. `---` at the start
/// of a line ends a document wherever it stands (YAML 1.2.2, 9.1).
fn documents(text: &str) -> Vec<String> {
    let (mut all, mut one) = (Vec::new(), String::new());
    let is_mark = |line: &str| line.trim_end() == "---" || line.starts_with("--- ");
    let is_blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let mut keep = |one: &str| {
        if !one.lines().all(is_blank) {
            all.push(one.to_owned());
        }
    };
    for line in text.split_inclusive('\n') {
        if is_mark(line) {
            keep(&one);
            one = blank(&one) + &line.replacen("---", "   ", 1);
        } else {
            one.push_str(line);
        }
    }
    keep(&one);
    all
}

/// As many bytes and lines of nothing.
fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}
