//! Gather: prompts that the first key cuts short, keys until there are enough of them, and the
//! document that they lead to.

use super::fetch::Visit;
use super::run::{Halt, Keys, Run};
use squall_platform::time;
use squall_wire::twiml::Gather;
use std::time::Duration;
use url::Url;

/// Most digits of one Gather that sets no number. Ours: Twilio says unlimited.
const MAX_DIGITS: u32 = 1_000;

impl Run<'_> {
    /// Where the keys lead; `None` where the script goes on below, as none was pressed.
    pub(super) async fn gather(
        &mut self,
        gather: Gather,
        base: Option<&Url>,
    ) -> Result<Option<Visit>, Halt> {
        let mut digits = String::new();
        // The key that ends a Gather does so only behind a digit (Twilio's page on Gather).
        let first = gather.finish_on.map_or(Keys::Wanted, Keys::But);
        for prompt in &gather.prompts {
            if let Some(key) = self.prompt(prompt, base, first).await? {
                digits.push(key);
                break;
            }
        }
        self.collect(&gather, &mut digits).await?;
        if digits.is_empty() && !gather.on_empty {
            self.tell("gather", None, None).await?;
            return Ok(None);
        }
        // An empty reference is the document itself.
        let action = gather.action.as_deref().unwrap_or_default();
        let more = vec![("Digits", digits)];
        self.lead(action, gather.method, base, more, "gather").await.map(Some)
    }

    async fn collect(&mut self, gather: &Gather, digits: &mut String) -> Result<(), Halt> {
        let most = gather.num_digits.unwrap_or(MAX_DIGITS).min(MAX_DIGITS) as usize;
        let patience = Duration::from_secs(u64::from(gather.timeout_s));
        while digits.len() < most {
            let keys = match gather.finish_on {
                Some(key) if digits.is_empty() => Keys::But(key),
                _ => Keys::Wanted,
            };
            match self.meanwhile(time::sleep(patience), keys).await?.key() {
                None => break,
                Some(key) if Some(key) == gather.finish_on => break,
                Some(key) => digits.push(key),
            }
        }
        Ok(())
    }
}
