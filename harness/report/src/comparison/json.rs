//! `comparison.json`, schema `squall.comparison/1`: the figures for programs.

use super::{Compared, Info};
use schemars::JsonSchema;
use serde::Serialize;
use squall_model::comparison::Comparison;
use std::io::{self, Write};

#[derive(Serialize, JsonSchema)]
#[schemars(title = "squall.comparison/1")]
pub struct ComparisonJson<'a> {
    /// Version of squall.
    pub squall: &'a str,
    /// RFC 3339, in UTC; empty where runs of several times were compared.
    pub started: &'a str,
    pub command: &'a [String],
    /// Repeats that were asked for; 0 where what was there was compared.
    pub asked: u32,
    /// Drills that were not played, each with the reason.
    pub missing: &'a [String],
    #[serde(flatten)]
    pub comparison: &'a Comparison,
}

pub fn write(compared: &Compared, out: &mut dyn Write) -> io::Result<()> {
    let Compared { comparison, info } = compared;
    let Info { squall, started, command, asked, missing } = info;
    let json = ComparisonJson { squall, started, command, asked: *asked, missing, comparison };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    out.write_all(b"\n")
}

/// The JSON Schema of `comparison.json`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(ComparisonJson<'_>).to_value()
}
