//! Kill, start, freeze, thaw, restart: the engine's acts, with a look at the node afterwards.

use crate::engine::{Engine, Life};
use crate::stage::raise::Stage;
use squall_model::lever::LeverCall;
use squall_model::plan::Plan;
use squall_platform::time;
use std::time::Duration;

pub(super) async fn act(stage: &mut Stage, plan: &Plan, call: &LeverCall) -> Result<(), String> {
    let (node, expected) = match call {
        LeverCall::KillNode { node } => {
            stage.engine.kill(node).await.map_err(|e| e.to_string())?;
            (node, Life::Dead)
        }
        LeverCall::StartNode { node } => {
            // An undo after a failed kill finds the node running: that is the state asked for.
            if stage.engine.life(node).await == Life::Dead {
                stage.start_again(plan, node).await?;
            }
            (node, Life::Running)
        }
        LeverCall::FreezeNode { node } => {
            stage.engine.freeze(node).await.map_err(|e| e.to_string())?;
            (node, Life::Frozen)
        }
        LeverCall::ThawNode { node } => {
            stage.engine.thaw(node).await.map_err(|e| e.to_string())?;
            (node, Life::Running)
        }
        LeverCall::RestartNode { node } => {
            let stopped = stage.engine.stop(node).await.map_err(|e| e.to_string());
            if stage.engine.life(node).await == Life::Dead {
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
    for _ in 0..500 {
        if engine.life(node).await == expected {
            return Ok(());
        }
        time::sleep(Duration::from_millis(10)).await;
    }
    Err(format!("{node} reads back as {:?}, not {expected:?}", engine.life(node).await))
}
