//! A scenario while its steps declare it: what is known so far, and every mistake so far.
//!
//! Readers of names and quantities note the mistake and return `None`; where it is clear what was
//! meant they go on with that, so that one slip does not hide the next one.

use crate::mistake::{Mistake, nearest};
use crate::params::{Duration, Number, Percent, Quoted};
use crate::source::Source;
use crate::stack::{Library, StackFile};
use crate::timeline::Timeline;
use crate::words::{self, Wrong};
use squall_model::fault::{BufferLimited, Fault};
use squall_model::lever::LeverCall;
use squall_model::objective::Objective;
use squall_model::plan::{Clock, Guard, PhaseName, PlannedObjective};
use squall_model::stack::{Link, RunAs, SENDER, Stack};
use squall_model::traffic::Item;
use squall_model::units::Micros;
use std::sync::Arc;

/// The step that is being declared.
#[derive(Clone, Debug, Default)]
pub struct At {
    pub line: usize,
    /// The step's words without keyword.
    pub text: String,
    /// Whether it begins `at the same time`.
    pub at_the_same_time: bool,
}

/// The `messages per second` or `calls per second` step.
#[derive(Clone, Debug)]
pub struct Rate {
    pub item: Item,
    /// Before sampling.
    pub per_second: f64,
    pub sampled: u64,
    /// `None`: every carrier with subscribers.
    pub carrier: Option<String>,
}

/// A fault on the timeline; `end` is open where its window has none.
#[derive(Clone, Debug)]
pub struct DraftFault {
    pub fault: Fault,
    pub start: Micros,
    pub end: Option<Micros>,
    pub at: At,
}

/// Traffic changes: from `start`, before sampling; back to the former rate at `end` if there is one.
#[derive(Clone, Debug)]
pub struct Rise {
    pub start: Micros,
    pub end: Option<Micros>,
    pub per_second: f64,
}

/// Lever calls at an instant, without undo.
#[derive(Clone, Debug)]
pub struct DraftChange {
    pub when: Micros,
    pub calls: Vec<LeverCall>,
    pub at: At,
}

#[derive(Debug, Default)]
pub struct Draft {
    pub(crate) source: Arc<Source>,
    pub(crate) library: Arc<Library>,
    /// `--stack NAME`.
    pub(crate) stack_override: Option<String>,
    pub(crate) at: At,
    pub(crate) mistakes: Vec<Mistake>,
    /// The scenario names a stack, whether or not that stack could be read.
    pub(crate) stack_named: Option<At>,
    pub(crate) stack: Option<StackFile>,
    pub(crate) clock: Option<Clock>,
    /// The scenario states its traffic, whether or not it could be read.
    pub(crate) traffic_stated: bool,
    pub(crate) rate: Option<Rate>,
    pub(crate) rises: Vec<Rise>,
    pub(crate) validity: Option<Micros>,
    pub(crate) seed: Option<u64>,
    pub(crate) cost_per_hour: Option<u64>,
    pub(crate) guards: Vec<Guard>,
    pub(crate) timeline: Timeline,
    pub(crate) faults: Vec<DraftFault>,
    pub(crate) changes: Vec<DraftChange>,
    pub(crate) objectives: Vec<PlannedObjective>,
}

impl Draft {
    /// Notes that `words` of the current step are wrong.
    pub(crate) fn wrong(&mut self, words: &str, message: impl Into<String>) -> &mut Mistake {
        let mistake = self.source.mistake_in_line(self.at.line, words, message);
        self.mistakes.push(mistake);
        let last = self.mistakes.len() - 1;
        &mut self.mistakes[last]
    }

