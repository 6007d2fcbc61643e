//! Reads one TOML table key by key, so that every mistake in it is found and not only the first.

use crate::mistake::Mistake;
use crate::source::Source;
use crate::words;
use squall_model::units::Micros;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place in the file.
pub type Placed<T> = Spanned<T>;

/// Where all readers of one file put what they find wrong.
pub struct Ledger {
    pub source: Arc<Source>,
    pub mistakes: RefCell<Vec<Mistake>>,
    /// Keys asked of each table, for the test that the schema has the same.
    #[cfg(test)]
    pub asked: RefCell<Asked>,
}

/// Keys by the name of their table.
#[cfg(test)]
pub type Asked = std::collections::BTreeMap<String, std::collections::BTreeSet<&'static str>>;

impl Ledger {
    pub fn new(source: &Arc<Source>) -> Ledger {
        Ledger {
            source: Arc::clone(source),
            mistakes: RefCell::default(),
            #[cfg(test)]
            asked: RefCell::default(),
        }
    }

    pub fn wrong(&self, span: Range<usize>, message: impl Into<String>) {
        self.push(self.source.mistake(span, message));
    }

    pub fn push(&self, mistake: Mistake) {
        self.mistakes.borrow_mut().push(mistake);
    }
}

/// One table and the keys asked of it so far; what was never asked for is unknown.
pub struct Reader<'a> {
    pub ledger: &'a Ledger,
    pub span: Range<usize>,
    /// `[[node]]`, as the messages call it.
    name: String,
    table: &'a DeTable<'a>,
    asked: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    pub fn new(ledger: &'a Ledger, name: &str, table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        Reader { ledger, span, name: name.to_owned(), table, asked: Vec::new() }
    }

    /// `[[node]]`, as the messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// The value of `key`, if it is there.
    pub fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.push(key);
        #[cfg(test)]
        self.ledger.asked.borrow_mut().entry(self.name.clone()).or_default().insert(key);
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// All keys, for tables whose keys are the user's own.
    pub fn entries(&self) -> impl Iterator<Item = (Placed<String>, &'a Spanned<DeValue<'a>>)> {
        self.table.iter().map(|(key, value)| {
            (Spanned::new(key.span(), key.get_ref().as_ref().to_owned()), value)
        })
    }

    /// Reports where there is no `key` at all.
    pub fn required<T>(&self, key: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.has(key) {
            self.ledger.wrong(self.span.clone(), format!("{} has no \"{key}\"", self.name));
        }
        value
    }

    pub fn text(&mut self, key: &'static str) -> Option<Placed<String>> {
        let value = self.text_if(key);
        self.required(key, value)
    }

    pub fn text_if(&mut self, key: &'static str) -> Option<Placed<String>> {
        let value = self.value(key)?;
        self.as_text(key, value)
    }

    pub fn as_text(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Placed<String>> {
        match value.get_ref().as_str() {
            Some(text) => Some(Spanned::new(value.span(), text.to_owned())),
            None => self.expected(key, "a string", value),
        }
    }

    pub fn duration(&mut self, key: &'static str) -> Option<Micros> {
        let value = self.duration_if(key);
        self.required(key, value)
    }

    pub fn duration_if(&mut self, key: &'static str) -> Option<Micros> {
        let value = self.value(key)?;
        self.as_duration(key, value)
    }

    /// A duration is a string with its unit: `"30 seconds"`.
    pub fn as_duration(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Micros> {
        let Some(text) = value.get_ref().as_str() else {
            return self.expected(key, "a duration such as \"30 seconds\"", value);
        };
        words::duration(text).map_err(|wrong| self.reword(value.span(), wrong)).ok()
    }

    /// 0–1, as `0.3` or `"30%"`.
    pub fn share(&mut self, key: &'static str) -> Option<Placed<f64>> {
        let value = self.value(key);
        let read = value.and_then(|value| {
            let share = match value.get_ref().as_str() {
                Some(text) => {
                    words::share(text).map_err(|wrong| self.reword(value.span(), wrong)).ok()?
                }
                None => match float(value.get_ref()) {
                    Some(share) => share,
                    None => return self.expected(key, "a share such as \"30%\" or 0.3", value),
                },
            };
            if !(0.0..=1.0).contains(&share) {
                return self.expected(key, "a share between 0 and 1", value);
            }
            Some(Spanned::new(value.span(), share))
        });
        self.required(key, read)
    }

    pub fn number_if(&mut self, key: &'static str) -> Option<f64> {
        let value = self.value(key)?;
        match float(value.get_ref()) {
            Some(number) if number.is_finite() && number >= 0.0 => Some(number),
            _ => self.expected(key, "a number from 0 up", value),
        }
    }

    pub fn whole_if(&mut self, key: &'static str) -> Option<u64> {
        let value = self.value(key)?;
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|whole| u64::from_str_radix(whole.as_str(), whole.radix()).ok());
        match number {
            Some(number) => Some(number),
            None => self.expected(key, "a whole number from 0 up", value),
        }
    }

    pub fn texts_if(&mut self, key: &'static str) -> Option<Vec<Placed<String>>> {
        let value = self.value(key)?;
        self.as_texts(key, value)
    }

    pub fn as_texts(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Vec<Placed<String>>> {
        let Some(array) = value.get_ref().as_array() else {
            return self.expected(key, "a list of strings", value);
        };
        let texts = array.iter().map(|item| match item.get_ref().as_str() {
            Some(text) => Some(Spanned::new(item.span(), text.to_owned())),
            None => self.expected(key, "a list of strings", item),
        });
        texts.collect()
    }

    /// One of a fixed set of words.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        self.meaning(key, &text, words)
    }

    pub fn word_if<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text_if(key)?;
        self.meaning(key, &text, words)
    }

    /// What one of a fixed set of words means.
    pub fn meaning<T: Copy>(
        &self,
        key: &str,
        text: &Placed<String>,
        words: &[(&str, T)],
    ) -> Option<T> {
        match words.iter().find(|(word, _)| word == text.get_ref()) {
            Some((_, meaning)) => Some(*meaning),
            None => {
                let message = format!("\"{}\" is not a {key}", text.get_ref());
                let mistake = self.ledger.source.mistake(text.span(), message);
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let help = format!("one of: {}", known.join(", "));
                self.ledger.push(mistake.help(help));
                None
            }
        }
    }

    /// `[key]`.
    pub fn table_if(&mut self, key: &'static str) -> Option<Reader<'a>> {
        let value = self.value(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(Reader::new(self.ledger, &format!("[{key}]"), table, value.span())),
            None => self.expected(key, "a table", value),
        }
    }

    /// `[[key]]`, any number of them.
    pub fn tables(&mut self, key: &'static str) -> Vec<Reader<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.expected::<()>(key, &format!("tables, each opened by [[{key}]]"), value);
            return Vec::new();
        };
        let reader = |item: &'a Spanned<DeValue<'a>>| match item.get_ref().as_table() {
            Some(table) => {
                Some(Reader::new(self.ledger, &format!("[[{key}]]"), table, item.span()))
            }
            None => self.expected(key, "a table", item),
        };
        array.iter().filter_map(reader).collect()
    }

    /// Every key that nobody asked for is unknown.
    pub fn finish(self) {
        for (key, _) in self.table.iter() {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let message = format!("{} has no key \"{name}\"", self.name);
                let mistake = self.ledger.source.mistake(key.span(), message);
                self.ledger.push(mistake.nearest(name, self.asked.iter().copied()));
            }
        }
    }

    pub fn expected<T>(
        &self,
        key: &str,
        expectation: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<T> {
        let message = format!("\"{key}\" wants {expectation}");
        let mistake = self.ledger.source.mistake(value.span(), message);
        self.ledger.push(mistake.help(format!("this is a {}", value.get_ref().type_str())));
        None
    }

    fn reword<T>(&self, span: Range<usize>, wrong: words::Wrong<T>) {
        let mut mistake = self.ledger.source.mistake(span, wrong.message);
        mistake.help = wrong.help;
        self.ledger.push(mistake);
    }
}

/// An integer or a float.
/// A number, with a fraction or without.
pub fn float(value: &DeValue<'_>) -> Option<f64> {
    let whole = integer(value).map(|whole| whole as f64);
    whole.or_else(|| value.as_float()?.as_str().parse().ok())
}

/// A number that is written without a fraction.
pub fn integer(value: &DeValue<'_>) -> Option<i64> {
    let whole = value.as_integer()?;
    i64::from_str_radix(whole.as_str(), whole.radix()).ok()
}

/// Any scalar as the text that a setting is.
pub fn scalar(value: &DeValue<'_>) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(text.to_owned());
    }
    if let Some(flag) = value.as_bool() {
        return Some(flag.to_string());
    }
    float(value).map(|number| number.to_string())
}
