//! Status callbacks to the sender. A gateway is answered only when the sender has heard, or after
//! the last try: until then the gateway's ledger keeps the state, and the edge needs no disk for it.

use super::Edge;
use super::states::wire;
use crate::message::{Ask, Receipt, Reply, Status, What, show};
use crate::serve::{Asked, Peer};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use squall_model::stack::SENDER;
use squall_platform::time;
use squall_wire::twilio::Callback;
use std::sync::Arc;
use std::time::Duration;

const TRIES: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

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
            edge.tell_sender(&status).await;
            edge.states.told(status.sid);
            peer.reply(ask.number, Reply::Done);
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
    async fn tell_sender(&self, status: &Status) {
        let Some(url) = &status.callback else { return };
        let callback = Callback {
            message_sid: show(status.sid),
            account_sid: self.account.clone(),
            status: wire(status.state),
            from: status.from.clone(),
            to: status.to.clone(),
            error_code: status.error,
        };
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            // Checked when the message was accepted.
            let Some((host, request)) = callback.request(url, &self.secret) else { return };
            let address = self.dial(&host);
            match self.client.send(address, request, self.callback_timeout).await {
                Ok(response) if !response.status().is_server_error() => {
                    self.counts.callbacks.inc();
                    return;
                }
                _ => self.counts.callback_failures.inc(),
            };
            time::sleep(pause).await;
            pause = (pause * 2).min(self.callback_interval_max);
        }
        self.counts.callbacks_given_up.inc();
    }

    /// Where `host:port` of a callback URL is reached: over the link to a node of that name, over the
    /// link to the sender where it names none, as it stands where there is neither.
    fn dial<'a>(&'a self, address: &'a str) -> &'a str {
        let host = address.split(':').next().unwrap_or(address);
        let link = self.links.get(host).or_else(|| self.links.get(SENDER));
        link.map_or(address, String::as_str)
    }
}
