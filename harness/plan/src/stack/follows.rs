//! What of a stack follows its settings: carriers, programs of nodes, far ends of links, timers.
//!
//! All of it is found anew whenever a setting changes, so no order of the settings matters.

use super::StackFile;
use super::by_setting::BySetting;
use super::followed::Followed;
use super::links::LinkEnd;
use super::nodes::NodeRun;
use super::settings::{Allowed, Setting};
use squall_model::stack::Stack;
use squall_model::units::Micros;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Follows {
    pub carriers: Vec<BySetting>,
    pub nodes: Vec<NodeRun>,
    /// One for each of the stack's links.
    pub links: Vec<LinkEnd>,
    pub timers: BTreeMap<String, Followed<Micros>>,
}

/// What the timers are under `settings`.
pub fn under(
    timers: &BTreeMap<String, Followed<Micros>>,
    settings: &BTreeMap<String, String>,
) -> BTreeMap<String, Micros> {
    let timer = |(name, length): (&String, &Followed<Micros>)| {
        Some((name.clone(), *length.under(settings)?))
    };
    timers.iter().filter_map(timer).collect()
}

impl Follows {
    /// Makes the stack what its settings say.
    pub fn apply(&self, stack: &mut Stack) {
        for carrier in &self.carriers {
            carrier.apply(stack);
        }
        for run in &self.nodes {
            let found = stack.nodes.iter_mut().find(|node| node.name == run.node);
            if let (Some(node), Some((program, ports))) = (found, run.under(&stack.settings)) {
                (node.run, node.ports) = (program, ports);
            }
        }
        stack.timers = under(&self.timers, &stack.settings);
        for (link, end) in stack.links.iter_mut().zip(&self.links) {
            let (port, protocol) =
                (end.port.under(&stack.settings), end.protocol.under(&stack.settings));
            if let (Some(port), Some(protocol)) = (port, protocol) {
                (link.port, link.protocol) = (port.get_ref().clone(), *protocol);
            }
        }
    }

    /// The stack under every value of every setting that decides about a link's end or a node's
    /// program, but for the defaults: setting, value, stack.
    pub fn variants(
        &self,
        stack: &Stack,
        settings: &BTreeMap<String, Setting>,
    ) -> Vec<(String, String, Stack)> {
        let ends = self.links.iter().flat_map(|end| [end.port.setting(), end.protocol.setting()]);
        let runs = self.nodes.iter().flat_map(NodeRun::settings);
        let deciding: BTreeSet<&str> = ends.flatten().chain(runs).collect();
        let mut variants = Vec::new();
        for key in deciding {
            let Some(Setting { allowed: Allowed::Values(values), default, .. }) = settings.get(key)
            else {
                continue;
            };
            for value in values.iter().filter(|value| *value != default) {
                let mut other = stack.clone();
                other.settings.insert(key.to_owned(), value.clone());
                self.apply(&mut other);
                variants.push((key.to_owned(), value.clone(), other));
            }
        }
        variants
    }
}

impl StackFile {
    /// Sets a setting to one of its values, and what follows from it.
    ///
    /// # Errors
    /// What the setting's own list does not tell: a carrier cannot follow it. Nothing is set then.
    pub(crate) fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        self.follows.carriers.iter().try_for_each(|carrier| carrier.check(key, value))?;
        self.stack.settings.insert(key.to_owned(), value.to_owned());
        self.follows.apply(&mut self.stack);
        Ok(())
    }

    /// What is what this setting says from its start, and cannot become another while it runs:
    /// `carrier "vendor-b"`, `node "queue-1"`, `link edge->queue-1`.
    pub(crate) fn fixed_by(&self, key: &str) -> Option<String> {
        let follows = &self.follows;
        if let Some(carrier) = follows.carriers.iter().find_map(|carrier| carrier.follows(key)) {
            return Some(format!("carrier \"{carrier}\""));
        }
        if let Some((name, _)) = follows.timers.iter().find(|(_, it)| it.setting() == Some(key)) {
            return Some(format!("timer \"{name}\""));
        }
        if let Some(run) = follows.nodes.iter().find(|run| run.settings().contains(&key)) {
            return Some(format!("node \"{}\"", run.node));
        }
        let by_key =
            |end: &LinkEnd| [end.port.setting(), end.protocol.setting()].contains(&Some(key));
        let link = follows.links.iter().position(by_key)?;
        Some(format!("link {}", self.stack.links.get(link)?.id()))
    }
}
