//! One message from its acceptance to the sender's knowledge of its end.
//!
//! SMS first. Where `voice_fallback` is on, a call follows once the SMS has failed or is late; then
//! whichever arrives first decides. A message that an earlier life of the application had open is
//! begun anew, and may so arrive twice.

use super::tuning::Tuning;
use super::{App, End};
use crate::message::{Envelope, show};
use futures::future::{Either, select};
use squall_platform::time;
use squall_role::callbacks::Told;
use squall_wire::json_api::{Receipt, Status};
use std::pin::pin;
use std::sync::Arc;

/// Tries of a receipt.
pub(super) const TRIES: u32 = 10;

pub(super) fn begin(app: &Arc<App>, message: Envelope) {
    let (node, app) = (app.node.clone(), app.clone());
    let message = Arc::new(message);
    app.open().insert(message.sid, message.clone());
    node.spawn(async move {
        let end = app.bring(&message).await;
        app.waiting.forget(message.sid);
        if app.tell_sender(&message, end).await {
            app.open().remove(&message.sid);
            app.release(message.sid).await;
        }
    });
}

impl App {
    async fn bring(&self, message: &Envelope) -> End {
        let tuning = self.settings.get();
        let sms = pin!(self.by_sms(message, &tuning));
        let end = if tuning.voice_fallback && self.voice.is_some() {
            self.with_voice(message, &tuning, sms).await
        } else {
            let end = sms.await;
            self.count(end, &self.counts.by_sms)
        };
        if end != End::Delivered {
            self.counts.failed.inc();
        }
        end
    }

    /// The SMS until it is late or has failed, then a call beside it.
    async fn with_voice(
        &self,
        message: &Envelope,
        tuning: &Tuning,
        sms: impl Future<Output = End> + Unpin,
    ) -> End {
        let (counts, late) = (&self.counts, pin!(time::sleep(tuning.voice_after)));
        let sms = match select(sms, late).await {
            Either::Left((End::Delivered, _)) => return self.count(End::Delivered, &counts.by_sms),
            Either::Left(_) => {
                let end = self.by_voice(message).await;
                return self.count(end, &counts.by_voice);
            }
            Either::Right((_, sms)) => sms,
        };
        let voice = pin!(self.by_voice(message));
        match select(sms, voice).await {
            Either::Left((End::Delivered, _)) => self.count(End::Delivered, &counts.by_sms),
            Either::Left((_, voice)) => {
                let end = voice.await;
                self.count(end, &counts.by_voice)
            }
            Either::Right((End::Delivered, _)) => self.count(End::Delivered, &counts.by_voice),
            Either::Right((_, sms)) => {
                let end = sms.await;
                self.count(end, &counts.by_sms)
            }
        }
    }

    /// Counts an arrival on the channel it came by.
    fn count(&self, end: End, arrived: &prometheus_client::metrics::counter::Counter) -> End {
        if end == End::Delivered {
            arrived.inc();
        }
        end
    }

    pub(super) fn is_stale(&self, message: &Envelope) -> bool {
        message.valid_until_us.is_some_and(|until| self.node.unix_us() > until)
    }

    /// False: the application stops before the sender has heard.
    async fn tell_sender(&self, message: &Envelope, end: End) -> bool {
        let Some(url) = &message.callback else { return true };
        let (status, code) = match end {
            End::Delivered => (Status::Delivered, None),
            End::Expired => (Status::Expired, None),
            End::Failed => (Status::Failed, Some("no_channel".to_owned())),
        };
        let receipt = Receipt { id: show(message.sid), to: message.to.clone(), status, code };
        let Some(request) = receipt.request(url) else { return true };
        let told = self.receipts.tell(request, || ()).await;
        if told == Told::GivenUp {
            self.counts.untold.inc();
        }
        told != Told::Stopped
    }
}
