//! Which network a number belongs to. Numbers are handed out to networks in blocks of a thousand, so
//! one answer holds for its block; of most blocks the application knows the network anyway.

use super::counts::Counts;
use super::tuning::{NumberLookup, Tuning};
use squall_wire::http::Client;
use squall_wire::twilio::lookup::{self, Lookup};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Digits of a number inside its block.
const IN_BLOCK: usize = 3;

pub(super) struct Lookups {
    pub client: Client,
    /// Where the vendor that answers is reached; `None` where the stack has none.
    pub address: Option<String>,
    pub account: String,
    pub secret: String,
    pub timeout: Duration,
    pub counts: Arc<Counts>,
    /// Block → network, as far as asked. As large as the numbering plan, no larger.
    pub known: Mutex<BTreeMap<String, String>>,
}

impl Lookups {
    /// Whether a message to `number` may go out: its network is known, or need not be.
    pub(super) async fn clears(&self, number: &str, tuning: &Tuning) -> bool {
        let Some(address) = &self.address else { return true };
        let block = &number[..number.len().saturating_sub(IN_BLOCK)];
        if tuning.number_lookup == NumberLookup::Off || !is_shared(block, tuning.lookup_percent) {
            return true;
        }
        let caches = tuning.number_lookup == NumberLookup::Cached;
        if caches && self.known().contains_key(block) {
            self.counts.lookups_saved.inc();
            return true;
        }
        let Some(network) = self.ask(address, number).await else {
            self.counts.lookups_failed.inc();
            return false;
        };
        self.counts.lookups.inc();
        if caches {
            self.known().insert(block.to_owned(), network);
        }
        true
    }

    async fn ask(&self, address: &str, number: &str) -> Option<String> {
        let request = lookup::request(number, &self.account, &self.secret)?;
        let answer = self.client.send(address, request, self.timeout).await.ok()?;
        let found = Lookup::parse(answer.body()).filter(|_| answer.status().is_success())?;
        found.network().map(str::to_owned)
    }

    /// A panic elsewhere leaves it whole: entries are only ever added.
    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of a hundred neighbouring blocks, `percent` are shared by several networks.
fn is_shared(block: &str, percent: u32) -> bool {
    let last_two = block.len().checked_sub(2).and_then(|from| block.get(from..));
    let number: u32 = last_two.and_then(|digits| digits.parse().ok()).unwrap_or(0);
    number < percent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_blocks_has_to_be_looked_up() {
        let shared = |percent| {
            let blocks = (0..1000).map(|block| format!("+620{block:04}"));
            blocks.filter(|block| is_shared(block, percent)).count()
        };
        assert_eq!([shared(0), shared(30), shared(100)], [0, 300, 1000]);
        assert!(!is_shared("", 0) && is_shared("x", 1));
    }
}
