//! What the platform can tell of recent calls, and its hold on those in progress. Bounded: the calls
//! that are over are forgotten first come first, and all of them with the process.

use super::ledger::End;
use squall_platform::running::{self, Stop, Stopping};
use squall_role::store::Sid;
use squall_wire::twilio::{Call, CallStatus, UpdateCall, call};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Calls that are over and still known.
const KEPT: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct Book(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    calls: BTreeMap<Sid, Known>,
    /// Those over, by their end.
    over: VecDeque<Sid>,
    live: usize,
    /// Over, with a callback that nobody has taken yet → when it ended.
    unheard: BTreeMap<Sid, u64>,
}

#[derive(Debug)]
struct Known {
    to: String,
    from: String,
    status: CallStatus,
    /// Ends it while it is in progress.
    stop: Option<Stop>,
}

/// What came of asking a call to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Done,
    Unknown,
    /// It is over, or was answered and can no more be cancelled.
    TooLate,
}

impl Book {
    /// A new call, and how it hears that it is to end. `None` where `most` are in progress.
    pub(super) fn open(&self, sid: Sid, to: &str, from: &str, most: usize) -> Option<Stopping> {
        let mut pages = self.lock();
        if pages.live >= most {
            return None;
        }
        let (stop, stopping) = running::stop();
        let (to, from) = (to.to_owned(), from.to_owned());
        let known = Known { to, from, status: CallStatus::Queued, stop: Some(stop) };
        pages.calls.insert(sid, known);
        pages.live += 1;
        Some(stopping)
    }

    /// It was never accepted.
    pub(super) fn strike(&self, sid: Sid) {
        let mut pages = self.lock();
        if pages.calls.remove(&sid).is_some() {
            pages.live -= 1;
        }
    }

    pub(super) fn changed(&self, sid: Sid, status: CallStatus) {
        if let Some(known) = self.lock().calls.get_mut(&sid) {
            known.status = status;
        }
    }

    /// It is over, since `unix_us`. A call of the last life is entered with its end.
    pub(super) fn over(&self, sid: Sid, (to, from): (&str, &str), end: End, unix_us: u64) {
        let mut pages = self.lock();
        let (to, from) = (to.to_owned(), from.to_owned());
        let known = Known { to, from, status: end.status, stop: None };
        let before = pages.calls.insert(sid, known);
        if before.is_some_and(|before| before.stop.is_some()) {
            pages.live -= 1;
        }
        pages.unheard.insert(sid, unix_us);
        pages.over.push_back(sid);
        if pages.over.len() > KEPT
            && let Some(oldest) = pages.over.pop_front()
        {
            pages.calls.remove(&oldest);
        }
    }

    pub(super) fn heard(&self, sid: Sid) {
        self.lock().unheard.remove(&sid);
    }

    pub(super) fn get(&self, account: &str, sid: Sid) -> Option<Call> {
        let pages = self.lock();
        let known = pages.calls.get(&sid)?;
        // The upper half of a sid is when it was given.
        let accepted_us = (sid >> 64) as u64;
        let name = call::call_sid(sid);
        let mut call = Call::outbound(account, &name, &known.to, &known.from, accepted_us);
        call.status = known.status;
        Some(call)
    }

    pub(super) fn end(&self, sid: Sid, wish: UpdateCall) -> Asked {
        let pages = self.lock();
        let Some(known) = pages.calls.get(&sid) else { return Asked::Unknown };
        match &known.stop {
            None => Asked::TooLate,
            Some(_) if wish == UpdateCall::Cancel && known.status == CallStatus::InProgress => {
                Asked::TooLate
            }
            Some(stop) => {
                stop.ask();
                Asked::Done
            }
        }
    }

    pub(super) fn end_all(&self) {
        self.lock().calls.values().filter_map(|known| known.stop.as_ref()).for_each(Stop::ask);
    }

    pub(super) fn live(&self) -> usize {
        self.lock().live
    }

    pub(super) fn unheard(&self) -> usize {
        self.lock().unheard.len()
    }

    /// When the first of those ended, in Unix microseconds.
    pub(super) fn oldest_unheard(&self) -> Option<u64> {
        self.lock().unheard.values().copied().min()
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
