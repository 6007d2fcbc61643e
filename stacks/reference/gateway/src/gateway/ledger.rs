//! What the gateway must not forget: which messages it has submitted, under which carrier ids
//! receipts for them will come, and which final states the edge has not taken yet.
//!
//! Every change is written before the gateway acts on it, but not synced: it survives the death of
//! the process. After a loss of power receipts may go unmatched and messages be submitted again.

use crate::message::{self, Envelope, Receipt, Sid, State, Status};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use squall_platform::Node;
use squall_role::store::{Store, StoreError};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Messages kept whose receipt has not come; beyond it the oldest are given up.
const OPEN: usize = 200_000;
/// Closed sids kept to recognise a message that is handed out again.
const CLOSED: usize = 20_000;
/// Receipts that may wait for the answer to their submit.
const EARLY: usize = 10_000;

/// One message's line.
#[derive(Debug, Serialize, Deserialize)]
enum Line {
    /// Its submit was begun; whether it happened is not known.
    Begun,
    Accepted(Accepted),
    /// Final, and the edge has not said that it knows.
    Final(Status),
    Closed,
}

#[derive(Debug, Serialize, Deserialize)]
struct Accepted {
    /// The carrier's name, by which both gateways know it.
    uplink: String,
    /// Carrier ids (one a part) whose receipts have not come.
    open: Vec<String>,
    /// `Delivered` unless a part failed.
    status: Status,
}

/// What is known of a message that a submit is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    Fresh,
    /// An earlier submit may have happened.
    Unsure,
    /// Another worker has it right now.
    Busy,
    /// A vendor has accepted it, or it is final.
    Settled,
}

/// What a receipt led to.
#[derive(Debug)]
pub(super) enum Matched {
    /// The message's last receipt: this is its final state.
    Final(Status),
    /// Noted, or known already.
    Noted,
    /// No submit with this id has been answered (yet).
    Nothing,
}

#[derive(Clone)]
pub(super) struct Ledger {
    node: Node,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    store: Store,
    by_id: HashMap<(String, String), Sid>,
    busy: BTreeSet<Sid>,
    closed: VecDeque<Sid>,
    early: HashMap<(String, String), oneshot::Sender<()>>,
}

