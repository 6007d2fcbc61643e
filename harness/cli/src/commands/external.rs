//! What is asked of the user before a stack is drilled that already runs: which engine, whether it is
//! meant, and the secrets it wants. Nothing is dialled here.

use crate::args::{self, Engine};
use anyhow::{Result, bail};
use squall_model::external::External;
use squall_model::plan::Plan;
use squall_run::EngineKind;
use squall_run::engine::external::Secrets;

/// The engine for stacks that already run; `None` where there is none among the drills.
///
/// # Errors
/// Drills on both kinds of stack, another engine asked for, a target beyond this machine that is not
/// confirmed, a secret that is not there.
pub fn choose(plans: &[Plan], args: &args::Run) -> Result<Option<EngineKind>> {
    let Some(external) = plans.iter().find_map(|plan| plan.stack.external.as_ref()) else {
        return Ok(None);
    };
    let name = &external.name;
    if let Some(plan) = plans.iter().find(|plan| plan.stack.external.is_none()) {
        bail!(
            "\"{name}\" already runs and the stack \"{}\" does not: play their drills one after the \
             other",
            plan.stack.name
        );
    }
    if args.engine != Engine::Auto {
        bail!("\"{name}\" already runs: no engine plays it; leave --engine out");
    }
    if args.jobs.is_some_and(|jobs| jobs > 1) {
        bail!(
            "there is one \"{name}\" only, and drills on it are played one after the other: leave --jobs out"
        );
    }
    for external in plans.iter().filter_map(|plan| plan.stack.external.as_ref()) {
        confirm(external, args.confirm.as_deref())?;
        Secrets::read(external).map_err(anyhow::Error::msg)?;
    }
    Ok(Some(EngineKind::External))
}

fn confirm(external: &External, confirmed: Option<&str>) -> Result<()> {
    let beyond: Vec<String> = external.beyond_loopback().map(ToString::to_string).collect();
    if beyond.is_empty() || confirmed == Some(external.name.as_str()) {
        return Ok(());
    }
    let (name, beyond) = (&external.name, beyond.join(", "));
    bail!("\"{name}\" lies beyond this machine ({beyond}): add --confirm {name} if it is meant");
}
