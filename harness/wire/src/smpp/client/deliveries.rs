//! What the SMSC delivers to a receiver or transceiver.

use crate::smpp::session::Outbox;
use rusmpp::pdus::{DeliverSm, DeliverSmResp};
use rusmpp::{Command, CommandStatus};
use tokio::sync::mpsc;

/// The stream of deliver_sm of a receiver or transceiver; ends with the session.
#[derive(Debug)]
pub struct Deliveries(pub(super) mpsc::Receiver<Delivery>);

/// One deliver_sm. Dropped without an answer, the SMSC will send it again.
#[derive(Debug)]
pub struct Delivery {
    pub sm: DeliverSm,
    pub(super) sequence: u32,
    pub(super) outbox: Outbox,
}

impl Deliveries {
    pub async fn next(&mut self) -> Option<Delivery> {
        self.0.recv().await
    }

    /// One that has arrived already.
    pub fn ready(&mut self) -> Option<Delivery> {
        self.0.try_recv().ok()
    }
}

impl Delivery {
    /// Tells the SMSC that it need not be sent again.
    pub fn accept(self) {
        self.answer(CommandStatus::EsmeRok);
    }

    /// Asks the SMSC to send it again later.
    pub fn refuse(self) {
        self.answer(CommandStatus::EsmeRxTAppn);
    }

    fn answer(self, status: CommandStatus) {
        self.outbox.push(&Command::new(status, self.sequence, DeliverSmResp::default()));
        self.outbox.flush();
    }
}
