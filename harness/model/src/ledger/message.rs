//! One message's row: 48 bytes, because ten million of them have to fit.
//!
//! An instant that never came is [`Micros::MAX`], so "infinitely late" needs no special case.

use crate::units::Micros;

/// All that is known of one message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message {
    pub due: Micros,
    /// When the submit's answer came, or waiting for it ended.
    pub answered: Micros,
    /// First delivery to the handset, by the carriers' own logs.
    pub delivered: Micros,
    /// First final receipt.
    pub receipted: Micros,
    pub subscriber: u32,
    /// sent − due, in microseconds, at most `u32::MAX`.
    pub lag_us: u32,
    /// Submits seen by carriers.
    pub attempts: u16,
    pub deliveries: u16,
    /// Carrier of the first delivery: an index into [`super::MessageTable::carriers`].
    pub route: u8,
    /// Who submitted it for the first delivery: an index into [`super::MessageTable::nodes`],
    /// `u8::MAX` where the carrier's log does not tell.
    pub via: u8,
    pub answer: Answered,
    pub(super) flags: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Never attempted: the row exists because a carrier or a receipt named it.
    Never,
    Accepted,
    Rejected,
    Indeterminate,
}

/// Where a message stands in the ledger; the first that applies, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    NeverAttempted,
    Rejected,
    Indeterminate,
    Delivered,
    Late,
    Failed,
    Expired,
    Pending,
    /// Accepted, and nothing accounts for it: see [`super::Fate`].
    Missing,
}

pub(super) const CLAIMED: u8 = 1;
pub(super) const FAILED: u8 = 2;
pub(super) const EXPIRED: u8 = 4;
pub(super) const PENDING: u8 = 8;
pub(super) const SWALLOWED: u8 = 16;
/// A carrier saw the call end before its script did.
pub(super) const DROPPED: u8 = 64;
/// The first receipt told of a delivery.
pub(super) const GOOD_FIRST: u8 = 32;

impl Message {
    pub(super) const BLANK: Message = Message {
        due: Micros::MAX,
        answered: Micros::MAX,
        delivered: Micros::MAX,
        receipted: Micros::MAX,
        subscriber: u32::MAX,
        lag_us: 0,
        attempts: 0,
        deliveries: 0,
        route: u8::MAX,
        via: u8::MAX,
        answer: Answered::Never,
        flags: 0,
    };

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub fn attempted(&self) -> bool {
        self.answer != Answered::Never
    }

    pub fn was_delivered(&self) -> bool {
        self.deliveries > 0
    }

    /// A receipt claims delivery.
    pub fn claimed(&self) -> bool {
        self.has(CLAIMED)
    }

    /// A carrier took it and, by a behaviour, dropped it.
    pub fn swallowed(&self) -> bool {
        self.has(SWALLOWED)
    }

    /// A call that was answered and cut short.
    pub fn dropped(&self) -> bool {
        self.has(DROPPED)
    }

    /// From the scheduled instant; [`Micros::MAX`] where it never came.
    pub fn latency(&self) -> Micros {
        since(self.due, self.delivered)
    }

    /// Whether it counts for "of messages are delivered within": a refused message never does,
    /// an indeterminate one does when it arrived.
    pub fn in_time(&self, within: Micros) -> bool {
        matches!(self.answer, Answered::Accepted | Answered::Indeterminate)
            && self.was_delivered()
            && self.latency() <= within
    }

    /// When the sender could tell that this one went wrong, or `Err` with the instant of the good
    /// receipt. `None`: never attempted.
    pub fn known(&self, deadline: Micros) -> Option<Known> {
        let late = self.due + deadline;
        Some(match self.answer {
            Answered::Never => return None,
            Answered::Rejected => Known::Bad(self.answered.min(late)),
            _ if self.receipted > late => Known::Bad(late),
            _ if self.has(GOOD_FIRST) => Known::Good(self.receipted),
            _ => Known::Bad(self.receipted),
        })
    }

    pub fn state(&self, deadline: Micros) -> State {
        match self.answer {
            Answered::Never => State::NeverAttempted,
            Answered::Rejected => State::Rejected,
            Answered::Indeterminate => State::Indeterminate,
            Answered::Accepted if self.was_delivered() && self.latency() <= deadline => {
                State::Delivered
            }
            Answered::Accepted if self.was_delivered() => State::Late,
            Answered::Accepted if self.has(FAILED | DROPPED) => State::Failed,
            Answered::Accepted if self.has(EXPIRED) => State::Expired,
            Answered::Accepted if self.has(PENDING) => State::Pending,
            Answered::Accepted => State::Missing,
        }
    }
}

/// What the sender can know of a message, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Good(Micros),
    Bad(Micros),
}

/// `later − earlier`, where never stays never.
pub(crate) fn since(earlier: Micros, later: Micros) -> Micros {
    if later == Micros::MAX { Micros::MAX } else { later - earlier }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_stays_small() {
        assert!(std::mem::size_of::<Message>() <= 48);
    }

    #[test]
    fn what_never_came_is_infinitely_late() {
        let mut message = Message { due: Micros(5), ..Message::BLANK };
        assert_eq!(message.latency(), Micros::MAX);
        assert!(!message.in_time(Micros::MAX));
        message.answer = Answered::Accepted;
        assert!(!message.in_time(Micros::MAX));
        assert_eq!(message.known(Micros(10)), Some(Known::Bad(Micros(15))));
    }
}
