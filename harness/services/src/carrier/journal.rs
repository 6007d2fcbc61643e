//! The carrier's files: the log of what happened to submits, and what is still owed for them.
//!
//! `events` holds one fixed-size entry per submit and is read back from disk, never kept in memory;
//! the [`super::names`] of who submitted lie beside it.
//! `messages` holds accepted messages and the receipts that went out, and calls in progress; it is
//! written anew, into the other of two files, once it is mostly past. Both are written before an answer goes out and
//! never synced: they must outlive a kill, not a loss of power. Writes go to the page cache and are
//! made in place.

use super::answer::Code;
use super::dialect::Codes;
use super::names::Names;
use super::verbs::{self, Verb};
use crate::ServiceError;
use serde::{Deserialize, Serialize};
use squall_model::fact::CarrierEvent;
use squall_platform::{Disk, File};
use squall_wire::smpp::Part;
use std::io;
use std::sync::Arc;

const ENTRY: usize = 24;

/// Above it, `messages` is written anew once most of it is past.
pub(super) const COMPACT: u64 = 64 << 20;

/// What happened to one submit, or in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Delivered,
    Swallowed,
    Part,
    /// In the carrier's own codes; all others are the caller's, see [`verbs`].
    Refused(Code),
    Dropped(Code),
    Verb(Verb, Option<Code>),
}

impl Event {
    pub(super) fn fact(self, codes: &Codes) -> CarrierEvent {
        match self {
            Event::Delivered => CarrierEvent::Delivered,
            Event::Swallowed => CarrierEvent::Swallowed,
            Event::Part => CarrierEvent::Part,
            Event::Refused(code) => CarrierEvent::Refused((codes.show)(code.0)),
            Event::Dropped(code) => CarrierEvent::Dropped(verbs::show(code)),
            Event::Verb(verb, code) => {
                CarrierEvent::Verb { verb: verb.name().to_owned(), code: code.map(verbs::show) }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub unix_us: u64,
    pub message: Option<u64>,
    pub event: Event,
    /// Who submitted it, see [`Names`].
    pub via: u8,
}

impl Entry {
    fn to_bytes(self) -> [u8; ENTRY] {
        let (kind, code, verb) = match self.event {
            Event::Delivered => (1u8, 0, 0),
            Event::Swallowed => (2, 0, 0),
            Event::Part => (3, 0, 0),
            Event::Refused(code) => (4, code.0, 0),
            Event::Dropped(code) => (5, code.0, 0),
            Event::Verb(verb, code) => (6, code.map_or(0, |code| code.0), verb.0),
        };
        let mut out = [0; ENTRY];
        out[..8].copy_from_slice(&self.unix_us.to_le_bytes());
        out[8..16].copy_from_slice(&self.message.map_or(0, |m| m.saturating_add(1)).to_le_bytes());
        out[16..20].copy_from_slice(&code.to_le_bytes());
        out[20] = kind;
        out[21] = self.via;
        out[22] = verb;
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Entry> {
        let unix_us = u64::from_le_bytes(*bytes.first_chunk()?);
        let message = u64::from_le_bytes(*bytes.get(8..)?.first_chunk()?).checked_sub(1);
        let code = u32::from_le_bytes(*bytes.get(16..)?.first_chunk()?);
        let event = match bytes.get(20)? {
            1 => Event::Delivered,
            2 => Event::Swallowed,
            3 => Event::Part,
            4 => Event::Refused(Code(code)),
            5 => Event::Dropped(Code(code)),
            6 => Event::Verb(Verb(*bytes.get(22)?), (code > 0).then_some(Code(code))),
            _ => return None,
        };
        Some(Entry { unix_us, message, event, via: *bytes.get(21)? })
    }
}

/// One accepted submit, as `messages` keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Accepted {
    /// Its place in `events`, and the message id made from it.
    pub id: u64,
    pub at_us: u64,
    pub source: String,
    pub destination: String,
    pub text: String,
    /// reference, total, number; only of parts that count.
    pub part: Option<(u16, u8, u8)>,
    pub callback: Option<String>,
    /// The sender's own, told again in the receipt.
    pub reference: Option<String>,
    pub promise: Option<Promised>,
    pub outcome: Outcome,
    /// Really on the handset, whatever the outcome claims.
    pub reached: bool,
    /// When the outcome shows in query_sm and in the Message resource.
    pub final_us: u64,
}

/// What the sender is told in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Outcome {
    Delivered,
    Expired,
    /// Swallowed: nothing, ever.
    Never,
}

impl Accepted {
    pub(super) fn part(&self) -> Option<Part> {
        self.part.map(|(reference, total, number)| Part { reference, total, number })
    }

    /// How it ended, as far as that shows.
    pub(super) fn ended(&self, now_us: u64) -> Option<Outcome> {
        Some(self.outcome).filter(|_| self.final_us <= now_us)
    }
}

/// A receipt that is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Promised {
    pub due_us: u64,
    pub copies: u8,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Record {
    Accepted(Accepted),
    /// One copy of a receipt was acknowledged.
    Done(u64),
    /// The text was taken out on request.
    Redacted(u64),
    Deleted(u64),
    /// A call that rings or is answered.
    Call(u64, Caller),
    /// Its end is in the log.
    CallOver(u64),
}

/// Who a call in progress is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Caller {
    pub message: Option<u64>,
    /// Who placed it, see [`Names`].
    pub via: u8,
}

/// The reader of an entry range; cheap to clone into a blocking call.
#[derive(Clone, Debug)]
pub(super) struct Log {
    file: File,
    pub(super) len: u64,
    names: Arc<Vec<String>>,
}

impl Log {
    /// Who submitted an entry, as far as it said.
    pub(super) fn name(&self, entry: &Entry) -> Option<&str> {
        let place = usize::from(entry.via).checked_sub(1)?;
        self.names.get(place).map(String::as_str)
    }

