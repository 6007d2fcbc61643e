//! The journal: changes at the end of one file, each with its length and CRC-32.
//!
//! `u32 length | u32 crc of the rest | u128 sid | value`, little-endian; length counts the sid and the
//! value and has its top bit set for a removal. Reading stops at the first record that is not
//! whole: what comes after it was never committed.

use super::Sid;
use bytes::{BufMut, Bytes, BytesMut};
use squall_platform::File;
use std::io;

const HEAD: usize = 8;
const SID: usize = 16;
const REMOVAL: u32 = 1 << 31;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Put(Sid, Bytes),
    Remove(Sid),
}

#[derive(Debug)]
pub(super) struct Journal {
    /// `None`: nothing is kept.
    file: Option<File>,
    length: u64,
    gathered: BytesMut,
    /// Written, not yet synced.
    dirty: bool,
}

impl Journal {
    pub(super) fn none() -> Journal {
        Journal { file: None, length: 0, gathered: BytesMut::new(), dirty: false }
    }

    /// Reads the changes back and cuts a torn end off.
    pub(super) fn open(file: File) -> io::Result<(Journal, Vec<Change>)> {
        let mut bytes = vec![0; usize::try_from(file.len()?).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, 0)?;
        let mut rest = Bytes::from(bytes);
        let whole = rest.len();
        let mut changes = Vec::new();
        while let Some(change) = decode(&mut rest) {
            changes.push(change);
        }
        let length = (whole - rest.len()) as u64;
        if !rest.is_empty() {
            file.set_len(length)?;
        }
        // The last life may have written without a sync; what is read back is built upon.
        file.sync()?;
        let journal = Journal { file: Some(file), length, gathered: BytesMut::new(), dirty: false };
        Ok((journal, changes))
    }

    pub(super) fn append(&mut self, change: &Change) {
        if self.file.is_some() {
            encode(change, &mut self.gathered);
        }
    }

    /// Length of what is written.
    pub(super) fn len(&self) -> u64 {
        self.length
    }

    pub(super) fn write(&mut self, sync: bool) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        if !self.gathered.is_empty() {
            file.write_all_at(&self.gathered, self.length)?;
            self.length += self.gathered.len() as u64;
            self.gathered.clear();
            self.dirty = true;
        }
        if sync && self.dirty {
            file.sync()?;
            self.dirty = false;
        }
        Ok(())
    }

    pub(super) fn start_over(&mut self) -> io::Result<()> {
        self.gathered.clear();
        self.length = 0;
        self.dirty = false;
        let Some(file) = &self.file else { return Ok(()) };
        file.set_len(0)?;
        file.sync()
    }
}

fn encode(change: &Change, out: &mut BytesMut) {
    let (sid, value, flag) = match change {
        Change::Put(sid, value) => (sid, &value[..], 0),
        Change::Remove(sid) => (sid, &[][..], REMOVAL),
    };
    out.reserve(HEAD + SID + value.len());
    out.put_u32_le((SID + value.len()) as u32 | flag);
    let crc_at = out.len();
    out.put_u32_le(0);
    out.put_u128_le(*sid);
    out.put_slice(value);
    let crc = crc32fast::hash(&out[crc_at + 4..]);
    out[crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
}

/// Takes one whole record off the front of `rest`; leaves `rest` as it is where there is none.
fn decode(rest: &mut Bytes) -> Option<Change> {
    let length = u32::from_le_bytes(*rest.first_chunk::<4>()?);
    let crc = u32::from_le_bytes(*rest.get(4..)?.first_chunk::<4>()?);
    let size = (length & !REMOVAL) as usize;
    if size < SID || rest.len() - HEAD < size || crc32fast::hash(&rest[HEAD..HEAD + size]) != crc {
        return None;
    }
    let record = rest.split_to(HEAD + size);
    let sid = u128::from_le_bytes(*record.get(HEAD..)?.first_chunk::<SID>()?);
    Some(match length & REMOVAL {
        0 => Change::Put(sid, record.slice(HEAD + SID..)),
        _ => Change::Remove(sid),
    })
}
