//! What the gateway is at work on, by sid.
//!
//! A message may be handed out again while an earlier delivery of it is still being carried. It is under
//! way until all of those have ended.

use crate::message::{Envelope, Sid};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone, Default)]
pub(super) struct UnderWay(Arc<Mutex<BTreeMap<Sid, Carried>>>);

struct Carried {
    message: Arc<Envelope>,
    holders: usize,
}

/// One who is at work on a message, for as long as this lives.
pub(super) struct Held {
    under_way: UnderWay,
    pub message: Arc<Envelope>,
}

impl UnderWay {
    pub(super) fn hold(&self, message: Envelope) -> Held {
        let message = Arc::new(message);
        let mut carried = self.lock();
        let fresh = || Carried { message: message.clone(), holders: 0 };
        carried.entry(message.sid).or_insert_with(fresh).holders += 1;
        drop(carried);
        Held { under_way: self.clone(), message }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn oldest(&self) -> Option<Sid> {
        self.lock().keys().next().copied()
    }

    pub(super) fn texts(&self) -> BTreeMap<Sid, String> {
        self.lock().iter().map(|(sid, carried)| (*sid, carried.message.text.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Sid, Carried>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut carried = self.under_way.lock();
        if let Some(one) = carried.get_mut(&self.message.sid) {
            one.holders -= 1;
            if one.holders == 0 {
                carried.remove(&self.message.sid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(sid: Sid) -> Envelope {
        let text = format!("text {sid}");
        let (to, from) = ("+1".to_owned(), "+2".to_owned());
        Envelope { sid, to, from, text, callback: None, valid_until_us: None }
    }

    #[test]
    fn the_end_of_one_delivery_does_not_forget_another_of_the_same_message() {
        let under_way = UnderWay::default();
        let (first, second, other) =
            (under_way.hold(message(7)), under_way.hold(message(7)), under_way.hold(message(3)));
        assert_eq!((under_way.len(), under_way.oldest()), (2, Some(3)));
        drop((other, second));
        assert_eq!(under_way.texts(), BTreeMap::from([(7, "text 7".to_owned())]));
        drop(first);
        assert_eq!((under_way.len(), under_way.oldest()), (0, None));
    }
}
