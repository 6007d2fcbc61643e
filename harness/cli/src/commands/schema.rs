//! `squall schema`: the JSON Schema of a file format.

use crate::args::Schema;
use crate::exit::Exit;
use crate::print::print;
use anyhow::Result;

pub fn schema(of: Schema) -> Result<Exit> {
    let schema = match of {
        Schema::Run => squall_report::schema(),
        Schema::Comparison => squall_report::comparison::schema(),
        Schema::Stack => squall_plan::stack::schema(),
    };
    print(&(serde_json::to_string_pretty(&schema)? + "\n"))?;
    Ok(Exit::Met)
}
