//! The truth about what reached handsets: each carrier's own log, read on from where it was left.

use crate::clock::DrillClock;
use crate::levers::behaviour;
use crate::recorder::Recorder;
use crate::stage::Control;
use serde::Deserialize;
use squall_model::fact::{CarrierEvent, CarrierSaw, Draws, Fact};
use squall_platform::time;
use std::time::Duration;

/// Entries asked for at once.
const PAGE: usize = 5_000;
/// How often a log is asked for at the end before it counts as unreadable, a second apart.
const TRIES: usize = 10;

pub(super) struct CarrierLog {
    carrier: String,
    control: Control,
    clock: DrillClock,
    recorder: Recorder,
    /// Sequence number of the first entry that may be of this run; the record counts from there.
    begins: u64,
    /// Sequence number to read on from.
    next: u64,
}

#[derive(Deserialize)]
struct Page {
    next: u64,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    seq: u64,
    unix_us: u64,
    message: Option<u64>,
    event: CarrierEvent,
    /// Who submitted it; a carrier need not tell.
    #[serde(default)]
    via: Option<String>,
}

impl CarrierLog {
    pub(super) fn new(
        carrier: &str,
        control: &Control,
        clock: DrillClock,
        recorder: &Recorder,
    ) -> Self {
        let begins = control.directory().log_start(carrier);
        let (control, recorder) = (control.clone(), recorder.clone());
        CarrierLog { carrier: carrier.to_owned(), control, clock, recorder, begins, next: begins }
    }

    /// Everything new, and the draws so far. A carrier that does not answer is down, or frozen, or
    /// slow: its log waits.
    pub(super) async fn poll(&mut self) {
        if self.read().await.is_ok() {
            let _ = self.draws().await;
        }
    }

    /// # Errors
    /// Where the log cannot be read to its end after several tries.
    pub(super) async fn read_to_end(&mut self) -> Result<(), String> {
        let mut tries = 1;
        while let Err(error) = self.read().await {
            if tries == TRIES {
                return Err(error);
            }
            tries += 1;
            time::sleep(Duration::from_secs(1)).await;
        }
        self.draws().await
    }

    async fn read(&mut self) -> Result<(), String> {
        let numbers = self.control.directory().numbers();
        loop {
            let path = format!("/log?from={}&max={PAGE}", self.next);
            let page: Page = self.control.get(&self.carrier, &path).await?;
            if let Some(hole) = page.entries.first().filter(|first| first.seq > self.next) {
                return Err(format!("it begins at {}, not at {}", hole.seq, self.next));
            }
            let full = page.entries.len() >= PAGE;
            for entry in page.entries {
                self.recorder.write(&Fact::Carrier(CarrierSaw {
                    at: self.clock.of_unix_us(entry.unix_us),
                    m: entry.message.and_then(|number| numbers.inside(number)),
                    carrier: self.carrier.clone(),
                    seq: entry.seq.saturating_sub(self.begins),
                    what: entry.event,
                    via: entry.via,
                }));
            }
            self.next = page.next.max(self.next);
            if !full {
                return Ok(());
            }
        }
    }

    async fn draws(&self) -> Result<(), String> {
        for (name, view) in behaviour::in_force(&self.control, &self.carrier).await? {
            self.recorder.write(&Fact::Draws(Draws {
                at: self.clock.now(),
                carrier: self.carrier.clone(),
                name,
                drawn: view.drawn,
                hit: view.hit,
            }));
        }
        Ok(())
    }
}
