//! The sending application: what a product puts between its users and the SMS platform. It takes a
//! short text for a person (a code to log in with, say) and tries to bring it there in time.
//!
//! [`api`] is what it is asked, [`life`] the way of one message, [`channel`] SMS and voice,
//! [`lookup`] what it must know about a number first, [`statuses`] the way back. It decides by
//! settings which of these it makes use of; none of them is needed for a plain pass-through.

mod api;
mod channel;
mod counts;
mod life;
mod lookup;
mod statuses;
mod tuning;
mod waiting;

use crate::ServiceError;
use crate::message::{self, Envelope, Sid};
use counts::Counts;
use lookup::Lookups;
use squall_model::node_config::NodeConfig;
use squall_model::stack::CarrierProtocol;
use squall_model::units::Micros;
use squall_platform::rng::Draw;
use squall_platform::running::{self, Stopping};
use squall_platform::{Node, Rng, Running};
use squall_role::Ports;
use squall_role::RoleError;
use squall_role::admin::{Admin, Health, Pending, Shown};
use squall_role::backoff;
use squall_role::callbacks::Callbacks;
use squall_role::settings::Live;
use squall_role::store::{Store, StoreError};
use squall_wire::http::{Client, Limits, Request, serve};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tuning::Tuning;
use waiting::Waiting;

/// Idle connections kept to each peer.
const POOL: usize = 64;

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Delivered,
    Failed,
    Expired,
}

/// What all tasks of the application share.
struct App {
    node: Node,
    settings: Arc<Live<Tuning>>,
    account: String,
    secret: String,
    client: Client,
    /// Where SMS are handed over.
    edge: Option<String>,
    /// Where calls are placed; `None` where the stack has no voice vendor.
    voice: Option<String>,
    lookups: Lookups,
    /// `http://host:port` of the callback port, as others shall name it.
    callbacks: String,
    waiting: Waiting,
    open: Mutex<BTreeMap<Sid, Arc<Envelope>>>,
    store: Arc<Mutex<Store>>,
    rng: Mutex<Rng>,
    counts: Arc<Counts>,
    submit_timeout: Duration,
    receipts: Callbacks,
    /// First and longest pause between two tries.
    pauses: (Duration, Duration),
    stuck_after: Micros,
}

/// Starts an application on `node`. Ports: `http`, `callback` and `admin`. Of the nodes it is linked
/// to, `edge` takes SMS, a carrier of voice takes calls, any other carrier answers number lookups.
///
/// # Errors
/// A setting that does not read, a port that cannot be bound, a disk that cannot be read.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let settings = Arc::new(Live::<Tuning>::new(config.clone())?);
    let (counts, registry) = Counts::new();
    let (stop, stopping, done, stopped) = running::stop_pair();
    let mut ports = Ports::new(&node, &config);
    let (http, callback) = (ports.bind("http").await?, ports.bind("callback").await?);
    let admin = ports.bind("admin").await?;
    let port = callback.local_addr().rsplit_once(':').map_or(String::new(), |(_, p)| p.to_owned());
    let (disk, opening) = (node.disk(), node.clone());
    let store = opening.blocking(move || Store::open(&disk, "open")).await?;
    let left = unfinished(&store)?;
    let callbacks = format!("http://{}:{port}", config.node);
    let client = Client::of(&node, &config, POOL).map_err(RoleError::Setting)?;
    let on = (node.clone(), client, stopping.clone());
    let app = App::new(on, &config, settings.clone(), counts, callbacks, store);
    let app = Arc::new(app);
    left.into_iter().for_each(|message| life::begin(&app, message));

    let (limits, asked, told) = (Limits::default(), app.clone(), app.clone());
    let handler = Arc::new(move |request: Request| api::answer(asked.clone(), request));
    serve(&node, http, limits, stopping.clone(), done.clone(), handler);
    let handler = Arc::new(move |request: Request| statuses::answer(told.clone(), request));
    serve(&node, callback, limits, stopping.clone(), done.clone(), handler);
    let page = Admin { token: config.token.clone(), settings, registry, shown: app };
    page.serve(&node, admin, stopping, done);
    Ok(Running { addresses: ports.addresses, stop, stopped })
}

