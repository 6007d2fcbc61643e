//! The nouns of a drill and the pure checks over its record.
//!
//! Data flows one way through these types: a [`plan::Plan`] is what shall happen, a
//! [`record::Record`] is what did happen, a [`verdict::Verdict`] is what follows from it.
//! Nothing here opens a file, asks a clock or draws a random number from outside.

pub mod about;
pub mod backlog;
pub mod behaviour;
pub mod calls;
pub mod case;
pub mod check;
pub mod comparison;
pub mod detection;
pub mod external;
pub mod fact;
pub mod failover;
pub mod fault;
pub mod impact;
pub mod judge;
pub mod judged;
pub mod ledger;
pub mod lever;
pub mod node_config;
pub mod objective;
pub mod plan;
pub mod proof;
pub mod record;
pub mod recovery;
pub mod score;
pub mod stack;
pub mod stats;
pub mod template;
pub mod timeline;
pub mod token;
pub mod traffic;
pub mod troubles;
pub mod units;
pub mod verdict;
pub mod windows;
pub mod words;

#[cfg(test)]
mod pairs;
#[cfg(test)]
mod sample;
