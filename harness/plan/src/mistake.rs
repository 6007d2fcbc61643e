//! What the user got wrong, with its place in their text. Never about the stack under test.

use crate::source::Source;
use miette::{Diagnostic, LabeledSpan, SourceCode};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// One mistake: what is wrong, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub file: String,
    /// From 1; 0 where the mistake has no place in a file.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub message: String,
    /// The expectation, or the nearest known name.
    pub help: Option<String>,
    place: Option<(Arc<Source>, Range<usize>)>,
}

impl Mistake {
    pub(crate) fn at(
        source: Arc<Source>,
        span: Range<usize>,
        line: usize,
        column: usize,
        message: String,
    ) -> Mistake {
        let file = source.name.clone();
        Mistake { file, line, column, message, help: None, place: Some((source, span)) }
    }

    /// The kind of file goes first: how two folders compare differs between machines.
    fn order(&self) -> (bool, &str, usize, usize, &str) {
        let stack = self.file.ends_with(".toml");
        (stack, &self.file, self.line, self.column, &self.message)
    }

    /// About a whole file, a folder or the selection.
    pub(crate) fn nowhere(name: &str, message: impl Into<String>) -> Mistake {
        let (file, message) = (name.to_owned(), message.into());
        Mistake { file, line: 0, column: 0, message, help: None, place: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Mistake {
        self.help = Some(help.into());
        self
    }

    /// With "did you mean" where one of `known` is near, else with all of them.
    pub(crate) fn nearest<'a>(
        self,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Mistake {
        let mut known: Vec<&str> = known.into_iter().collect();
        known.sort_unstable();
        known.dedup();
        match nearest(word, known.iter().copied()) {
            Some(name) => self.help(format!("did you mean \"{name}\"?")),
            None if known.is_empty() => self,
            None => self.help(format!("known: {}", known.join(", "))),
        }
    }
}

/// The known name that `word` most likely meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |name: &str| strsim::jaro_winkler(&word.to_lowercase(), &name.to_lowercase());
    known
        .into_iter()
        .map(|name| (near(name), name))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl Diagnostic for Mistake {
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|(source, _)| source.as_ref() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.place.as_ref()?;
        Some(Box::new(std::iter::once(LabeledSpan::underline(span.clone()))))
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

/// Every mistake of a selection: those of features before those of their stacks, each in the order of
/// files and lines. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Sorted, and each said once even where several scenarios share it.
    pub(crate) fn new(mut all: Vec<Mistake>) -> Mistakes {
        all.sort_by(|a, b| a.order().cmp(&b.order()));
        all.dedup();
        Mistakes(all)
    }

    pub fn all(&self) -> &[Mistake] {
        &self.0
    }

    /// `file:line:column: message`, the help indented below: for logs and editors.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for mistake in &self.0 {
            match mistake.line {
                0 => out.push_str(&format!("{}: {}\n", mistake.file, mistake.message)),
                line => out.push_str(&format!(
                    "{}:{line}:{}: {}\n",
                    mistake.file, mistake.column, mistake.message
                )),
            }
            if let Some(help) = &mistake.help {
                out.push_str(&format!("    {help}\n"));
            }
        }
        out
    }

    /// With the source lines, for a terminal; `colour` only where it understands it.
    pub fn fancy(&self, colour: bool) -> String {
        let theme = match colour {
            true => miette::GraphicalTheme::unicode(),
            false => miette::GraphicalTheme::unicode_nocolor(),
        };
        let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(100);
        let mut out = String::new();
        for mistake in &self.0 {
            if mistake.line > 0 {
                out.push_str(&format!("{}:{}:{}\n", mistake.file, mistake.line, mistake.column));
            } else {
                out.push_str(&format!("{}\n", mistake.file));
            }
            // Writing into a String cannot fail; a renderer that still does must not hide the mistake.
            if handler.render_report(&mut out, mistake).is_err() {
                out.push_str(&mistake.message);
            }
            out.push('\n');
        }
        out
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain())
    }
}

impl std::error::Error for Mistakes {}
