//! The toxics of one direction of one connection, in order, each feeding the next.

use super::toxic::{DrawKey, Toxic};
use super::toxics::{Item, Pulled, Stage};
use squall_platform::time::Instant;
use std::collections::VecDeque;
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Chain {
    slots: Vec<Slot>,
}

struct Slot {
    toxic: Arc<Toxic>,
    /// What was drawn for this connection.
    number: f64,
    /// `None` where the draw said that the toxic does not act here.
    stage: Option<Box<dyn Stage>>,
}

impl Slot {
    fn new(toxic: &Arc<Toxic>, key: DrawKey<'_>, now: Instant) -> Slot {
        let (number, rng) = toxic.draw(key);
        let stage = toxic.acts(number).then(|| (toxic.kind.stage)(&toxic.attributes, rng, now));
        Slot { toxic: toxic.clone(), number, stage }
    }

    /// Takes over a changed toxic; gives back what a stage that no longer acts was holding.
    fn follow(&mut self, toxic: &Arc<Toxic>, key: DrawKey<'_>, now: Instant) -> VecDeque<Item> {
        if Arc::ptr_eq(&self.toxic, toxic) {
            return VecDeque::new();
        }
        self.toxic = toxic.clone();
        match (&mut self.stage, toxic.acts(self.number)) {
            (Some(stage), true) => stage.set(&toxic.attributes),
            (None, true) => {
                let (_, rng) = toxic.draw(key);
                self.stage = Some((toxic.kind.stage)(&toxic.attributes, rng, now));
            }
            (_, false) => return self.stage.take().map_or_else(VecDeque::new, Stage::remove),
        }
        VecDeque::new()
    }
}

impl Chain {
    /// Whether no toxic acts here.
    pub(super) fn is_idle(&self) -> bool {
        self.slots.iter().all(|slot| slot.stage.is_none())
    }

    /// Becomes the chain of `toxics`. Those that stay keep what they hold and their place; what
    /// those that go were holding passes on to the next stage, or to `out` behind the last.
    pub(super) fn follow(
        &mut self,
        toxics: &[Arc<Toxic>],
        key: DrawKey<'_>,
        now: Instant,
        out: &mut VecDeque<Item>,
    ) {
        let mut carried = VecDeque::new();
        let mut slots: Vec<Slot> = Vec::with_capacity(toxics.len());
        for mut slot in std::mem::take(&mut self.slots) {
            match toxics.iter().find(|toxic| toxic.id == slot.toxic.id) {
                Some(toxic) => {
                    let released = slot.follow(toxic, key, now);
                    hand_over(&mut carried, slot.stage.as_mut(), now);
                    // What this one held is older than what the ones before it did.
                    carried = released.into_iter().chain(carried).collect();
                    slots.push(slot);
                }
                None => {
                    let released = slot.stage.map_or_else(VecDeque::new, Stage::remove);
                    carried = released.into_iter().chain(carried).collect();
                }
            }
        }
        for toxic in toxics {
            if !slots.iter().any(|slot| slot.toxic.id == toxic.id) {
                let mut slot = Slot::new(toxic, key, now);
                hand_over(&mut carried, slot.stage.as_mut(), now);
                slots.push(slot);
            }
        }
        out.extend(carried);
        self.slots = slots;
    }

    /// Whether the first stage takes more.
    pub(super) fn has_room(&self) -> bool {
        self.slots.iter().find_map(|slot| slot.stage.as_ref()).is_none_or(|s| s.has_room())
    }

    pub(super) fn push(&mut self, item: Item, now: Instant) {
        if let Some(first) = self.slots.iter_mut().find_map(|slot| slot.stage.as_mut()) {
            first.push(item, now);
        }
    }

    /// Moves on everything that is due at `now`; into `out` only where it is empty, so that a
    /// receiver's pace reaches back to the source. Gives the instant at which more will be due.
    pub(super) fn pump(&mut self, now: Instant, out: &mut VecDeque<Item>) -> Option<Instant> {
        let mut stages: Vec<_> = self.slots.iter_mut().filter_map(|s| s.stage.as_mut()).collect();
        loop {
            let mut moved = false;
            let mut next: Option<Instant> = None;
            for at in (0..stages.len()).rev() {
                while stages.get(at + 1).map_or(out.is_empty(), |after| after.has_room()) {
                    match stages[at].pull(now) {
                        Pulled::Nothing => break,
                        Pulled::Later(due) => {
                            next = Some(next.map_or(due, |next| next.min(due)));
                            break;
                        }
                        Pulled::Item(item) => {
                            moved = true;
                            match stages.get_mut(at + 1) {
                                Some(after) => after.push(item, now),
                                None => out.push_back(item),
                            }
                        }
                    }
                }
            }
            if !moved {
                return next;
            }
        }
    }
}

fn hand_over(carried: &mut VecDeque<Item>, to: Option<&mut Box<dyn Stage>>, now: Instant) {
    if let Some(stage) = to {
        carried.drain(..).for_each(|item| stage.push(item, now));
    }
}
