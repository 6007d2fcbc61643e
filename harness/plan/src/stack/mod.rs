//! `stacks/<name>/stack.toml` → [`Stack`]. Reads that one file; whether the stack runs is not its concern.

mod by_setting;
mod check;
mod external;
mod followed;
mod follows;
mod image;
mod links;
mod nodes;
mod parse;
mod profiles;
mod reader;
mod schema;
mod settings;

pub use schema::schema;
pub use settings::{Allowed, Setting};

use crate::mistake::{Mistake, Mistakes};
use crate::source::Source;
use follows::Follows;
pub(crate) use profiles::{Profile, split};
use squall_model::stack::Stack;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A stack as its file describes it: settings at their defaults, and what they may become.
#[derive(Clone, Debug, PartialEq)]
pub struct StackFile {
    pub stack: Stack,
    pub settings: BTreeMap<String, Setting>,
    /// Sets of settings by name.
    pub(crate) profiles: BTreeMap<String, Profile>,
    /// What of it follows a setting.
    pub(crate) follows: Follows,
}

/// Parses one stack file.
///
/// # Errors
/// Every mistake in it.
pub fn parse(source: &Arc<Source>) -> Result<StackFile, Vec<Mistake>> {
    parse::stack_file(source)
}

/// Reads and parses `dir/<name>/stack.toml`.
///
/// # Errors
/// Every mistake in the file, or that there is none.
pub fn load(dir: &Path, name: &str) -> Result<StackFile, Mistakes> {
    let path = dir.join(name).join("stack.toml");
    Source::read(&path).map_err(|one| vec![one]).and_then(|s| parse(&s)).map_err(Mistakes::new)
}

type Loaded = Result<Arc<StackFile>, Vec<Mistake>>;

/// The folder of stacks; each file is read once however many scenarios name it.
#[derive(Debug, Default)]
pub struct Library {
    dir: PathBuf,
    loaded: Mutex<BTreeMap<String, Loaded>>,
}

impl Library {
    pub fn new(dir: &Path) -> Library {
        Library { dir: dir.to_owned(), loaded: Mutex::default() }
    }

    /// The folder that stacks are looked for in.
    pub(crate) fn place(&self) -> String {
        self.dir.display().to_string()
    }

    /// Names of the folders that hold a `stack.toml`.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter(|entry| entry.path().join("stack.toml").is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Where the files of a stack stand.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// `None`: there is no such stack.
    pub(crate) fn open(&self, name: &str) -> Option<Loaded> {
        if !self.names().iter().any(|known| known == name) {
            return None;
        }
        let mut loaded = self.loaded.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let entry = loaded.entry(name.to_owned()).or_insert_with(|| {
            let path = self.dir.join(name).join("stack.toml");
            let source = Source::read(&path).map_err(|mistake| vec![mistake])?;
            parse(&source).map(Arc::new)
        });
        Some(entry.clone())
    }
}
