//! Receipts on their way back: matched to their message, then told to the edge until it knows.

use super::counts::Counts;
use super::ledger::{Ledger, Matched};
use crate::link::Link;
use crate::message::{Receipt, Reply, Status, What};
use squall_platform::{Node, time};
use std::sync::Arc;
use std::time::Duration;

/// How long a receipt waits for the answer to its submit.
const EARLY: Duration = Duration::from_secs(2);
/// The edge answers when the sender has heard, or after its bounded tries.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) struct Receipts {
    pub node: Node,
    pub ledger: Ledger,
    pub edge: Option<Link>,
    pub counts: Arc<Counts>,
    pub retry: Duration,
}

impl Receipts {
    /// Takes a final receipt. False: nothing is known of it here (yet).
    pub(super) async fn take(&self, receipt: &Receipt) -> bool {
        match self.ledger.receipt(receipt).await {
            Ok(Matched::Final(status)) => {
                self.counts.receipts.inc();
                self.tell(status);
                true
            }
            Ok(Matched::Noted) => true,
            // What could not be written is better sent again.
            Ok(Matched::Nothing) | Err(_) => false,
        }
    }

    /// As [`Receipts::take`], after waiting for the answer to the submit.
    pub(super) async fn take_early(&self, receipt: &Receipt) -> bool {
        if let Some(answered) = self.ledger.await_id(receipt) {
            // Whether the wait ended by the answer or by time, the ledger decides.
            let _ = time::timeout(EARLY, answered).await;
        }
        self.take(receipt).await
    }

    /// Finds the owner of a receipt that is not known here: the other gateway, or this one in a
    /// moment. False: nobody's, as far as can be told now.
    pub(super) async fn pass_on(&self, receipt: &Receipt) -> bool {
        let Some(edge) = &self.edge else { return self.take_early(receipt).await };
        self.counts.passed_on.inc();
        let answer = edge.call(What::Receipt(receipt.clone()), 2 * EARLY).await;
        answer == Ok(Reply::Done) || self.take_early(receipt).await
    }

    /// Tells the edge, again and again until it answers.
    pub(super) fn tell(&self, status: Status) {
        let Some(edge) = self.edge.clone() else { return };
        let (ledger, retry) = (self.ledger.clone(), self.retry);
        self.node.spawn(async move {
            loop {
                edge.presence().up().await;
                if let Ok(Reply::Done) = edge.call(What::Status(status.clone()), PATIENCE).await {
                    // Not written: it is told once more after a restart.
                    let _ = ledger.close(status.sid).await;
                    return;
                }
                time::sleep(retry).await;
            }
        });
    }
}
