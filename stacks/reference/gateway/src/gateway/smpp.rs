//! The direct uplink: one SMPP transceiver, bound again whenever it ends.

use super::receipts::Receipts;
use super::uplink::Outcome;
use super::{EXPIRED, RATE, UNKNOWN};
use crate::message::{Envelope, Receipt, State};
use squall_platform::{Node, time};
use squall_wire::smpp::pdus::SubmitSm;
use squall_wire::smpp::values::{MessageState, Npi, RegisteredDelivery, Ton};
use squall_wire::smpp::{self, Bind, Client, Concatenation, Deliveries, Delivery, SubmitError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Refusals that may pass (SMPP 3.4, 5.1.3): system error, queue full, temporary, throttled.
const PASSING: [u32; 5] = [0x08, 0x14, 0x58, 0x64, 0x61];
/// Unknown destination handset.
const NO_SUCH_NUMBER: u32 = 30005;
/// Octets of a system_type.
const SYSTEM_TYPE: usize = 12;

/// The session of the moment. Nobody waits for one: a submit without it is not sent.
type Bound = Arc<Mutex<Option<Client>>>;

pub(super) struct Session {
    bound: Bound,
    node: Node,
}

impl Session {
    /// Binds from now on, in a task of `node`, to the carrier of that name and address.
    pub(super) fn open(
        node: &Node,
        carrier: (String, String),
        bind: Bind,
        reconnect: Duration,
        receipts: Arc<Receipts>,
    ) -> Session {
        let bound = Bound::default();
        // So that the carrier's log tells by which gateway a message came. A name that does not fit
        // is left out: cut short, it could be another's.
        let fits = node.name().len() <= SYSTEM_TYPE;
        let system_type = if fits { node.name().to_owned() } else { String::new() };
        let bind = Bind { system_type, ..bind };
        node.spawn(keep(node.clone(), carrier, bind, reconnect, receipts, bound.clone()));
        Session { bound, node: node.clone() }
    }

    pub(super) fn is_bound(&self) -> bool {
        self.client().is_some_and(|client| !client.is_closed())
    }

    fn client(&self) -> Option<Client> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Submits all parts of a message. A message of which only some parts were taken is unsure.
    pub(super) async fn submit(&self, message: &Envelope) -> Outcome {
        let Some(client) = self.client() else { return Outcome::NotSent };
        let Some(parts) = self.parts(message) else { return Outcome::Permanent(UNKNOWN) };
        let mut ids = Vec::with_capacity(parts.len());
        for part in parts {
            match client.submit(part).await {
                Ok(id) => ids.push(id),
                Err(_) if !ids.is_empty() => return Outcome::Indeterminate,
                Err(SubmitError::NotSent(_)) => return Outcome::NotSent,
                Err(SubmitError::Indeterminate(_)) => return Outcome::Indeterminate,
                Err(SubmitError::Refused(code)) => return refused(code),
            }
        }
        Outcome::Accepted(ids)
    }

    /// `None`: some field does not fit SMPP.
    fn parts(&self, message: &Envelope) -> Option<Vec<SubmitSm>> {
        let left = message.valid_until_us.map(|at| at.saturating_sub(self.node.unix_us()));
        let validity = left.map_or(String::new(), smpp::date::relative);
        let alphanumeric = message.from.bytes().any(|byte| byte.is_ascii_alphabetic());
        let (ton, npi) = match alphanumeric {
            true => (Ton::Alphanumeric, Npi::Unknown),
            false => (Ton::International, Npi::Isdn),
        };
        let submit = SubmitSm::builder()
            .source_addr_ton(ton)
            .source_addr_npi(npi)
            .source_addr(smpp::c_string(&message.from)?)
            .dest_addr_ton(Ton::International)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(smpp::c_string(&message.to)?)
            .esm_class(smpp::plain())
            .registered_delivery(RegisteredDelivery::from(1u8))
            .validity_period(smpp::time_string(&validity)?)
            .build();
        let reference = Concatenation::Udh16((message.sid & 0xFFFF) as u16);
        smpp::long::split(&submit, &message.text, reference)
    }
}

fn refused(code: u32) -> Outcome {
    match code {
        0x58 => Outcome::Temporary(RATE),
        code if PASSING.contains(&code) => Outcome::Temporary(UNKNOWN),
        0x0B => Outcome::Permanent(NO_SUCH_NUMBER),
        _ => Outcome::Permanent(UNKNOWN),
    }
}

async fn keep(
    node: Node,
    (carrier, address): (String, String),
    bind: Bind,
    reconnect: Duration,
    receipts: Arc<Receipts>,
    bound: Bound,
) {
    loop {
        if let Ok((client, deliveries)) = Client::bind(&node, &address, &bind).await {
            hold(&bound, Some(client.clone()));
            tokio::select! {
                biased;
                () = listen(&node, &carrier, deliveries, &receipts) => {}
                _ = client.closed() => {}
            }
            hold(&bound, None);
        }
        time::sleep(reconnect).await;
    }
}

fn hold(bound: &Bound, client: Option<Client>) {
    *bound.lock().unwrap_or_else(PoisonError::into_inner) = client;
}

async fn listen(node: &Node, carrier: &str, mut deliveries: Deliveries, receipts: &Arc<Receipts>) {
    while let Some(delivery) = deliveries.next().await {
        let receipt = smpp::Receipt::from_deliver_sm(&delivery.sm);
        match receipt.and_then(|receipt| final_state(carrier, receipt)) {
            // An inbound message or an intermediate receipt: taken, and of no use here.
            None => delivery.accept(),
            Some(receipt) if receipts.take(&receipt).await => delivery.accept(),
            Some(receipt) => {
                node.spawn(settle_later(receipts.clone(), delivery, receipt));
            }
        }
    }
}

/// A receipt may overtake the answer to its submit, or belong to the other gateway. What stays
/// nobody's is handed back for the SMSC to send again: its gateway may be away.
async fn settle_later(receipts: Arc<Receipts>, delivery: Delivery, receipt: Receipt) {
    if receipts.pass_on(&receipt).await {
        delivery.accept();
    } else {
        receipts.counts.unmatched.inc();
        delivery.refuse();
    }
}

/// The final state that a receipt tells, if it tells one.
fn final_state(carrier: &str, receipt: smpp::Receipt) -> Option<Receipt> {
    let (state, error) = match receipt.state {
        MessageState::Delivered => (State::Delivered, None),
        MessageState::Enroute | MessageState::Accepted | MessageState::Scheduled => return None,
        MessageState::Expired => (State::Undelivered, Some(EXPIRED)),
        _ => (State::Undelivered, Some(UNKNOWN)),
    };
    Some(Receipt { uplink: carrier.to_owned(), id: receipt.message_id, state, error })
}
