//! The task that reads a session: answers to their requests, receipts to their reader, enquire_link
//! where the peer says nothing.

use super::Delivery;
use super::exchange::Exchange;
use crate::smpp::frame::Incoming;
use crate::smpp::session::{Outbox, Reader};
use rusmpp::{Command, CommandStatus, Pdu};
use squall_platform::time::{Instant, sleep_until};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

pub(super) struct Listener {
    pub(super) reader: Reader,
    pub(super) outbox: Outbox,
    pub(super) exchange: Arc<Exchange>,
    pub(super) deliver: mpsc::Sender<Delivery>,
    pub(super) enquire_after: Duration,
    pub(super) response_timeout: Duration,
}

impl Listener {
    /// Runs to the session's end and says why it ended.
    pub(super) async fn run(mut self) -> String {
        let mut heard = Instant::now();
        let mut enquired: Option<Instant> = None;
        loop {
            let due = enquired.map_or(heard + self.enquire_after, |at| at + self.response_timeout);
            let incoming = tokio::select! {
                biased;
                incoming = self.reader.next() => incoming,
                () = sleep_until(due) => {
                    if enquired.is_some() {
                        self.outbox.reset();
                        return "enquire_link was not answered".into();
                    }
                    enquired = Some(Instant::now());
                    self.enquire();
                    continue;
                }
            };
            (heard, enquired) = (Instant::now(), None);
            let mut next = match incoming {
                Ok(Some(incoming)) => Some(incoming),
                Ok(None) => return "closed by the peer".into(),
                Err(error) => return error.to_string(),
            };
            while let Some(incoming) = next {
                if !self.take(incoming) {
                    self.outbox.close();
                    return "unbound by the peer".into();
                }
                next = match self.reader.buffered() {
                    Ok(next) => next,
                    Err(error) => return error.to_string(),
                };
            }
            self.outbox.flush();
        }
    }

    /// Sequence 0x7FFFFFFF and above is never given to a request that waits.
    fn enquire(&self) {
        self.outbox.push(&Command::new(CommandStatus::EsmeRok, 0x7FFF_FFFF, Pdu::EnquireLink));
        self.outbox.flush();
    }

    /// False where the peer unbinds.
    fn take(&self, incoming: Incoming) -> bool {
        let command = match incoming {
            Incoming::Malformed { header, status } => {
                if header.id & 0x8000_0000 == 0 {
                    self.outbox.nack(header.sequence, status);
                }
                return true;
            }
            Incoming::Command(command) => command,
        };
        let sequence = command.sequence_number();
        match command.pdu() {
            Some(Pdu::DeliverSm(sm)) => {
                let outbox = self.outbox.clone();
                let delivery = Delivery { sm: sm.clone(), sequence, outbox };
                if let Err(full) = self.deliver.try_send(delivery) {
                    full.into_inner().refuse();
                }
            }
            Some(Pdu::EnquireLink) => {
                let answer = Command::new(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp);
                self.outbox.push(&answer);
            }
            Some(Pdu::Unbind) => {
                self.outbox.push(&Command::new(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp));
                return false;
            }
            _ if command.id().is_response() => self.exchange.answer(command),
            _ => {
                self.outbox.nack(sequence, CommandStatus::EsmeRinvcmdid);
            }
        }
        true
    }
}
