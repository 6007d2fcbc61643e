//! What a mock carrier can be told to do to the messages and receipts it handles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One behaviour. `share` is 0–1 of messages (or receipts), drawn by the carrier's seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Behaviour {
    /// Every submit is refused as over the account's rate (SMPP 0x58, HTTP 429/20429).
    Throttle,
    /// A share of submits is refused with `answer`: "queue full", "system error", "rejected" or a raw code.
    Refuse { answer: String, share: f64 },
    /// Submits are accepted and never reach a handset; no receipt follows.
    Swallow { share: f64 },
    /// The answer to a submit is held back.
    AnswerAfter { delay_ms: u64 },
    /// At most so many submits a second are taken; the rest is refused as throttled.
    Capacity { per_second: f64 },
    /// Receipts come later than the carrier's usual delay.
    ReceiptsDelayed { delay_ms: u64 },
    /// A share of receipts is never sent.
    ReceiptsLost { share: f64 },
    /// A share of receipts is sent twice.
    ReceiptsRepeated { share: f64 },
    /// A share of messages never reaches the handset, yet its receipt claims delivery.
    ReceiptsFalse { share: f64 },
}
