//! What a reader is told of a drill beside its figures. Nothing here is played, judged or hashed.

use crate::units::Micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The words of the feature and of the stack's file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// The free text under `Feature:` and under `Scenario:`, a paragraph each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub description: Vec<String>,
    /// The timeline of the incident that the drill replays, as it was published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published: Vec<Published>,
    /// Settings of the stack by name; what they are in this drill stands in the stack.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, SettingAbout>,
    /// Which repeat of its scenario the drill is; absent where it is played once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
}

impl About {
    pub fn is_empty(&self) -> bool {
        *self == About::default()
    }
}

/// A moment of a published timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Published {
    /// Drill time.
    pub at: Micros,
    pub text: String,
}

/// One of several drills of the same scenario, each with a seed of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repeat {
    /// From 1.
    pub number: u32,
    pub of: u32,
}

/// What the stack's file says of one setting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettingAbout {
    pub default: String,
    pub doc: String,
    /// The value that is a remedy for a harm, or `higher` or `lower` where it is a number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mends: BTreeMap<Harm, String>,
}

/// What a drill may show to be wrong with a stack, and a setting may mend.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Harm {
    /// Accepted messages vanish.
    Loss,
    /// Messages miss their deadline, and no other route takes them over.
    Outage,
    /// The same, while faults hit a region of the stack.
    RegionOutage,
    /// The same, while faults hit a carrier or vendor, or the way to one.
    CarrierOutage,
    /// The same, while faults raise telemetry or limit a buffer.
    TelemetryOutage,
    /// The backlog takes long to drain.
    SlowDrain,
    /// Messages are attempted too often.
    Retries,
    /// Messages are delivered more than once.
    Duplicates,
    /// Receipts claim deliveries that never were.
    FalseReceipts,
    /// Outcomes have no receipt.
    MissingReceipts,
}

impl Harm {
    /// Every harm with its word in stack.toml.
    pub const ALL: [(&str, Harm); 10] = [
        ("loss", Harm::Loss),
        ("outage", Harm::Outage),
        ("region_outage", Harm::RegionOutage),
        ("carrier_outage", Harm::CarrierOutage),
        ("telemetry_outage", Harm::TelemetryOutage),
        ("slow_drain", Harm::SlowDrain),
        ("retries", Harm::Retries),
        ("duplicates", Harm::Duplicates),
        ("false_receipts", Harm::FalseReceipts),
        ("missing_receipts", Harm::MissingReceipts),
    ];
}
