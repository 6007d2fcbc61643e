//! The waiting between acts, with each second's chores: flush, exits, progress, guards.

use super::cast::Cast;
use super::{Conductor, Interruption};
use crate::progress::{Progress, Tally};
use crate::wish::{Wish, wished};
use squall_model::fact::{Exit, Fact};
use squall_model::units::Micros;
use squall_platform::time;

impl Conductor {
    pub(super) async fn wait_until(&mut self, at: Micros, cast: &Cast) -> Result<(), Interruption> {
        let deadline = self.clock.instant(at);
        loop {
            tokio::select! {
                biased;
                () = wished(&mut self.wishes, Wish::Stop) => {
                    return Err(Interruption::by_the_user());
                }
                () = time::sleep_until(deadline) => return Ok(()),
                _ = self.tick.tick() => {}
            }
            self.chores()?;
            if let Some(who) = cast.died(&self.tally) {
                return Err(Interruption(format!("{who} died")));
            }
        }
    }

    fn chores(&mut self) -> Result<(), Interruption> {
        let at = self.clock.now();
        self.recorder.flush();
        for (node, status) in self.stage.engine.exits() {
            self.recorder.write(&Fact::Exit(Exit { at, node, planned: false, status }));
        }
        let scheduled = Tally::read(&self.tally.scheduled);
        let delivered = Tally::read(&self.tally.delivered);
        self.look(at, scheduled, delivered);
        if self.recorder.has_failed() {
            return Err(Interruption("the facts cannot be written".into()));
        }
        match self.watchman.look(at, scheduled, delivered) {
            Some(guard) => Err(Interruption(guard)),
            None => Ok(()),
        }
    }

    fn look(&mut self, at: Micros, scheduled: u64, delivered: u64) {
        let Some(progress) = &self.progress else { return };
        let span = (at - self.last_look.0).as_secs_f64();
        let rate = (scheduled - self.last_look.1) as f64 / span.max(1e-6);
        self.last_look = (at, scheduled);
        let _ = progress.send(Progress {
            drill: self.drill,
            at,
            ends: self.plan.end + self.plan.drain,
            phase: self.phase.clone(),
            rate,
            scheduled,
            delivered,
            faults_active: self.injected.len(),
        });
    }
}