/// What an earlier life had accepted and not ended.
fn unfinished(store: &Store) -> Result<Vec<Envelope>, StoreError> {
    let mut left = Vec::new();
    for sid in store.sids(None) {
        left.extend(store.get(sid)?.and_then(|value| message::decode(&value)));
    }
    Ok(left)
}

impl App {
    fn new(
        (node, client, stopping): (Node, Client, Stopping),
        config: &NodeConfig,
        settings: Arc<Live<Tuning>>,
        counts: Counts,
        callbacks: String,
        store: Store,
    ) -> App {
        let text = |key: &str| config.settings.get(key).cloned().unwrap_or_default();
        let timer = |key: &str, usual: u64| config.timer(key, Micros::from_millis(usual)).std();
        let linked = |voice: bool| {
            let of_kind = |protocol| (protocol == CarrierProtocol::Voice) == voice;
            let mut carriers = config.carriers.iter().filter(|c| of_kind(c.protocol));
            carriers.find_map(|carrier| config.links.get(&carrier.name).cloned())
        };
        let (account, secret) = (text("account"), text("secret"));
        let counts = Arc::new(counts);
        let submit_timeout = timer("submit_timeout", 5_000);
        let lookups = Lookups {
            client: client.clone(),
            address: linked(false),
            account: account.clone(),
            secret: secret.clone(),
            timeout: submit_timeout,
            counts: counts.clone(),
            known: Mutex::default(),
        };
        let pauses = (timer("retry_interval", 500), timer("retry_interval_max", 8_000));
        App {
            edge: config.links.get("edge").cloned(),
            voice: linked(true),
            lookups,
            callbacks,
            waiting: Waiting::default(),
            open: Mutex::default(),
            store: Arc::new(Mutex::new(store)),
            rng: Mutex::new(node.rng("app")),
            counts,
            submit_timeout,
            receipts: Callbacks {
                client: client.clone(),
                links: config.links.clone(),
                tries: life::TRIES,
                patience: timer("callback_timeout", 5_000),
                pauses,
                rng: Callbacks::rng(&node),
                stopping,
            },
            pauses,
            stuck_after: config.slo.as_ref().map_or(Micros::from_secs(60), |slo| slo.deadline),
            node,
            settings,
            account,
            secret,
            client,
        }
    }

    /// Returns once the message is safe from a loss of power.
    async fn keep(&self, message: &Envelope) -> Result<(), StoreError> {
        let (store, sid, value) = (self.store.clone(), message.sid, message::encode(message));
        let write = move || {
            let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
            store.put(sid, value);
            store.commit(true)
        };
        self.node.blocking(write).await
    }

    /// Forgets a message that is over. Not written in time, it is brought again by the next life.
    async fn release(&self, sid: Sid) {
        let store = self.store.clone();
        let write = move || {
            let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
            store.remove(sid);
            store.commit(false)
        };
        let _ = self.node.blocking(write).await;
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<Sid, Arc<Envelope>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pause after so many tries of one thing.
    fn backoff(&self, tries: u32) -> Duration {
        let (first, longest) = self.pauses;
        backoff::pause(tries, first, longest, self.draw())
    }

    /// 0–99.
    fn draw(&self) -> u32 {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..100)
    }
}

impl Shown for App {
    fn health(&self) -> Health {
        let (backlog, oldest) = {
            let open = self.open();
            (open.len() as u64, open.keys().next().copied())
        };
        let now_us = self.node.unix_us();
        let oldest_us = oldest.map_or(0, |sid| now_us.saturating_sub(message::accepted_us(sid)));
        let healthy = oldest_us <= self.stuck_after.0;
        let detail = "messages whose end is not known".to_owned();
        Health { healthy, backlog, oldest_ms: oldest_us / 1000, detail, ..Health::default() }
    }

    fn pending(&self, after: usize, max: usize) -> Pending<'_> {
        let open = self.open();
        let texts = open.values().skip(after).take(max).map(|message| message.text.clone());
        Box::pin(std::future::ready(Ok(texts.collect())))
    }
}
