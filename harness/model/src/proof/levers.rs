//! What the levers themselves answered: a client that ignores its answer is not believed.

use super::{Seen, bracket};
use crate::fact::LeverResult;
use crate::lever::LeverCall;
use crate::plan::PlannedFault;

/// Calls that were never made, failed, or did not read back. The last try of a call counts.
pub(super) fn doubts(planned: &PlannedFault, levers: &[&LeverResult]) -> Vec<String> {
    let mut doubts = Vec::new();
    for (undo, calls) in [(false, &planned.inject), (true, &planned.heal)] {
        let word = if undo { "undo " } else { "" };
        for call in calls {
            let last = levers.iter().rev().find(|lever| lever.undo == undo && lever.call == *call);
            match last {
                None => doubts.push(format!("{word}{} was never called", name(call))),
                Some(LeverResult { error: Some(error), .. }) => {
                    doubts.push(format!("{word}{} failed: {error}", name(call)));
                }
                Some(lever) if !lever.read_back => {
                    doubts.push(format!("{word}{} did not read back", name(call)));
                }
                Some(_) => {}
            }
        }
    }
    doubts
}

/// A setting: by its read-back alone, whose errors are doubts already.
pub(super) fn watch(planned: &PlannedFault, levers: &[&LeverResult]) -> Seen {
    let at =
        |undo| levers.iter().filter(|l| l.undo == undo && l.read_back).map(|lever| lever.at).max();
    Seen {
        effective: at(false).map(|at| bracket(planned.window.start, at)),
        healed: at(true).map(|at| bracket(planned.window.end, at)),
        doubts: Vec::new(),
        how: "the setting read back".into(),
    }
}

/// No watch: only a restart, which begins and ends in its own call, is proven by that.
pub(super) fn restarted(planned: &PlannedFault, levers: &[&LeverResult]) -> Seen {
    let restarts = !planned.inject.is_empty()
        && planned.inject.iter().all(|call| matches!(call, LeverCall::RestartNode { .. }));
    let at = levers.iter().filter(|l| !l.undo && l.read_back).map(|lever| lever.at).max();
    match at {
        Some(at) if restarts => {
            let instant = Some(bracket(planned.window.start, at));
            let how = "the old process ended and the new one answered".into();
            Seen { effective: instant, healed: instant, doubts: Vec::new(), how }
        }
        _ => Seen {
            effective: None,
            healed: None,
            doubts: vec!["nothing watched for its effect".into()],
            how: String::new(),
        },
    }
}

fn name(call: &LeverCall) -> String {
    match call {
        LeverCall::AddToxic { link, toxic } => format!("adding {} to {link}", toxic.kind),
        LeverCall::RemoveToxic { link, name } => format!("removing {name} from {link}"),
        LeverCall::DisableLink { link } => format!("disabling {link}"),
        LeverCall::EnableLink { link } => format!("enabling {link}"),
        LeverCall::KillNode { node } => format!("killing {node}"),
        LeverCall::StartNode { node } => format!("starting {node}"),
        LeverCall::FreezeNode { node } => format!("freezing {node}"),
        LeverCall::ThawNode { node } => format!("thawing {node}"),
        LeverCall::CutNode { node } => format!("cutting off {node}"),
        LeverCall::MendNode { node } => format!("mending {node}"),
        LeverCall::RestartNode { node } => format!("restarting {node}"),
        LeverCall::LimitNode { node, resource, .. } => format!("limiting the {resource} of {node}"),
        LeverCall::UnlimitNode { node, resource } => {
            format!("lifting the limit of the {resource} of {node}")
        }
        LeverCall::SetCarrierBehaviour { carrier, name, .. } => {
            format!("setting {name} of {carrier}")
        }
        LeverCall::ClearCarrierBehaviour { carrier, name } => {
            format!("clearing {name} of {carrier}")
        }
        LeverCall::SetNodeSetting { node, key, .. } => format!("setting {key} of {node}"),
        LeverCall::BreakName { link } => format!("breaking the name of {link}"),
        LeverCall::MendName { link } => format!("mending the name of {link}"),
        LeverCall::ExpireCertificate { carrier } => {
            format!("expiring the certificate of {carrier}")
        }
        LeverCall::RenewCertificate { carrier } => format!("renewing the certificate of {carrier}"),
    }
}
