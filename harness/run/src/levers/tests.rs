//! Levers against the raised reference stack in the simulation: done, read back, and honest when
//! they cannot.

use super::{Levers, Pull, Pulled, Route, behaviour};
use crate::engine::Life;
use crate::engine::sim::SimEngine;
use crate::reference::plan;
use crate::stage::raise::Stage;
use crate::stage::{NAMES, PROXY};
use http::{Method, StatusCode};
use squall_model::behaviour::Behaviour;
use squall_model::lever::LeverCall;
use squall_model::plan::Plan;
use squall_platform::sim::World;
use std::collections::BTreeMap;

struct Bench {
    stage: Stage,
    plan: Plan,
    levers: Levers,
}

impl Bench {
    async fn raise(world: World) -> Bench {
        let plan = plan(1.0, 10, &[]);
        let engine = SimEngine::new(world, squall_node::roles());
        let mut stage = Stage::new(Box::new(engine));
        stage.raise(&plan, "sender:1").await.unwrap();
        stage.ready(&plan).await.unwrap();
        Bench { stage, plan, levers: Levers::new(Route::Plain) }
    }

    async fn pull(&mut self, call: LeverCall) -> Pulled {
        self.levers.pull(&mut self.stage, &self.plan, &call).await
    }

    async fn works(&mut self, call: LeverCall) {
        assert_eq!(self.pull(call).await, Pulled { error: None, read_back: true });
    }

    async fn fails(&mut self, call: LeverCall) -> String {
        let pulled = self.pull(call).await;
        assert!(!pulled.read_back);
        pulled.error.unwrap()
    }

    /// Names of what is in force at the carrier.
    async fn behaviours(&self) -> Vec<String> {
        let views = behaviour::in_force(&self.stage.control, "smartfren").await.unwrap();
        views.into_keys().collect()
    }

    async fn settings(&self, node: &str) -> BTreeMap<String, String> {
        self.stage.control.get(node, "/settings").await.unwrap()
    }

    async fn health(&self, node: &str) -> Result<StatusCode, String> {
        let answer = self.stage.control.call(node, Method::GET, "/health", None).await;
        answer.map(|(status, _)| status)
    }

    /// Where the link's proxy leads.
    async fn upstream(&self, link: &str) -> String {
        let path = format!("/proxies/{}", crate::stage::segment(link));
        let view: super::toxiproxy::ProxyView = self.stage.control.get(PROXY, &path).await.unwrap();
        view.upstream
    }
}

fn bench<F, Fut>(test: F)
where
    F: FnOnce(Bench) -> Fut,
    Fut: Future<Output = ()>,
{
    World::run(7, 0, |world| async move { test(Bench::raise(world).await).await });
}

fn throttle(carrier: &str) -> LeverCall {
    let (carrier, name) = (carrier.into(), "slow-down".into());
    LeverCall::SetCarrierBehaviour { carrier, name, behaviour: Behaviour::Throttle }
}

#[test]
fn a_behaviour_is_in_force_until_it_is_cleared() {
    bench(|mut bench| async move {
        bench.works(throttle("smartfren")).await;
        assert_eq!(bench.behaviours().await, ["slow-down"]);
        let clear = |carrier: &str| LeverCall::ClearCarrierBehaviour {
            carrier: carrier.into(),
            name: "slow-down".into(),
        };
        bench.works(clear("smartfren")).await;
        assert!(bench.behaviours().await.is_empty());
        // An undo may come twice.
        bench.works(clear("smartfren")).await;
        bench.fails(throttle("nobody")).await;
        bench.fails(clear("nobody")).await;
    });
}

#[test]
fn a_behaviour_that_the_carrier_does_not_take_is_told() {
    bench(|mut bench| async move {
        let behaviour = Behaviour::Refuse { answer: "no such answer".into(), share: 0.5 };
        let (carrier, name) = ("smartfren".into(), "odd".into());
        let error = bench.fails(LeverCall::SetCarrierBehaviour { carrier, name, behaviour }).await;
        assert!(error.contains("no such answer") || error.contains("400"), "{error}");
        assert!(bench.behaviours().await.is_empty());
    });
}

#[test]
fn a_setting_is_read_back_and_one_that_is_not_taken_is_told() {
    bench(|mut bench| async move {
        let set = |key: &str, value: &str| LeverCall::SetNodeSetting {
            node: "gateway-1".into(),
            key: key.into(),
            value: value.into(),
        };
        let before = bench.settings("gateway-2").await;
        bench.works(set("routing", "weighted")).await;
        assert_eq!(bench.settings("gateway-1").await["routing"], "weighted");
        assert_eq!(bench.settings("gateway-2").await, before, "another node was set too");
        bench.fails(set("routing", "sideways")).await;
        assert_eq!(bench.settings("gateway-1").await["routing"], "weighted");
        bench.fails(set("no-such-setting", "1")).await;
    });
}