impl Ledger {
    /// Opens the ledger; returns with it the final states that the edge does not know yet.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) async fn open(node: &Node) -> Result<(Ledger, Vec<Status>), StoreError> {
        let disk = node.disk();
        let (inner, untold) = node.blocking(move || Inner::recover(&disk)).await?;
        Ok((Ledger { node: node.clone(), inner: Arc::new(Mutex::new(inner)) }, untold))
    }

    /// Before a submit.
    ///
    /// # Errors
    /// The disk does not take it: then nothing may be submitted.
    pub(super) async fn begin(&self, sid: Sid) -> Result<Begun, StoreError> {
        let begun = self.lock().begin(sid)?;
        self.commit().await?;
        Ok(begun)
    }

    /// Messages that took another way: those that nobody has begun here will not be.
    pub(super) async fn void(&self, sids: Vec<Sid>) -> Result<(), StoreError> {
        self.lock().void(sids)?;
        self.commit().await
    }

    /// After a submit that certainly did not happen.
    pub(super) async fn drop_begun(&self, sid: Sid) -> Result<(), StoreError> {
        {
            let mut inner = self.lock();
            inner.busy.remove(&sid);
            inner.store.remove(sid);
        }
        self.commit().await
    }

    /// After a submit of unknown outcome: the line stays as it is.
    pub(super) fn unsure(&self, sid: Sid) {
        self.lock().busy.remove(&sid);
    }

    /// After an accepted submit; `ids` as the carrier named its parts.
    pub(super) async fn accepted(
        &self,
        message: &Envelope,
        uplink: &str,
        ids: Vec<String>,
    ) -> Result<(), StoreError> {
        let early = self.lock().accepted(message, uplink, ids);
        let committed = self.commit().await;
        // Only now: a receipt may close what must be written first.
        for waiting in early {
            let _ = waiting.send(());
        }
        committed
    }

    /// A final receipt for a carrier's id.
    pub(super) async fn receipt(&self, receipt: &Receipt) -> Result<Matched, StoreError> {
        let matched = {
            let mut inner = self.lock();
            match inner.by_id.get(&key(receipt)).copied() {
                Some(sid) => inner.receipt(sid, receipt)?,
                None => return Ok(Matched::Nothing),
            }
        };
        self.commit().await?;
        Ok(matched)
    }

    /// Whether a vendor has accepted the message, or it is final.
    pub(super) fn is_settled(&self, sid: Sid) -> bool {
        let line = self.lock().line(sid);
        matches!(line, Ok(Some(Line::Accepted(_) | Line::Final(_) | Line::Closed)))
    }

    /// Told when a submit is answered with this id. `None`: too many wait already.
    pub(super) fn await_id(&self, receipt: &Receipt) -> Option<oneshot::Receiver<()>> {
        let mut inner = self.lock();
        if inner.early.len() >= EARLY {
            inner.early.retain(|_, waiting| !waiting.is_closed());
        }
        (inner.early.len() < EARLY).then(|| {
            let (tell, told) = oneshot::channel();
            inner.early.insert(key(receipt), tell);
            told
        })
    }

    /// A message ended here, without a carrier's receipt.
    pub(super) async fn ended(&self, status: &Status) -> Result<(), StoreError> {
        {
            let mut inner = self.lock();
            inner.busy.remove(&status.sid);
            inner.set(status.sid, &Line::Final(status.clone()));
        }
        self.commit().await
    }

    /// The edge knows.
    pub(super) async fn close(&self, sid: Sid) -> Result<(), StoreError> {
        self.lock().close(sid);
        self.commit().await
    }

    async fn commit(&self) -> Result<(), StoreError> {
        let inner = self.inner.clone();
        self.node.blocking(move || lock(&inner).store.commit(false)).await
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    fn recover(disk: &squall_platform::Disk) -> Result<(Inner, Vec<Status>), StoreError> {
        let mut inner = Inner {
            store: Store::open(disk, "ledger")?,
            by_id: HashMap::new(),
            busy: BTreeSet::new(),
            closed: VecDeque::new(),
            early: HashMap::new(),
        };
        let sids: Vec<Sid> = inner.store.sids(None).collect();
        let mut untold = Vec::new();
        for sid in sids {
            match inner.line(sid)? {
                Some(Line::Accepted(accepted)) => inner.index(sid, &accepted),
                Some(Line::Final(status)) => untold.push(status),
                Some(Line::Closed) => inner.closed.push_back(sid),
                Some(Line::Begun) | None => {}
            }
        }
        Ok((inner, untold))
    }

    fn begin(&mut self, sid: Sid) -> Result<Begun, StoreError> {
        if !self.busy.insert(sid) {
            return Ok(Begun::Busy);
        }
        let begun = match self.line(sid)? {
            None => Begun::Fresh,
            Some(Line::Begun) => return Ok(Begun::Unsure),
            Some(_) => {
                self.busy.remove(&sid);
                return Ok(Begun::Settled);
            }
        };
        self.set(sid, &Line::Begun);
        self.give_up_oldest();
        Ok(begun)
    }

    fn void(&mut self, sids: Vec<Sid>) -> Result<(), StoreError> {
        for sid in sids {
            if self.line(sid)?.is_none() {
                self.close(sid);
            }
        }
        Ok(())
    }

    fn accepted(
        &mut self,
        message: &Envelope,
        uplink: &str,
        ids: Vec<String>,
    ) -> Vec<oneshot::Sender<()>> {
        let status = status_of(message, State::Delivered, None);
        let accepted = Accepted { uplink: uplink.to_owned(), open: ids, status };
        self.busy.remove(&message.sid);
        self.index(message.sid, &accepted);
        let keys = accepted.open.iter().map(|id| (accepted.uplink.clone(), id.clone()));
        let early = keys.filter_map(|key| self.early.remove(&key)).collect();
        self.set(message.sid, &Line::Accepted(accepted));
        early
    }

    fn receipt(&mut self, sid: Sid, receipt: &Receipt) -> Result<Matched, StoreError> {
        let mut accepted = match self.line(sid)? {
            Some(Line::Accepted(accepted)) => accepted,
            Some(Line::Final(_) | Line::Closed) => return Ok(Matched::Noted),
            // Its submit was never answered here, yet this vendor has it.
            Some(Line::Begun) | None => return Ok(Matched::Nothing),
        };
        if receipt.state != State::Delivered {
            accepted.status.state = receipt.state;
            accepted.status.error = receipt.error;
        }
        accepted.open.retain(|open| *open != receipt.id);
        if !accepted.open.is_empty() {
            self.set(sid, &Line::Accepted(accepted));
            return Ok(Matched::Noted);
        }
        self.set(sid, &Line::Final(accepted.status.clone()));
        Ok(Matched::Final(accepted.status))
    }

    fn close(&mut self, sid: Sid) {
        self.set(sid, &Line::Closed);
        self.closed.push_back(sid);
        if self.closed.len() > CLOSED
            && let Some(oldest) = self.closed.pop_front()
        {
            self.store.remove(oldest);
        }
    }

    /// Bounds what lost receipts leave behind.
    fn give_up_oldest(&mut self) {
        if self.store.len() <= OPEN + CLOSED {
            return;
        }
        let oldest = self.store.sids(None).find(|sid| !self.busy.contains(sid));
        if let Some(sid) = oldest {
            if let Ok(Some(Line::Accepted(mut accepted))) = self.line(sid) {
                self.forget_ids(&mut accepted);
            }
            self.store.remove(sid);
        }
    }

    fn forget_ids(&mut self, accepted: &mut Accepted) {
        for id in accepted.open.drain(..) {
            self.by_id.remove(&(accepted.uplink.clone(), id));
        }
    }

    fn index(&mut self, sid: Sid, accepted: &Accepted) {
        for id in &accepted.open {
            self.by_id.insert((accepted.uplink.clone(), id.clone()), sid);
        }
    }

    fn line(&self, sid: Sid) -> Result<Option<Line>, StoreError> {
        Ok(self.store.get(sid)?.and_then(|value: Bytes| message::decode(&value)))
    }

    fn set(&mut self, sid: Sid, line: &Line) {
        self.store.put(sid, message::encode(line));
    }
}

