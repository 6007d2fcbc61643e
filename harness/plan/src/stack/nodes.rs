//! `[[node]]`: what runs in the stack, and what of it follows a setting.

use super::followed::{self, Followed, Value};
use super::image::Recipe;
use super::parse::{Places, read_own};
use super::reader::{self, Reader};
use super::settings::Setting;
use crate::source::Source;
use squall_model::stack::{Node, RunAs};
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Spanned;

/// A node's program as the file has it.
#[derive(Clone, Debug, PartialEq)]
enum Program {
    BuiltIn(String),
    Image(Recipe),
}

/// How a node's program is found.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeRun {
    pub node: String,
    program: Followed<Program>,
    /// Ports of a built-in role; an image brings its own.
    listed: Vec<String>,
}

impl NodeRun {
    /// The program and its ports under `settings`.
    pub fn under(&self, settings: &BTreeMap<String, String>) -> Option<(RunAs, Vec<String>)> {
        Some(match self.program.under(settings)? {
            Program::BuiltIn(role) => (RunAs::BuiltIn(role.clone()), self.listed.clone()),
            Program::Image(recipe) => {
                let image = recipe.under(settings)?;
                let ports = image.ports.keys().cloned().collect();
                (RunAs::Image(image), ports)
            }
        })
    }

    /// The settings that decide about it.
    pub fn settings(&self) -> Vec<&str> {
        let of_images = self.recipes().flat_map(Recipe::settings);
        self.program.setting().into_iter().chain(of_images).collect()
    }

    /// Every template that the node may be given.
    pub fn templates(&self) -> Vec<&Arc<Source>> {
        self.recipes().flat_map(Recipe::templates).collect()
    }

    fn recipes(&self) -> impl Iterator<Item = &Recipe> {
        self.program.all().into_iter().filter_map(|program| match program {
            Program::BuiltIn(_) => None,
            Program::Image(recipe) => Some(recipe),
        })
    }
}

pub fn read(
    root: &mut Reader<'_>,
    places: &mut Places,
    settings: &BTreeMap<String, Setting>,
    defaults: &BTreeMap<String, String>,
) -> (Vec<Node>, Vec<NodeRun>) {
    let (mut nodes, mut runs) = (Vec::new(), Vec::new());
    for mut reader in root.tables("node") {
        let (name, role) = (reader.text("name"), reader.text("role"));
        let region = reader.text_if("region");
        let program = followed::read(&mut reader, "run", settings, |reader, key, value| {
            read_program(reader, key, value, settings)
        });
        let listed = reader.texts_if("ports").unwrap_or_default();
        let own = reader.table_if("settings").map(|own| read_settings(&own, settings));
        reader.finish();
        places.regions.extend(region.clone());
        let (Some(name), Some(role), Some(program)) = (name, role, program) else { continue };
        let built_in = |program: &&Program| matches!(program, Program::BuiltIn(_));
        if let (false, Some(port)) = (program.all().iter().any(built_in), listed.first()) {
            let message = "the ports of an image stand beside it, each with its number";
            let mistake = root.ledger.source.mistake(port.span(), message);
            root.ledger.push(mistake.help("run = { image = …, ports = { http = 8080 } }"));
        }
        let listed = listed.into_iter().map(Spanned::into_inner).collect();
        let run = NodeRun { node: name.get_ref().clone(), program, listed };
        // A default that its own setting does not allow is a mistake by now.
        let Some((run_as, ports)) = run.under(defaults) else { continue };
        nodes.push(Node {
            name: name.get_ref().clone(),
            role: role.into_inner(),
            region: region.map(Spanned::into_inner),
            ports,
            run: run_as,
            settings: own.unwrap_or_default(),
        });
        places.names.push(("node", name));
        runs.push(run);
    }
    (nodes, runs)
}

/// A node's own settings. Those that are the stack's too may be what they may be there.
fn read_settings(
    own: &Reader<'_>,
    settings: &BTreeMap<String, Setting>,
) -> BTreeMap<String, String> {
    for (key, value) in own.entries() {
        let (Some(setting), Some(text)) =
            (settings.get(key.get_ref()), reader::scalar(value.get_ref()))
        else {
            continue;
        };
        if !setting.allowed.takes(&text) {
            let message = format!("\"{text}\" is no value of \"{}\"", key.get_ref());
            let mistake = own.ledger.source.mistake(value.span(), message);
            own.ledger.push(setting.allowed.explain(mistake, &text));
        }
    }
    read_own(own)
}

/// `"gateway"` is a built-in role, `{ image = { build = "…" }, … }` somebody else's program.
fn read_program<'a>(
    reader: &Reader<'a>,
    key: &str,
    value: &'a Value<'a>,
    settings: &BTreeMap<String, Setting>,
) -> Option<Program> {
    match value.get_ref().as_table() {
        Some(table) => {
            let run = Reader::new(reader.ledger, "[run]", table, value.span());
            Some(Program::Image(Recipe::read(run, settings)?))
        }
        None => Some(Program::BuiltIn(reader.as_text(key, value)?.into_inner())),
    }
}
