//! The gateway: pulls messages from its region's queue and brings them to a vendor.
//!
//! Vendors are the carriers that it has a link to, in the stack's order; the first is the primary.
//! [`work`] is the life of one message, [`ledger`] what must outlive the process, [`receipts`] the
//! way back. A message is acknowledged to the queue once a vendor has accepted it and the ledger
//! has it, or once its failure is on its way to the sender.

mod breaker;
mod budget;
mod counts;
mod ledger;
mod receipts;
mod smpp;
mod tuning;
mod under_way;
mod uplink;
mod vendor;
mod waiting;
mod work;

use crate::ServiceError;
use crate::broker::Broker;
use crate::link::Link;
use crate::message::{self, Ask, Reply, Sid, What};
use crate::presence::Patience;
use crate::remote::{Keeper, RemoteQueue, Source, Ticket};
use crate::serve::{self, Asked, Peer};
use breaker::Breaker;
use budget::Budget;
use counts::Counts;
use ledger::Ledger;
use receipts::Receipts;
use squall_model::node_config::NodeConfig;
use squall_model::stack::{Carrier, CarrierProtocol};
use squall_model::units::Micros;
use squall_platform::rng::Draw;
use squall_platform::running::{self, Done, Stopping};
use squall_platform::time::{self, Instant};
use squall_platform::{Node, Rng, Running};
use squall_role::Ports;
use squall_role::RoleError;
use squall_role::admin::{Admin, Health, Pending, Shown};
use squall_role::settings::Live;
use squall_wire::http::{Client, Limits, Request};
use squall_wire::smpp::{Bind, credentials};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tuning::Tuning;
use under_way::{Held, UnderWay};
use uplink::{Kind, Uplink};
use vendor::Keys;
use waiting::Waiting;
use work::Verdict;

/// Twilio's codes, which the sender is told: past its validity, unknown error, over the rate.
const EXPIRED: u32 = 30036;
const UNKNOWN: u32 = 30008;
const RATE: u32 = 63017;
/// Idle connections kept to each vendor's API.
const CONNECTIONS: usize = 64;
/// How long a graceful stop waits for messages under way.
const GRACE: Duration = Duration::from_secs(5);

/// What all tasks of a gateway share.
struct Gateway {
    node: Node,
    settings: Arc<Live<Tuning>>,
    uplinks: Vec<Uplink>,
    ledger: Ledger,
    receipts: Arc<Receipts>,
    workers: Semaphore,
    budget: Mutex<Budget>,
    tries: Mutex<BTreeMap<Sid, u32>>,
    under_way: UnderWay,
    waiting: Waiting,
    rng: Mutex<Rng>,
    counts: Arc<Counts>,
    /// Where it pulls from; set once, at the end of the start.
    queue: OnceLock<RemoteQueue>,
    retry_interval: Duration,
    retry_interval_max: Duration,
    stuck_after: Micros,
}

