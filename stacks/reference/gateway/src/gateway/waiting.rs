//! Everything that waits in a gateway and its broker, each message once, for who asks page by page.

use super::under_way::UnderWay;
use crate::broker::Broker;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The list whose pages are being asked for. A list of its own for each page would shift under the asker,
/// who would never be told of what slipped to a page that he already has.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Vec<String>>);

impl Waiting {
    /// # Errors
    /// Where the broker does not tell all.
    pub(super) async fn page(
        &self,
        broker: &Broker,
        under_way: &UnderWay,
        after: usize,
        max: usize,
    ) -> Result<Vec<String>, String> {
        if after == 0 || self.lock().len() < after {
            self.lock().clear();
            let listed = list(broker, under_way).await?;
            *self.lock() = listed;
        }
        let mut listed = self.lock();
        let page: Vec<String> = listed.iter().skip(after).take(max).cloned().collect();
        if page.len() < max {
            listed.clear();
        }
        Ok(page)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By sid: a message is here and there, and is one all the same. It moves from the broker to here, and
/// back where its connection breaks, so it is looked for here before and after.
async fn list(broker: &Broker, under_way: &UnderWay) -> Result<Vec<String>, String> {
    let mut waiting = under_way.texts();
    let listed = broker.list().await.map_err(|why| why.to_string())?;
    waiting.extend(listed.into_iter().map(|message| (message.sid, message.text)));
    waiting.append(&mut under_way.texts());
    Ok(waiting.into_values().collect())
}
