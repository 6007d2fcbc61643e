//! The shape of stack.toml for editors and other programs: the source of its JSON Schema.
//!
//! It describes, it does not read: `parse` does, with its own words for every mistake. A test holds
//! the keys of both equal. What holds between sections no schema can say.
#![allow(dead_code)] // only their shape is used

use schemars::JsonSchema;
use serde::Deserialize;
use squall_model::about::Harm;
use squall_model::stack::{CarrierProtocol, Counted, Gateway, LinkProtocol, Receipts};
use std::collections::BTreeMap;

/// A system under test: what it is made of, how it is submitted to, what it promises.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "stack.toml")]
pub struct StackToml {
    /// As features name it; the folder's name.
    name: String,
    summary: String,
    slo: SloToml,
    /// What a scenario's `with` table may change.
    settings: Option<BTreeMap<String, SettingToml>>,
    /// Sets of settings with a name: of a stack "kannel", "kannel/tuned" is the one called "tuned".
    profiles: Option<BTreeMap<String, BTreeMap<String, Scalar>>>,
    /// Time-outs, retry intervals and health checks by name.
    timers: Option<BTreeMap<String, FollowedToml<Span>>>,
    region: Option<Vec<RegionToml>>,
    node: Option<Vec<NodeToml>>,
    /// Every one of them runs through a fault proxy.
    link: Option<Vec<LinkToml>>,
    carrier: Option<Vec<CarrierToml>>,
    segment: Option<Vec<SegmentToml>>,
    ingress: IngressToml,
    receipts: ReceiptsToml,
    external: Option<ExternalToml>,
}

/// `target` of messages delivered within `deadline`, over `period`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SloToml {
    target: Share,
    deadline: Span,
    /// 30 days where it is not said.
    period: Option<Span>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SettingToml {
    default: Scalar,
    values: Option<Vec<Scalar>>,
    /// Lowest and highest, both included. Where both are written without a fraction, the setting is a
    /// whole number.
    range: Option<[f64; 2]>,
    doc: Option<String>,
    /// The value that is a remedy for a harm, or `higher` or `lower`: what a report may advise.
    mends: Option<BTreeMap<Harm, Scalar>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RegionToml {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NodeToml {
    name: String,
    role: String,
    region: Option<String>,
    /// What it runs.
    run: FollowedToml<ProgramToml>,
    ports: Option<Vec<String>>,
    settings: Option<BTreeMap<String, Scalar>>,
}

/// A built-in role, or somebody else's program.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum ProgramToml {
    BuiltIn(String),
    Image(ImageToml),
}

/// A value, or one for each value of a setting.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum FollowedToml<T> {
    Fixed(T),
    Follows(ByValueToml<T>),
}

/// An entry for each value that the setting may have.
#[derive(Deserialize, JsonSchema)]
struct ByValueToml<T> {
    setting: String,
    #[serde(flatten)]
    values: BTreeMap<String, T>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ImageToml {
    image: ImageFromToml,
    /// Its arguments, one by one.
    command: Option<FollowedToml<Vec<String>>>,
    env: Option<BTreeMap<String, Scalar>>,
    /// Port name → the number that it listens on in its container.
    ports: Option<BTreeMap<String, u16>>,
    /// Path in its container → a template in the stack's folder.
    files: Option<BTreeMap<String, FollowedToml<String>>>,
    /// Whose status interface it has at its port `admin`.
    gateway: Option<Gateway>,
}

/// One of the two.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ImageFromToml {
    /// A folder of the stack's, or `../stack/folder`, with a Dockerfile.
    build: Option<String>,
    /// An image that is there already.
    pull: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LinkToml {
    from: String,
    to: String,
    port: FollowedToml<String>,
    protocol: FollowedToml<LinkProtocol>,
    /// Added to the round trip at all times.
    latency: Option<Span>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CarrierToml {
    name: String,
    /// Another name that steps may use.
    vendor: Option<String>,
    protocol: ProtocolToml,
    /// The real population behind it; 0 where it routes to others' subscribers.
    subscribers: Option<u64>,
    /// Submits a second it takes; 0 is no limit.
    capacity: Option<CapacityToml>,
    /// Whether refused submits use the capacity up too.
    capacity_counts: Option<Counted>,
    receipt_delay: Option<Span>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum ProtocolToml {
    Fixed(CarrierProtocol),
    Follows(BySettingToml),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum CapacityToml {
    Fixed(f64),
    Follows(BySettingToml),
}

/// The value of one of the stack's settings.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BySettingToml {
    setting: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SegmentToml {
    name: String,
    carrier: String,
    region: String,
    share: Share,
    /// Number prefix, from a range that is never assigned.
    prefix: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct IngressToml {
    kind: IngressKind,
    node: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum IngressKind {
    Twilio,
    Kannel,
    Jasmin,
    Smpp,
    Json,
    Calls,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReceiptsToml {
    kind: Receipts,
}

/// Where the system under test already runs: Squall then starts only proxies and carriers.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExternalToml {
    /// What `--confirm` wants typed where an address lies beyond loopback.
    name: String,
    /// Exact addresses, the only ones that are ever dialled: `127.0.0.1:8474`.
    allow: Vec<String>,
    /// `host:port` of a Toxiproxy API that runs already.
    proxy: Option<String>,
    /// The token of the control ports.
    token: Option<VariableToml>,
    /// What the sender submits with, in place of the settings of these names.
    account: Option<VariableToml>,
    secret: Option<VariableToml>,
    /// Address without a port, at which the sender takes receipts; loopback where it is not said.
    callback: Option<String>,
    /// Node or carrier → its port's name → `host:port`.
    nodes: BTreeMap<String, BTreeMap<String, String>>,
    /// Link, as `from->to` → `host:port` that its client dials.
    links: Option<BTreeMap<String, String>>,
}

/// A secret, by the environment variable that holds it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VariableToml {
    env: String,
}

/// A duration with its unit, such as `30 seconds` or `500 ms`.
#[derive(Deserialize, JsonSchema)]
struct Span(#[schemars(regex(pattern = "^[0-9]"))] String);

/// A share: `0.3` or `"30%"`.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Share {
    Number(#[schemars(range(min = 0, max = 1))] f64),
    Percent(#[schemars(regex(pattern = "%$"))] String),
}

/// A text, a number or a truth value.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(f64),
    Flag(bool),
}

/// The JSON Schema of stack.toml.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(StackToml).to_value()
}

#[cfg(test)]
mod tests;
