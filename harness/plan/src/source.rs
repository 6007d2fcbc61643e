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

    /// A mistake about `words` in line `number`, or about the whole line where they do not stand in
    /// it. Words of their own go before the same letters inside a longer word or number.
    pub fn mistake_in_line(
        self: &Arc<Self>,
        number: usize,
        words: &str,
        message: impl Into<String>,
    ) -> Mistake {
        let (offset, line) = self.line(number);
        let indent = line.len() - line.trim_start().len();
        let places = || line.match_indices(words).map(|(start, _)| start);
        let own = places().find(|start| stands_alone(line, *start..start + words.len()));
        let (start, length) = match own.or_else(|| places().next()) {
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

/// Neither the letter before nor the one after goes on with what stands in `range`.
fn stands_alone(line: &str, range: Range<usize>) -> bool {
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '.');
    let (before, words, after) = (&line[..range.start], &line[range.clone()], &line[range.end..]);
    let begins_inside = goes_on(before.chars().next_back()) && goes_on(words.chars().next());
    let ends_inside = goes_on(words.chars().next_back()) && goes_on(after.chars().next());
    !begins_inside && !ends_inside
}
