//! How the judged steps are told: a mark a step and, below what does not pass, the finding's own reason.
//!
//! Cucumber's runner ends a scenario at its first failing step and calls that a panic. Here a step that
//! does not pass is a finding like any other, and the objectives after it are told as well.

use crate::drill::Drill;
use cucumber::event::{self, Cucumber, Hook, Rule, StepError};
use cucumber::gherkin::{Scenario, Step, StepType};
use cucumber::{Event, Writer, cli, parser, writer};
use std::any::Any;
use std::io::Write;

/// Writes to `out`; colour only where it is asked for, and never alone.
pub(crate) struct Findings<Out> {
    pub out: Out,
    pub colour: bool,
}

/// What stands before a step.
#[derive(Clone, Copy)]
enum Mark {
    Holds,
    Fails,
    Open,
}

/// What an objection begins with where nothing was decided.
const OPEN: &str = "inconclusive: ";

impl<Out: Write> Writer<Drill> for Findings<Out> {
    type Cli = cli::Empty;

    async fn handle_event(
        &mut self,
        event: parser::Result<Event<event::Cucumber<Drill>>>,
        _: &cli::Empty,
    ) {
        use event::Feature;
        match event.map(Event::into_inner) {
            Err(error) => self.line(0, &format!("cannot be read: {error}")),
            Ok(Cucumber::Feature(feature, event)) => match event {
                Feature::Started => self.line(0, &format!("{}: {}", feature.keyword, feature.name)),
                Feature::Rule(rule, Rule::Started) => {
                    self.line(2, &format!("{}: {}", rule.keyword, rule.name));
                }
                Feature::Scenario(scenario, event)
                | Feature::Rule(_, Rule::Scenario(scenario, event)) => {
                    self.scenario(&scenario, &event.event);
                }
                Feature::Rule(_, Rule::Finished) | Feature::Finished => {}
            },
            Ok(_) => {}
        }
    }
}

impl<Out: Write> writer::Arbitrary<Drill, String> for Findings<Out> {
    async fn write(&mut self, text: String) {
        text.lines().for_each(|line| self.line(0, line));
    }
}

impl<Out: Write> writer::NonTransforming for Findings<Out> {}

impl<Out: Write> Findings<Out> {
    fn scenario(&mut self, scenario: &Scenario, event: &event::Scenario<Drill>) {
        use event::Scenario;
        match event {
            Scenario::Started => self.line(2, &format!("{}: {}", scenario.keyword, scenario.name)),
            Scenario::Hook(_, Hook::Failed(_, why)) => self.told("the drill", Some(&said(why))),
            Scenario::Background(step, event) | Scenario::Step(step, event) => {
                self.step(scenario, step, event);
            }
            Scenario::Hook(..) | Scenario::Log(_) | Scenario::Finished => {}
        }
    }

    fn step(&mut self, scenario: &Scenario, step: &Step, event: &event::Step<Drill>) {
        use event::Step;
        match event {
            Step::Started => {}
            Step::Passed(..) => self.told_with_table(step, None),
            Step::Skipped => self.told_with_table(step, Some("inconclusive: no step reads so")),
            Step::Failed(_, _, drill, error) => {
                let why = match error {
                    StepError::Panic(why) => said(why),
                    other => other.to_string(),
                };
                self.told_with_table(step, Some(&why));
                let outcome = drill.as_ref().and_then(|drill| drill.outcome.as_ref());
                let after = scenario.steps.iter().skip_while(|other| *other != step).skip(1);
                let after = after.filter(|step| step.ty == StepType::Then);
                for (step, outcome) in after.filter_map(|step| Some((step, outcome?))) {
                    self.told_with_table(step, outcome.objection(step.position.line).as_deref());
                }
            }
        }
    }

    fn told_with_table(&mut self, step: &Step, why: Option<&str>) {
        self.told(&format!("{}{}", step.keyword, step.value), why);
        let rows = step.table.iter().flat_map(|table| &table.rows);
        for row in rows {
            self.line(8, &format!("| {} |", row.join(" | ")));
        }
    }

    fn told(&mut self, what: &str, why: Option<&str>) {
        let (mark, why) = match why {
            None => (Mark::Holds, None),
            Some(why) if why.starts_with(OPEN) => (Mark::Open, Some(why)),
            Some(why) => (Mark::Fails, Some(why)),
        };
        let (shape, code) = match mark {
            Mark::Holds => ("✔", 34),
            Mark::Fails => ("✘", 31),
            Mark::Open => ("◇", 90),
        };
        let shape =
            if self.colour { format!("\u{1b}[{code}m{shape}\u{1b}[0m") } else { shape.to_owned() };
        self.write(&format!("   {shape}  "));
        self.line(0, what);
        why.into_iter().for_each(|why| self.line(6, why));
    }

    /// A feature file may come from anywhere; it gets no say over the terminal.
    fn line(&mut self, indent: usize, text: &str) {
        let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.write(&format!("{:indent$}{clean}\n", ""));
    }

    /// The page is memory: writing to it cannot fail.
    fn write(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
    }
}

/// What the step or hook said when it did not pass.
fn said(why: &event::Info) -> String {
    let why: &(dyn Any + Send) = &**why;
    let text = why.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| why.downcast_ref::<&str>().copied());
    text.unwrap_or("inconclusive: a step ended without a word").to_owned()
}
