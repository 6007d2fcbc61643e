//! Pulls levers: does what a [`LeverCall`] says to the raised stack, and reads it back.
//!
//! A lever that fails is an answer, not an end: the caller writes it down and goes on.

pub(crate) mod carriers;
mod client;
mod settings;
pub(crate) mod toxiproxy;

use crate::engine::{Engine, Life};
use crate::stage::raise::Stage;
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

/// How toxics are added and proxies switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Plain HTTP over the harness's own sockets: the only way in the simulation.
    Plain,
    /// The `toxiproxy_rust` client, and plain HTTP for what it lacks.
    Client,
}

/// The levers of one drill.
pub(crate) struct Levers {
    route: Route,
    /// (link, name in the plan) → name at the proxy, where the client chose another.
    aliases: BTreeMap<(String, String), String>,
}

impl Levers {
    pub(crate) fn new(route: Route) -> Self {
        Levers { route, aliases: BTreeMap::new() }
    }

    pub(crate) fn route(&self) -> Route {
        self.route
    }

    /// Does it and reads it back.
    pub(crate) async fn pull(
        &mut self,
        stage: &mut Stage,
        plan: &Plan,
        call: &LeverCall,
    ) -> Pulled {
        self.act(stage, plan, call).await.into()
    }

    async fn act(
        &mut self,
        stage: &mut Stage,
        plan: &Plan,
        call: &LeverCall,
    ) -> Result<(), String> {
        let control = stage.control.clone();
        match call {
            LeverCall::AddToxic { link, toxic } => {
                let name = match self.route {
                    Route::Plain => None,
                    Route::Client => client::add(&control, link, toxic).await?,
                };
                match name {
                    Some(name) => {
                        self.aliases.insert((link.clone(), toxic.name.clone()), name);
                        Ok(())
                    }
                    None => toxiproxy::add(&control, link, toxic).await,
                }
            }
            LeverCall::RemoveToxic { link, name } => {
                let alias = self.aliases.remove(&(link.clone(), name.clone()));
                toxiproxy::remove(&control, link, alias.as_deref().unwrap_or(name)).await
            }
            LeverCall::DisableLink { link } => self.switch(stage, link, false).await,
            LeverCall::EnableLink { link } => self.switch(stage, link, true).await,
            LeverCall::CutNode { node } => self.switch_all(stage, plan, node, false).await,
            LeverCall::MendNode { node } => self.switch_all(stage, plan, node, true).await,
            LeverCall::KillNode { .. }
            | LeverCall::StartNode { .. }
            | LeverCall::FreezeNode { .. }
            | LeverCall::ThawNode { .. }
            | LeverCall::RestartNode { .. } => life(stage, plan, call).await,
            LeverCall::SetCarrierBehaviour { carrier, name, behaviour } => {
                carriers::set(&control, carrier, name, behaviour).await
            }
            LeverCall::ClearCarrierBehaviour { carrier, name } => {
                carriers::clear(&control, carrier, name).await
            }
            LeverCall::SetNodeSetting { node, key, value } => {
                settings::set(&control, node, key, value).await
            }
        }
    }

    async fn switch(&self, stage: &Stage, link: &str, on: bool) -> Result<(), String> {
        if self.route == Route::Client {
            client::switch(&stage.control, link, on).await?;
            return toxiproxy::is_enabled(&stage.control, link, on).await;
        }
        toxiproxy::switch(&stage.control, link, on).await
    }

    /// Every link of the node. Goes on after a failure: the others are switched all the same.
    async fn switch_all(
        &self,
        stage: &Stage,
        plan: &Plan,
        node: &str,
        on: bool,
    ) -> Result<(), String> {
        let mut first = Ok(());
        for link in plan.stack.links.iter().filter(|l| l.from == node || l.to == node) {
            let switched = self.switch(stage, &link.id(), on).await;
            first = first.and(switched);
        }
        first
    }
}

/// Kill, start, freeze, thaw, restart: the engine's, with a look at the node afterwards.
async fn life(stage: &mut Stage, plan: &Plan, call: &LeverCall) -> Result<(), String> {
    let (node, expected) = match call {
        LeverCall::KillNode { node } => {
            stage.engine.kill(node).await.map_err(|e| e.to_string())?;
            (node, Life::Dead)
        }
        LeverCall::StartNode { node } => {
            // An undo after a failed kill finds the node running: that is the state asked for.
            if stage.engine.life(node) == Life::Dead {
                stage.start_again(plan, node).await?;
            }
            (node, Life::Running)
        }
        LeverCall::FreezeNode { node } => {
            stage.engine.freeze(node).map_err(|e| e.to_string())?;
            (node, Life::Frozen)
        }
        LeverCall::ThawNode { node } => {
            stage.engine.thaw(node).map_err(|e| e.to_string())?;
            (node, Life::Running)
        }
        LeverCall::RestartNode { node } => {
            let stopped = stage.engine.stop(node).await.map_err(|e| e.to_string());
            if stage.engine.life(node) == Life::Dead {
                stage.start_again(plan, node).await?;
            }
            stopped?;
            (node, Life::Running)
        }
        _ => return Err("not a lever of the engine".into()),
    };
    settled(stage.engine.as_mut(), node, expected).await
}

/// A signal is delivered a moment after it was sent, so the look is repeated for a while.
async fn settled(engine: &mut dyn Engine, node: &str, expected: Life) -> Result<(), String> {
    use squall_platform::time;
    use std::time::Duration;
    for _ in 0..100 {
        if engine.life(node) == expected {
            return Ok(());
        }
        time::sleep(Duration::from_millis(10)).await;
    }
    Err(format!("{node} reads back as {:?}, not {expected:?}", engine.life(node)))
}
