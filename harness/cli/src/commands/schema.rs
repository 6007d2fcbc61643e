//! `squall schema`: the JSON Schema of a file format.

use crate::args::Schema;
use crate::exit::Exit;
use anyhow::Result;

pub fn schema(of: Schema) -> Result<Exit> {
    let schema = match of {
        Schema::Run => squall_report::schema(),
        Schema::Stack => squall_plan::stack::schema(),
    };
    println!("{}", serde_json::to_string_pretty(&schema)?);
    Ok(Exit::Met)
}
