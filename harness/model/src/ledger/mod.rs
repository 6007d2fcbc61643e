//! The message ledger: what became of every message, and the books closed over all of them.
//!
//! [`MessageTable`] takes facts one at a time, so a record of ten million messages is never held
//! as facts; [`close`] turns it into [`Ledger`]. Deliberately absent: phases, faults, verdicts.

mod close;
mod message;
mod order;
mod table;
mod verbs;

pub use close::{Fate, Ledger, close};
pub use message::{Answered, Known, Message, State};
pub use table::{Extra, MessageTable};
pub use verbs::{Heard, Verbs};

#[cfg(test)]
mod reference;