fn key(receipt: &Receipt) -> (String, String) {
    (receipt.uplink.clone(), receipt.id.clone())
}

/// What the sender shall hear of `message`.
pub(super) fn status_of(message: &Envelope, state: State, error: Option<u32>) -> Status {
    Status {
        sid: message.sid,
        to: message.to.clone(),
        from: message.from.clone(),
        callback: message.callback.clone(),
        state,
        error,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use squall_platform::sim::World;

    fn message(sid: Sid) -> Envelope {
        let (to, from, text) = ("+62001".into(), "Squall".into(), "x".into());
        Envelope { sid, to, from, text, callback: None, valid_until_us: None }
    }

    fn receipt(uplink: &str, id: &str) -> Receipt {
        Receipt { uplink: uplink.into(), id: id.into(), state: State::Delivered, error: None }
    }

    /// What was begun may have been submitted: it is not taken back.
    #[test]
    fn a_message_that_took_another_way_is_settled_unless_it_was_begun() {
        World::run(1, 0, |world| async move {
            let (ledger, _) = Ledger::open(&world.node("gateway")).await.unwrap();
            assert_eq!(ledger.begin(1).await.unwrap(), Begun::Fresh);
            ledger.unsure(1);
            ledger.void(vec![1, 2]).await.unwrap();
            assert_eq!(ledger.begin(1).await.unwrap(), Begun::Unsure);
            assert_eq!(ledger.begin(2).await.unwrap(), Begun::Settled);
            assert_eq!(ledger.begin(3).await.unwrap(), Begun::Fresh);
        });
    }

    /// Two vendors may give out the same id.
    #[test]
    fn an_id_means_a_message_of_its_own_carrier() {
        World::run(1, 0, |world| async move {
            let (ledger, _) = Ledger::open(&world.node("gateway")).await.unwrap();
            for (sid, uplink) in [(1, "vendor-b"), (2, "vendor-c")] {
                assert!(!ledger.is_settled(sid));
                assert_eq!(ledger.begin(sid).await.unwrap(), Begun::Fresh);
                assert!(!ledger.is_settled(sid));
                ledger.accepted(&message(sid), uplink, vec!["7".into()]).await.unwrap();
                assert!(ledger.is_settled(sid));
            }
            for (sid, uplink) in [(2, "vendor-c"), (1, "vendor-b")] {
                let matched = ledger.receipt(&receipt(uplink, "7")).await.unwrap();
                assert!(matches!(matched, Matched::Final(status) if status.sid == sid));
            }
            let matched = ledger.receipt(&receipt("smartfren", "7")).await.unwrap();
            assert!(matches!(matched, Matched::Nothing));
        });
    }
}
