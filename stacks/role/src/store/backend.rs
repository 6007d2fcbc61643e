//! A platform file as the storage of a redb database, so that the database runs in the simulation
//! too, with the same bytes.

use redb::StorageBackend;
use squall_platform::File;
use std::io;

#[derive(Debug)]
pub(super) struct Backend(File);

impl Backend {
    pub(super) fn new(file: File) -> Self {
        Backend(file)
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_all_at(data, offset)
    }
}
