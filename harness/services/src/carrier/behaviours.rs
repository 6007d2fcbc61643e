//! The behaviours in force, their draws, and what they decide about one submit.

use super::answer::{self, Code};
use super::capacity::Capacity;
use super::dialect::Dialect;
use serde::Serialize;
use squall_model::behaviour::Behaviour;
use squall_model::stack::Counted;
use squall_platform::rng::Draw;
use squall_platform::{Node, Rng};
use std::collections::BTreeMap;

/// By name; asked in the order of their names, so that one seed gives one outcome.
pub(super) struct Behaviours {
    dialect: &'static Dialect,
    by_name: BTreeMap<String, Active>,
}

struct Active {
    behaviour: Behaviour,
    rng: Rng,
    /// For a refusal.
    code: Code,
    capacity: Option<Capacity>,
    drawn: u64,
    hit: u64,
}

/// A behaviour with its counts, as the control API shows it.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    behaviour: &'a Behaviour,
    drawn: u64,
    hit: u64,
}

/// What is decided about a submit before it is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Fate {
    pub refused: Option<Code>,
    pub swallowed: bool,
    /// The receipt claims what did not happen.
    pub lied: bool,
    pub answer_after_ms: u64,
}

/// What is decided about a receipt when it is promised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ReceiptFate {
    pub later_ms: u64,
    /// 0 is lost, 2 is repeated.
    pub copies: u8,
}

impl Active {
    fn draw(&mut self, share: f64) -> bool {
        self.drawn += 1;
        let hit = self.rng.random::<f64>() < share;
        self.hit += u64::from(hit);
        hit
    }
}

impl Behaviours {
    pub(super) fn new(dialect: &'static Dialect) -> Self {
        Behaviours { dialect, by_name: BTreeMap::new() }
    }

    /// Puts a behaviour in force, in place of one of the same name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn set(
        &mut self,
        node: &Node,
        name: &str,
        behaviour: Behaviour,
    ) -> Result<(), String> {
        let codes = &self.dialect.codes;
        let mut code = Code(codes.throttled);
        let mut capacity = None;
        match &behaviour {
            Behaviour::Refuse { answer, share } => {
                code = answer::parse(codes, answer)?;
                is_share(*share)?;
            }
            Behaviour::Capacity { per_second } => {
                capacity = Capacity::new(*per_second, Counted::Accepted);
                if capacity.is_none() {
                    return Err(format!("{per_second} is no rate"));
                }
            }
            Behaviour::ReceiptsDelayed { .. }
            | Behaviour::ReceiptsLost { .. }
            | Behaviour::ReceiptsRepeated { .. }
            | Behaviour::ReceiptsFalse { .. }
                if !self.dialect.receipts =>
            {
                return Err("this carrier sends no receipts".to_owned());
            }
            Behaviour::Swallow { share }
            | Behaviour::ReceiptsLost { share }
            | Behaviour::ReceiptsRepeated { share }
            | Behaviour::ReceiptsFalse { share } => is_share(*share)?,
            Behaviour::Throttle
            | Behaviour::AnswerAfter { .. }
            | Behaviour::ReceiptsDelayed { .. } => {}
        }
        let rng = node.rng(&format!("behaviour {name}"));
        let active = Active { behaviour, rng, code, capacity, drawn: 0, hit: 0 };
        self.by_name.insert(name.to_owned(), active);
        Ok(())
    }

    pub(super) fn clear(&mut self, name: &str) {
        self.by_name.remove(name);
    }

    pub(super) fn show<'a>(&'a self) -> BTreeMap<&'a str, Shown<'a>> {
        let shown = |(name, active): (&'a String, &'a Active)| {
            let Active { behaviour, drawn, hit, .. } = active;
            (name.as_str(), Shown { behaviour, drawn: *drawn, hit: *hit })
        };
        self.by_name.iter().map(shown).collect()
    }

    /// Draws for any request: how long its answer takes, and whether it is refused.
    pub(super) fn request(&mut self, now_us: u64) -> Fate {
        let mut fate = Fate::default();
        for active in self.by_name.values_mut() {
            if let Behaviour::AnswerAfter { delay_ms } = active.behaviour {
                active.draw(1.0);
                fate.answer_after_ms = fate.answer_after_ms.saturating_add(delay_ms);
            }
        }
        for active in self.by_name.values_mut() {
            let refuses = match active.behaviour {
                Behaviour::Throttle => active.draw(1.0),
                Behaviour::Refuse { share, .. } => active.draw(share),
                Behaviour::Capacity { .. } => {
                    let over = active.capacity.as_mut().is_some_and(|c| !c.take(now_us));
                    active.draw(if over { 1.0 } else { 0.0 })
                }
                _ => false,
            };
            if refuses {
                fate.refused = Some(active.code);
                break;
            }
        }
        fate
    }

    /// Draws for one submit. Refusals end it: what comes after them is not drawn.
    pub(super) fn submit(&mut self, now_us: u64) -> Fate {
        let mut fate = self.request(now_us);
        if fate.refused.is_some() {
            return fate;
        }
        for active in self.by_name.values_mut() {
            match active.behaviour {
                Behaviour::Swallow { share } => fate.swallowed |= active.draw(share),
                Behaviour::ReceiptsFalse { share } => fate.lied |= active.draw(share),
                _ => {}
            }
        }
        fate
    }

    /// Draws for one receipt.
    pub(super) fn receipt(&mut self) -> ReceiptFate {
        let (mut later_ms, mut lost, mut repeated) = (0u64, false, false);
        for active in self.by_name.values_mut() {
            match active.behaviour {
                Behaviour::ReceiptsDelayed { delay_ms } => {
                    active.draw(1.0);
                    later_ms = later_ms.saturating_add(delay_ms);
                }
                Behaviour::ReceiptsLost { share } => lost |= active.draw(share),
                Behaviour::ReceiptsRepeated { share } => repeated |= active.draw(share),
                _ => {}
            }
        }
        let copies = if lost { 0 } else { 1 + u8::from(repeated) };
        ReceiptFate { later_ms, copies }
    }
}

fn is_share(share: f64) -> Result<(), String> {
    if (0.0..=1.0).contains(&share) { Ok(()) } else { Err(format!("{share} is no share of 0–1")) }
}
