//! The shape of OpenSLO v1 documents, as far as a drill can judge them
//! (github.com/OpenSLO/OpenSLO, README, "Object Types").
//!
//! Keys that the format has and an objective does not need are named here and thrown away; any other
//! key is a mistake, for a misspelt target must not pass as none.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

/// Every document of a file: SLO and SLI are read, the other kinds hold no objective.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    #[serde(rename = "apiVersion")]
    pub api_version: Spanned<String>,
    pub kind: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Object<T> {
    pub metadata: Metadata,
    pub spec: T,
}

#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SloSpec {
    pub indicator: Option<Indicator>,
    pub indicator_ref: Option<Spanned<String>>,
    pub budgeting_method: Spanned<String>,
    pub objectives: Vec<Spanned<Objective>>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "service")]
    _service: Option<IgnoredAny>,
    #[serde(rename = "timeWindow")]
    _time_window: Option<IgnoredAny>,
    #[serde(rename = "alertPolicies")]
    _alert_policies: Option<IgnoredAny>,
}

/// An SLI inside its SLO.
#[derive(Debug, Deserialize)]
pub(super) struct Indicator {
    pub spec: SliSpec,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SliSpec {
    pub ratio_metric: Option<Spanned<Ratio>>,
    pub threshold_metric: Option<Spanned<Metric>>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Ratio {
    pub good: Option<Metric>,
    pub bad: Option<Metric>,
    pub total: Option<Metric>,
    #[serde(rename = "counter")]
    _counter: Option<IgnoredAny>,
    #[serde(rename = "raw")]
    _raw: Option<IgnoredAny>,
    #[serde(rename = "rawType")]
    _raw_type: Option<IgnoredAny>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Metric {
    pub metric_source: Source,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Source {
    #[serde(rename = "type")]
    pub kind: Option<Spanned<String>>,
    pub spec: Spanned<Query>,
}

/// Ours, under `metricSource.spec`. What other sources keep there is not looked at.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Query {
    /// `attempted`, `delivered` or `missed`.
    pub messages: Option<Spanned<String>>,
    /// Of `delivered` and `missed`.
    pub within: Option<Spanned<String>>,
    /// `accept`, `delivery` or `receipt`.
    pub latency: Option<Spanned<String>>,
    /// Of the objectives' values: `ms`, `seconds` and so on.
    pub unit: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Objective {
    pub op: Option<Spanned<String>>,
    pub value: Option<Spanned<f64>>,
    pub target: Option<Spanned<f64>>,
    pub target_percent: Option<Spanned<f64>>,
    #[serde(rename = "timeSliceTarget")]
    _time_slice_target: Option<IgnoredAny>,
    #[serde(rename = "timeSliceWindow")]
    _time_slice_window: Option<IgnoredAny>,
    #[serde(rename = "displayName")]
    _display_name: Option<IgnoredAny>,
}
