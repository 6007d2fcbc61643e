//! For this crate's own tests: a small plan, a sink whose facts can be read back, and an ingress that
//! panics.

use crate::ingress::{Ingress, Submission};
use crate::stage::config::Credentials;
use squall_model::fact::{Answer, Fact, ReceiptState};
use squall_model::plan::{Clock, Expected, Plan, SCHEMA};
use squall_model::stack::{Ingress as Entry, Receipts, Segment, Slo, Stack};
use squall_model::traffic::{Pool, RateFrom, Traffic};
use squall_model::units::Micros;
use squall_wire::http::{Request, Response};
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// A stack of nothing but a sender, and traffic at `per_second` until `end`.
pub(crate) fn plan(per_second: f64, end: Micros) -> Plan {
    let segment = Segment {
        name: "all".into(),
        carrier: "c".into(),
        region: "r".into(),
        share: 1.0,
        prefix: "+6200".into(),
    };
    Plan {
        schema: SCHEMA.into(),
        feature: "f".into(),
        scenario: "s".into(),
        file: "f.feature".into(),
        line: 1,
        tags: Vec::new(),
        expected: Expected::Pass,
        stack: Stack {
            name: "test".into(),
            summary: String::new(),
            slo: Slo {
                target: 0.99,
                deadline: Micros::from_secs(30),
                period: Micros::from_secs(86_400),
            },
            settings: Default::default(),
            timers: Default::default(),
            regions: vec!["r".into()],
            nodes: Vec::new(),
            links: Vec::new(),
            carriers: Vec::new(),
            segments: vec![segment.clone()],
            ingress: Entry { kind: "twilio".into(), node: "edge".into() },
            receipts: Receipts::Callback,
            profile: None,
            external: None,
        },
        clock: Clock { start_unix_us: 0, offset_seconds: 0, stated: false },
        seed: 42,
        traffic: Traffic {
            item: Default::default(),
            rates: vec![RateFrom { at: Micros::ZERO, per_second }],
            population: vec![Pool { segment, subscribers: 100_000 }],
            sampled: 1,
            validity: None,
        },
        warm_up: Micros::from_secs(5).min(end),
        end,
        drain: Micros::from_secs(20),
        faults: Vec::new(),
        changes: Vec::new(),
        objectives: Vec::new(),
        guards: Vec::new(),
        cost_per_hour: None,
        about: Default::default(),
    }
}

/// Keeps what is written to it.
#[derive(Clone, Default)]
pub(crate) struct SharedSink(pub(crate) Arc<Mutex<Vec<u8>>>);

impl SharedSink {
    pub(crate) fn facts(&self) -> Vec<Fact> {
        let bytes = self.0.lock().unwrap();
        bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }
}

impl Write for SharedSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Twilio's, until the driver asks for one request too many.
pub(crate) struct Panics {
    twilio: crate::ingress::twilio::Twilio,
    asked: AtomicUsize,
}

impl Panics {
    /// Requests that it makes before it panics.
    pub(crate) const AFTER: usize = 400;

    pub(crate) fn new(credentials: &Credentials) -> Self {
        let twilio = crate::ingress::twilio::Twilio::new(credentials, None);
        Panics { twilio, asked: AtomicUsize::new(0) }
    }
}

impl Ingress for Panics {
    fn request(&self, submission: &Submission<'_>) -> Result<Request, String> {
        let asked = self.asked.fetch_add(1, Relaxed);
        assert!(asked < Panics::AFTER, "planned: the driver panics in message {asked}");
        self.twilio.request(submission)
    }

    fn answer(&self, response: &Response) -> Answer {
        self.twilio.answer(response)
    }

    fn receipt(&self, request: &Request) -> Option<ReceiptState> {
        self.twilio.receipt(request)
    }
}