/// Starts a gateway on `node`.
///
/// # Errors
/// A setting that does not read, a port that cannot be bound, a disk that cannot be read.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let settings = Arc::new(Live::<Tuning>::new(config.clone())?);
    let tuning = settings.get();
    let (ledger, untold) = Ledger::open(&node).await?;
    let (counts, registry) = Counts::new();
    let counts = Arc::new(counts);
    let patience = Patience::of(&config);
    let keeper = Keeper::of(&config).map_err(RoleError::Setting)?;
    let link_to = |role: &str| {
        config.links.iter().find(|(name, _)| name.starts_with(role)).map(|(_, at)| at.clone())
    };
    let edge = link_to("edge")
        .map(|address| Link::open(&node, address, patience, None, Box::new(Vec::new)));
    let retry = config.timer("retry_interval", Micros::from_millis(500)).std();
    let receipts = Arc::new(Receipts {
        node: node.clone(),
        ledger: ledger.clone(),
        edge,
        counts: counts.clone(),
        retry,
    });

    let (stop, stopping, done, stopped) = running::stop_pair();
    let mut ports = Ports::new(&node, &config);
    let callback = ports.bind("callback").await?;
    let port = callback.local_addr().rsplit_once(':').map_or(String::new(), |(_, p)| p.to_owned());
    // Where the vendor reaches this gateway; by its name where no engine says otherwise.
    let by_name = format!("http://{}:{port}", config.node);
    let callbacks = config.settings.get("callback_base").cloned().unwrap_or(by_name);
    let uplinks = uplinks(&node, &config, &tuning, &receipts, &callbacks)?;
    let gateway = Arc::new(Gateway {
        node: node.clone(),
        settings: settings.clone(),
        uplinks,
        ledger,
        receipts: receipts.clone(),
        workers: Semaphore::new(tuning.workers as usize),
        budget: Mutex::new(Budget::new(Instant::now())),
        tries: Mutex::default(),
        under_way: UnderWay::default(),
        waiting: Waiting::default(),
        rng: Mutex::new(node.rng("gateway")),
        counts,
        queue: OnceLock::new(),
        retry_interval: retry,
        retry_interval_max: config.timer("retry_interval_max", Micros::from_secs(8)).std(),
        stuck_after: config.slo.as_ref().map_or(Micros::from_secs(60), |slo| slo.deadline),
    });
    untold.into_iter().for_each(|status| receipts.tell(status));

    let front = Arc::new(vendor::Callbacks(gateway.clone()));
    let handler = move |request: Request| {
        let front = front.clone();
        async move { front.answer(request).await }
    };
    let (s, d) = (stopping.clone(), done.clone());
    squall_wire::http::serve(&node, callback, Limits::default(), s, d, Arc::new(handler));
    let direct = Arc::new(Direct { gateway: gateway.clone() });
    serve::frames(&node, ports.bind("direct").await?, stopping.clone(), done.clone(), direct);
    let admin = Admin { token: config.token.clone(), settings, registry, shown: gateway.clone() };
    admin.serve(&node, ports.bind("admin").await?, stopping.clone(), done.clone());
    if let Some(address) = link_to("queue") {
        let (queue, source) = keeper.pull(&node, &address, tuning.workers);
        let _ = gateway.queue.set(queue);
        node.spawn(pull(gateway, source, stopping, done));
    }
    Ok(Running { addresses: ports.addresses, stop, stopped })
}

fn uplinks(
    node: &Node,
    config: &NodeConfig,
    tuning: &Tuning,
    receipts: &Arc<Receipts>,
    callbacks: &str,
) -> Result<Vec<Uplink>, ServiceError> {
    let client = Client::of(node, config, CONNECTIONS).map_err(RoleError::Setting)?;
    let text = |key: &str| config.settings.get(key).cloned().unwrap_or_default();
    let (account, secret) = (text("account"), text("secret"));
    let timeout = config.timer("submit_timeout", Micros::from_secs(5)).std();
    let pause = config.timer("breaker_open", Micros::from_secs(5)).std();
    let kind = |carrier: &Carrier, address: String| match carrier.protocol {
        CarrierProtocol::Smpp => {
            let (system_id, password) = credentials(&account, &secret);
            let mut bind = Bind::transceiver(system_id, password);
            bind.window = tuning.window;
            bind.bind_timeout = timeout;
            bind.response_timeout = timeout;
            bind.enquire_after = config.timer("enquire_link_interval", Micros::from_secs(5)).std();
            let reconnect = config.timer("reconnect_interval", Micros::from_millis(500)).std();
            let dialled = (carrier.name.clone(), address);
            Some(Kind::Smpp(smpp::Session::open(node, dialled, bind, reconnect, receipts.clone())))
        }
        spoken => {
            let keys = Keys { account: account.clone(), secret: secret.clone() };
            let named = (carrier.name.as_str(), spoken);
            let dialling = (node, client.clone());
            vendor::Api::new(dialling, named, address, keys, callbacks, timeout).map(Kind::Http)
        }
    };
    let linked = config.carriers.iter().filter_map(|carrier| {
        let address = config.links.get(&carrier.name)?.clone();
        Some(Uplink::new(&carrier.name, kind(carrier, address)?, Breaker::new(pause)))
    });
    Ok(linked.collect())
}

/// Takes what the queue hands out until the stop, then waits for what is under way.
async fn pull(gateway: Arc<Gateway>, mut source: Source, mut stopping: Stopping, done: Done) {
    loop {
        let (message, ticket) = tokio::select! {
            biased;
            () = stopping.asked() => break,
            pulled = source.next() => match pulled {
                Some(pulled) => pulled,
                None => break,
            },
        };
        let (gateway, stopping) = (gateway.clone(), stopping.clone());
        let node = gateway.node.clone();
        // From here on it is seen here, before the next one is asked for.
        let held = gateway.under_way.hold(message);
        node.spawn(async move { bring(&gateway, held, ticket, stopping).await });
    }
    let deadline = Instant::now() + GRACE;
    while gateway.under_way.len() > 0 && Instant::now() < deadline {
        time::sleep(Duration::from_millis(20)).await;
    }
    drop(done);
}

