//! The regions as the edge sees them: a queue and a gateway each, and whose home they are.

use crate::link::{CallError, Link, Patience};
use crate::message::{Envelope, Reply, Sid, What};
use squall_model::node_config::NodeConfig;
use squall_platform::Node;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Messages remembered as gone another way, per queue.
const VOIDED: usize = 10_000;

pub(super) struct Region {
    pub name: String,
    pub queue: Link,
    pub gateway: Option<Link>,
    /// Told to the queue first on every new connection: it may hold them without our knowing.
    voided: Arc<Mutex<VecDeque<Sid>>>,
}

/// What became of an enqueue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enqueued {
    Safe,
    Not,
    Unsure,
}

impl Region {
    /// Asks the region's queue to keep a message. To ask again is harmless.
    pub(super) async fn enqueue(
        &self,
        node: &Node,
        message: &Envelope,
        timeout: Duration,
    ) -> Enqueued {
        if !self.queue.settled().await {
            return Enqueued::Not;
        }
        let until_us = node.unix_us().saturating_add(timeout.as_micros() as u64);
        let what = What::Enqueue { message: message.clone(), until_us };
        match self.queue.call(what, timeout).await {
            Ok(Reply::Done) => Enqueued::Safe,
            Ok(Reply::Unknown(_)) | Err(CallError::Indeterminate(_)) => Enqueued::Unsure,
            Ok(_) | Err(CallError::NotSent(_)) => Enqueued::Not,
        }
    }

    /// This message went another way, though this queue may have it.
    pub(super) fn void(&self, sid: Sid) {
        let mut voided = self.voided.lock().unwrap_or_else(PoisonError::into_inner);
        voided.push_back(sid);
        if voided.len() > VOIDED {
            voided.pop_front();
        }
        drop(voided);
        self.queue.tell(What::Void(vec![sid]));
    }
}

pub(super) struct Regions {
    pub all: Vec<Region>,
    /// Number prefix → index of the home region; longest prefix first.
    prefixes: Vec<(String, usize)>,
}

impl Regions {
    /// Opens the links to all queues and gateways that the configuration names.
    pub(super) fn open(node: &Node, config: &NodeConfig) -> Regions {
        let patience = Patience::of(config);
        let linked = |role: &'static str| {
            config.links.iter().filter(move |(name, _)| name.starts_with(role))
        };
        let region_of = |name: &str| config.regions.get(name).cloned().unwrap_or_default();
        let open =
            |address: &String, hello| Link::open(node, address.clone(), patience, None, hello);
        let all: Vec<Region> = linked("queue")
            .map(|(name, address)| {
                let region = region_of(name);
                let voided = Arc::new(Mutex::new(VecDeque::new()));
                let gateway = linked("gateway")
                    .find(|(gateway, _)| region_of(gateway) == region)
                    .map(|(_, address)| open(address, Box::new(Vec::new)));
                let told = voided.clone();
                let hello = Box::new(move || {
                    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
                    vec![What::Void(told.iter().copied().collect())]
                });
                Region { name: region, queue: open(address, hello), gateway, voided }
            })
            .collect();
        let home = |name: &str| all.iter().position(|region| region.name == name);
        let mut prefixes: Vec<(String, usize)> = config
            .segments
            .iter()
            .filter_map(|segment| Some((segment.prefix.clone(), home(&segment.region)?)))
            .collect();
        prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Regions { all, prefixes }
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