    /// Up to `max` entries from `from` on.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn read(&self, from: u64, max: u64) -> io::Result<Vec<Entry>> {
        let count = self.len.saturating_sub(from).min(max);
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut bytes = vec![0; count as usize * ENTRY];
        self.file.read_exact_at(&mut bytes, from * ENTRY as u64)?;
        bytes
            .chunks_exact(ENTRY)
            .map(|entry| Entry::from_bytes(entry).ok_or(io::ErrorKind::InvalidData.into()))
            .collect()
    }
}

#[derive(Debug)]
pub(super) struct Journal {
    disk: Disk,
    log: Log,
    names: Names,
    events: Vec<u8>,
    messages: File,
    /// Which of the two files; the other one is empty or a leftover.
    generation: u64,
    end: u64,
    records: Vec<u8>,
}

impl Journal {
    /// Opens both files and hands back what `messages` holds. A torn tail is cut off: nothing in it
    /// was ever answered.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn open(disk: Disk) -> Result<(Journal, Vec<Record>), ServiceError> {
        let failed = |file: &str| {
            let file = file.to_owned();
            move |source| ServiceError::Disk { file, source }
        };
        let events = disk.open("events").map_err(failed("events"))?;
        let len = events.len().map_err(failed("events"))? / ENTRY as u64;
        let mut best: Option<(File, Loaded)> = None;
        for name in ["messages-0", "messages-1"] {
            let file = disk.open(name).map_err(failed(name))?;
            let read = load(&file).map_err(failed(name))?;
            if best.as_ref().is_none_or(|(_, (generation, ..))| read.0 > *generation) {
                best = Some((file, read));
            }
        }
        let Some((messages, (generation, end, records))) = best else {
            return Err(ServiceError::Setting("no journal".into()));
        };
        let names = Names::open(&disk).map_err(failed("names"))?;
        let log = Log { file: events, len, names: names.known() };
        let journal = Journal {
            disk,
            log,
            names,
            events: Vec::new(),
            messages,
            generation,
            end,
            records: Vec::new(),
        };
        Ok((journal, records))
    }

    /// Adds an event, to be written by [`Journal::write`], and returns its place.
    pub(super) fn event(&mut self, entry: Entry) -> u64 {
        self.events.extend_from_slice(&entry.to_bytes());
        self.log.len + (self.events.len() / ENTRY) as u64 - 1
    }

    /// The index of who submits, see [`Names`].
    pub(super) fn via(&mut self, said: &str) -> u8 {
        self.names.index(said)
    }

    pub(super) fn record(&mut self, record: &Record) {
        frame(&mut self.records, record);
    }

    /// Writes all that was added. Names before the events that use them, then events: a kill between the two may cost a receipt of a
    /// submit that was never answered, but can never leave a receipt without its event; a call whose
    /// end was never answered may be logged as dropped beside it.
    ///
    /// # Errors
    /// What the disk says; the same bytes are written again next time.
    pub(super) fn write(&mut self) -> io::Result<()> {
        self.names.write()?;
        if !self.events.is_empty() {
            self.log.file.write_all_at(&self.events, self.log.len * ENTRY as u64)?;
            self.log.len += (self.events.len() / ENTRY) as u64;
            self.events.clear();
        }
        if !self.records.is_empty() {
            if self.end == 0 {
                self.messages.write_all_at(&header(self.generation), 0)?;
                self.end = 8;
            }
            self.messages.write_all_at(&self.records, self.end)?;
            self.end += self.records.len() as u64;
            self.records.clear();
        }
        Ok(())
    }

    pub(super) fn size(&self) -> u64 {
        self.end
    }

    pub(super) fn log(&self) -> Log {
        Log { names: self.names.known(), ..self.log.clone() }
    }

    /// Writes `records` into the other file and goes on there.
    ///
    /// # Errors
    /// What the disk says; the old file stays in use.
    pub(super) fn compact(&mut self, records: impl Iterator<Item = Record>) -> io::Result<()> {
        let generation = self.generation + 1;
        let name = format!("messages-{}", generation % 2);
        let file = self.disk.open(&name)?;
        file.set_len(0)?;
        let mut bytes = Vec::new();
        for record in records {
            frame(&mut bytes, &record);
        }
        // The header last: a file without one is no journal.
        file.write_all_at(&bytes, 8)?;
        file.write_all_at(&header(generation), 0)?;
        let old = std::mem::replace(&mut self.messages, file);
        (self.generation, self.end) = (generation, 8 + bytes.len() as u64);
        old.set_len(0)
    }
}

