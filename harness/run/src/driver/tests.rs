//! The harness invents no losses and no duplicates of its own: the driver against an ideal gateway,
//! which accepts, delivers and reports every message at once, in both worlds.

use super::{Callback, Driver, serve};
use crate::clock::DrillClock;
use crate::ingress;
use crate::numbers::Numbers;
use crate::progress::Tally;
use crate::recorder::Recorder;
use crate::stage::config::Credentials;
use crate::testing::{SharedSink, plan};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Method, StatusCode};
use squall_model::fact::{Answer, Fact};
use squall_model::judge::judge;
use squall_model::objective::latency_percentile::{Latency, LatencyPercentile};
use squall_model::plan::{PhaseName, Plan, PlannedObjective};
use squall_model::record::{self, Header, Record};
use squall_model::token;
use squall_model::units::Micros;
use squall_platform::time::{self, Instant};
use squall_platform::{Node, running, sim::World};
use squall_wire::http::{Client, Handler, Limits, Request, Response, reply};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const MESSAGES: u64 = 200_000;

/// Takes every message and calls back before it answers: the worst order for the driver.
struct IdealGateway {
    client: Client,
    seen: Mutex<BTreeMap<u64, u32>>,
}

struct Front(Arc<IdealGateway>);

impl Handler for Front {
    fn handle(&self, request: Request) -> BoxFuture<'static, Response> {
        let gateway = self.0.clone();
        async move {
            let form = String::from_utf8(request.body().to_vec()).unwrap();
            let message = token::find(&form).unwrap();
            *gateway.seen.lock().unwrap().entry(message).or_default() += 1;
            let (_, callback) = form.split_once("StatusCallback=http%3A%2F%2F").unwrap();
            let callback = callback.replace("%3A", ":").replace("%2F", "/");
            let (host, path) = callback.split_once('/').unwrap();
            let mut receipt = Request::new(Bytes::from_static(b"MessageStatus=delivered"));
            *receipt.method_mut() = Method::POST;
            *receipt.uri_mut() = format!("/{path}").parse().unwrap();
            let answer = gateway.client.send(host, receipt, Duration::from_secs(60)).await.unwrap();
            assert_eq!(answer.status(), StatusCode::NO_CONTENT);
            reply::json(StatusCode::CREATED, &serde_json::json!({ "status": "queued" }))
        }
        .boxed()
    }
}

/// Drives the whole plan against `front` on `gateway_node` and gives what was recorded.
async fn facts_of(
    node: Node,
    gateway_node: Node,
    plan: Arc<Plan>,
    front: Arc<dyn Handler>,
) -> Vec<Fact> {
    let listener = gateway_node.bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr();
    let (_stop, stopping, done, _stopped) = running::stop_pair();
    let limits = Limits { connections: 8_192, ..Limits::default() };
    squall_wire::http::serve(&gateway_node, listener, limits, stopping, done, front);

    let sink = SharedSink::default();
    let recorder = Recorder::new(Box::new(sink.clone()));
    let credentials = Credentials::draw(&mut node.rng("credentials"));
    let ingress: Arc<dyn ingress::Ingress> = ingress::find(&plan, &credentials).unwrap().into();
    let callback = Arc::new(Callback::default());
    let (address, _stop) = serve(&node, "127.0.0.1", callback.clone()).await.unwrap();
    let clock = DrillClock::starting_at(Instant::now(), node.unix_us());
    let tally = Arc::new(Tally::default());
    callback.open(Numbers::default(), ingress.clone(), clock, recorder.clone(), tally.clone());
    let driver = Driver {
        node: node.clone(),
        client: Client::new(node.clone(), 8_192),
        ingress,
        target,
        callback: format!("http://{address}"),
        numbers: Numbers::default(),
        clock,
        recorder: recorder.clone(),
        tally,
    };
    let (_stop, stopped) = running::stop();
    time::timeout(Duration::from_secs(400), driver.run(plan, stopped)).await.unwrap();
    recorder.finish().unwrap();
    sink.facts()
}

