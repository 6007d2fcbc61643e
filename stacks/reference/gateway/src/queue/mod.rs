//! The queue: keeps messages until a gateway has brought them to a vendor.
//!
//! One task owns the shelf. It takes all that waits, writes it in one go, syncs once, and only then
//! answers: a message is answered for when it is safe from a loss of power (`store = durable`).
//! Acknowledgements are written with it but never synced for their own sake; a loss of power can
//! thus bring back messages that were acknowledged since the last sync, and a gateway recognises
//! them by sid. With `store = memory` nothing is kept beyond the process.

mod counts;
mod shelf;

use crate::ServiceError;
use crate::message::{self, Ask, Reply, What};
use crate::serve::{self, Asked, Peer};
use counts::Counts;
use shelf::Shelf;
use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use squall_platform::running::{self, Done, Stopping};
use squall_platform::time::{self, Instant};
use squall_platform::{Node, Running};
use squall_role::Ports;
use squall_role::admin::{Admin, Health, Pending, Shown};
use squall_role::settings::{self, Live, Settings};
use squall_role::store::{Store, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Most asks taken into one commit.
const BATCH: usize = 1024;

#[derive(Debug)]
struct Tuning {
    durable: bool,
    /// Messages it holds at most; 0 is no limit.
    buffer: usize,
}

impl Settings for Tuning {
    const LIVE: &'static [&'static str] = &["queue_buffer"];

    fn read(config: &NodeConfig) -> Result<Self, String> {
        let words = [("durable", true), ("memory", false)];
        Ok(Tuning {
            durable: settings::word(config, "store", "durable", &words)?,
            buffer: settings::number(config, "queue_buffer", 0, 0..=100_000_000)?,
        })
    }
}

/// Starts a queue on `node`.
///
/// # Errors
/// A setting that does not read, a port that cannot be bound, a disk that cannot be read.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let tuning = Arc::new(Live::<Tuning>::new(config.clone())?);
    let lease = config.timer("lease", Micros::from_secs(20)).std();
    let grace = config.timer("queue_lost_after", Micros::from_secs(2)).std();
    let durable = tuning.get().durable;
    let disk = node.disk();
    let open = move || match durable {
        true => Store::open(&disk, "queue"),
        false => Ok(Store::in_memory()),
    };
    let shelf = Shelf::recover(node.blocking(open).await?, lease)?;
    let recovered = shelf.len() > 0;
    let (commands, asked) = mpsc::unbounded_channel();
    let (counts, registry) = Counts::new();
    let shared = Arc::new(Shared {
        node: node.clone(),
        settings: tuning.clone(),
        shelf: Mutex::new(shelf),
        counts,
        stuck_after: config.slo.as_ref().map_or(Micros::from_secs(60), |slo| slo.deadline),
        broken: Mutex::new(None),
    });

    let (stop, stopping, done, stopped) = running::stop_pair();
    let mut ports = Ports::new(&node, &config);
    let frames = ports.bind("frames").await?;
    let front = Arc::new(Front { commands });
    serve::frames(&node, frames, stopping.clone(), done.clone(), front);
    let admin = Admin { token: config.token, settings: tuning, registry, shown: shared.clone() };
    admin.serve(&node, ports.bind("admin").await?, stopping.clone(), done.clone());
    let keeper = Keeper {
        shared,
        consumers: Vec::new(),
        turn: 0,
        hold_until: recovered.then(|| Instant::now() + grace),
    };
    node.spawn(keeper.run(asked, stopping, done));
    Ok(Running { addresses: ports.addresses, stop, stopped })
}

struct Shared {
    node: Node,
    settings: Arc<Live<Tuning>>,
    shelf: Mutex<Shelf>,
    counts: Counts,
    stuck_after: Micros,
    /// What the disk said when it last failed.
    broken: Mutex<Option<String>>,
}

impl Shared {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown for Shared {
    fn health(&self) -> Health {
        let (backlog, oldest) = {
            let shelf = self.shelf();
            (shelf.len() as u64, shelf.oldest())
        };
        let now = self.node.unix_us();
        let oldest_us = oldest.map_or(0, |sid| now.saturating_sub(message::accepted_us(sid)));
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let stuck = oldest_us > self.stuck_after.0;
        let detail = match (&broken, stuck) {
            (Some(why), _) => why.clone(),
            (None, true) => "messages wait longer than the deadline".to_owned(),
            (None, false) => "ok".to_owned(),
        };
        let healthy = broken.is_none() && !stuck;
        Health { healthy, backlog, oldest_ms: oldest_us / 1000, detail, ..Health::default() }
    }

    fn pending(&self, after: usize, max: usize) -> Pending<'_> {
        Box::pin(async move { Ok(self.shelf().texts(after, max)) })
    }
}

enum Command {
    Ask(Peer, Ask),
    Gone(u64),
}

struct Front {
    commands: mpsc::UnboundedSender<Command>,
}

impl Asked for Front {
    fn asked(&self, peer: &Peer, ask: Ask) {
        let _ = self.commands.send(Command::Ask(peer.clone(), ask));
    }

    fn gone(&self, peer: u64) {
        let _ = self.commands.send(Command::Gone(peer));
    }
}

/// A gateway that pulls.
struct Consumer {
    peer: Peer,
    /// Of its pull.
    number: u64,
    credit: u32,
}

