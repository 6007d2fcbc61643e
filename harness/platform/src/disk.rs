//! A node's files: on the real disk, or held by the simulation's harness.
//!
//! Calls block, as a database's do; a service wraps them in [`crate::Node::blocking`]. Written bytes
//! survive a kill; only synced bytes survive a loss of power.

use crate::sim;
use std::io;
use std::sync::Arc;

/// A flat directory of named files.
#[derive(Clone, Debug)]
pub enum Disk {
    Real(std::path::PathBuf),
    Sim(sim::SimDisk),
}

/// A file open for reading and writing at any place. Clones share it.
#[derive(Clone, Debug)]
pub enum File {
    Real(Arc<std::fs::File>),
    Sim(sim::SimFile),
}

impl Disk {
    /// Opens `name`, made empty where it does not exist.
    ///
    /// # Errors
    /// `InvalidInput` for a name with a path in it; what the operating system says.
    pub fn open(&self, name: &str) -> io::Result<File> {
        if name.is_empty() || name.contains(['/', '\\', '\0']) || name.starts_with('.') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("not a file name: {name:?}"),
            ));
        }
        match self {
            Disk::Real(dir) => {
                std::fs::create_dir_all(dir)?;
                let file = std::fs::OpenOptions::new()
                    .read(true)
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(dir.join(name))?;
                Ok(File::Real(Arc::new(file)))
            }
            Disk::Sim(disk) => disk.open(name).map(File::Sim),
        }
    }

    /// Removes `name`; nothing happens where it does not exist.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match self {
            Disk::Real(dir) => match std::fs::remove_file(dir.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
            Disk::Sim(disk) => disk.remove(name),
        }
    }
}

impl File {
    /// # Errors
    /// `UnexpectedEof` past the end; what the operating system says.
    pub fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        match self {
            File::Real(file) => std::os::unix::fs::FileExt::read_exact_at(&**file, buf, offset),
            File::Sim(file) => file.read_exact_at(buf, offset),
        }
    }

    /// # Errors
    /// What the operating system says.
    pub fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self {
            File::Real(file) => std::os::unix::fs::FileExt::write_all_at(&**file, bytes, offset),
            File::Sim(file) => file.write_all_at(bytes, offset),
        }
    }

    /// # Errors
    /// What the operating system says.
    pub fn len(&self) -> io::Result<u64> {
        match self {
            File::Real(file) => Ok(file.metadata()?.len()),
            File::Sim(file) => file.len(),
        }
    }

    /// # Errors
    /// As [`File::len`].
    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// # Errors
    /// What the operating system says.
    pub fn set_len(&self, len: u64) -> io::Result<()> {
        match self {
            File::Real(file) => file.set_len(len),
            File::Sim(file) => file.set_len(len),
        }
    }

    /// Returns when the bytes are safe from a loss of power (fdatasync).
    ///
    /// # Errors
    /// What the operating system says.
    pub fn sync(&self) -> io::Result<()> {
        match self {
            File::Real(file) => file.sync_data(),
            File::Sim(file) => file.sync(),
        }
    }
}
