//! `run = { image = … }`: somebody else's program in a container, and what of it follows a setting.

use super::followed::{self, Followed};
use super::parse::read_own;
use super::reader::{self, Placed, Reader};
use super::settings::Setting;
use crate::source::Source;
use squall_model::stack::{Gateway, Image, ImageFrom};
use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::sync::Arc;
use toml::Spanned;

/// At this port a gateway is asked what it tells of itself.
const ASKED_AT: &str = "admin";

const GATEWAYS: [(&str, Gateway); 3] = [
    ("kannel", Gateway::Kannel),
    ("jasmin", Gateway::Jasmin),
    ("jasmin_queues", Gateway::JasminQueues),
];

/// Path in the container → the template it is made from.
type Files = BTreeMap<String, Followed<Arc<Source>>>;

/// An image as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Without what follows a setting.
    image: Image,
    command: Followed<Vec<String>>,
    files: Files,
}

impl Recipe {
    pub fn read(mut run: Reader<'_>, settings: &BTreeMap<String, Setting>) -> Option<Recipe> {
        let from = read_from(&mut run);
        let command = followed::read_if(&mut run, "command", settings, |reader, key, value| {
            let texts = reader.as_texts(key, value)?;
            Some(texts.into_iter().map(Spanned::into_inner).collect())
        });
        let env = run.table_if("env").map(|env| read_own(&env)).unwrap_or_default();
        let ports = run.table_if("ports").map(|ports| read_numbers(&ports)).unwrap_or_default();
        let files = run.table_if("files").map(|files| read_files(&files, settings));
        let gateway = run.word_if("gateway", &GATEWAYS);
        if gateway.is_some() && !ports.contains_key(ASKED_AT) {
            let message = format!("a gateway is asked at its port \"{ASKED_AT}\", and has none");
            let mistake = run.ledger.source.mistake(run.span.clone(), message);
            run.ledger.push(mistake.help(format!("ports = {{ {ASKED_AT} = 13000 }}")));
        }
        run.finish();
        let command = command.unwrap_or_else(|| Some(Followed::Fixed(Vec::new())));
        let files = files.unwrap_or_else(|| Some(Files::new()));
        let image =
            Image { from: from?, command: Vec::new(), env, ports, files: BTreeMap::new(), gateway };
        Some(Recipe { image, command: command?, files: files? })
    }

    /// What it is under `settings`.
    pub fn under(&self, settings: &BTreeMap<String, String>) -> Option<Image> {
        let text = |(path, file): (&String, &Followed<Arc<Source>>)| {
            Some((path.clone(), file.under(settings)?.text.clone()))
        };
        Some(Image {
            command: self.command.under(settings)?.clone(),
            files: self.files.iter().map(text).collect::<Option<_>>()?,
            ..self.image.clone()
        })
    }

    /// The settings that decide about it.
    pub fn settings(&self) -> Vec<&str> {
        let files = self.files.values().filter_map(Followed::setting);
        self.command.setting().into_iter().chain(files).collect()
    }

    pub fn templates(&self) -> Vec<&Arc<Source>> {
        self.files.values().flat_map(Followed::all).collect()
    }
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

fn read_from(run: &mut Reader<'_>) -> Option<ImageFrom> {
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
        (Some(folder), None) => {
            let found = below_stacks(&run.ledger.source.name, folder.get_ref());
            if found.is_none() {
                let wants = "build names a folder inside the stack's own, or \"../stack/folder\"";
                run.ledger.wrong(folder.span(), wants);
            }
            found.map(ImageFrom::Build)
        }
        (None, Some(name)) => Some(ImageFrom::Pull(name.into_inner())),
        (Some(_), Some(_)) | (None, None) => {
            run.ledger.wrong(span, "an image has a build folder or a name to pull, and not both");
            None
        }
    }
}

/// A folder as seen from that of all stacks: one of the stack's whose file this is, or another one's.
fn below_stacks(file: &str, folder: &str) -> Option<String> {
    let own = Path::new(file).parent().and_then(Path::file_name).unwrap_or_default();
    let path = match folder.strip_prefix("../") {
        Some(other) if other.contains('/') => other.to_owned(),
        Some(_) => return None,
        None => Path::new(own).join(folder).display().to_string(),
    };
    (is_inside(folder.trim_start_matches("../")) && is_inside(&path)).then_some(path)
}

fn is_inside(folder: &str) -> bool {
    let mut parts = Path::new(folder).components();
    !folder.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
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

#[cfg(test)]
mod tests {
    use super::below_stacks;

    #[test]
    fn a_folder_is_the_stacks_own_or_another_stacks_and_never_elsewhere() {
        let found = |folder: &str| below_stacks("any/stacks/kannel/stack.toml", folder);
        assert_eq!(found("redis").as_deref(), Some("kannel/redis"));
        assert_eq!(found("../reference/redis").as_deref(), Some("reference/redis"));
        for elsewhere in
            ["", ".", "..", "../", "../redis", "/etc", "a/../b", "../../x", "../a/../b"]
        {
            assert_eq!(found(elsewhere), None, "{elsewhere}");
        }
    }
}
