//! The tasks beside the conductor (driver, probers, collector): their start, their death before
//! their time, and their end.

use crate::RunError;
use crate::clock::DrillClock;
use crate::collector::Collector;
use crate::driver::{self, Driver};
use crate::ingress::Ingress;
use crate::probes;
use crate::progress::Tally;
use crate::recorder::Recorder;
use crate::stage::raise::Stage;
use squall_model::plan::Plan;
use squall_model::stack::SENDER;
use squall_platform::running::{self, Stop};
use squall_platform::{Node, Task, time};
use squall_wire::http::Client;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// How long the driver may take to end once it is told to.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Cast {
    driver: Task,
    stop_driver: Stop,
    probers: Vec<Task>,
    stop_probers: Stop,
    collector: Collector,
    stop_collector: Stop,
}

impl Cast {
    pub(super) fn start(
        plan: &Arc<Plan>,
        node: &Node,
        ingress: Arc<dyn Ingress>,
        stage: &Stage,
        clock: DrillClock,
        recorder: &Recorder,
        tally: &Arc<Tally>,
    ) -> Result<Cast, RunError> {
        let directory = stage.directory();
        let through = |from: &str, to: &str| {
            let id = format!("{from}->{to}");
            directory.link(&id).ok_or_else(|| RunError::Plan(format!("the stack has no link {id}")))
        };
        let entry = plan.stack.ingress.node.as_str();
        let driver = Driver {
            node: node.clone(),
            client: Client::new(node.clone(), driver::MOST_IN_FLIGHT),
            ingress,
            target: through(SENDER, entry)?,
            callback: format!("http://{}", through(entry, SENDER)?),
            numbers: directory.numbers(),
            clock,
            recorder: recorder.clone(),
            tally: tally.clone(),
        };
        let (stop_driver, driver_stopping) = running::stop();
        let (stop_probers, probers_stopping) = running::stop();
        let (stop_collector, collector_stopping) = running::stop();
        let (control, meter, stop) = (&stage.control, stage.engine.meter(), &collector_stopping);
        Ok(Cast {
            probers: probes::start(plan, node, &directory, clock, recorder, &probers_stopping),
            collector: Collector::start(plan, node, control, meter, clock, recorder, stop),
            driver: node.spawn(driver.run(plan.clone(), driver_stopping)),
            stop_driver,
            stop_probers,
            stop_collector,
        })
    }

    pub(super) fn driver_is_done(&self) -> bool {
        self.driver.is_finished()
    }

    /// Who ended before the time. Without any of them the drill would know less than it says.
    pub(super) fn died(&self, tally: &Tally) -> Option<&'static str> {
        if self.driver.is_finished() && !tally.ended.load(Relaxed) {
            return Some("the driver");
        }
        if self.probers.iter().any(Task::is_finished) {
            return Some("a probe");
        }
        self.collector.has_died().then_some("the collector")
    }

    /// Ends everybody and reads every log to its end; the first trouble with it, if there is one.
    pub(super) async fn finish(self, plan: &Plan, tally: &Tally) -> Option<String> {
        self.stop_driver.ask();
        self.stop_probers.ask();
        self.stop_collector.ask();
        let late = time::timeout(PATIENCE, self.driver.join()).await.is_err();
        for prober in self.probers {
            prober.join().await;
        }
        let troubles = self.collector.finish(plan).await;
        if late {
            return Some("the driver did not end".into());
        }
        if !troubles.is_empty() {
            return Some(troubles.join("; "));
        }
        (Tally::read(&tally.scheduled) == 0).then(|| "the driver sent nothing".into())
    }

    #[cfg(test)]
    pub(super) fn admit(&mut self, prober: Option<Task>) {
        self.probers.extend(prober);
    }
}
