//! Made-up records that look like real ones: for tests and for looking at the page, nowhere else.
//!
//! The scenario names say that the data is a sample. A queue is lost; its region's messages wait (or
//! are refused, or vanish) and are delivered after the heal at a stated rate.

mod facts;
mod plan;

pub use facts::facts;
pub use plan::plan;

use squall_model::judged::Judged;
use squall_model::plan::*;
use squall_model::record::{Header, Record, SCHEMA};
use squall_model::units::{Micros, Span};
use squall_report::{DrillReport, RunInfo, RunReport};

/// What differs between samples.
#[derive(Clone)]
pub struct Sample {
    pub scenario: &'static str,
    pub clock: Clock,
    pub end: Micros,
    pub fault: Option<Span>,
    pub per_second: f64,
    pub subscribers: u32,
    pub sampled: u64,
    pub failover: bool,
    pub lose_one_in: u64,
    pub refuse: Option<Span>,
    pub expected: Expected,
}

/// 9 hours and a half with seven hours of loss, as long as the incident that drills replay.
pub fn long() -> Sample {
    let at = |minutes: u64| Micros::from_secs(minutes * 60);
    Sample {
        scenario: "Sample data: the queue of one region is lost for seven hours",
        clock: Clock { start_unix_us: 1_768_001_400_000_000, offset_seconds: 25_200, stated: true },
        end: at(570),
        fault: Some(Span { start: at(30), end: at(450) }),
        per_second: 11.574,
        subscribers: 360_000,
        sampled: 100,
        failover: false,
        lose_one_in: 900,
        refuse: Some(Span { start: at(200), end: at(260) }),
        expected: Expected::Pass,
    }
}

/// The same with another region that takes over.
#[allow(dead_code)] // looked at, by the example
pub fn with_failover() -> Sample {
    Sample {
        scenario: "Sample data: another region takes over",
        failover: true,
        lose_one_in: 0,
        refuse: None,
        ..long()
    }
}

/// Three minutes, small enough to be looked at line by line.
pub fn short() -> Sample {
    Sample {
        scenario: "Sample data: the queue is lost for a minute",
        clock: Clock { start_unix_us: 0, offset_seconds: 0, stated: false },
        end: Micros::from_secs(180),
        fault: Some(Span { start: Micros::from_secs(60), end: Micros::from_secs(120) }),
        per_second: 20.0,
        subscribers: 2_000,
        sampled: 1,
        failover: false,
        lose_one_in: 100,
        refuse: None,
        expected: Expected::Pass,
    }
}

/// No fault at all.
pub fn calm() -> Sample {
    Sample { scenario: "Sample data: nothing happens", fault: None, lose_one_in: 0, ..short() }
}

pub fn judged(sample: &Sample) -> (Judged, Record) {
    let record = record(sample);
    (squall_model::judge::judge(&record), record)
}

pub fn header(drill: usize) -> Header {
    Header {
        schema: SCHEMA.into(),
        squall: "0.1.0".into(),
        engine: "sim".into(),
        plan_hash: "5d02a1c4b81c".into(),
        drill,
    }
}

pub fn record(sample: &Sample) -> Record {
    let plan = plan(sample);
    let mut record = Record::builder(header(0), plan.clone());
    facts(sample, &plan).into_iter().for_each(|fact| record.push(fact));
    record.finish()
}

/// A whole run of samples, judged.
pub fn run(samples: &[Sample]) -> RunReport {
    let drills = samples.iter().map(|sample| {
        let (judged, record) = judged(sample);
        DrillReport::new(judged, record)
    });
    let info = RunInfo {
        squall: "0.1.0".into(),
        engine: "sim".into(),
        seed: 42,
        started: "2026-11-22T09:14:05Z".into(),
        wall_ms: 1_250,
        command: ["squall", "run", "features"].map(str::to_owned).into(),
        undo_verified: true,
    };
    RunReport::new(drills, info)
}
