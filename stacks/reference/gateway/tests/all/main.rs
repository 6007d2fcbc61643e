//! The reference stack, wired without proxies, with the mock carrier behind it.

#![allow(clippy::unwrap_used)]

mod app;
mod brokers;
mod flow;
mod hostile;
mod loopback;
mod loss;
#[path = "../../../../../harness/services/tests/all/python.rs"]
mod python;
mod queue;
mod real;
mod stage;
mod stand_in;
mod twilio_sdk;
mod vendors;
