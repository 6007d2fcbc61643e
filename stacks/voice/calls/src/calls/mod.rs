//! The call platform: takes calls over Twilio's Calls API, places them over a SIP trunk, and runs their
//! scripts while they last.
//!
//! [`api`] is the ingress, [`life`] brings one call from its acceptance to its last callback, [`run`] and
//! [`gather`] play its script, [`fetch`] gets what the script names. [`ledger`] keeps on disk which calls
//! are open: a call does not outlive the platform, but it never vanishes without a word. No sound is
//! made: what a handset would hear is told over the trunk.

mod api;
mod book;
mod callbacks;
mod counts;
mod fetch;
mod gather;
mod ledger;
mod life;
mod run;
mod tuning;

use crate::ServiceError;
use book::Book;
use counts::Counts;
use ledger::Ledger;
use squall_model::node_config::NodeConfig;
use squall_model::stack::CarrierProtocol;
use squall_model::units::Micros;
use squall_platform::running::{self, Done, Stopping};
use squall_platform::{Node, Rng, Running};
use squall_role::admin::{Admin, Health, Pending, Shown};
use squall_role::callbacks::Callbacks;
use squall_role::settings::Live;
use squall_role::{Ports, RoleError};
use squall_wire::http::{Client, Fetching, Limits, Request, serve};
use squall_wire::sip::Trunk;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tuning::Tuning;

/// The link that sound is fetched through, where there is one: a forward proxy.
const BALANCER: &str = "balancer";

/// What all tasks of the platform share.
struct Platform {
    node: Node,
    settings: Arc<Live<Tuning>>,
    account: String,
    secret: String,
    trunk: Trunk,
    client: Client,
    /// Node → address: the only hosts that can be reached.
    links: BTreeMap<String, String>,
    ledger: Ledger,
    book: Book,
    rng: Mutex<Rng>,
    counts: Counts,
    /// Patience of every fetch; the cap on its body is each fetch's own.
    fetching: Fetching,
    callbacks: Callbacks,
    stopping: Stopping,
    /// Goes with the last call.
    _done: Done,
}

/// Starts a call platform on `node`.
///
/// # Errors
/// A setting that does not read, no link to a carrier of protocol `sip`, a port that cannot be bound, a
/// disk that cannot be read.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let settings = Arc::new(Live::<Tuning>::new(config.clone())?);
    let trunk = trunk(&node, &config)?;
    let client = Client::of(&node, &config, 64).map_err(RoleError::Setting)?;
    let (counts, registry) = Counts::new();
    let (stop, mut stopping, done, stopped) = running::stop_pair();
    let mut ports = Ports::new(&node, &config);
    let (http, admin) = (ports.bind("http").await?, ports.bind("admin").await?);
    let (ledger, open) = Ledger::open(&node).await?;
    let text = |key: &str| config.settings.get(key).cloned().unwrap_or_default();
    let timer = |key: &str, default| config.timer(key, Micros::from_secs(default)).std();
    let platform = Arc::new(Platform {
        node: node.clone(),
        settings: settings.clone(),
        account: text("account"),
        secret: text("secret"),
        trunk,
        callbacks: Callbacks {
            client: client.clone(),
            links: config.links.clone(),
            tries: callbacks::TRIES,
            patience: timer("callback_timeout", 5),
            pauses: (callbacks::FIRST_PAUSE, timer("callback_interval_max", 8)),
            rng: Callbacks::rng(&node),
            stopping: stopping.clone(),
        },
        client,
        links: config.links.clone(),
        ledger,
        book: Book::default(),
        rng: Mutex::new(node.rng("sid")),
        counts,
        fetching: Fetching {
            connect: timer("fetch_connect", 5),
            tries: 2,
            total: timer("fetch_total", 15),
            most: 0,
            absolute: false,
        },
        stopping: stopping.clone(),
        _done: done.clone(),
    });
    for (sid, record) in open {
        life::take_up(&platform, sid, record);
    }
    let api = platform.clone();
    let handler = move |request: Request| api::answer(api.clone(), request);
    let limits = Limits { header_timeout: Duration::from_secs(60), ..Limits::default() };
    serve(&node, http, limits, stopping.clone(), done.clone(), Arc::new(handler));
    let shown = platform.clone();
    let page = Admin { token: config.token.clone(), settings, registry, shown };
    page.serve(&node, admin, stopping.clone(), done.clone());
    node.spawn(async move {
        stopping.asked().await;
        platform.book.end_all();
        drop(done);
    });
    Ok(Running { addresses: ports.addresses, stop, stopped })
}

/// The trunk to the first linked carrier that speaks SIP.
fn trunk(node: &Node, config: &NodeConfig) -> Result<Trunk, RoleError> {
    let mut sip = config.carriers.iter().filter(|c| c.protocol == CarrierProtocol::Sip);
    let address = sip.find_map(|carrier| config.links.get(&carrier.name)).ok_or_else(|| {
        RoleError::Setting(format!("{} has no link to a carrier of protocol sip", config.node))
    })?;
    let reconnect = config.timer("trunk_reconnect", Micros::from_secs(1)).std();
    // RFC 3261, section 17.1.1.2: timer B, 64 times T1.
    let patience = config.timer("trunk_patience", Micros::from_secs(32)).std();
    Ok(Trunk::open(node, address.clone(), config.node.clone(), reconnect, patience))
}

impl Shown for Platform {
    fn health(&self) -> Health {
        let up = self.trunk.is_up();
        let oldest = self.book.oldest_unheard();
        let now = self.node.unix_us();
        Health {
            healthy: up,
            // Calls in progress wait for nobody; those whose end nobody has heard of do.
            backlog: self.book.unheard() as u64,
            oldest_ms: oldest.map_or(0, |ended| now.saturating_sub(ended) / 1000),
            detail: match up {
                true => format!("{} calls", self.book.live()),
                false => "no connection to the telephone network".to_owned(),
            },
            ..Health::default()
        }
    }

    fn pending(&self, after: usize, max: usize) -> Pending<'_> {
        Box::pin(async move { Ok(self.ledger.texts(after, max)) })
    }
}
