//! `[[node]]`: what runs in the stack, and what of it follows a setting.

use super::followed::{self, Followed, Value};
use super::parse::{Places, read_own};
use super::reader::{self, Placed, Reader};
use super::settings::Setting;
use crate::source::Source;
use squall_model::stack::{Gateway, Image, ImageFrom, Node, RunAs};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use toml::Spanned;

/// A node's program as the file has it; its arguments may follow a setting of their own.
#[derive(Clone, Debug, PartialEq)]
enum Program {
    BuiltIn(String),
    Image { image: Image, command: Followed<Vec<String>>, files: Files },
}

/// Path in the container → the template it is made from.
type Files = BTreeMap<String, Followed<Arc<Source>>>;

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
            Program::Image { image, command, files } => {
                let text = |(path, file): (&String, &Followed<Arc<Source>>)| {
                    Some((path.clone(), file.under(settings)?.text.clone()))
                };
                let image = Image {
                    command: command.under(settings)?.clone(),
                    files: files.iter().map(text).collect::<Option<_>>()?,
                    ..image.clone()
                };
                let ports = image.ports.keys().cloned().collect();
                (RunAs::Image(image), ports)
            }
        })
    }

    /// The settings that decide about it.
    pub fn settings(&self) -> Vec<&str> {
        let of_images = self.program.all().into_iter().flat_map(|program| match program {
            Program::BuiltIn(_) => Vec::new(),
            Program::Image { command, files, .. } => {
                let files = files.values().filter_map(Followed::setting);
                command.setting().into_iter().chain(files).collect()
            }
        });
        self.program.setting().into_iter().chain(of_images).collect()
    }

    /// Every template that the node may be given.
    pub fn templates(&self) -> Vec<&Arc<Source>> {
        let of_image = |program| match program {
            &Program::BuiltIn(_) => Vec::new(),
            Program::Image { files, .. } => files.values().flat_map(Followed::all).collect(),
        };
        self.program.all().into_iter().flat_map(of_image).collect()
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
    let Some(table) = value.get_ref().as_table() else {
        let role = reader.as_text(key, value)?;
        return Some(Program::BuiltIn(role.into_inner()));
    };
    let mut run = Reader::new(reader.ledger, "[run]", table, value.span());
    let from = read_image(&mut run);
    let command = followed::read_if(&mut run, "command", settings, |reader, key, value| {
        let texts = reader.as_texts(key, value)?;
        Some(texts.into_iter().map(Spanned::into_inner).collect())
    });
    let env = run.table_if("env").map(|env| read_own(&env)).unwrap_or_default();
    let ports = run.table_if("ports").map(|ports| read_numbers(&ports)).unwrap_or_default();
    let files = run.table_if("files").map(|files| read_files(&files, settings));
    let gateway = run.word_if("gateway", &[("kannel", Gateway::Kannel)]);
    run.finish();
    let (command, files) = (command.unwrap_or_else(|| Some(Followed::Fixed(Vec::new())))?, files);
    let files = files.unwrap_or_else(|| Some(Files::new()))?;
    let image =
        Image { from: from?, command: Vec::new(), env, ports, files: BTreeMap::new(), gateway };
    Some(Program::Image { image, command, files })
}

/// Files of the stack's own folder, each under the path that its container shall have it at.
fn read_files(reader: &Reader<'_>, settings: &BTreeMap<String, Setting>) -> Option<Files> {
    let read = |(path, value): (Placed<String>, _)| {
        if !path.get_ref().starts_with('/') || path.get_ref().split('/').any(|part| part == "..") {
            reader.ledger.wrong(path.span(), "a file's path in its container begins with /");
            return None;
        }
        let file = followed::of(reader, path.get_ref(), value, settings, |reader, key, value| {
            beside(reader, &reader.as_text(key, value)?)
        });
        Some((path.into_inner(), file?))
    };
    // All of them are read before one that is wrong counts.
    reader.entries().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn beside(reader: &Reader<'_>, name: &Placed<String>) -> Option<Arc<Source>> {
    if !is_inside(name.get_ref()) {
        reader.ledger.wrong(name.span(), "a file inside the stack's own folder");
        return None;
    }
    let path = Path::new(&reader.ledger.source.name).with_file_name(name.get_ref());
    match Source::read(&path) {
        Ok(source) => Some(source),
        Err(missing) => {
            reader.ledger.wrong(name.span(), format!("{}: {}", path.display(), missing.message));
            None
        }
    }
}

fn read_image(run: &mut Reader<'_>) -> Option<ImageFrom> {
    let Some(mut image) = run.table_if("image") else {
        let wants =
            "run is a role, or has an image = { build = \"folder\" } or { pull = \"name\" }";
        run.ledger.wrong(run.span.clone(), wants);
        return None;
    };
    let (build, pull) = (image.text_if("build"), image.text_if("pull"));
    let span = image.span.clone();
    image.finish();
    match (build, pull) {
        (Some(folder), None) if is_inside(folder.get_ref()) => {
            Some(ImageFrom::Build(folder.into_inner()))
        }
        (Some(folder), None) => {
            run.ledger.wrong(folder.span(), "build names a folder inside the stack's own");
            None
        }
        (None, Some(name)) => Some(ImageFrom::Pull(name.into_inner())),
        (Some(_), Some(_)) | (None, None) => {
            run.ledger.wrong(span, "an image has a build folder or a name to pull, and not both");
            None
        }
    }
}

fn is_inside(folder: &str) -> bool {
    let mut parts = std::path::Path::new(folder).components();
    !folder.is_empty() && parts.all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// Port name → its number.
fn read_numbers(reader: &Reader<'_>) -> BTreeMap<String, u16> {
    let entries = reader.entries().filter_map(|(name, value)| {
        let number = reader::scalar(value.get_ref()).and_then(|text| text.parse().ok());
        match number.filter(|number| *number > 0) {
            Some(number) => Some((name.into_inner(), number)),
            None => reader.expected(name.get_ref(), "a port number, 1 to 65535", value),
        }
    });
    entries.collect()
}
