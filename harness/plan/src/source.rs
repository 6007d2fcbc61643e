//! A text with a name: where a mistake points to. It does not know what the text means.

use crate::mistake::Mistake;
use std::ops::Range;
use std::sync::Arc;

/// Largest feature or stack file that is read.
pub const MAX_BYTES: usize = 1 << 20;

/// One feature or stack file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The path as the user named it.
    pub name: String,
    pub text: String,
}

impl Source {
    /// Reads a file of at most [`MAX_BYTES`].
    ///
    /// # Errors
    /// A file that is missing, too large or not UTF-8, as a mistake of the user's.
    pub fn read(path: &std::path::Path) -> Result<Arc<Source>, Mistake> {
        let name = path.display().to_string();
        let size = std::fs::metadata(path).map(|meta| meta.len()).unwrap_or(0);
        if size > MAX_BYTES as u64 {
            let message = format!("{size} bytes are too many: at most {MAX_BYTES}");
            return Err(Mistake::nowhere(&name, message));
        }
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Arc::new(Source { name, text })),
            Err(error) => Err(Mistake::nowhere(&name, format!("cannot be read: {error}"))),
        }
    }

    /// Line `number` (from 1) and the offset of its first byte.
    pub fn line(&self, number: usize) -> (usize, &str) {
        let mut offset = 0;
        for (index, line) in self.text.split_inclusive('\n').enumerate() {
            if index + 1 == number {
                return (offset, line.trim_end_matches(['\n', '\r']));
            }
            offset += line.len();
        }
        (self.text.len(), "")
    }

    /// A mistake about the bytes of `span`.
    pub fn mistake(self: &Arc<Self>, span: Range<usize>, message: impl Into<String>) -> Mistake {
        let (line, column) = self.position(span.start);
        Mistake::at(Arc::clone(self), span, line, column, message.into())
    }

    /// A mistake about `words` in line `number`, or about the whole line where they do not stand in it.
    pub fn mistake_in_line(
        self: &Arc<Self>,
        number: usize,
        words: &str,
        message: impl Into<String>,
    ) -> Mistake {
        let (offset, line) = self.line(number);
        let indent = line.len() - line.trim_start().len();
        let (start, length) = match line.find(words) {
            Some(start) if !words.is_empty() => (start, words.len()),
            _ => (indent, line.trim().len()),
        };
        self.mistake(offset + start..offset + start + length, message)
    }

    /// Line and column, both from 1, the column in characters.
    fn position(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}
