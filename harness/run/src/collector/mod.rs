//! Gathers what carriers and nodes say of themselves, over their control ports and never through a
//! link: the carriers' logs, the draws of their behaviours, every node's health, what the engine counts
//! of nodes that are limited, and at the end what still waits in queues.

mod carrier_log;
mod gateway;
mod health;
mod limits;
mod pending;

use crate::clock::DrillClock;
use crate::engine::Meter;
use crate::recorder::Recorder;
use crate::stage::Control;
use carrier_log::CarrierLog;
use health::Teller;
use squall_model::plan::Plan;
use squall_model::units::Micros;
use squall_platform::running::Stopping;
use squall_platform::time::{self, MissedTickBehavior};
use squall_platform::{Node, Task};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Drills longer than this look at health less often.
const LONG: Micros = Micros::from_secs(30 * 60);

/// The pollers of one drill.
pub(crate) struct Collector {
    control: Control,
    recorder: Recorder,
    clock: DrillClock,
    logs: Vec<oneshot::Receiver<CarrierLog>>,
    tasks: Vec<Task>,
}

impl Collector {
    /// Starts polling; everything ends when `stop` is asked for.
    pub(crate) fn start(
        plan: &Plan,
        node: &Node,
        control: &Control,
        meter: Option<Arc<dyn Meter>>,
        clock: DrillClock,
        recorder: &Recorder,
        stop: &Stopping,
    ) -> Collector {
        let (mut logs, mut tasks) = (Vec::new(), Vec::new());
        for carrier in &plan.stack.carriers {
            let log = CarrierLog::new(&carrier.name, control, clock, recorder);
            let (done, left) = oneshot::channel();
            logs.push(left);
            tasks.push(node.spawn(tail(log, stop.clone(), done)));
        }
        let every = Duration::from_secs(if plan.end > LONG { 10 } else { 1 });
        for teller in health::tellers(plan) {
            let poller = health::Poller::new(teller, control, clock, recorder);
            tasks.push(node.spawn(poller.run(every, stop.clone())));
        }
        for (meter, (node_name, resource)) in meter
            .iter()
            .flat_map(|meter| limits::limited(plan).into_iter().map(move |of| (meter, of)))
        {
            let (meter, recorder) = (meter.clone(), recorder.clone());
            let counter = limits::Counter { node: node_name, resource, meter, clock, recorder };
            tasks.push(node.spawn(counter.run(stop.clone())));
        }
        Collector { control: control.clone(), recorder: recorder.clone(), clock, logs, tasks }
    }

    /// A poller is gone without having been told to.
    pub(crate) fn has_died(&self) -> bool {
        self.tasks.iter().any(Task::is_finished)
    }

    /// Reads every queue's rest and every log to its end, after the pollers were told to stop.
    /// What could not be read is returned: without it nothing can be called lost.
    ///
    /// In this order: a stack may still be at work, and a message that leaves a queue between the two
    /// looks is in both, where the other way round it would be in neither, and called lost.
    pub(crate) async fn finish(self, plan: &Plan) -> Vec<String> {
        let mut troubles = Vec::new();
        for teller in tellers(plan) {
            let read = pending::read(&teller, &self.control, self.clock, &self.recorder).await;
            if let Err(error) = read {
                troubles.push(format!("what waits in {} could not be read: {error}", teller.node));
            }
        }
        for (carrier, log) in plan.stack.carriers.iter().zip(self.logs) {
            let read = match log.await {
                Ok(mut log) => log.read_to_end().await,
                Err(_) => Err("its poller died".to_owned()),
            };
            if let Err(error) = read {
                troubles.push(format!("the log of {} could not be read: {error}", carrier.name));
            }
        }
        troubles
    }
}

/// Who is asked what waits in it: everybody or nobody. Where one cannot tell, what the others name does
/// not make the rest lost.
fn tellers(plan: &Plan) -> Vec<Teller> {
    let tellers = health::tellers(plan);
    match plan.stack.external.is_some() && tellers.len() < plan.stack.nodes.len() {
        true => Vec::new(),
        false => tellers,
    }
}

/// Looks again and again, until it is asked to stop: also in the middle of a look.
async fn again_and_again<F: Future<Output = ()>>(
    every: Duration,
    mut stop: Stopping,
    look: impl Fn() -> F,
) {
    let mut tick = time::interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let looks = async {
        loop {
            tick.tick().await;
            look().await;
        }
    };
    tokio::select! {
        biased;
        () = stop.asked() => {}
        () = looks => {}
    }
}