/// Never zero, so that an empty or unfinished file is told apart.
fn header(generation: u64) -> [u8; 8] {
    (generation + 1).to_le_bytes()
}

fn frame(out: &mut Vec<u8>, record: &Record) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    // Serialising plain values into memory cannot fail.
    if let Ok(body) = postcard::to_extend(record, std::mem::take(out)) {
        *out = body;
        let length = (out.len() - start - 4) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }
}

/// Generation, end and records of a file.
type Loaded = (u64, u64, Vec<Record>);

/// All nothing where the file has no header.
fn load(file: &File) -> io::Result<Loaded> {
    let mut bytes = vec![0; file.len()? as usize];
    file.read_exact_at(&mut bytes, 0)?;
    let Some(generation) =
        bytes.first_chunk().and_then(|head| u64::from_le_bytes(*head).checked_sub(1))
    else {
        return Ok((0, 0, Vec::new()));
    };
    let mut records = Vec::new();
    let mut end = 8;
    while let Some(length) = bytes[end..].first_chunk() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some(body) = bytes.get(end + 4..end + 4 + length) else { break };
        let Ok(record) = postcard::from_bytes(body) else { break };
        records.push(record);
        end += 4 + length;
    }
    file.set_len(end as u64)?;
    Ok((generation, end as u64, records))
}
