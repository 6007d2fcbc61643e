//! A call in progress, as its calling side holds it.

use super::Heard;
use super::calls::Answer;
use super::trunk::{CallError, Trunk};
use super::{HEARD, fields};
use squall_platform::time::timeout;
use tokio::sync::mpsc;

/// The Q.850 cause of a call that is let go of without a word: normal, unspecified.
pub(super) const LET_GO: u8 = 31;

/// A call that was answered. Dropping it hangs up with cause 31 (normal, unspecified): the other side
/// takes the call as cut short.
#[derive(Debug)]
pub struct Dialog {
    trunk: Trunk,
    number: u64,
    keys: mpsc::Receiver<char>,
}

impl Dialog {
    pub(super) fn new(trunk: Trunk, number: u64, keys: mpsc::Receiver<char>) -> Dialog {
        Dialog { trunk, number, keys }
    }

    /// Tells the handset what it hears; resolves when the other side has taken it.
    ///
    /// # Errors
    /// [`CallError::Refused`] (481 where the other side has no such call any more),
    /// [`CallError::Broken`], [`CallError::HungUp`].
    pub async fn heard(&self, heard: &Heard) -> Result<(), CallError> {
        // Plain values are always written.
        let body = serde_json::to_vec(heard).unwrap_or_default();
        let answer = self.trunk.calls().ask(self.number, "INFO", "", Some((HEARD, &body)))?;
        self.answered("INFO", answer).await
    }

    /// The next key pressed: 0–9, *, #, A–D. Keys pressed while nobody asked are kept, 32 at most.
    /// Safe to drop and call again.
    ///
    /// # Errors
    /// [`CallError::HungUp`], [`CallError::Broken`]: the call is over.
    pub async fn key(&mut self) -> Result<char, CallError> {
        match self.keys.recv().await {
            Some(key) => Ok(key),
            None => Err(self.trunk.calls().why_over(self.number)),
        }
    }

    /// Hangs up with a Reason (RFC 3326) of a Q.850 cause and a text; cause 16 is a call that was
    /// completed, any other one that was dropped, with `text` as its code where that is a number, else with the
    /// cause. Resolves when the other side
    /// has taken it.
    ///
    /// # Errors
    /// As [`Dialog::heard`].
    pub async fn hang_up(self, cause: u8, text: &str) -> Result<(), CallError> {
        let answer = self.trunk.calls().bye(self.number, &fields::reason(cause, text))?;
        self.answered("BYE", answer).await
    }

    async fn answered(&self, method: &str, answer: Answer) -> Result<(), CallError> {
        match timeout(self.trunk.patience(), answer).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) => Err(self.trunk.calls().why_over(self.number)),
            Err(_) => Err(self.trunk.silence(method)),
        }
    }
}

impl Drop for Dialog {
    fn drop(&mut self) {
        let mut calls = self.trunk.calls();
        // A call that is over already needs no further word.
        let _ = calls.bye(self.number, &fields::reason(LET_GO, "let go"));
        calls.forget(self.number);
    }
}
