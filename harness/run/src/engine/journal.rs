//! The list of children on disk, so that those of a dead run are found and ended by the next one.
//!
//! A process is only ever touched by its recorded id together with its start time and boot, for an
//! id alone may long belong to somebody else.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Name of the list within a drill's folder.
const NAME: &str = "children.jsonl";

/// A process, told apart from every other that ever had its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub pid: i32,
    /// Clock ticks since boot, field 22 of `/proc/PID/stat`.
    pub started: u64,
    pub boot: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    node: String,
    child: Identity,
    /// The run that started it; while that lives, its children are its own business.
    owner: Identity,
}

/// The children of one drill.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    /// There from the first child on: an empty list would say nothing of its owner.
    file: Option<File>,
    owner: Identity,
}

impl Journal {
    pub(crate) fn open(folder: &Path) -> io::Result<Journal> {
        std::fs::create_dir_all(folder)?;
        let owner = identify(std::process::id() as i32)?;
        Ok(Journal { path: folder.join(NAME), file: None, owner })
    }

    /// Synced before the child is waited for. Dies the run between its start and this line, the child
    /// dies with its parent all the same.
    pub(crate) fn add(&mut self, node: &str, child: &Identity) -> io::Result<()> {
        let entry =
            Entry { node: node.to_owned(), child: child.clone(), owner: self.owner.clone() };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        let file = match self.file.take() {
            Some(file) => file,
            None => File::options().append(true).create(true).open(&self.path)?,
        };
        let file = self.file.insert(file);
        file.write_all(&line)?;
        file.sync_data()
    }

    /// All children are gone.
    pub(crate) fn close(&self) -> io::Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

/// The living process `pid`.
pub(crate) fn identify(pid: i32) -> io::Result<Identity> {
    let started = stat(pid)?
        .1
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "cannot read its start time"))?;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned();
    Ok(Identity { pid, started, boot })
}

/// State letter (`T` is stopped, `Z` ended) and start time of a process.
pub(crate) fn stat(pid: i32) -> io::Result<(char, Option<u64>)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold anything, parentheses included.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = rest.split_whitespace();
    let state = fields.next().and_then(|s| s.chars().next()).unwrap_or('?');
    Ok((state, fields.nth(18).and_then(|field| field.parse().ok())))
}

pub(crate) fn lives(identity: &Identity) -> bool {
    let ended = stat(identity.pid).map_or(true, |(state, _)| state == 'Z');
    !ended && identify(identity.pid).is_ok_and(|found| found == *identity)
}

/// A drill whose run died before it had lowered its stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadDrill {
    /// The drill's folder.
    pub folder: PathBuf,
    /// Its children that still live, `node (pid)` each. Mostly none: they die with their parent.
    pub living: Vec<String>,
}

/// Ends the children of dead runs under `reports` and forgets the runs; says whose they were.
///
/// # Errors
/// What the operating system says of the folder, or of a process that could not be ended.
pub fn sweep(reports: &Path) -> io::Result<Vec<DeadDrill>> {
    let mut dead = Vec::new();
    for (path, children) in of_the_dead(reports)? {
        for child in &children {
            kill(Pid::from_raw(child.child.pid), Signal::SIGKILL)?;
        }
        std::fs::remove_file(&path)?;
        dead.push(DeadDrill::of(&path, &children));
    }
    Ok(dead)
}

/// What [`sweep`] would find. Changes nothing.
///
/// # Errors
/// What the operating system says of the folder.
pub fn left_over(reports: &Path) -> io::Result<Vec<DeadDrill>> {
    let dead = of_the_dead(reports)?;
    Ok(dead.iter().map(|(path, children)| DeadDrill::of(path, children)).collect())
}

impl DeadDrill {
    fn of(journal: &Path, living: &[Entry]) -> DeadDrill {
        let name = |entry: &Entry| format!("{} ({})", entry.node, entry.child.pid);
        let folder = journal.parent().unwrap_or(journal).to_owned();
        DeadDrill { folder, living: living.iter().map(name).collect() }
    }
}

/// The lists of dead runs, each with those of its children that still live.
fn of_the_dead(reports: &Path) -> io::Result<Vec<(PathBuf, Vec<Entry>)>> {
    let mut dead = Vec::new();
    for path in named(NAME, reports)? {
        let text = std::fs::read_to_string(&path)?;
        // A line cut short by the owner's death is no entry; that child died with its parent.
        let mut entries: Vec<Entry> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if !entries.iter().any(|entry| lives(&entry.owner)) {
            entries.retain(|entry| lives(&entry.child));
            dead.push((path, entries));
        }
    }
    Ok(dead)
}

/// Files of that name that drills keep in their folders.
pub(super) fn named(name: &str, reports: &Path) -> io::Result<Vec<PathBuf>> {
    search(name, reports, 3)
}

fn search(name: &str, folder: &Path, depth: usize) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        // `file_type` follows no links.
        if entry.file_type()?.is_dir() && depth > 0 {
            found.extend(search(name, &entry.path(), depth - 1)?);
        } else if entry.file_name() == name {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_dead_runs_child_is_ended_and_a_living_runs_child_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let identity = identify(child.id() as i32).unwrap();
        let mut journal = Journal::open(&folder.path().join("run/drill-0")).unwrap();
        journal.add("queue-1", &identity).unwrap();
        assert!(sweep(folder.path()).unwrap().is_empty(), "its owner lives: this very process");
        assert_eq!(child.try_wait().unwrap(), None);

        journal.owner.started += 1;
        std::fs::remove_file(&journal.path).unwrap();
        let mut orphaned = Journal::open(&folder.path().join("run/drill-0")).unwrap();
        orphaned.owner.started += 1;
        orphaned.add("queue-1", &identity).unwrap();
        let living = vec![format!("queue-1 ({})", child.id())];
        let expected = vec![DeadDrill { folder: folder.path().join("run/drill-0"), living }];
        assert_eq!(left_over(folder.path()).unwrap(), expected);
        assert_eq!(child.try_wait().unwrap(), None, "looking ends nobody");
        assert_eq!(sweep(folder.path()).unwrap(), expected);
        assert!(!child.wait().unwrap().success());
        assert!(sweep(folder.path()).unwrap().is_empty());
    }

    #[test]
    fn a_process_id_taken_over_by_another_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let mut identity = identify(child.id() as i32).unwrap();
        identity.started -= 1;
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.owner.started += 1;
        journal.add("queue-1", &identity).unwrap();
        let dead = sweep(folder.path()).unwrap();
        assert!(dead.len() == 1 && dead[0].living.is_empty(), "{dead:?}");
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
