//! From warm-up to recovery: the plan's acts, each at its instant.

use super::cast::Cast;
use super::{Conductor, Interruption};
use crate::timeline::{self, Act};

impl Conductor {
    pub(super) async fn acts(&mut self, cast: &mut Cast) -> Result<(), Interruption> {
        for (at, act) in timeline::acts(&self.plan) {
            self.wait_until(at, cast).await?;
            match act {
                Act::EndWarmUp => self.enter("baseline"),
                Act::Inject(fault) => self.inject(fault).await,
                Act::Heal(fault) => self.heal(fault).await,
                Act::Change(change) => self.change(change).await,
            }
        }
        self.wait_until(self.plan.end, cast).await
    }
}
