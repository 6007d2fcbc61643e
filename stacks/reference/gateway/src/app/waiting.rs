//! Who waits for which status: one place for each message and channel.

use super::End;
use super::channel::Channel;
use crate::message::Sid;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

#[derive(Default)]
pub(super) struct Waiting(Mutex<BTreeMap<(Sid, Channel), oneshot::Sender<End>>>);

impl Waiting {
    /// From now on a status of this message on this channel is heard.
    pub(super) fn expect(&self, sid: Sid, channel: Channel) -> oneshot::Receiver<End> {
        let (tell, told) = oneshot::channel();
        self.lock().insert((sid, channel), tell);
        told
    }

    /// A final status has come. One that nobody waits for is of no use any more.
    pub(super) fn settle(&self, sid: Sid, channel: Channel, end: End) {
        if let Some(tell) = self.lock().remove(&(sid, channel)) {
            let _ = tell.send(end);
        }
    }

    /// The message is over, whichever channels are still under way.
    pub(super) fn forget(&self, sid: Sid) {
        let mut waiting = self.lock();
        for channel in [Channel::Sms, Channel::Voice] {
            waiting.remove(&(sid, channel));
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Sid, Channel), oneshot::Sender<End>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
