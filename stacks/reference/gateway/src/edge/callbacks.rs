//! Status callbacks to the sender. A gateway is answered only when the sender has heard, or after
//! the last try: until then the gateway's ledger keeps the state, and the edge needs no disk for it.

use super::Edge;
use super::states::wire;
use crate::message::{Ask, Receipt, Reply, Status, What, show};
use crate::serve::{Asked, Peer};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use squall_role::callbacks::Told;
use squall_wire::twilio::Callback;
use std::sync::Arc;
use std::time::Duration;

pub(super) const TRIES: u32 = 10;
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Front(pub Arc<Edge>);

impl Asked for Front {
    fn asked(&self, peer: &Peer, ask: Ask) {
        let status = match ask.what {
            What::Status(status) => status,
            What::Receipt(receipt) => return self.find_owner(peer, ask.number, receipt),
            _ => {
                let refused = Reply::Refused("the edge does not do that".to_owned());
                return peer.reply(ask.number, refused);
            }
        };
        if self.0.states.changed(&status) {
            peer.reply(ask.number, Reply::Done);
            return;
        }
        let (edge, peer) = (self.0.clone(), peer.clone());
        self.0.node.spawn(async move {
            if edge.tell_sender(&status).await {
                edge.states.told(status.sid);
                peer.reply(ask.number, Reply::Done);
            }
        });
    }
}

impl Front {
    /// Asks all gateways at once whose receipt this is.
    fn find_owner(&self, peer: &Peer, number: u64, receipt: Receipt) {
        let (edge, peer) = (self.0.clone(), peer.clone());
        self.0.node.spawn(async move {
            let gateways = edge.regions.all.iter().filter_map(|region| region.gateway.as_ref());
            let what = What::Receipt(receipt);
            let asked =
                gateways.map(|gateway| gateway.call(what.clone(), edge.enqueue_timeout * 2));
            let mut answers: FuturesUnordered<_> = asked.collect();
            while let Some(answer) = answers.next().await {
                if answer == Ok(Reply::Done) {
                    return peer.reply(number, Reply::Done);
                }
            }
            peer.reply(number, Reply::Refused("no gateway knows it".to_owned()));
        });
    }
}

impl Edge {
    /// False: the edge stops before the sender has heard.
    async fn tell_sender(&self, status: &Status) -> bool {
        let Some(url) = &status.callback else { return true };
        let callback = Callback {
            message_sid: show(status.sid),
            account_sid: self.account.clone(),
            status: wire(status.state),
            from: status.from.clone(),
            to: status.to.clone(),
            error_code: status.error,
        };
        // Checked when the message was accepted.
        let Some(request) = callback.request(url, &self.secret) else { return true };
        let failed = || {
            self.counts.callback_failures.inc();
        };
        match self.callbacks.tell(request, failed).await {
            Told::Taken => self.counts.callbacks.inc(),
            Told::GivenUp => self.counts.callbacks_given_up.inc(),
            Told::Stopped => return false,
        };
        true
    }
}
