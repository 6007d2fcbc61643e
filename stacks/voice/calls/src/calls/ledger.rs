//! Which calls are open, on the platform's own disk, so that the next life can tell what became of them.
//!
//! A call is accepted once it is synced. What comes later about it (its end, that its end was heard) is
//! written without a sync: a loss of power may have a call reported again, or as failed. Who ends a call
//! waits for either, with the platform in its hands, so that a graceful stop waits too.

use crate::ServiceError;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use squall_model::token;
use squall_platform::Node;
use squall_role::store::{Sid, Store, Writer, Written};
use squall_wire::twilio::CallStatus;

/// What has to be known of a call to tell of its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub to: String,
    pub from: String,
    pub callback: Option<String>,
    pub end: Option<End>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub status: CallStatus,
    /// Why its script could not be run.
    pub code: Option<u32>,
}

pub(super) struct Ledger(Writer);

impl Ledger {
    /// Opens the ledger, and hands out what the last life left open.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) async fn open(node: &Node) -> Result<(Ledger, Vec<(Sid, Record)>), ServiceError> {
        let disk = node.disk();
        let store = node.blocking(move || Store::open(&disk, "calls")).await?;
        let mut open = Vec::new();
        for sid in store.sids(None) {
            let value = store.get(sid)?.unwrap_or_default();
            open.extend(postcard::from_bytes(&value).ok().map(|record| (sid, record)));
        }
        Ok((Ledger(Writer::start(node, store)), open))
    }

    /// True once the call is safe from a loss of power; what the disk would not take then is not
    /// written later.
    pub(super) async fn accept(&self, sid: Sid, record: &Record) -> bool {
        self.0.keep(sid, encode(record), || ()).wait().await
    }

    pub(super) fn put(&self, sid: Sid, record: &Record) -> Written {
        self.0.put(sid, encode(record))
    }

    /// Somebody has heard of its end, or nobody wanted to.
    pub(super) fn forget(&self, sid: Sid) -> Written {
        self.0.remove(sid)
    }

    /// The tokens of open calls, by age; the caller's number of one that the harness did not place.
    pub(super) fn texts(&self, after: usize, max: usize) -> Vec<String> {
        let store = self.0.store();
        let values = store.sids(None).skip(after).take(max).map(|sid| store.get(sid));
        let records = values.map(|value| postcard::from_bytes(&value.ok().flatten()?).ok());
        records
            .map(|record: Option<Record>| {
                let from = record.map(|record| record.from).unwrap_or_default();
                token::of_caller(&from).map_or(from, token::encode)
            })
            .collect()
    }
}

/// A record always encodes: nothing in it can fail to.
fn encode(record: &Record) -> Bytes {
    postcard::to_stdvec(record).unwrap_or_default().into()
}
