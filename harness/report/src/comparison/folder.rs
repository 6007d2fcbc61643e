//! The plays of run folders, each judged anew from its record, and the columns they belong to.

use crate::read::{ReadError, records};
use squall_model::comparison::Play;
use squall_model::judge::judge;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A run folder to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub folder: PathBuf,
    /// How the page names it: a path from where the page lies.
    pub shown: String,
    /// The column it belongs to, where that is known.
    pub stack: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PlaysError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{0} holds no drill that was played; name a folder that `squall run` has written")]
    Empty(PathBuf),
}

/// Every drill of the folders, and the columns in the order they come up in. Where it is not known to
/// which a folder belongs, one stack in several folders is a column for each of them, for a run before
/// and one after a change are what people compare.
///
/// # Errors
/// A folder that cannot be read, or holds nothing.
pub fn plays(sources: &[Source]) -> Result<(Vec<String>, Vec<Play>), PlaysError> {
    let mut read: Vec<Vec<Play>> = Vec::new();
    for source in sources {
        let mut own = Vec::new();
        for record in records(&source.folder)? {
            let record = record?;
            let judged = judge(&record);
            own.push(Play {
                stack: source.stack.clone().unwrap_or_else(|| record.plan.stack.label()),
                engine: record.header.engine,
                plan: record.plan,
                judged,
                run: source.shown.clone(),
            });
        }
        if own.is_empty() {
            return Err(PlaysError::Empty(source.folder.clone()));
        }
        read.push(own);
    }
    tell_apart(sources, &mut read);
    let plays: Vec<Play> = read.into_iter().flatten().collect();
    let mut columns: Vec<String> = Vec::new();
    for play in &plays {
        if !columns.contains(&play.stack) {
            columns.push(play.stack.clone());
        }
    }
    Ok((columns, plays))
}

/// A stack that several folders hold is named with its folder.
fn tell_apart(sources: &[Source], read: &mut [Vec<Play>]) {
    let mut holders: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (index, plays) in read.iter().enumerate() {
        for play in plays.iter().filter(|_| sources[index].stack.is_none()) {
            holders.entry(play.stack.clone()).or_default().insert(index);
        }
    }
    for (source, plays) in sources.iter().zip(read) {
        for play in plays {
            if holders.get(&play.stack).is_some_and(|of| of.len() > 1) {
                play.stack = format!("{} ({})", play.stack, name(&source.folder));
            }
        }
    }
}

fn name(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| folder.display().to_string())
}
