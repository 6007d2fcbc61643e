//! Problems of the run itself rather than of the stack: what they excuse, and what they put in doubt.

use crate::case::Case;
use crate::check::Checked;
use crate::fact::Fact;
use crate::ledger::Message;
use crate::record::Record;
use crate::stats::nth;
use crate::units::Micros;
use crate::verdict::Verdict;
use crate::words::of;

/// What went wrong with the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Troubles {
    /// For people.
    pub sentences: Vec<String>,
    /// Those that let nothing pass, as half sentences.
    doubts: Vec<String>,
    /// Arrivals that the schedule held and that were never sent.
    never_sent: u64,
    /// 99th percentile of sent − due.
    lag: Micros,
}

impl Troubles {
    pub fn find(record: &Record, case: &Case<'_>) -> Troubles {
        let mut troubles = Troubles::default();
        troubles.load(record);
        troubles.ledger(record, case);
        for (index, fault) in case.faults.iter().enumerate().filter(|(_, f)| !f.proven) {
            let text = record.plan.faults.get(index).map_or("", |planned| planned.text.as_str());
            let why = fault.reason.trim_start_matches("Not proven: ").trim_end_matches('.');
            troubles
                .doubt_because(format!("the fault \u{201c}{text}\u{201d} is not proven: {why}"));
        }
        for event in &record.events {
            match event {
                Fact::Interrupted { at, reason } if case.stopped.is_some() => {
                    troubles.doubt_because(format!("the drill was stopped {at} into it: {reason}"))
                }
                Fact::Interrupted { reason, .. } => {
                    troubles.doubt_because(format!("the drill was interrupted: {reason}"));
                }
                Fact::Exit(exit) if !exit.planned => troubles.doubt_because(format!(
                    "{} ended by itself {} into the drill ({})",
                    exit.node, exit.at, exit.status
                )),
                Fact::Lever(lever) if lever.fault.is_none() => {
                    let why = match &lever.error {
                        Some(error) => format!("failed: {error}"),
                        None if !lever.read_back => "did not read back".to_owned(),
                        None => continue,
                    };
                    troubles.doubt_because(format!("a planned change {why}"));
                }
                _ => {}
            }
        }
        troubles
    }

    fn load(&mut self, record: &Record) {
        let attempted = record.messages.submits();
        let (mut scheduled, mut sent, mut lag, mut told) = (0, 0, Micros::ZERO, false);
        for event in &record.events {
            if let Fact::Load(load) = event {
                told = true;
                scheduled = scheduled.max(load.scheduled);
                sent = sent.max(load.sent);
                lag = lag.max(load.lag_p99);
            }
        }
        self.never_sent = record.messages.holes().max(scheduled.saturating_sub(sent));
        if self.never_sent > 0 {
            let never = of(self.never_sent, "scheduled message");
            self.sentences.push(format!("{never} never sent."));
        }
        if sent > attempted {
            let gone = of(sent - attempted, "message");
            self.doubt_because(format!("{gone} sent came to no entry in the record"));
        }
        if !told {
            self.sentences.push("The generator left no account of its own lag.".into());
        }
        let mut lags: Vec<u32> = record.messages.attempted().map(|(_, m)| m.lag_us).collect();
        let rank = (lags.len() as u64 * 99).div_ceil(100).max(1);
        let seen = nth(&mut lags, rank).map_or(Micros::ZERO, |lag| Micros(u64::from(lag)));
        self.lag = lag.max(seen);
    }

    fn ledger(&mut self, record: &Record, case: &Case<'_>) {
        let books = &case.ledger.accounting;
        if !books.balances() {
            self.doubt_because("the message ledger does not balance".into());
        }
        let strays = record.messages.strays();
        if strays > 0 {
            self.doubt_because(format!(
                "{} of the record fit neither the plan nor each other",
                of(strays, "fact")
            ));
        }
        let gaps = record.messages.gaps();
        if gaps > 0 {
            let lines = of(gaps, "line");
            self.doubt_because(format!("{lines} of the carriers' logs are not in the record"));
        }
        let rows =
            record.messages.rows().iter().filter(|m: &&Message| m.attempted()).count() as u64;
        if rows != books.attempted && strays == 0 {
            self.doubt_because("the message ledger does not balance".into());
        }
    }

    fn doubt_because(&mut self, doubt: String) {
        if !self.doubts.contains(&doubt) {
            let mut sentence = doubt.clone();
            if let Some(first) = sentence.get(..1) {
                sentence = first.to_uppercase() + &sentence[1..];
            }
            self.sentences.push(sentence + ".");
            self.doubts.push(doubt);
        }
    }

    /// Why nothing can pass, as a half sentence.
    pub fn doubt(&self) -> Option<String> {
        let first = self.doubts.first()?;
        Some(match self.doubts.len() - 1 {
            0 => first.clone(),
            more => format!("{first}, and {more} more"),
        })
    }

    /// Why nothing that was measured counts towards a score, as a sentence: any trouble of the run, and
    /// a generator that lagged by more than 1% of the stack's deadline.
    pub fn unsettles(&self, case: &Case<'_>) -> Option<String> {
        let lagged = || {
            let why = format!("The generator lagged by {} at its 99th percentile.", self.lag);
            (self.lag.0 > case.deadline().0 / 100).then_some(why)
        };
        self.sentences.first().cloned().or_else(lagged)
    }

    /// Where the generator did not hold the load: no share is decided on messages it never sent, and a
    /// breach of time may be its own lag. Lag never helps a stack to pass, so a Pass stands.
    pub fn excuse(&self, checked: &mut Checked) {
        let finding = &mut checked.finding;
        if self.never_sent > 0 && checked.test.is_some() && finding.verdict != Verdict::Inconclusive
        {
            finding.verdict = Verdict::Inconclusive;
            let never = of(self.never_sent, "scheduled message");
            finding.reason = format!("Load not held, {never} never sent. {}", finding.reason);
        }
        let allowed = checked.limit.map(|limit| Micros(limit.0 / 100));
        if finding.verdict == Verdict::Fail && allowed.is_some_and(|allowed| self.lag > allowed) {
            finding.verdict = Verdict::Inconclusive;
            finding.reason = format!(
                "Load not held, the generator lagged by {} at its 99th percentile. {}",
                self.lag, finding.reason
            );
        }
    }
}
