//! Who submitted: a small table of names, so that an entry of the log needs one octet for one.
//!
//! A name is what a sender said of itself, not who it is. It is kept as it was said, but for octets
//! that are no visible ASCII and for what is too long. The file `names` holds each name once, with
//! its length before it; it only ever grows, and an entry is written after the name it uses.

use squall_platform::{Disk, File};
use std::io;
use std::sync::Arc;

/// Octets of a name; a longer one counts as unknown, for half a name may be another one's.
const LONGEST: usize = 64;

/// The index that stands for nobody; names count from 1.
pub(super) const UNKNOWN: u8 = 0;

#[derive(Debug)]
pub(super) struct Names {
    file: File,
    end: u64,
    /// Of these, the last ones are in `unwritten` still.
    known: Arc<Vec<String>>,
    unwritten: Vec<u8>,
}

impl Names {
    /// A torn last name is cut off: no entry uses it.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn open(disk: &Disk) -> io::Result<Names> {
        let file = disk.open("names")?;
        let mut bytes = vec![0; file.len()? as usize];
        file.read_exact_at(&mut bytes, 0)?;
        let mut known = Vec::new();
        let mut rest = &bytes[..];
        while known.len() < usize::from(u8::MAX)
            && let Some((length, behind)) = rest.split_first()
            && let Some((name, behind)) = behind.split_at_checked(usize::from(*length))
        {
            known.push(clean(&String::from_utf8_lossy(name)));
            rest = behind;
        }
        let end = (bytes.len() - rest.len()) as u64;
        file.set_len(end)?;
        Ok(Names { file, end, known: Arc::new(known), unwritten: Vec::new() })
    }

    /// The index of a name, to be written by [`Names::write`] where it is new.
    pub(super) fn index(&mut self, said: &str) -> u8 {
        if said.is_empty() || said.len() > LONGEST {
            return UNKNOWN;
        }
        let name = clean(said);
        if let Some(place) = self.known.iter().position(|known| *known == name) {
            return place as u8 + 1;
        }
        if self.known.len() >= usize::from(u8::MAX) {
            return UNKNOWN;
        }
        self.unwritten.push(name.len() as u8);
        self.unwritten.extend_from_slice(name.as_bytes());
        Arc::make_mut(&mut self.known).push(name);
        self.known.len() as u8
    }

    /// # Errors
    /// What the disk says; the same bytes are written again next time.
    pub(super) fn write(&mut self) -> io::Result<()> {
        if !self.unwritten.is_empty() {
            self.file.write_all_at(&self.unwritten, self.end)?;
            self.end += self.unwritten.len() as u64;
            self.unwritten.clear();
        }
        Ok(())
    }

    /// Those of all entries written so far; index 1 is the first.
    pub(super) fn known(&self) -> Arc<Vec<String>> {
        self.known.clone()
    }
}

/// Visible ASCII only, one octet for each character.
fn clean(said: &str) -> String {
    said.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use squall_platform::Node;

    #[test]
    fn names_are_kept_cleaned_and_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let disk = || Node::real("carrier", dir.path().to_owned(), 1).disk();
        let mut names = Names::open(&disk()).unwrap();
        assert_eq!((names.index("gateway-1"), names.index("a\n\u{202e}b")), (1, 2));
        assert_eq!((names.index(""), names.index(&"x".repeat(65))), (UNKNOWN, UNKNOWN));
        names.write().unwrap();
        disk().open("names").unwrap().write_all_at(&[9, b'g'], names.end).unwrap();
        let mut names = Names::open(&disk()).unwrap();
        assert_eq!(*names.known(), ["gateway-1", "a??b"]);
        for number in 3..=255u8 {
            assert_eq!(names.index(&format!("n{number}")), number);
        }
        assert_eq!((names.index("one too many"), names.index("gateway-1")), (UNKNOWN, 1));
        names.write().unwrap();
        assert_eq!(Names::open(&disk()).unwrap().known().len(), 255);
    }
}
