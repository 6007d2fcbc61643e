//! `squall plan`: the dry run. Nothing is started.

use super::select::{self, Picked};
use crate::args;
use crate::exit::Exit;
use crate::print::print;
use anyhow::Result;

pub fn plan(args: &args::Plan) -> Result<Exit> {
    let plans = match select::drills(&args.selection, None)? {
        Picked::Drills(suite) => suite.plans,
        Picked::Mistakes => return Ok(Exit::Mistake),
    };
    if args.json {
        print(&(serde_json::to_string_pretty(&plans)? + "\n"))?;
        return Ok(Exit::Met);
    }
    for plan in &plans {
        print(&(squall_plan::describe(plan) + "\n"))?;
    }
    Ok(Exit::Met)
}
