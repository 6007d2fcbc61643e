//! What an engine in real time keeps of its nodes in the run folder: what they were told, and their logs.
//!
//! A configuration with a key in it, or with secrets that are not the run's own, is there only while its
//! node reads it; what else a node was told is kept.

use super::secret;
use crate::RunError;
use squall_model::node_config::NodeConfig;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// Of one drill.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Configurations that must not be kept.
    secret: BTreeSet<PathBuf>,
    keeps_none: bool,
}

impl Folder {
    /// # Errors
    /// Where it cannot be written to.
    pub(super) fn open(path: &Path) -> Result<Folder, RunError> {
        for part in ["logs", "nodes"] {
            let what = || format!("cannot prepare {}", path.display());
            std::fs::create_dir_all(path.join(part)).map_err(RunError::io(what()))?;
        }
        Ok(Folder { path: path.to_owned(), secret: BTreeSet::new(), keeps_none: false })
    }

    /// What nodes are told is secret beyond the run.
    pub(super) fn keep_none(&mut self) {
        self.keeps_none = true;
    }

    /// Where a node has its files.
    pub(super) fn data(&self, node: &str) -> PathBuf {
        self.path.join("data").join(node)
    }

    pub(super) fn log(&self, node: &str) -> PathBuf {
        self.path.join("logs").join(format!("{node}.log"))
    }

    /// Writes down what a node is told, for its owner alone to read.
    pub(super) fn tell(&mut self, config: &NodeConfig) -> io::Result<PathBuf> {
        let path = self.path.join("nodes").join(format!("{}.json", config.node));
        if config.identity.is_some() || self.keeps_none {
            self.secret.insert(path.clone());
        }
        secret::write(&path, &serde_json::to_vec_pretty(config)?)?;
        Ok(path)
    }

    /// Keeps what a program of somebody else's was configured with, each file under its own path.
    pub(super) fn keep(&self, node: &str, files: &BTreeMap<String, String>) -> io::Result<()> {
        for (path, text) in files {
            let path = self.path.join("nodes").join(node).join(path.trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            std::fs::write(path, text)?;
        }
        Ok(())
    }

    /// The end of a node's log, for the message about its death.
    pub(super) fn last_words(&self, node: &str) -> String {
        let text = std::fs::read(self.log(node)).unwrap_or_default();
        match String::from_utf8_lossy(&text).lines().last() {
            Some(line) => format!("ended at its start: {line}"),
            None => "ended at its start".to_owned(),
        }
    }

    /// Away with what must not be kept: whoever was told has read it.
    pub(super) fn forget(&mut self) {
        for path in std::mem::take(&mut self.secret) {
            let _ = std::fs::remove_file(path);
        }
    }
}