/// The one task that changes the shelf.
struct Keeper {
    shared: Arc<Shared>,
    consumers: Vec<Consumer>,
    turn: usize,
    /// After a restart nothing is handed out before the edge has said which messages took another
    /// way meanwhile, or this instant.
    hold_until: Option<Instant>,
}

impl Keeper {
    async fn run(
        mut self,
        mut asked: mpsc::UnboundedReceiver<Command>,
        mut stopping: Stopping,
        done: Done,
    ) {
        let mut batch = Vec::new();
        loop {
            let wakes = self.wakes();
            tokio::select! {
                biased;
                () = stopping.asked() => break,
                count = asked.recv_many(&mut batch, BATCH) => if count == 0 { break },
                () = sleep_until(wakes) => {}
            }
            self.turn_over(&mut batch).await;
        }
        // What was answered for is synced already; this only shortens the next start.
        let store = self.shared.shelf().store();
        self.shared
            .node
            .blocking(move || {
                let mut store = lock(&store);
                store.commit(true)?;
                store.checkpoint()
            })
            .await
            .unwrap_or_else(|error: StoreError| self.fail(&error.to_string()));
        drop(done);
    }

    fn wakes(&self) -> Option<Instant> {
        [self.shared.shelf().wakes(), self.hold_until].into_iter().flatten().min()
    }

    /// Takes one batch: change, commit, answer, hand out.
    async fn turn_over(&mut self, batch: &mut Vec<Command>) {
        let mut safe = Vec::new();
        for command in batch.drain(..) {
            match command {
                Command::Gone(peer) => {
                    self.consumers.retain(|consumer| consumer.peer.id != peer);
                    self.shared.shelf().release(peer);
                }
                Command::Ask(peer, ask) => self.take(peer, ask, &mut safe),
            }
        }
        let store = self.shared.shelf().store();
        let sync = !safe.is_empty();
        let committed = self.shared.node.blocking(move || lock(&store).commit(sync)).await;
        if let Err(error) = &committed {
            self.fail(&error.to_string());
        }
        for (peer, number) in safe {
            peer.reply(
                number,
                match &committed {
                    Ok(()) => Reply::Done,
                    Err(error) => Reply::Unknown(error.to_string()),
                },
            );
        }
        let now = Instant::now();
        let expired = self.shared.shelf().wake(now);
        self.shared.counts.expired.inc_by(expired);
        self.hold_until = self.hold_until.filter(|until| *until > now);
        if self.hold_until.is_none() {
            self.hand_out(now);
        }
    }

    fn take(&mut self, peer: Peer, ask: Ask, safe: &mut Vec<(Peer, u64)>) {
        let counts = &self.shared.counts;
        let mut shelf = self.shared.shelf();
        match ask.what {
            What::Enqueue { message, until_us } => {
                if self.shared.node.unix_us() > until_us {
                    peer.reply(ask.number, Reply::Refused("came too late".to_owned()));
                    return;
                }
                let most = self.shared.settings.get().buffer;
                if most > 0 && shelf.len() >= most && !shelf.holds(message.sid) {
                    counts.full.inc();
                    peer.reply(ask.number, Reply::Refused("full".to_owned()));
                    return;
                }
                let fresh = shelf.add(&message);
                if fresh {
                    counts.taken.inc()
                } else {
                    counts.repeats.inc()
                };
                safe.push((peer, ask.number));
            }
            What::Void(sids) => {
                sids.into_iter().for_each(|sid| shelf.void(sid));
                self.hold_until = None;
                peer.reply(ask.number, Reply::Done);
            }
            What::Pull { credit } => {
                drop(shelf);
                self.consumers.retain(|consumer| consumer.peer.id != peer.id);
                self.consumers.push(Consumer { peer, number: ask.number, credit });
            }
            What::Ack(sid) => {
                if shelf.finish(sid) {
                    counts.finished.inc();
                }
                drop(shelf);
                self.returned(peer.id);
            }
            What::Nack { sid, delay_ms } => {
                counts.returned.inc();
                shelf.rest(sid, Instant::now() + Duration::from_millis(delay_ms.min(3_600_000)));
                drop(shelf);
                self.returned(peer.id);
            }
            What::Submit(_) | What::Status(_) | What::Receipt(_) => {
                peer.reply(ask.number, Reply::Refused("a queue does not do that".to_owned()));
            }
        }
    }

    fn returned(&mut self, peer: u64) {
        if let Some(consumer) = self.consumers.iter_mut().find(|c| c.peer.id == peer) {
            consumer.credit = consumer.credit.saturating_add(1);
        }
    }

    /// Hands ready messages out, to the consumers in turn.
    fn hand_out(&mut self, now: Instant) {
        let mut dry = 0;
        while dry < self.consumers.len() {
            self.turn = (self.turn + 1) % self.consumers.len();
            let Some(consumer) = self.consumers.get_mut(self.turn) else { return };
            if consumer.credit == 0 {
                dry += 1;
                continue;
            }
            match self.shared.shelf().lease(consumer.peer.id, now) {
                Ok(Some((message, again))) => {
                    dry = 0;
                    consumer.credit -= 1;
                    self.shared.counts.handed_out.inc();
                    consumer.peer.reply(consumer.number, Reply::Delivery { message, again });
                }
                Ok(None) => return,
                Err(error) => return self.fail(&error.to_string()),
            }
        }
    }

    fn fail(&self, why: &str) {
        let mut broken = self.shared.broken.lock().unwrap_or_else(PoisonError::into_inner);
        *broken = Some(why.to_owned());
    }
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