/// One message that was handed out, until the queue has it back.
async fn bring(gateway: &Gateway, held: Held, ticket: Ticket, mut stopping: Stopping) {
    loop {
        let verdict = gateway.carry(&held.message).await;
        let rest = async {
            match verdict {
                // A queue out of reach hands it out again; the ledger then knows it.
                Verdict::Ack => {
                    ticket.ack().await;
                    false
                }
                Verdict::Nack(pause) => ticket.rest(pause).await,
                Verdict::Silence => ticket.yield_to_other(gateway.retry_interval_max).await,
            }
        };
        let again = tokio::select! {
            biased;
            again = rest => again,
            () = stopping.asked() => false,
        };
        if !again {
            return;
        }
    }
}

/// The `direct` port: messages that no queue could take, those that took another way while a broker may
/// have them, and receipts that came to the other gateway.
struct Direct {
    gateway: Arc<Gateway>,
}

impl Asked for Direct {
    fn asked(&self, peer: &Peer, ask: Ask) {
        let (gateway, peer, number) = (self.gateway.clone(), peer.clone(), ask.number);
        let node = self.gateway.node.clone();
        match ask.what {
            What::Submit(message) => {
                let held = gateway.under_way.hold(message);
                node.spawn(async move {
                    let reply = gateway.carry_past_queue(&held.message).await;
                    drop(held);
                    peer.reply(number, reply);
                });
            }
            What::Void(sids) => {
                node.spawn(async move {
                    let reply = match gateway.ledger.void(sids).await {
                        Ok(()) => Reply::Done,
                        Err(error) => Reply::Unknown(error.to_string()),
                    };
                    peer.reply(number, reply);
                });
            }
            What::Receipt(receipt) => {
                node.spawn(async move {
                    let receipts = &gateway.receipts;
                    let taken =
                        receipts.take(&receipt).await || receipts.take_early(&receipt).await;
                    let refused = || Reply::Refused("not of this gateway".to_owned());
                    peer.reply(number, if taken { Reply::Done } else { refused() });
                });
            }
            _ => {
                peer.reply(number, Reply::Refused("a gateway does not do that".to_owned()));
            }
        }
    }
}

impl Gateway {
    fn tries(&self) -> MutexGuard<'_, BTreeMap<Sid, u32>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn broker(&self) -> Option<&Broker> {
        match self.queue.get()? {
            RemoteQueue::Frames(_) => None,
            RemoteQueue::Broker(broker) => Some(broker),
        }
    }

    /// 0–99.
    fn draw(&self) -> u32 {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..100)
    }
}

impl Shown for Gateway {
    fn health(&self) -> Health {
        let now = self.node.unix_us();
        let waits = |sid| now.saturating_sub(message::accepted_us(sid));
        let oldest_us = self.under_way.oldest().map_or(0, waits);
        let state = |up: bool| if up { "ready" } else { "down" };
        let mut ways: Vec<String> =
            self.uplinks.iter().map(|up| format!("{} {}", up.name, state(up.is_ready()))).collect();
        // A broker has no health page of its own: what waits in it is told here, and whether it is there.
        let broker = self.broker();
        let there = broker.is_none_or(|broker| broker.presence().is_up());
        ways.extend(broker.map(|_| format!("queue {}", state(there))));
        let depth = broker.and_then(Broker::depth);
        let can_send = self.uplinks.iter().any(Uplink::is_ready);
        Health {
            healthy: there && can_send && oldest_us <= self.stuck_after.0,
            backlog: (self.under_way.len() as u64).max(depth.unwrap_or(0)),
            oldest_ms: oldest_us / 1000,
            detail: ways.join(", "),
            gauges: depth.into_iter().map(|depth| ("broker_depth", depth)).collect(),
        }
    }

    /// What it is at work on; with a broker, which cannot be asked by anybody else, what waits there too.
    fn pending(&self, after: usize, max: usize) -> Pending<'_> {
        Box::pin(async move {
            match self.broker() {
                Some(broker) => self.waiting.page(broker, &self.under_way, after, max).await,
                None => Ok(self.under_way.texts().into_values().skip(after).take(max).collect()),
            }
        })
    }
}
