//! The simulated engine: nodes are groups of tasks of one [`World`], time is virtual.

use super::{Addresses, Done, Engine, EngineError, Life, Whereabouts};
use crate::play::Roles;
use futures::FutureExt;
use futures::future::{LocalBoxFuture, ready};
use squall_model::node_config::NodeConfig;
use squall_model::stack::{RunAs, SENDER};
use squall_platform::sim::{Death, World};
use squall_platform::{Node, Stop, time};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Virtual time a role may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct SimEngine {
    world: World,
    roles: Roles,
    nodes: BTreeMap<String, Living>,
    /// Told by the watcher of each life when it ends by itself.
    ended: Arc<Mutex<Vec<(String, u64)>>>,
    lives: u64,
}

struct Living {
    life: Life,
    /// Counts starts, so that the end of an earlier life is not taken for the end of this one.
    number: u64,
    stop: Option<Stop>,
}

impl SimEngine {
    pub fn new(world: World, roles: Roles) -> Self {
        let (nodes, ended) = (BTreeMap::new(), Arc::default());
        SimEngine { world, roles, nodes, ended, lives: 0 }
    }

    async fn raise(&mut self, role: &str, config: &NodeConfig) -> Result<Addresses, EngineError> {
        let name = config.node.as_str();
        let start = *self
            .roles
            .get(role)
            .ok_or_else(|| EngineError::new(name, format!("no built-in role \"{role}\"")))?;
        if self.nodes.get(name).is_some_and(|node| node.life != Life::Dead) {
            return Err(EngineError::new(name, "runs already"));
        }
        let node = self.world.node(name);
        let (started, starting) = oneshot::channel();
        let future = start(node.clone(), config.clone());
        node.spawn(async move {
            let _ = started.send(future.await);
        });
        let running = match time::timeout(PATIENCE, starting).await {
            Ok(Ok(Ok(running))) => running,
            Ok(Ok(Err(error))) => return Err(EngineError::new(name, error)),
            Ok(Err(_)) => return Err(EngineError::new(name, "the role panicked at its start")),
            Err(_) => return Err(EngineError::new(name, "did not start within a minute")),
        };
        self.lives += 1;
        let (number, ended, mut stopped) = (self.lives, self.ended.clone(), running.stopped);
        let watched = name.to_owned();
        self.harness().spawn(async move {
            stopped.wait().await;
            ended.lock().unwrap_or_else(PoisonError::into_inner).push((watched, number));
        });
        let living = Living { life: Life::Running, number, stop: Some(running.stop) };
        self.nodes.insert(name.to_owned(), living);
        Ok(running.addresses)
    }

    async fn end(&mut self, name: &str) -> Result<(), EngineError> {
        let living = self.living(name)?;
        let number = living.number;
        if let Some(stop) = &living.stop {
            stop.ask();
        }
        let ended = self.ended.clone();
        let waiting = async {
            // In virtual time a millisecond's step costs nothing.
            while !ended
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .any(|e| e.1 == number)
            {
                time::sleep(Duration::from_millis(1)).await;
            }
        };
        let in_time = time::timeout(PATIENCE, waiting).await;
        self.world.kill(name, Death::Process);
        self.living(name)?.life = Life::Dead;
        in_time.map_err(|_| EngineError::new(name, "did not stop within a minute; killed"))
    }

    fn living(&mut self, name: &str) -> Result<&mut Living, EngineError> {
        self.nodes
            .get_mut(name)
            .filter(|node| node.life != Life::Dead)
            .ok_or_else(|| EngineError::new(name, "is not running"))
    }
}

impl Engine for SimEngine {
    fn harness(&self) -> Node {
        self.world.node(SENDER)
    }

    fn token(&self) -> String {
        crate::stage::config::hex(&mut self.harness().rng("control token"), 32)
    }

    fn start<'a>(&'a mut self, run: &'a RunAs, config: &'a NodeConfig) -> Done<'a, Whereabouts> {
        async move {
            let role = super::role(run, &config.node)?;
            self.raise(role, config).await.map(Whereabouts::from)
        }
        .boxed_local()
    }

    fn stop<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        self.end(node).boxed_local()
    }

    fn kill<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        let killed = self.living(node).map(|living| living.life = Life::Dead);
        if killed.is_ok() {
            self.world.kill(node, Death::Process);
        }
        ready(killed).boxed_local()
    }

    fn freeze<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        let frozen = self.living(node).map(|living| living.life = Life::Frozen);
        if frozen.is_ok() {
            self.world.freeze(node);
        }
        ready(frozen).boxed_local()
    }

    fn thaw<'a>(&'a mut self, node: &'a str) -> Done<'a, ()> {
        let thawed = self.living(node).map(|living| living.life = Life::Running);
        if thawed.is_ok() {
            self.world.thaw(node);
        }
        ready(thawed).boxed_local()
    }

    fn life<'a>(&'a mut self, node: &'a str) -> LocalBoxFuture<'a, Life> {
        ready(self.nodes.get(node).map_or(Life::Dead, |node| node.life)).boxed_local()
    }

    fn exits(&mut self) -> Vec<(String, String)> {
        let ended = std::mem::take(&mut *self.ended.lock().unwrap_or_else(PoisonError::into_inner));
        let mut unplanned = Vec::new();
        for (name, number) in ended {
            let Some(node) = self.nodes.get_mut(&name) else { continue };
            if node.number == number && node.life != Life::Dead {
                node.life = Life::Dead;
                unplanned.push((name, "its tasks ended".to_owned()));
            }
        }
        unplanned
    }

    /// Nothing to do: the world drops its nodes when the drill's future ends.
    fn lower(&mut self) -> LocalBoxFuture<'_, ()> {
        ready(()).boxed_local()
    }

    fn end_now(&mut self) -> LocalBoxFuture<'_, ()> {
        self.lower()
    }
}
