//! What a drill may ask of a stack that already runs: faults of links and carriers, and settings of
//! nodes that tell theirs. Life and death of what somebody else has started are not Squall's.

use crate::draft::Draft;
use squall_model::external::External;
use squall_model::lever::LeverCall;
use squall_model::plan::Plan;

/// Notes every fault and change that is out of reach, at its own line.
pub fn check(draft: &mut Draft, plan: &Plan) {
    let Some(external) = &plan.stack.external else { return };
    let faults = plan.faults.iter().map(|fault| (fault.line, &fault.inject));
    let changes = plan.changes.iter().map(|change| (change.line, &change.calls));
    for (line, calls) in faults.chain(changes) {
        if let Some((message, help)) = calls.iter().find_map(|call| refusal(plan, external, call)) {
            draft.at.line = line;
            draft.wrong("", message).help = Some(help);
        }
    }
}

/// Why a call cannot be done, and what can.
fn refusal(plan: &Plan, external: &External, call: &LeverCall) -> Option<(String, String)> {
    match call {
        LeverCall::KillNode { node }
        | LeverCall::FreezeNode { node }
        | LeverCall::RestartNode { node }
        | LeverCall::LimitNode { node, .. }
            if external.runs(node) =>
        {
            let message = format!("\"{node}\" already runs: its life is not in Squall's power");
            let help = "faults of links and carriers are, and cutting it off";
            Some((message, help.to_owned()))
        }
        LeverCall::SetNodeSetting { node, .. } if !external.tells(node) => {
            let message = format!("[external.nodes] has no \"admin\" of \"{node}\"");
            Some((message, "its settings are read and set there".to_owned()))
        }
        LeverCall::AddToxic { link, .. } | LeverCall::DisableLink { link } => {
            unled(plan, external, |id, _, _| id == link)
        }
        LeverCall::CutNode { node } => {
            unled(plan, external, |_, from, to| from == node || to == node)
        }
        _ => None,
    }
}

/// A link that is acted on and has no proxy. What a proxy that runs already has is not known here.
fn unled(
    plan: &Plan,
    external: &External,
    acted_on: impl Fn(&str, &str, &str) -> bool,
) -> Option<(String, String)> {
    if external.proxy.is_some() {
        return None;
    }
    let link = plan
        .stack
        .links
        .iter()
        .find(|link| acted_on(&link.id(), &link.from, &link.to) && !external.is_led(link))?;
    let message = format!("nothing says that \"{}\" reaches \"{}\" by a proxy", link.from, link.to);
    let help = format!("[external.links] \"{}\" = what it dials, or a proxy = …", link.id());
    Some((message, help))
}
