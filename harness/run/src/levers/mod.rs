//! Pulls levers: does what a [`LeverCall`] says to the raised stack, and reads it back.
//!
//! One file a kind of lever. A lever that fails is an answer, not an end: the caller writes it down
//! and goes on.

pub(crate) mod behaviour;
mod certificate;
mod life;
mod link;
pub(crate) mod name;
pub(crate) mod setting;
#[cfg(test)]
mod tests;
pub(crate) mod toxiproxy;
mod toxiproxy_client;

pub(crate) use link::Route;

use crate::stage::raise::Stage;
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use link::Links;
use squall_model::lever::LeverCall;
use squall_model::plan::Plan;
use std::collections::BTreeMap;

/// What came of a lever call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pulled {
    pub(crate) error: Option<String>,
    /// The stack confirmed the new state when asked for it.
    pub(crate) read_back: bool,
}

impl From<Result<(), String>> for Pulled {
    fn from(result: Result<(), String>) -> Self {
        Pulled { read_back: result.is_ok(), error: result.err() }
    }
}

/// Whatever pulls levers: the real ones, or those of a test that looks at their order.
pub(crate) trait Pull {
    /// Does it and reads it back.
    fn pull<'a>(
        &'a mut self,
        stage: &'a mut Stage,
        plan: &'a Plan,
        call: &'a LeverCall,
    ) -> LocalBoxFuture<'a, Pulled>;
}

/// The levers of one drill.
pub(crate) struct Levers {
    links: Links,
    /// What settings were last set to, by node: a node that starts anew reads its configuration, which
    /// knows nothing of them.
    set: BTreeMap<String, BTreeMap<String, String>>,
}

impl Pull for Levers {
    fn pull<'a>(
        &'a mut self,
        stage: &'a mut Stage,
        plan: &'a Plan,
        call: &'a LeverCall,
    ) -> LocalBoxFuture<'a, Pulled> {
        async move { self.act(stage, plan, call).await.into() }.boxed_local()
    }
}

impl Levers {
    pub(crate) fn new(route: Route) -> Self {
        Levers { links: Links::new(route), set: BTreeMap::new() }
    }

    async fn act(
        &mut self,
        stage: &mut Stage,
        plan: &Plan,
        call: &LeverCall,
    ) -> Result<(), String> {
        let control = stage.control.clone();
        match call {
            LeverCall::AddToxic { link, toxic } => self.links.add(&control, link, toxic).await,
            LeverCall::RemoveToxic { link, name } => self.links.remove(&control, link, name).await,
            LeverCall::DisableLink { link } => self.links.switch(&control, link, false).await,
            LeverCall::EnableLink { link } => self.links.switch(&control, link, true).await,
            LeverCall::CutNode { node } => {
                let down = self.links.switch_all(&control, plan, node, false).await;
                let cut = stage.engine.cut(node).await.map_err(|error| error.to_string());
                down.and(cut)
            }
            LeverCall::MendNode { node } => {
                let mended = stage.mend(plan, node).await;
                let up = self.links.switch_all(&control, plan, node, true).await;
                mended.and(up)
            }
            LeverCall::KillNode { .. }
            | LeverCall::FreezeNode { .. }
            | LeverCall::ThawNode { .. } => life::act(stage, plan, call).await,
            LeverCall::StartNode { node } | LeverCall::RestartNode { node } => {
                life::act(stage, plan, call).await?;
                for (key, value) in self.set.get(node).into_iter().flatten() {
                    setting::set(&control, node, key, value).await?;
                }
                Ok(())
            }
            LeverCall::LimitNode { node, resource, to } => {
                let limited = stage.engine.limit(node, *resource, Some(*to)).await;
                limited.map_err(|error| error.to_string())
            }
            LeverCall::UnlimitNode { node, resource } => {
                let lifted = stage.engine.limit(node, *resource, None).await;
                lifted.map_err(|error| error.to_string())
            }
            LeverCall::SetCarrierBehaviour { carrier, name, behaviour } => {
                behaviour::set(&control, carrier, name, behaviour).await
            }
            LeverCall::ClearCarrierBehaviour { carrier, name } => {
                behaviour::clear(&control, carrier, name).await
            }
            LeverCall::SetNodeSetting { node, key, value } => {
                // Before it is done: a node that is dead now shall start with it.
                let of_node = self.set.entry(node.clone()).or_default();
                of_node.insert(key.clone(), value.clone());
                setting::set(&control, node, key, value).await
            }
            LeverCall::BreakName { link } => name::set_broken(&control, plan, link, true).await,
            LeverCall::MendName { link } => name::set_broken(&control, plan, link, false).await,
            LeverCall::ExpireCertificate { carrier } => {
                certificate::show(&control, carrier, true).await
            }
            LeverCall::RenewCertificate { carrier } => {
                certificate::show(&control, carrier, false).await
            }
        }
    }
}
