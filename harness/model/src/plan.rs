//! What shall happen: the resolved value of one scenario on one stack.

use crate::about::{About, Repeat};
use crate::fault::Fault;
use crate::lever::LeverCall;
use crate::objective::Objective;
use crate::stack::Stack;
use crate::traffic::Traffic;
use crate::units::{Micros, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the plan format.
pub const SCHEMA: &str = "squall.plan/1";

/// One drill, ready to be played. Printable and hashed: the same text gives the same plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    pub schema: String,
    pub feature: String,
    pub scenario: String,
    /// Path of the feature file as the user named it.
    pub file: String,
    pub line: usize,
    pub tags: Vec<String>,
    pub expected: Expected,
    pub stack: Stack,
    pub clock: Clock,
    pub seed: u64,
    pub traffic: Traffic,
    /// End of warm-up, start of the baseline.
    pub warm_up: Micros,
    /// End of the traffic, and of the drill but for the drain.
    pub end: Micros,
    /// How long the harness waits afterwards before it calls a message lost.
    pub drain: Micros,
    pub faults: Vec<PlannedFault>,
    pub changes: Vec<Change>,
    pub objectives: Vec<PlannedObjective>,
    pub guards: Vec<Guard>,
    /// Whole currency units an hour of outage costs.
    pub cost_per_hour: Option<u64>,
    /// Words for the reader of the report.
    #[serde(default, skip_serializing_if = "About::is_empty")]
    pub about: About,
}

impl Plan {
    /// The scenario's name, and which repeat of it this is where there are several.
    pub fn title(&self) -> String {
        match self.about.repeat {
            Some(Repeat { number, of }) => format!("{} ({number} of {of})", self.scenario),
            None => self.scenario.clone(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    Pass,
    /// A canary: met only when its one objective fails with every fault proven.
    Fail,
}

/// Wall-clock time of drill time 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Clock {
    /// Microseconds since the Unix epoch; 0 where the scenario states no clock.
    pub start_unix_us: u64,
    pub offset_seconds: i32,
    /// Whether the scenario states a clock; reports then show time of day.
    pub stated: bool,
}

/// A fault with its place on the timeline, its lever calls and their undo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedFault {
    pub fault: Fault,
    pub window: Span,
    /// The step's own words and line.
    pub text: String,
    pub line: usize,
    /// Pulled in this order at `window.start`.
    pub inject: Vec<LeverCall>,
    /// Pulled in this order at `window.end`, and on every way out.
    pub heal: Vec<LeverCall>,
    /// How its effect is seen.
    pub watches: Vec<crate::fault::Watch>,
}

/// A setting that changes at an instant and stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    pub at: Micros,
    pub text: String,
    pub line: usize,
    pub calls: Vec<LeverCall>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedObjective {
    pub objective: Objective,
    pub phase: PhaseName,
    /// The step's own words (without its keyword) and line.
    pub text: String,
    pub line: usize,
}

/// Which scheduled instants an objective looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhaseName {
    /// From the end of warm-up to the end of the drill.
    Whole,
    BeforeTheFault,
    /// Union of the fault windows, effective to healed.
    DuringTheFault,
    AfterRecovery,
    Window(Span),
}

/// The drill is stopped when this stops being true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Guard {
    /// 0–1 of messages delivered, over the last minute.
    pub delivered_share: f64,
    pub text: String,
    pub line: usize,
}
