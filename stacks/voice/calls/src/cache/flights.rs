//! One fetch for all that want the same at the same time (collapsed forwarding, RFC 9111, section 4).

use http::StatusCode;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// What became of a fetch, for those that waited for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Landed {
    /// What came is kept now. Whether it suits everybody, everybody must see.
    Kept,
    /// It was for the one who asked alone.
    Unshared,
    /// There is no answer from the origin: this instead, and why.
    Failed(StatusCode, String),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Flights(Arc<Mutex<BTreeMap<String, Vec<oneshot::Sender<Landed>>>>>);

/// What somebody who wants a URL has to do.
pub(super) enum Boarded {
    Leads(Lead),
    Follows(oneshot::Receiver<Landed>),
}

/// The duty to tell the others. Dropped without [`Lead::land`], everybody fetches for himself.
pub(super) struct Lead {
    flights: Flights,
    url: String,
    landed: bool,
}

impl Flights {
    pub(super) fn board(&self, url: &str) -> Boarded {
        let mut flights = self.lock();
        if let Some(followers) = flights.get_mut(url) {
            let (sender, receiver) = oneshot::channel();
            followers.push(sender);
            return Boarded::Follows(receiver);
        }
        flights.insert(url.to_owned(), Vec::new());
        Boarded::Leads(Lead { flights: self.clone(), url: url.to_owned(), landed: false })
    }

    /// A panic elsewhere leaves it whole: entries are only inserted and removed.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<oneshot::Sender<Landed>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, url: &str) -> Vec<oneshot::Sender<Landed>> {
        self.lock().remove(url).unwrap_or_default()
    }
}

impl Lead {
    /// Tells the others in the order in which they came.
    pub(super) fn land(mut self, landed: &Landed) {
        self.landed = true;
        for follower in self.flights.end(&self.url) {
            let _ = follower.send(landed.clone());
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        // Once it has landed, the URL's entry is somebody else's.
        if !self.landed {
            drop(self.flights.end(&self.url));
        }
    }
}
