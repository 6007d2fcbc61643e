//! The regions as the edge sees them: a queue and a gateway each, and whose home they are.

use crate::link::Link;
use crate::message::{Sid, What};
use crate::presence::Patience;
use crate::remote::{Keeper, RemoteQueue};
use squall_model::node_config::NodeConfig;
use squall_platform::Node;
use squall_role::RoleError;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Messages remembered as gone another way, per queue.
const VOIDED: usize = 10_000;

pub(super) struct Region {
    pub name: String,
    pub queue: RemoteQueue,
    pub gateway: Option<Link>,
    /// Told first on every new connection to whoever can drop them: the queue, which may hold them
    /// without our knowing, or its gateway where the queue is a broker's.
    voided: Arc<Mutex<VecDeque<Sid>>>,
}

impl Region {
    /// This message went another way, though this queue may have it.
    pub(super) fn void(&self, sid: Sid) {
        let mut voided = self.voided.lock().unwrap_or_else(PoisonError::into_inner);
        voided.push_back(sid);
        if voided.len() > VOIDED {
            voided.pop_front();
        }
        drop(voided);
        let what = What::Void(vec![sid]);
        match (&self.queue, &self.gateway) {
            (RemoteQueue::Frames(queue), _) => queue.tell(what),
            (RemoteQueue::Broker(_), Some(gateway)) => gateway.tell(what),
            (RemoteQueue::Broker(_), None) => false,
        };
    }
}

pub(super) struct Regions {
    pub all: Vec<Region>,
    /// Number prefix → index of the home region; longest prefix first.
    prefixes: Vec<(String, usize)>,
}

impl Regions {
    /// Opens the links to all queues and gateways that the configuration names.
    ///
    /// # Errors
    /// A setting that does not read.
    pub(super) fn open(node: &Node, config: &NodeConfig) -> Result<Regions, RoleError> {
        let patience = Patience::of(config);
        let keeper = Keeper::of(config).map_err(RoleError::Setting)?;
        let linked = |role: &'static str| {
            config.links.iter().filter(move |(name, _)| name.starts_with(role))
        };
        let region_of = |name: &str| config.regions.get(name).cloned().unwrap_or_default();
        let all: Vec<Region> = linked("queue")
            .map(|(name, address)| {
                let region = region_of(name);
                let voided = Arc::new(Mutex::new(VecDeque::new()));
                let told = voided.clone();
                let forget = move || {
                    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
                    vec![What::Void(told.iter().copied().collect())]
                };
                let to_gateway = (!keeper.voids()).then(|| forget.clone());
                let gateway = linked("gateway")
                    .find(|(gateway, _)| region_of(gateway) == region)
                    .map(|(_, address)| {
                        let hello = move || to_gateway.as_ref().map_or(Vec::new(), |tell| tell());
                        Link::open(node, address.clone(), patience, None, Box::new(hello))
                    });
                let queue = keeper.open(node, address, forget);
                Region { name: region, queue, gateway, voided }
            })
            .collect();
        let home = |name: &str| all.iter().position(|region| region.name == name);
        let mut prefixes: Vec<(String, usize)> = config
            .segments
            .iter()
            .filter_map(|segment| Some((segment.prefix.clone(), home(&segment.region)?)))
            .collect();
        prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(Regions { all, prefixes })
    }

    /// The index of a number's home; numbers of nobody's are at home in the first region.
    pub(super) fn home(&self, number: &str) -> usize {
        self.prefixes.iter().find(|(p, _)| number.starts_with(p.as_str())).map_or(0, |(_, at)| *at)
    }

    /// `home` first, then the others.
    pub(super) fn from(&self, home: usize) -> impl Iterator<Item = &Region> {
        self.all.iter().cycle().skip(home).take(self.all.len())
    }
}