#[test]
fn a_restarted_node_lives_again_and_its_links_lead_to_where_it_listens_now() {
    bench(|mut bench| async move {
        let link = "edge->queue-1";
        let before = bench.upstream(link).await;
        bench.works(LeverCall::RestartNode { node: "queue-1".into() }).await;
        assert_eq!(bench.stage.engine.life("queue-1").await, Life::Running);
        assert_eq!(bench.health("queue-1").await, Ok(StatusCode::OK));
        let now = bench.upstream(link).await;
        assert_ne!(now, before, "it listens where it did: the test sees no difference");
        assert_eq!(Some(now), bench.stage.directory().port("queue-1", "frames"));
    });
}

#[test]
fn a_restart_of_a_dead_node_starts_it_and_says_that_it_was_dead() {
    bench(|mut bench| async move {
        let node = || "queue-1".to_owned();
        bench.works(LeverCall::KillNode { node: node() }).await;
        assert!(bench.health("queue-1").await.is_err());
        let error = bench.fails(LeverCall::RestartNode { node: node() }).await;
        assert!(error.contains("not running"), "{error}");
        assert_eq!(bench.health("queue-1").await, Ok(StatusCode::OK));
        bench.fails(LeverCall::RestartNode { node: "nobody".into() }).await;
    });
}

#[test]
fn a_node_is_killed_and_started_frozen_and_thawed() {
    bench(|mut bench| async move {
        let node = || "gateway-1".to_owned();
        bench.works(LeverCall::KillNode { node: node() }).await;
        bench.fails(LeverCall::KillNode { node: node() }).await;
        bench.fails(LeverCall::FreezeNode { node: node() }).await;
        bench.works(LeverCall::StartNode { node: node() }).await;
        // The undo of a kill that failed finds it running.
        bench.works(LeverCall::StartNode { node: node() }).await;
        bench.works(LeverCall::FreezeNode { node: node() }).await;
        assert_eq!(bench.stage.engine.life("gateway-1").await, Life::Frozen);
        bench.works(LeverCall::ThawNode { node: node() }).await;
        assert_eq!(bench.health("gateway-1").await, Ok(StatusCode::OK));
    });
}

#[test]
fn a_name_breaks_for_one_client_and_is_mended() {
    bench(|mut bench| async move {
        let link = |from: &str, to: &str| format!("{from}->{to}");
        let (own, other) = (link("gateway-1", "vendor-b"), link("gateway-2", "vendor-b"));
        bench.works(LeverCall::BreakName { link: own.clone() }).await;
        let broken = async |name: &str| {
            let path = format!("/broken/{name}");
            let seen = bench.stage.control.call(NAMES, Method::GET, &path, None).await;
            seen.unwrap().0 == StatusCode::NO_CONTENT
        };
        assert!(broken("vendor-b.gateway-1.squall").await);
        assert!(!broken("vendor-b.gateway-2.squall").await);
        bench.works(LeverCall::MendName { link: own.clone() }).await;
        // An undo may come twice.
        bench.works(LeverCall::MendName { link: own }).await;
        bench.works(LeverCall::MendName { link: other }).await;
        let by_address = bench.fails(LeverCall::BreakName { link: link("edge", "queue-1") }).await;
        assert!(by_address.contains("not found by name"), "{by_address}");
        bench.fails(LeverCall::BreakName { link: link("gateway-1", "nobody") }).await;
    });
}

#[test]
fn a_certificate_expires_and_is_renewed_where_there_is_one() {
    bench(|mut bench| async move {
        let carrier = || "vendor-b".to_owned();
        bench.works(LeverCall::ExpireCertificate { carrier: carrier() }).await;
        bench.works(LeverCall::RenewCertificate { carrier: carrier() }).await;
        bench.works(LeverCall::RenewCertificate { carrier: carrier() }).await;
        let carrier = "smartfren".to_owned();
        let none = bench.fails(LeverCall::ExpireCertificate { carrier }).await;
        assert!(none.contains("speaks no TLS"), "{none}");
    });
}

#[test]
fn a_node_that_starts_anew_keeps_what_was_set() {
    bench(|mut bench| async move {
        let node = || "queue-1".to_owned();
        let set = |value: &str| LeverCall::SetNodeSetting {
            node: node(),
            key: "queue_buffer".into(),
            value: value.into(),
        };
        bench.works(set("1000")).await;
        bench.works(LeverCall::RestartNode { node: node() }).await;
        assert_eq!(bench.settings("queue-1").await["queue_buffer"], "1000");
        bench.works(LeverCall::KillNode { node: node() }).await;
        bench.works(LeverCall::StartNode { node: node() }).await;
        assert_eq!(bench.settings("queue-1").await["queue_buffer"], "1000");
    });
}

#[test]
fn what_is_put_back_while_a_node_is_dead_holds_when_it_starts() {
    bench(|mut bench| async move {
        let node = || "queue-1".to_owned();
        let set = |value: &str| LeverCall::SetNodeSetting {
            node: node(),
            key: "queue_buffer".into(),
            value: value.into(),
        };
        bench.works(set("1000")).await;
        bench.works(LeverCall::KillNode { node: node() }).await;
        bench.fails(set("2000")).await;
        bench.works(LeverCall::StartNode { node: node() }).await;
        assert_eq!(bench.settings("queue-1").await["queue_buffer"], "2000");
    });
}