    /// The value, or what was meant by it after noting the mistake.
    pub(crate) fn read<T>(&mut self, words: &str, read: Result<T, Wrong<T>>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong(words, wrong.message).help = wrong.help;
                wrong.meant
            }
        }
    }

    pub(crate) fn duration(&mut self, text: &Duration) -> Option<Micros> {
        let read = self.read(&text.0, words::duration(&text.0))?;
        if read == Micros::ZERO {
            self.wrong(&text.0, format!("{} is no time at all", text.0));
            return None;
        }
        Some(read)
    }

    pub(crate) fn share(&mut self, text: &Percent) -> Option<f64> {
        self.read(&text.0, words::share(&text.0))
    }

    /// Two shares with something in between.
    pub(crate) fn between_shares(&mut self, low: &Percent, high: &Percent) -> Option<(f64, f64)> {
        let (least, most) = (self.share(low), self.share(high));
        let (least, most) = (least?, most?);
        if least >= most {
            self.wrong(&high.0, format!("no share lies between {} and {}", low.0, high.0));
            return None;
        }
        Some((least, most))
    }

    /// A share of traffic that a fault hits: none of it would be no fault.
    pub(crate) fn fault_share(&mut self, text: &Percent) -> Option<f64> {
        let share = self.share(text)?;
        if share == 0.0 {
            self.wrong(&text.0, "a share of 0% is no fault");
            return None;
        }
        Some(share)
    }

    pub(crate) fn number(&mut self, text: &Number) -> Option<f64> {
        self.read(&text.0, words::number(&text.0))
    }

    /// A number that must not be 0.
    pub(crate) fn positive(&mut self, text: &Number) -> Option<f64> {
        let number = self.number(text)?;
        if number == 0.0 {
            self.wrong(&text.0, "must be more than 0");
            return None;
        }
        Some(number)
    }

    pub(crate) fn whole(&mut self, text: &Number) -> Option<u64> {
        self.read(&text.0, words::whole(&text.0))
    }

    pub(crate) fn unknown(&mut self, what: &str, quoted: &Quoted, known: Vec<String>) {
        let name = quoted.name();
        let near = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        let help = match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None if known.is_empty() => format!("the stack has no {what} at all"),
            None => format!("known: {}", known.join(", ")),
        };
        self.wrong(&quoted.0, format!("no {what} \"{name}\"")).help = Some(help);
    }

    /// Nodes of that name or role. `None` without a mistake where there is no stack to look in.
    pub(crate) fn nodes(&mut self, quoted: &Quoted) -> Option<Vec<String>> {
        let stack = &self.stack.as_ref()?.stack;
        let nodes: Vec<String> =
            stack.nodes_named(quoted.name()).iter().map(|node| node.name.clone()).collect();
        if nodes.is_empty() {
            let known = names_of_nodes(stack);
            self.unknown("node or role", quoted, known);
            return None;
        }
        Some(nodes)
    }

    /// Nodes of that name or role, whose settings shall change during the drill.
    pub(crate) fn nodes_with_settings(&mut self, quoted: &Quoted) -> Option<Vec<String>> {
        let nodes = self.nodes(quoted)?;
        self.take_settings(&nodes, &quoted.0)?;
        Some(nodes)
    }

    /// None of them is somebody else's program, which could not be told. What already runs tells its
    /// settings by its own rules, see `elsewhere`.
    pub(crate) fn take_settings(&mut self, nodes: &[String], words: &str) -> Option<()> {
        let stack = &self.stack.as_ref()?.stack;
        let is_image = |name: &String| {
            stack.node(name).is_some_and(|node| matches!(node.run, RunAs::Image(_)))
        };
        let deaf = nodes.iter().find(|name| stack.external.is_none() && is_image(name));
        let Some(deaf) = deaf else { return Some(()) };
        let built_in = stack.nodes.iter().map(|node| &node.name).filter(|name| !is_image(name));
        let known: Vec<&str> = built_in.map(String::as_str).collect();
        let message = format!("\"{deaf}\" runs as an image and takes no settings during the drill");
        let help = match &known[..] {
            [] => "state the setting with the stack".to_owned(),
            _ => format!("state it with the stack, or set it of {}", known.join(", ")),
        };
        self.wrong(words, message).help = Some(help);
        None
    }

    /// The stack has a setting for the size of this buffer, and it may be that large.
    pub(crate) fn sizes_buffer(&mut self, buffer: &Quoted, events: u64) -> Option<()> {
        let file = self.stack.as_ref()?;
        let ending = BufferLimited::setting("");
        let key = BufferLimited::setting(buffer.name());
        let Some(setting) = file.settings.get(&key) else {
            let known = file.settings.keys().filter_map(|key| key.strip_suffix(&ending));
            let known = known.map(str::to_owned).collect();
            self.unknown("buffer", buffer, known);
            return None;
        };
        let value = events.to_string();
        if events > 0 && setting.allowed.takes(&value) {
            return Some(());
        }
        let message = match events {
            0 => "a buffer that holds nothing is no buffer".to_owned(),
            _ => format!("{value} is no value of the setting \"{key}\""),
        };
        self.wrong(&value, message);
        None
    }

    pub(crate) fn region(&mut self, quoted: &Quoted) -> Option<String> {
        let stack = &self.stack.as_ref()?.stack;
        if stack.regions.iter().any(|region| region == quoted.name()) {
            return Some(quoted.name().to_owned());
        }
        let known = stack.regions.clone();
        self.unknown("region", quoted, known);
        None
    }

    /// The carrier's own name, where the step may have used its vendor's.
    pub(crate) fn carrier(&mut self, quoted: &Quoted) -> Option<String> {
        let stack = &self.stack.as_ref()?.stack;
        if let Some(carrier) = stack.carrier(quoted.name()) {
            return Some(carrier.name.clone());
        }
        let known = names_of_carriers(stack);
        self.unknown("carrier", quoted, known);
        None
    }

    /// A carrier that some link finds by its name: its own name, and those links.
    pub(crate) fn name(&mut self, quoted: &Quoted) -> Option<(String, Vec<String>)> {
        let none = |name: &str| format!("no link finds \"{name}\" by its name");
        self.carrier_linked(quoted, none, Stack::links_by_name)
    }

    /// A carrier that shows a certificate over some link.
    pub(crate) fn certificate(&mut self, quoted: &Quoted) -> Option<String> {
        let none = |name: &str| format!("no link to \"{name}\" speaks TLS");
        self.carrier_linked(quoted, none, Stack::links_by_tls).map(|(name, _)| name)
    }

    /// A carrier with links of some kind; `none` says that it has not one.
    fn carrier_linked(
        &mut self,
        quoted: &Quoted,
        none: impl Fn(&str) -> String,
        links: impl for<'a> Fn(&'a Stack, &str) -> Vec<&'a Link>,
    ) -> Option<(String, Vec<String>)> {
        let name = self.carrier(quoted)?;
        let stack = &self.stack.as_ref()?.stack;
        let found: Vec<String> = links(stack, &name).iter().map(|link| link.id()).collect();
        if !found.is_empty() {
            return Some((name, found));
        }
        let others = stack.carriers.iter().map(|carrier| carrier.name.as_str());
        let others: Vec<&str> = others.filter(|other| !links(stack, other).is_empty()).collect();
        let help = match (nearest(quoted.name(), others.iter().copied()), &others[..]) {
            (Some(near), _) => format!("did you mean \"{near}\"?"),
            (None, []) => "this stack has no carrier with such a link".to_owned(),
            (None, _) => format!("known: {}", others.join(", ")),
        };
        self.wrong(&quoted.0, none(&name)).help = Some(help);
        None
    }

    /// A vendor, carrier or region that traffic can take.
    pub(crate) fn route(&mut self, quoted: &Quoted) -> Option<String> {
        let stack = &self.stack.as_ref()?.stack;
        let mut known = names_of_carriers(stack);
        known.extend(stack.regions.iter().cloned());
        if known.iter().any(|name| name == quoted.name()) {
            return Some(quoted.name().to_owned());
        }
        self.unknown("vendor, carrier or region", quoted, known);
        None
    }

    /// Ids of the links between two ends, each a node, role, carrier, vendor or the sender.
    pub(crate) fn links(&mut self, from: &Quoted, to: &Quoted) -> Option<Vec<String>> {
        let stack = &self.stack.as_ref()?.stack;
        let mut known = names_of_nodes(stack);
        known.extend(names_of_carriers(stack));
        known.push(SENDER.to_owned());
        let found: Vec<String> =
            stack.links_between(from.name(), to.name()).iter().map(|link| link.id()).collect();
        let ids: Vec<String> = stack.links.iter().map(|link| link.id()).collect();
        let mut all_known = true;
        for end in [from, to] {
            if !known.iter().any(|name| name == end.name()) {
                self.unknown("node, role or carrier", end, known.clone());
                all_known = false;
            }
        }
        if found.is_empty() && all_known {
            let asked = format!("{}->{}", from.name(), to.name());
            let near = nearest(&asked, ids.iter().map(String::as_str)).map(str::to_owned);
            let message = format!("no link from \"{}\" to \"{}\"", from.name(), to.name());
            let help = near.map(|id| format!("the nearest link is {id}"));
            self.wrong(&to.0, message).help = help;
        }
        (!found.is_empty()).then_some(found)
    }

    /// Declares an objective of the current step.
    pub(crate) fn objective(&mut self, objective: impl Into<Objective>, phase: PhaseName) {
        self.objective_called(self.at.text.clone(), objective, phase);
    }

    /// The same under a text of its own, where one step declares several.
    pub(crate) fn objective_called(
        &mut self,
        text: String,
        objective: impl Into<Objective>,
        phase: PhaseName,
    ) {
        let line = self.at.line;
        self.objectives.push(PlannedObjective { objective: objective.into(), phase, text, line });
    }

    /// A file of the stack's folder. `None` without a mistake where there is no stack.
    pub(crate) fn beside_the_stack(&mut self, file: &Quoted) -> Option<Arc<Source>> {
        let folder = self.library.folder(&self.stack.as_ref()?.stack.name);
        let name = std::path::Path::new(file.name());
        if name.file_name() != Some(name.as_os_str()) {
            self.wrong(&file.0, "a file in the stack's own folder, without a path");
            return None;
        }
        match Source::read(&folder.join(name)) {
            Ok(source) => Some(source),
            Err(missing) => {
                let help = format!("looked for in {}", folder.display());
                self.wrong(&file.0, missing.message).help = Some(help);
                None
            }
        }
    }
}

fn names_of_nodes(stack: &Stack) -> Vec<String> {
    let mut names: Vec<String> =
        stack.nodes.iter().flat_map(|node| [node.name.clone(), node.role.clone()]).collect();
    names.sort();
    names.dedup();
    names
}

fn names_of_carriers(stack: &Stack) -> Vec<String> {
    stack
        .carriers
        .iter()
        .flat_map(|carrier| std::iter::once(carrier.name.clone()).chain(carrier.vendor.clone()))
        .collect()
}
