//! The open-loop generator: submits each message at its scheduled instant, whatever the system does.
//!
//! It waits for no answer before the next submit and never sends a message twice. Where too much is
//! under way already the next submits are late, which their latencies and the lag show; those that
//! are still not sent half-way through the drain stay unsent, and are counted as that.

mod callback;
mod lag;
#[cfg(test)]
mod tests;

pub(crate) use callback::{Callback, serve};

use crate::clock::DrillClock;
use crate::ingress::{Ingress, Submission};
use crate::numbers::Numbers;
use crate::progress::Tally;
use crate::recorder::Recorder;
use futures::stream::{FuturesUnordered, StreamExt};
use lag::Lag;
use squall_model::fact::{Answer, Fact, Submit};
use squall_model::plan::Plan;
use squall_model::token;
use squall_model::traffic::Arrival;
use squall_model::units::Micros;
use squall_platform::Node;
use squall_platform::running::Stopping;
use squall_platform::time::{self, Instant};
use squall_wire::http::{Client, HttpError};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Submits under way at most: each holds a connection, and a process may open only so many.
/// Their connections are all kept: a machine that falls behind must not make new ones on top of that.
pub(crate) const MOST_IN_FLIGHT: usize = 4_096;
/// Between two facts about the generator itself.
const REPORT_EVERY: Duration = Duration::from_secs(10);
/// The sender's patience with a submit, where the stack's timers state none.
const SUBMIT_TIMEOUT: Micros = Micros::from_secs(10);
/// Name of the stack's timer that states it.
const SUBMIT_TIMER: &str = "sender_timeout";

pub(crate) struct Driver {
    pub(crate) node: Node,
    pub(crate) client: Client,
    pub(crate) ingress: Arc<dyn Ingress>,
    /// The ingress's address, through its link.
    pub(crate) target: String,
    /// `http://host:port` of the way back, through its link.
    pub(crate) callback: String,
    pub(crate) numbers: Numbers,
    pub(crate) clock: DrillClock,
    pub(crate) recorder: Recorder,
    pub(crate) tally: Arc<Tally>,
}

impl Driver {
    /// Sends the whole schedule, or until told to stop; then waits for what is under way.
    pub(crate) async fn run(self, plan: Arc<Plan>, mut stop: Stopping) {
        let timeout = plan.stack.timers.get(SUBMIT_TIMER).copied().unwrap_or(SUBMIT_TIMEOUT).std();
        let mut arrivals = plan.traffic.arrivals(plan.seed, plan.end).peekable();
        let (began, lag) = (Instant::now(), Mutex::new(Lag::new()));
        let mut in_flight = FuturesUnordered::new();
        let mut report = time::interval(REPORT_EVERY);
        report.set_missed_tick_behavior(time::MissedTickBehavior::Skip);
        report.tick().await;
        let mut due = self.node.alarm();
        let mut stopped = false;
        let give_up = Micros(plan.end.0 + plan.drain.0 / 2);
        loop {
            let too_late = self.clock.now() >= give_up;
            while !stopped
                && (in_flight.len() < MOST_IN_FLIGHT || too_late)
                && let Some(arrival) = arrivals.next_if(|next| next.due <= self.clock.now())
            {
                Tally::add(&self.tally.scheduled);
                if !too_late {
                    in_flight.push(self.submit(&plan, arrival, &lag, timeout));
                }
            }
            let full = in_flight.len() >= MOST_IN_FLIGHT;
            let next =
                arrivals.peek().filter(|_| !stopped).map(|next| self.clock.instant(next.due));
            if next.is_none() && in_flight.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                () = stop.asked(), if !stopped => stopped = true,
                () = due.until(next.unwrap_or(began)), if next.is_some() && !full => {}
                Some(()) = in_flight.next(), if !in_flight.is_empty() => {}
                _ = report.tick() => self.recorder.write(&self.load(&lag)),
            }
        }
        self.recorder.write(&self.load(&lag));
        self.tally.ended.store(true, Relaxed);
    }

    async fn submit(&self, plan: &Plan, arrival: Arrival, lag: &Mutex<Lag>, timeout: Duration) {
        let sent = self.clock.now();
        Tally::add(&self.tally.sent);
        locked(lag).sent(sent.saturating_sub(arrival.due));
        let answer = match self.request(plan, arrival) {
            Err(error) => Answer::Rejected(format!("not sent: {error}")),
            Ok(request) => match self.client.send(&self.target, request, timeout).await {
                Ok(response) => self.ingress.answer(&response),
                // Nobody took the connection: that it did not happen is certain.
                Err(HttpError::NotSent(error)) => Answer::Rejected(format!("not sent: {error}")),
                Err(HttpError::Indeterminate(error)) => Answer::Indeterminate(error),
            },
        };
        self.recorder.write(&Fact::Submit(Submit {
            at: self.clock.now(),
            m: arrival.m,
            due: arrival.due,
            sent,
            sub: arrival.subscriber,
            answer,
        }));
    }

    fn load(&self, lag: &Mutex<Lag>) -> Fact {
        locked(lag).fact(self.clock.now(), &self.tally)
    }

    fn request(&self, plan: &Plan, arrival: Arrival) -> Result<squall_wire::http::Request, String> {
        let (_, to) = plan
            .traffic
            .number(arrival.subscriber)
            .ok_or_else(|| format!("subscriber {} is in no segment", arrival.subscriber))?;
        let number = self.numbers.outside(arrival.m);
        let token = token::encode(number);
        let text = format!("Your code is {:04}. {token}", arrival.m % 10_000);
        let callback = format!("{}{}{token}", self.callback, callback::PATH);
        self.ingress.request(&Submission { m: number, to: &to, text: &text, callback: &callback })
    }
}

/// A histogram is whole between any two statements.
fn locked(lag: &Mutex<Lag>) -> MutexGuard<'_, Lag> {
    lag.lock().unwrap_or_else(PoisonError::into_inner)
}
