//! Which scenarios are meant: by tags, by `FILE:LINE`, by a part of the name. What they say is not
//! looked at here.

use crate::Options;
use crate::feature::{Parsed, Selected};
use crate::mistake::Mistake;
use cucumber::gherkin::tagexpr::TagOperation;
use cucumber::tag::Ext as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Longest tag expression; the parser of it descends into every `not` and parenthesis.
const MAX_TAGS: usize = 500;

/// `features/x.feature:42` → the file and the line. A file that is called so is meant itself.
pub fn file_and_line(path: &Path) -> (PathBuf, Option<usize>) {
    let text = path.to_str().filter(|_| !path.exists());
    let parts = text.and_then(|text| text.rsplit_once(':'));
    match parts.and_then(|(file, line)| Some((file, line.parse().ok()?))) {
        Some((file, line)) => (PathBuf::from(file), Some(line)),
        None => (path.to_owned(), None),
    }
}

pub struct Pick<'a> {
    options: &'a Options,
    tags: Option<TagOperation>,
    /// Files of which only these lines are meant, each with whether a scenario stood there.
    lines: BTreeMap<PathBuf, BTreeMap<usize, bool>>,
    /// Names of which none held what was asked for.
    passed_over: BTreeSet<String>,
    /// Some name held it, whatever else spoke against the scenario.
    called: bool,
    any: bool,
}

impl<'a> Pick<'a> {
    /// # Errors
    /// A tag expression that is none.
    pub fn new(paths: &[PathBuf], options: &'a Options) -> Result<Pick<'a>, Mistake> {
        let mut lines: BTreeMap<PathBuf, BTreeMap<usize, bool>> = BTreeMap::new();
        for (file, line) in paths.iter().map(|path| file_and_line(path)) {
            lines.entry(file).or_default().extend(line.map(|line| (line, false)));
        }
        // Of a file that is also named without a line, by itself or by its folder, all is meant.
        for (file, _) in paths.iter().map(|path| file_and_line(path)).filter(|it| it.1.is_none()) {
            lines.retain(|named, _| !named.starts_with(&file));
        }
        let (tags, passed_over) = (tags(options)?, BTreeSet::new());
        Ok(Pick { options, tags, lines, passed_over, called: false, any: false })
    }

    /// The scenarios of one file that are meant.
    pub fn of<'s>(
        &mut self,
        file: &Path,
        parsed: &Parsed,
        all: Vec<Selected<'s>>,
    ) -> Vec<Selected<'s>> {
        let mut kept = Vec::new();
        for selected in all {
            let own = selected.scenario.position.line;
            let here = match self.lines.get_mut(file) {
                Some(lines) => {
                    // Several lines may be of one scenario.
                    let hits = lines.iter_mut().filter(|(line, _)| parsed.means(**line, own));
                    hits.map(|(_, found)| *found = true).count() > 0
                }
                None => true,
            };
            if here && self.takes(&selected, file) {
                self.any = true;
                kept.push(selected);
            }
        }
        kept
    }

    fn takes(&mut self, selected: &Selected<'_>, file: &Path) -> bool {
        let tags = &selected.tags;
        let has = |name: &str| tags.iter().any(|tag| tag == name);
        let engines: Vec<&str> =
            ["sim", "local", "docker"].into_iter().filter(|e| has(e)).collect();
        let plays = match self.options.engine.as_deref() {
            Some(engine) => engines.is_empty() || engines.contains(&engine),
            None => true,
        };
        // Who names a scenario means it, however slow.
        let named = self.options.scenario.is_some() || self.lines.contains_key(file);
        let asked = self.options.tags.as_ref().is_some_and(|text| text.contains("@slow"));
        let slow = has("slow") && !asked && !named;
        let fits = self.tags.as_ref().is_none_or(|expression| expression.eval(tags));
        let name = &selected.scenario.name;
        let text = self.options.scenario.as_ref().map(|text| text.to_lowercase());
        let called = text.is_none_or(|text| name.to_lowercase().contains(&text));
        self.called |= called;
        if plays && fits && !called {
            self.passed_over.insert(name.clone());
        }
        plays && !slow && fits && called
    }

    /// Lines at which no scenario stands, and a selection that is empty.
    pub fn mistakes(&self, paths: &[PathBuf], parsed: &[Parsed]) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for (file, lines) in &self.lines {
            for line in lines.iter().filter(|(_, found)| !**found).map(|(line, _)| *line) {
                let named = file.display().to_string();
                let message = format!("no scenario stands at line {line}");
                let mistake = Mistake::nowhere(&format!("{named}:{line}"), message);
                let near = parsed.iter().find(|it| it.source.name == named);
                mistakes.push(match near.and_then(|it| it.nearest(line)) {
                    Some((at, name)) => mistake.help(format!("the nearest is line {at}: {name}")),
                    None => mistake,
                });
            }
        }
        if !self.any && mistakes.is_empty() {
            mistakes.push(self.nothing(paths));
        }
        mistakes
    }

    fn nothing(&self, paths: &[PathBuf]) -> Mistake {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let mistake = |message: &str| Mistake::nowhere(&names.join(" "), message);
        let none = mistake("no scenario is selected");
        let slow = "@slow ones are left out unless --tags asks for them";
        match (&self.options.scenario, &self.options.tags, &self.options.engine) {
            (Some(text), ..) if !self.called && !self.passed_over.is_empty() => {
                let names = self.passed_over.iter().map(String::as_str);
                mistake(&format!("no scenario's name holds \"{text}\"")).nearest(text, names)
            }
            (_, Some(tags), _) => none.help(format!("no scenario here has tags that fit {tags}")),
            (_, None, Some(engine)) => {
                none.help(format!("none that engine {engine} can play; {slow}"))
            }
            _ => none.help(slow),
        }
    }
}

fn tags(options: &Options) -> Result<Option<TagOperation>, Mistake> {
    let Some(text) = &options.tags else { return Ok(None) };
    let wrong = |why: String| {
        Mistake::nowhere("--tags", why).help("a tag expression such as: @a and not (@b or @c)")
    };
    if text.len() > MAX_TAGS {
        return Err(wrong(format!("longer than {MAX_TAGS} bytes")));
    }
    text.trim().parse().map(Some).map_err(|_| wrong(format!("\"{text}\" is no tag expression")))
}