/// Drives the whole plan and checks that every message happened exactly once, everywhere.
async fn drive(node: Node, gateway_node: Node, mut plan: Plan) {
    plan.stack.timers.insert("sender_timeout".into(), Micros::from_secs(60));
    let plan = Arc::new(plan);
    let gateway = Arc::new(IdealGateway {
        client: Client::new(gateway_node.clone(), 8_192),
        seen: Mutex::default(),
    });
    let facts = facts_of(node, gateway_node, plan.clone(), Arc::new(Front(gateway.clone()))).await;

    let scheduled = plan.traffic.arrivals(plan.seed, plan.end).count() as u64;
    assert!(scheduled > MESSAGES * 99 / 100, "{scheduled}");
    let (mut submits, mut receipts) = (BTreeMap::new(), BTreeMap::new());
    for fact in facts {
        match fact {
            Fact::Submit(submit) => {
                assert_eq!(submit.answer, Answer::Accepted, "message {}", submit.m);
                assert!(submit.due <= submit.sent && submit.sent <= submit.at);
                *submits.entry(submit.m).or_insert(0u32) += 1;
            }
            Fact::Receipt(receipt) => *receipts.entry(receipt.m).or_insert(0u32) += 1,
            Fact::Load(load) => assert_eq!(load.scheduled, load.sent),
            other => panic!("{other:?}"),
        }
    }
    let seen = gateway.seen.lock().unwrap().clone();
    for (what, counts) in [("gateway", &seen), ("submits", &submits), ("receipts", &receipts)] {
        assert_eq!(counts.len() as u64, scheduled, "{what}");
        assert!(counts.values().all(|count| *count == 1), "{what}");
    }
}

#[test]
fn an_ideal_gateway_shows_no_loss_and_no_duplicate_in_the_simulation() {
    let plan = plan(1000.0, Micros::from_secs(MESSAGES / 1000));
    World::run(7, 0, |world| drive(world.node("sender"), world.node("ideal"), plan));
}

#[test]
fn an_ideal_gateway_shows_no_loss_and_no_duplicate_on_real_sockets() {
    let folder = tempfile::tempdir().unwrap();
    let node = |name: &str| Node::real(name, folder.path().join(name), 7);
    // Far below what the driver can do: this asks for correctness, and other tests run beside it.
    let mut plan = plan(4_000.0, Micros::from_secs(MESSAGES / 4_000));
    plan.drain = Micros::from_secs(600);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(drive(node("sender"), node("ideal"), plan));
}

/// Answers at once, but for one second: what comes then waits for its end.
struct Stalling {
    from: Instant,
    until: Instant,
}

impl Handler for Stalling {
    fn handle(&self, _: Request) -> BoxFuture<'static, Response> {
        let (from, until) = (self.from, self.until);
        async move {
            if (from..until).contains(&Instant::now()) {
                time::sleep_until(until).await;
            }
            reply::json(StatusCode::CREATED, &serde_json::json!({ "status": "queued" }))
        }
        .boxed()
    }
}

/// A fifth of all is due while the server stalls, evenly over that second. A generator that waited
/// for answers would have sent a few of them only, and would call the server fast.
#[test]
fn a_stalled_server_is_charged_with_every_message_that_was_due_meanwhile() {
    let mut plan = plan(2_000.0, Micros::from_secs(5));
    let reported = [(90.0, 500.0), (99.0, 950.0)];
    plan.warm_up = Micros::ZERO;
    plan.objectives = reported.map(|(percentile, _)| latency(percentile)).into();
    let judged = World::run(7, 0, |world| async move {
        let start = Instant::now();
        let from = start + Duration::from_secs(2);
        let front = Stalling { from, until: from + Duration::from_secs(1) };
        let (sender, stalled) = (world.node("sender"), world.node("stalled"));
        let facts = facts_of(sender, stalled, Arc::new(plan.clone()), Arc::new(front)).await;
        judge(&recorded(plan, facts))
    });
    for (finding, (percentile, expected)) in judged.findings.iter().zip(reported) {
        let seen = finding.observed.unwrap();
        assert!((seen / expected - 1.0).abs() < 0.05, "p{percentile} {seen} ms");
    }
    assert_eq!(judged.findings.len(), 2);
}

fn latency(percentile: f64) -> PlannedObjective {
    let under = Micros::from_secs(1);
    let objective = LatencyPercentile { of: Latency::Accept, percentile, under }.into();
    PlannedObjective { objective, phase: PhaseName::Whole, text: String::new(), line: 1 }
}

fn recorded(plan: Plan, facts: Vec<Fact>) -> Record {
    let header = Header {
        schema: record::SCHEMA.into(),
        squall: String::new(),
        engine: "sim".into(),
        plan_hash: String::new(),
        drill: 0,
    };
    let mut builder = Record::builder(header, plan);
    builder.extend(facts);
    builder.finish()
}
