//! Configuration files of somebody else's program: their places filled in, and their way into the
//! container.

use squall_model::node_config::NodeConfig;
use squall_model::template::{self, Fill, Place};
use squall_wire::smpp;
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
    let told = Told { config, reader };
    let one = |(path, text): (&String, &String)| {
        let rendered = template::render(text, &told).map_err(|error| format!("{path}: {error}"))?;
        Ok((path.clone(), rendered))
    };
    templates.iter().map(one).collect()
}

/// What a node is told, as far as its reader may know it.
struct Told<'a> {
    config: &'a NodeConfig,
    reader: Reader,
}

impl Told<'_> {
    fn setting(&self, key: &str) -> Result<&str, String> {
        let value = self.config.settings.get(key);
        value.map(String::as_str).ok_or_else(|| format!("the stack has no setting \"{key}\""))
    }

    fn secret(&self, text: &str) -> String {
        if self.reader == Reader::Program { text.to_owned() } else { MASKED.to_owned() }
    }
}

impl Fill for Told<'_> {
    fn value(&self, place: Place<'_>) -> Result<String, String> {
        let (account, secret) = (self.setting("account"), self.setting("secret"));
        Ok(match place {
            Place::Host(target) => dialled(target, self.config)?.0.to_owned(),
            Place::Port(target) => dialled(target, self.config)?.1.to_owned(),
            Place::Setting("secret") | Place::Secret => self.secret(secret?),
            Place::Setting(key) => self.setting(key)?.to_owned(),
            Place::Account => account?.to_owned(),
            Place::User => smpp::credentials(account?, "").0.to_owned(),
            Place::Password => self.secret(smpp::credentials("", secret?).1),
            Place::Token => self.secret(&self.config.token),
        })
    }

    fn holds(&self, setting: &str, value: &str) -> Result<bool, String> {
        Ok(self.setting(setting)? == value)
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
            settings: pairs([("account", "AC3456789012345678"), ("secret", "0123456789")]),
            token: "t".to_owned(),
            ..NodeConfig::default()
        }
    }

    fn rendered(text: &str, reader: Reader) -> Result<String, String> {
        let templates = [("/etc/x.conf".to_owned(), text.to_owned())].into();
        render(&templates, &config(), reader).map(|files| files["/etc/x.conf"].clone())
    }

    #[test]
    fn the_program_is_told_what_people_are_not() {
        let text = "{{host:carrier-a}} {{port:carrier-a}} {{account}} {{user}} {{secret}} \
                    {{password}} {{setting:secret}} {{token}}";
        let told = rendered(text, Reader::Program);
        let all =
            "172.18.0.3 4001 AC3456789012345678 AC3456789012345 0123456789 01234567 0123456789 t";
        assert_eq!(told, Ok(all.to_owned()));
        let shown = rendered(text, Reader::People);
        let masked = "172.18.0.3 4001 AC3456789012345678 AC3456789012345 ******** ******** ******** ********";
        assert_eq!(shown, Ok(masked.to_owned()));
    }

    #[test]
    fn what_cannot_be_dialled_is_said_with_the_file() {
        let why = rendered("{{host:vendor}}", Reader::Program).expect_err("no host");
        assert!(why.starts_with("/etc/x.conf: ") && why.contains("by its name"), "{why}");
        assert!(rendered("{{port:carrier-b}}", Reader::Program).is_err());
    }
}
