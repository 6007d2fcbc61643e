//! Configuration files of somebody else's program: their places filled in, and their way into the
//! container.

use squall_model::node_config::NodeConfig;
use squall_model::template::{self, PASSWORD, Place, USER};
use std::collections::BTreeMap;

/// What stands in a kept file where a secret was.
const MASKED: &str = "********";

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// The program, which has to know secrets.
    Program,
    /// People, in the run folder and its report.
    People,
}

/// Path → text, for the node that `config` tells about.
///
/// # Errors
/// A place that nobody can fill in, as a link whose target is found by its name.
pub(super) fn render(
    templates: &BTreeMap<String, String>,
    config: &NodeConfig,
    reader: Reader,
) -> Result<BTreeMap<String, String>, String> {
    let fill = |place: Place<'_>| filled(place, config, reader);
    let one = |(path, text): (&String, &String)| {
        let rendered = template::render(text, fill).map_err(|error| format!("{path}: {error}"))?;
        Ok((path.clone(), rendered))
    };
    templates.iter().map(one).collect()
}

fn filled(place: Place<'_>, config: &NodeConfig, reader: Reader) -> Result<String, String> {
    let setting = |key: &str| {
        let value = config.settings.get(key).cloned();
        value.ok_or_else(|| format!("the stack has no setting \"{key}\""))
    };
    let secret = |length: usize| match reader {
        Reader::Program => setting("secret").map(|it| it.chars().take(length).collect()),
        Reader::People => Ok(MASKED.to_owned()),
    };
    match place {
        Place::Host(target) => dialled(target, config).map(|(host, _)| host.to_owned()),
        Place::Port(target) => dialled(target, config).map(|(_, port)| port.to_owned()),
        Place::Setting("secret") | Place::Secret => secret(usize::MAX),
        Place::Setting(key) => setting(key),
        Place::If(key, value) => setting(key).map(|is| (is == value).to_string()),
        Place::Account => setting("account"),
        Place::User => setting("account").map(|it| it.chars().take(USER).collect()),
        Place::Password => secret(PASSWORD),
        Place::Token if reader == Reader::People => Ok(MASKED.to_owned()),
        Place::Token => Ok(config.token.clone()),
    }
}

fn dialled<'a>(target: &str, config: &'a NodeConfig) -> Result<(&'a str, &'a str), String> {
    let at = config.links.get(target).ok_or_else(|| format!("no link leads to \"{target}\""))?;
    match at.rsplit_once(':') {
        Some(ends) if !at.contains('/') => Ok(ends),
        _ => Err(format!("\"{target}\" is found by its name, which an image cannot")),
    }
}

/// A tar archive to be unpacked at the container's root.
pub(super) fn archive(files: &BTreeMap<String, String>) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        // Whoever the program runs as in its container has to read it.
        header.set_mode(0o644);
        archive.append_data(&mut header, path.trim_start_matches('/'), text.as_bytes())?;
    }
    archive.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> NodeConfig {
        let pairs = |pairs: [(&str, &str); 2]| {
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
        };
        NodeConfig {
            links: pairs([("carrier-a", "172.18.0.3:4001"), ("vendor", "https://vendor")]),
            settings: pairs([("account", "AC1"), ("secret", "0123456789")]),
            ..NodeConfig::default()
        }
    }

    fn rendered(text: &str, reader: Reader) -> Result<String, String> {
        let templates = [("/etc/x.conf".to_owned(), text.to_owned())].into();
        render(&templates, &config(), reader).map(|files| files["/etc/x.conf"].clone())
    }

    #[test]
    fn the_program_is_told_what_people_are_not() {
        let text = "{{host:carrier-a}} {{port:carrier-a}} {{account}} {{secret}} {{password}}";
        let told = rendered(text, Reader::Program);
        assert_eq!(told, Ok("172.18.0.3 4001 AC1 0123456789 01234567".to_owned()));
        let shown =
            rendered("{{account}} {{secret}} {{password}} {{setting:secret}}", Reader::People);
        assert_eq!(shown, Ok("AC1 ******** ******** ********".to_owned()));
    }

    #[test]
    fn what_cannot_be_dialled_is_said_with_the_file() {
        let why = rendered("{{host:vendor}}", Reader::Program).expect_err("no host");
        assert!(why.starts_with("/etc/x.conf: ") && why.contains("by its name"), "{why}");
        assert!(rendered("{{port:carrier-b}}", Reader::Program).is_err());
    }
}