/// Follows a log each second of drill time; a carrier that is down is asked again. Leaves the log
/// for its last reading.
async fn tail(mut log: CarrierLog, mut stop: Stopping, done: oneshot::Sender<CarrierLog>) {
    let mut tick = time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.asked() => break,
            _ = tick.tick() => {}
        }
        log.poll().await;
    }
    let _ = done.send(log);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Whereabouts;
    use crate::stage::Directory;
    use crate::testing;
    use futures::FutureExt;
    use futures::future::BoxFuture;
    use http::StatusCode;
    use squall_model::external::External;
    use squall_model::fact::Fact;
    use squall_model::stack::{Gateway, Image, ImageFrom, Node, RunAs};
    use squall_model::token;
    use squall_platform::{running, sim::World};
    use squall_wire::http::{Client, Handler, Limits, Request, Response, reply};
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    fn node(name: &str, run: RunAs) -> Node {
        let (role, region) = ("queue".to_owned(), None);
        let (ports, settings) = (Vec::new(), BTreeMap::new());
        Node { name: name.to_owned(), role, region, run, ports, settings }
    }

    /// A plan with the built-in nodes a and b; where it already runs, those of `telling` have an
    /// admin port.
    fn plan(telling: Option<&[&str]>) -> Plan {
        let mut plan = testing::plan(1.0, Micros::from_secs(60));
        let built_in = |name: &&str| node(name, RunAs::BuiltIn("queue".to_owned()));
        plan.stack.nodes = ["a", "b"].iter().map(built_in).collect();
        plan.stack.external = telling.map(|telling| External {
            name: "there".to_owned(),
            allow: Default::default(),
            proxy: None,
            token: None,
            account: None,
            secret: None,
            callback: External::LOOPBACK,
            nodes: ["a", "b"].map(|name| (name.to_owned(), ports(telling.contains(&name)))).into(),
            links: BTreeMap::new(),
        });
        plan
    }

    fn ports(admin: bool) -> BTreeMap<String, String> {
        let port = if admin { "admin" } else { "http" };
        [(port.to_owned(), "127.0.0.1:1".to_owned())].into()
    }

    fn names(plan: &Plan) -> Vec<String> {
        tellers(plan).into_iter().map(|teller| teller.node).collect()
    }

    #[test]
    fn all_that_a_run_has_raised_are_asked_what_waits_in_them() {
        assert_eq!(names(&plan(None)), ["a", "b"]);
    }

    /// An image has nobody to ask, unless it is a gateway whose interface is known.
    #[test]
    fn of_images_only_gateways_that_are_known_are_asked() {
        let image = |gateway| {
            let from = ImageFrom::Pull("image".to_owned());
            let (command, env, ports, files) = Default::default();
            RunAs::Image(Image { from, command, env, ports, files, gateway })
        };
        let mut plan = plan(None);
        plan.stack.nodes.push(node("c", image(None)));
        plan.stack.nodes.push(node("d", image(Some(Gateway::Kannel))));
        assert_eq!(names(&plan), ["a", "b", "d"]);
        assert_eq!(tellers(&plan)[2].gateway, Some(Gateway::Kannel));
    }

    #[test]
    fn of_a_stack_that_already_runs_all_can_tell_or_nobody_is_asked() {
        assert_eq!(names(&plan(Some(&["a", "b"]))), ["a", "b"]);
        assert_eq!(names(&plan(Some(&["a"]))), [""; 0]);
        assert_eq!(names(&plan(Some(&[]))), [""; 0]);
    }

    /// A stack with one message that moves on to the carrier as soon as anybody has looked anywhere.
    struct Moving {
        gone: AtomicBool,
        text: String,
    }

    impl Handler for Moving {
        fn handle(&self, request: Request) -> BoxFuture<'static, Response> {
            let gone = self.gone.swap(true, Relaxed);
            let texts = if gone { Vec::new() } else { vec![self.text.clone()] };
            let answer = match request.uri().path() {
                "/pending" => serde_json::json!({ "texts": texts, "next": null }),
                "/log" => serde_json::json!({ "next": 0, "entries": [] }),
                _ => serde_json::json!([]),
            };
            async move { reply::json(StatusCode::OK, &answer) }.boxed()
        }
    }

    #[test]
    fn what_leaves_a_queue_while_the_last_look_is_taken_is_named() {
        let facts = World::run(7, 0, |world| async move {
            let (node, there) = (world.node("sender"), world.node("there"));
            let listener = there.bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr();
            let (_stop, stopping, done, _stopped) = running::stop_pair();
            let moving = Moving { gone: AtomicBool::new(false), text: token::encode(3) };
            let front = Arc::new(moving);
            squall_wire::http::serve(&there, listener, Limits::default(), stopping, done, front);
            let plan = plan(None);
            let directory = Directory::default();
            let carriers = plan.stack.carriers.iter().map(|carrier| carrier.name.as_str());
            for name in carriers.chain(["a", "b"]) {
                let ports = ["admin", "control"].map(|port| (port.to_owned(), address.to_string()));
                directory.set_node(name, Whereabouts::from(BTreeMap::from(ports)));
            }
            let control = Control::new(Client::new(node.clone(), 8), directory, "token");
            let sink = testing::SharedSink::default();
            let recorder = Recorder::new(Box::new(sink.clone()));
            let clock = DrillClock::starting_at(time::Instant::now(), node.unix_us());
            let (stop, stopping) = running::stop();
            let collector =
                Collector::start(&plan, &node, &control, None, clock, &recorder, &stopping);
            stop.ask();
            collector.finish(&plan).await;
            recorder.finish().unwrap();
            sink.facts()
        });
        let named = facts.iter().any(|fact| matches!(fact, Fact::Pending { m: 3, .. }));
        assert!(named, "{facts:?}");
    }
}
