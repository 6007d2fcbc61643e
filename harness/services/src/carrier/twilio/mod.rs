//! Twilio's Messages API in front of the desk: [`api`] answers requests, [`callbacks`] tells the
//! senders how their messages ended.

mod api;
mod callbacks;
mod list;

use super::Carrier;
use super::journal::{Accepted, Outcome};
use squall_platform::Listener;
use squall_platform::rng::{Draw, derive};
use squall_platform::running::{Done, Stopping};
use squall_wire::http::{self, Limits};
use squall_wire::twilio::{self, Message, Status};
use std::sync::Arc;

struct Front {
    carrier: Arc<Carrier>,
    /// High half of every sid: two carriers of one run give different ones.
    sids: u64,
}

pub(super) fn serve(carrier: Arc<Carrier>, listener: Listener, stopping: Stopping, done: Done) {
    let node = carrier.node.clone();
    // The same in every life of the node, unlike draws from the node itself.
    let sids = derive(carrier.seed, node.name(), "sid").random();
    let front = Arc::new(Front { carrier, sids });
    node.spawn(callbacks::run(front.clone(), stopping.clone(), done.clone()));
    let handler = Arc::new(api::Api(front));
    http::serve(&node, listener, Limits::default(), stopping, done, handler);
}

impl Front {
    fn sid(&self, id: u64) -> String {
        twilio::message_sid(u128::from(self.sids) << 64 | u128::from(id))
    }

    fn id(&self, sid: &str) -> Option<u64> {
        let number = u128::from_str_radix(sid.strip_prefix("SM")?, 16).ok()?;
        ((number >> 64) as u64 == self.sids && sid.len() == 34).then_some(number as u64)
    }

    /// The Message resource as it stands now.
    fn message(&self, accepted: &Accepted) -> Message {
        let account = &self.carrier.account;
        let sid = self.sid(accepted.id);
        let Accepted { destination, text, at_us, .. } = accepted;
        let mut message = Message::outbound(account, &sid, destination, text, *at_us);
        message.from = Some(accepted.source.clone()).filter(|from| !from.is_empty());
        let now_us = self.carrier.node.unix_us();
        (message.status, message.error_code) = status(accepted.outcome, accepted.final_us, now_us);
        message.date_sent = message.date_created.clone();
        if accepted.final_us <= now_us {
            message.date_updated = Some(twilio::message::date(accepted.final_us));
        }
        message
    }
}

/// 30036: the validity period ran out.
fn status(outcome: Outcome, final_us: u64, now_us: u64) -> (Status, Option<u32>) {
    match outcome {
        Outcome::Delivered if final_us <= now_us => (Status::Delivered, None),
        Outcome::Expired if final_us <= now_us => (Status::Undelivered, Some(30036)),
        _ => (Status::Sent, None),
    }
}
