//! Disks that outlive their nodes: written bytes survive a kill, synced bytes a loss of power.
//!
//! A loss of power takes *all* unsynced bytes of a file, where a real disk keeps some. Making and
//! removing a file is durable at once. Nothing takes time.

use super::gate::Life;
use super::locked;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};

/// Bytes kept from before the first unsynced write to them, at a time.
const PAGE: usize = 4096;
/// No file grows beyond this.
const LONGEST: u64 = 8 << 30;

/// See [`crate::Disk`]. Dies with the life it was given to.
#[derive(Clone, Debug)]
pub struct SimDisk {
    files: Arc<Files>,
    life: Arc<Life>,
}

/// See [`crate::File`].
#[derive(Clone, Debug)]
pub struct SimFile {
    content: Arc<Mutex<Content>>,
    life: Arc<Life>,
}

/// One host's disk.
#[derive(Debug, Default)]
pub(super) struct Files(Mutex<BTreeMap<String, Arc<Mutex<Content>>>>);

#[derive(Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    synced_len: usize,
    /// Synced pages that were written over since, as they were, by page number.
    before: BTreeMap<usize, Vec<u8>>,
}

impl Files {
    pub(super) fn lose_unsynced(&self) {
        for content in locked(&self.0).values() {
            locked(content).lose_unsynced();
        }
    }
}

impl SimDisk {
    pub(super) fn new(files: Arc<Files>, life: Arc<Life>) -> SimDisk {
        SimDisk { files, life }
    }

    pub(crate) fn open(&self, name: &str) -> io::Result<SimFile> {
        alive(&self.life)?;
        let content = Arc::clone(locked(&self.files.0).entry(name.to_owned()).or_default());
        Ok(SimFile { content, life: Arc::clone(&self.life) })
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        alive(&self.life)?;
        locked(&self.files.0).remove(name);
        Ok(())
    }
}

impl SimFile {
    pub(crate) fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        alive(&self.life)?;
        let content = locked(&self.content);
        let range =
            usize::try_from(offset).ok().and_then(|at| Some(at..at.checked_add(buf.len())?));
        let bytes = range.and_then(|range| content.bytes.get(range));
        buf.copy_from_slice(bytes.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    pub(crate) fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        alive(&self.life)?;
        let end = fit(offset.saturating_add(bytes.len() as u64))?;
        let start = end - bytes.len();
        let mut content = locked(&self.content);
        content.remember(start, end);
        if content.bytes.len() < end {
            content.bytes.resize(end, 0);
        }
        content.bytes[start..end].copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn len(&self) -> io::Result<u64> {
        alive(&self.life)?;
        Ok(locked(&self.content).bytes.len() as u64)
    }

    pub(crate) fn set_len(&self, len: u64) -> io::Result<()> {
        alive(&self.life)?;
        let len = fit(len)?;
        let mut content = locked(&self.content);
        content.remember(len, usize::MAX);
        content.bytes.resize(len, 0);
        Ok(())
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        alive(&self.life)?;
        let mut content = locked(&self.content);
        content.before.clear();
        content.synced_len = content.bytes.len();
        Ok(())
    }
}

impl Content {
    /// Keeps the synced pages between `start` and `end` before they change.
    fn remember(&mut self, start: usize, end: usize) {
        let end = end.min(self.synced_len);
        if start >= end {
            return;
        }
        for page in start / PAGE..end.div_ceil(PAGE) {
            // Beyond what is there now, the page was kept when the file was cut short.
            let from = (page * PAGE).min(self.bytes.len());
            let to = (page * PAGE + PAGE).min(self.synced_len).min(self.bytes.len());
            self.before.entry(page).or_insert_with(|| self.bytes[from..to].to_vec());
        }
    }

    fn lose_unsynced(&mut self) {
        self.bytes.resize(self.synced_len, 0);
        for (page, before) in std::mem::take(&mut self.before) {
            let from = page * PAGE;
            self.bytes[from..from + before.len()].copy_from_slice(&before);
        }
    }
}

/// What a dead service's `Drop` would still like to write must not reach the disk.
fn alive(life: &Life) -> io::Result<()> {
    if life.is_dead() {
        return Err(io::Error::new(ErrorKind::NotConnected, "the node is dead"));
    }
    Ok(())
}

fn fit(len: u64) -> io::Result<usize> {
    if len > LONGEST {
        return Err(ErrorKind::FileTooLarge.into());
    }
    usize::try_from(len).map_err(|_| ErrorKind::FileTooLarge.into())
}
