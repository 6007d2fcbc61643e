//! The objectives: pure checks over a named window of a record.
//!
//! A new objective is one file here and its line in the table below, with the dimension of the score
//! that it belongs to.

use crate::score::Dimension;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! objectives {
    ($($module:ident :: $kind:ident => $dimension:ident),* $(,)?) => {
        $(pub mod $module; pub use $module::$kind;)*

        /// Any objective, tagged with its kind in files.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Objective { $($kind($kind)),* }

        impl Objective {
            pub fn kind(&self) -> &'static str {
                match self { $(Objective::$kind(_) => stringify!($module)),* }
            }

            /// The check behind the kind.
            pub fn as_check(&self) -> &dyn crate::check::Check {
                match self { $(Objective::$kind(objective) => objective),* }
            }

            /// The dimension of the resilience score in which it leaves a hole where it is undecided.
            pub fn dimension(&self) -> Dimension {
                match self { $(Objective::$kind(_) => Dimension::$dimension),* }
            }

            /// The module names of the table, for the test that holds folder and table equal.
            pub const KINDS: &'static [&'static str] = &[$(stringify!($module)),*];
        }

        $(impl From<$kind> for Objective { fn from(it: $kind) -> Objective { Objective::$kind(it) } })*
    };
}

objectives! {
    delivered_within::DeliveredWithin => Delivery,
    calls_completed::CallsCompleted => Delivery,
    calls_dropped::CallsDropped => Delivery,
    verbs_succeed::VerbsSucceed => Delivery,
    verbs_fail::VerbsFail => Delivery,
    subscribers_affected::SubscribersAffected => Containment,
    latency_percentile::LatencyPercentile => Delivery,
    no_loss::NoLoss => Correctness,
    no_duplicates::NoDuplicates => Correctness,
    no_false_receipts::NoFalseReceipts => Correctness,
    every_outcome_has_receipt::EveryOutcomeHasReceipt => Correctness,
    in_order::InOrder => Correctness,
    nothing_after_validity::NothingAfterValidity => Correctness,
    fails_over::FailsOver => Failover,
    returns::Returns => Failover,
    route_changes::RouteChanges => Failover,
    recovers::Recovers => Recovery,
    backlog_drains::BacklogDrains => Recovery,
    impact_lasts::ImpactLasts => Recovery,
    detected::Detected => Detection,
    budget_spent::BudgetSpent => Delivery,
    attempts::Attempts => Containment,
    overload_ends::OverloadEnds => Containment,
    health_is_honest::HealthIsHonest => Detection,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Objective;
    use std::collections::BTreeSet;

    #[test]
    fn the_folder_and_the_table_are_equal() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/objective");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
            .filter(|name| name != "mod")
            .collect();
        let table: BTreeSet<String> = Objective::KINDS.iter().map(|k| (*k).to_owned()).collect();
        assert_eq!(files, table);
        assert_eq!(table.len(), Objective::KINDS.len());
    }
}
