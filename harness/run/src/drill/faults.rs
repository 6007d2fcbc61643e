//! Inject and heal: levers are pulled, and what came of each is written down.

use super::Conductor;
use crate::levers::Pulled;
use futures::FutureExt;
use squall_model::fact::{Exit, Fact, LeverResult};
use squall_model::lever::LeverCall;
use std::panic::AssertUnwindSafe;

impl Conductor {
    pub(super) async fn inject(&mut self, index: usize) {
        self.enter("inject");
        // Counted as injected even where a lever fails: its undo runs all the same.
        self.injected.push(index);
        for call in self.plan.clone().faults[index].inject.iter() {
            self.pull(Some(index), false, call).await;
        }
        self.enter("under fault");
    }

    /// The plan lists the undo of each lever in the order in which the levers are pulled.
    pub(super) async fn heal(&mut self, index: usize) {
        if !self.injected.contains(&index) {
            return;
        }
        self.enter("heal");
        for call in self.plan.clone().faults[index].heal.iter().rev() {
            if !self.pull(Some(index), true, call).await {
                self.unhealed.push(format!("{call:?}"));
            }
        }
        self.injected.retain(|injected| *injected != index);
        self.enter(if self.injected.is_empty() { "recovery" } else { "under fault" });
    }

    /// The undo of whatever is injected, the latest first. An undo that fails is tried once more.
    pub(super) async fn heal_everything(&mut self) {
        while let Some(index) = self.injected.last().copied() {
            self.heal(index).await;
        }
        let again = std::mem::take(&mut self.unhealed);
        if again.is_empty() {
            return;
        }
        let plan = self.plan.clone();
        for (index, fault) in plan.faults.iter().enumerate().rev() {
            let failed = fault.heal.iter().rev().filter(|c| again.contains(&format!("{c:?}")));
            for call in failed {
                if !self.pull(Some(index), true, call).await {
                    self.unhealed.push(format!("{call:?}"));
                }
            }
        }
    }

    pub(super) async fn change(&mut self, index: usize) {
        for call in self.plan.clone().changes[index].calls.iter() {
            self.pull(None, false, call).await;
        }
    }

    /// Pulls a lever and writes down what came of it. One that panics has failed, like any other.
    async fn pull(&mut self, fault: Option<usize>, undo: bool, call: &LeverCall) -> bool {
        let plan = self.plan.clone();
        let pulling = AssertUnwindSafe(self.levers.pull(&mut self.stage, &plan, call));
        let panicked = |_| Pulled::from(Err("the lever panicked".to_owned()));
        let pulled = pulling.catch_unwind().await.unwrap_or_else(panicked);
        let done = pulled.error.is_none() && pulled.read_back;
        let at = self.clock.now();
        if let (LeverCall::KillNode { node }, true) = (call, done) {
            let (node, status) = (node.clone(), "killed".to_owned());
            self.recorder.write(&Fact::Exit(Exit { at, node, planned: true, status }));
        }
        self.recorder.write(&Fact::Lever(LeverResult {
            at,
            fault,
            undo,
            call: call.clone(),
            error: pulled.error,
            read_back: pulled.read_back,
        }));
        done
    }
}
