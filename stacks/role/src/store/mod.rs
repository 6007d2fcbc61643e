//! A durable map from sid to bytes: what a role keeps on its node's disk.
//!
//! Two layers. Changes go to a journal first ([`journal`]); [`Store::commit`] writes what has
//! gathered since the last commit in one write and, if asked, syncs it. What outlives the journal's
//! share of [`CHECKPOINT`] bytes moves into a redb database in one synced transaction, after which
//! the journal starts over. So an ordinary short life costs one small write, and a
//! backlog rests in the database. A crash between the two leaves a journal that repeats what the
//! database already holds, which changes nothing.
//!
//! Values that rest in the database are not kept in memory. Nothing here knows what values mean.

mod backend;
mod journal;
mod writer;

use bytes::Bytes;
use journal::{Change, Journal};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use squall_platform::Disk;
use std::collections::BTreeMap;

pub use writer::{Writer, Written};

/// A name that is given once. By convention the upper half is an instant in Unix microseconds, so that
/// sids sort by age and never repeat over restarts; the lower half is drawn.
pub type Sid = u128;

/// Journal bytes after which its living values move to the database.
pub const CHECKPOINT: u64 = 16 << 20;
/// Page cache of one database.
const CACHE: usize = 4 << 20;
const TABLE: TableDefinition<u128, &[u8]> = TableDefinition::new("messages");

#[derive(Debug, thiserror::Error)]
#[error("store: {0}")]
pub struct StoreError(String);

/// Where a value is now.
#[derive(Clone, Debug)]
enum Place {
    /// In the journal, and here; an older self may rest in the database.
    Journal { value: Bytes, stored: bool },
    /// In the database alone.
    Database,
    /// Removed; the database still has it.
    Dropped,
}

#[derive(Debug)]
pub struct Store {
    journal: Journal,
    database: Option<Database>,
    values: BTreeMap<Sid, Place>,
    live: usize,
}

impl Store {
    /// Opens `<name>.journal` and `<name>.redb` on `disk` and reads back what they hold.
    ///
    /// # Errors
    /// What the disk or the database says. A torn end of the journal is no error: it was never
    /// answered for, and is cut off.
    pub fn open(disk: &Disk, name: &str) -> Result<Store, StoreError> {
        let file = disk.open(&format!("{name}.redb")).map_err(failed)?;
        let database = Database::builder()
            .set_cache_size(CACHE)
            .create_with_backend(backend::Backend::new(file))
            .map_err(failed)?;
        let mut values = BTreeMap::new();
        let read = database.begin_read().map_err(failed)?;
        match read.open_table(TABLE) {
            Ok(table) => {
                for row in table.iter().map_err(failed)? {
                    values.insert(row.map_err(failed)?.0.value(), Place::Database);
                }
            }
            Err(redb::TableError::TableDoesNotExist(_)) => {}
            Err(error) => return Err(failed(error)),
        }
        drop(read);
        let live = values.len();
        let file = disk.open(&format!("{name}.journal")).map_err(failed)?;
        let (journal, changes) = Journal::open(file).map_err(failed)?;
        let mut store = Store { journal, database: Some(database), values, live };
        for change in changes {
            store.apply(change);
        }
        Ok(store)
    }

    /// A store that forgets everything with its process.
    pub fn in_memory() -> Store {
        Store { journal: Journal::none(), database: None, values: BTreeMap::new(), live: 0 }
    }

    /// Sets a value. Safe after the next [`Store::commit`].
    pub fn put(&mut self, sid: Sid, value: Bytes) {
        self.journal.append(&Change::Put(sid, value.clone()));
        self.apply(Change::Put(sid, value));
    }

    /// Forgets a value, if there is one.
    pub fn remove(&mut self, sid: Sid) {
        if self.contains(sid) {
            self.journal.append(&Change::Remove(sid));
            self.apply(Change::Remove(sid));
        }
    }

    /// Writes what has gathered; with `sync` it returns when that is safe from a loss of power,
    /// without it is safe from the death of the process.
    ///
    /// # Errors
    /// What the disk says. What had gathered is then not safe.
    pub fn commit(&mut self, sync: bool) -> Result<(), StoreError> {
        self.journal.write(sync).map_err(failed)?;
        if self.journal.len() >= CHECKPOINT {
            self.checkpoint()?;
        }
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.live
    }

    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    pub fn contains(&self, sid: Sid) -> bool {
        self.values.get(&sid).is_some_and(|place| !matches!(place, Place::Dropped))
    }

    /// # Errors
    /// What the database says.
    pub fn get(&self, sid: Sid) -> Result<Option<Bytes>, StoreError> {
        match self.values.get(&sid) {
            None | Some(Place::Dropped) => Ok(None),
            Some(Place::Journal { value, .. }) => Ok(Some(value.clone())),
            Some(Place::Database) => self.load(sid),
        }
    }

    /// The sids of all values after `after`, in order.
    pub fn sids(&self, after: Option<Sid>) -> impl Iterator<Item = Sid> + '_ {
        let from = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        self.values
            .range((from, std::ops::Bound::Unbounded))
            .filter(|(_, place)| !matches!(place, Place::Dropped))
            .map(|(sid, _)| *sid)
    }

    /// Moves what lives in the journal to the database and starts the journal over.
    ///
    /// # Errors
    /// What disk or database say; nothing is lost by it, the journal is still there.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        if let Some(database) = &self.database {
            let write = database.begin_write().map_err(failed)?;
            {
                let mut table = write.open_table(TABLE).map_err(failed)?;
                for (sid, place) in &self.values {
                    match place {
                        Place::Journal { value, .. } => {
                            table.insert(sid, &value[..]).map_err(failed)?;
                        }
                        Place::Dropped => {
                            table.remove(sid).map_err(failed)?;
                        }
                        Place::Database => {}
                    }
                }
            }
            write.commit().map_err(failed)?;
            self.journal.start_over().map_err(failed)?;
            self.values.retain(|_, place| !matches!(place, Place::Dropped));
            self.values.values_mut().for_each(|place| *place = Place::Database);
        }
        Ok(())
    }

    fn load(&self, sid: Sid) -> Result<Option<Bytes>, StoreError> {
        let Some(database) = &self.database else { return Ok(None) };
        let read = database.begin_read().map_err(failed)?;
        let table = read.open_table(TABLE).map_err(failed)?;
        let value = table.get(sid).map_err(failed)?;
        Ok(value.map(|value| Bytes::copy_from_slice(value.value())))
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Put(sid, value) => {
                let before = self.values.get(&sid);
                let stored = before.is_some_and(Place::stored);
                self.live += usize::from(!self.contains(sid));
                self.values.insert(sid, Place::Journal { value, stored });
            }
            Change::Remove(sid) => {
                self.live -= usize::from(self.contains(sid));
                if self.values.remove(&sid).is_some_and(|before| before.stored()) {
                    self.values.insert(sid, Place::Dropped);
                }
            }
        }
    }
}

impl Place {
    /// Whether the database has a value for it, be it an old one.
    fn stored(&self) -> bool {
        !matches!(self, Place::Journal { stored: false, .. })
    }
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError(error.to_string())
}
