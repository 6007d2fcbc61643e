//! Feature and stack text to Plan; the step definitions live here.
//!
//! Everything is compiled before anything is played, and every mistake of every selected scenario
//! is reported at once. Beyond reading the feature and stack files there is no I/O here.

mod catalogue;
mod checks;
mod compile;
mod describe;
mod draft;
mod drill;
mod feature;
mod front;
mod keywords;
mod mistake;
mod openslo;
mod params;
mod resolve;
mod source;
pub mod stack;
mod steps;
mod timeline;
mod words;

pub use catalogue::{catalogue, markdown};
pub use compile::{step_function, step_functions};
pub use describe::describe;
pub use front::{Front, front};
pub use mistake::{Mistake, Mistakes};
pub use steps::Phrase;

use compile::Context;
use cucumber::gherkin::tagexpr::TagOperation;
use cucumber::tag::Ext as _;
use feature::Parsed;
use sha2::{Digest as _, Sha256};
use squall_model::about::Repeat;
use squall_model::plan::Plan;
use std::path::PathBuf;

/// Which scenarios, and what the command line decides over their words.
#[derive(Clone, Debug)]
pub struct Options {
    /// A tag expression: `@a and not @b`.
    pub tags: Option<String>,
    /// Leaves out scenarios that only other engines can play: `sim`, `local` or `docker`.
    pub engine: Option<String>,
    pub seed: Option<u64>,
    /// Plays every scenario on this stack instead.
    pub stack: Option<String>,
    pub stacks_dir: PathBuf,
}

/// The compiled drills, in the order of their files.
#[derive(Debug)]
pub struct Suite {
    pub plans: Vec<Plan>,
    parsed: Vec<Parsed>,
}

impl Suite {
    /// Plays every drill `times` over, each time with another seed; the first time with the one it
    /// states. Repeats are interleaved, so that what changes in the surroundings hits all alike.
    pub fn repeat(&mut self, times: u32) {
        if times < 2 {
            return;
        }
        let once = std::mem::take(&mut self.plans);
        for number in 1..=times {
            self.plans.extend(once.iter().cloned().map(|mut plan| {
                plan.seed = plan.seed.wrapping_add(u64::from(number - 1));
                plan.about.repeat = Some(Repeat { number, of: times });
                plan
            }));
        }
    }
}

/// Compiles every selected scenario of the files and folders named.
///
/// # Errors
/// Every mistake of every selected scenario; an empty selection is one.
pub fn load(paths: &[PathBuf], options: &Options) -> Result<Suite, Mistakes> {
    let tags = parse_tags(options).map_err(|mistake| Mistakes::new(vec![mistake]))?;
    let files = feature::find(paths).map_err(Mistakes::new)?;
    let library = stack::Library::new(&options.stacks_dir);
    let context = Context::new(library, options.stack.clone(), options.seed);
    let mut suite = Suite { plans: Vec::new(), parsed: Vec::new() };
    let mut mistakes = Vec::new();
    let mut selected_any = false;
    for file in &files {
        let parsed = match source::Source::read(file) {
            Ok(source) => {
                let (parsed, found) = feature::parse(&source);
                mistakes.extend(found);
                parsed
            }
            Err(mistake) => {
                mistakes.push(mistake);
                None
            }
        };
        let Some(parsed) = parsed else { continue };
        for selected in feature::scenarios(&parsed.feature) {
            if !is_selected(&selected.tags, tags.as_ref(), options) {
                continue;
            }
            selected_any = true;
            match compile::compile(&context, &parsed.source, &selected) {
                Ok(plan) => suite.plans.push(plan),
                Err(found) => mistakes.extend(found),
            }
        }
        suite.parsed.push(parsed);
    }
    if !selected_any && mistakes.is_empty() {
        mistakes.push(nothing_selected(paths, options));
    }
    if mistakes.is_empty() { Ok(suite) } else { Err(Mistakes::new(mistakes)) }
}

/// Hash of what will be played: two plans with one hash differ at most in where their file lies and
/// in words that only readers read.
pub fn hash(plan: &Plan) -> String {
    let bare = Plan { file: String::new(), about: Default::default(), ..plan.clone() };
    // Ordered maps and fields in declared order: the same plan gives the same bytes. A value that
    // JSON cannot hold would still be told apart by its debug form.
    let bytes = serde_json::to_vec(&bare).unwrap_or_else(|_| format!("{bare:?}").into_bytes());
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Longest tag expression; the parser of it descends into every `not` and parenthesis.
const MAX_TAGS: usize = 500;

fn parse_tags(options: &Options) -> Result<Option<TagOperation>, Mistake> {
    let Some(text) = &options.tags else { return Ok(None) };
    let wrong = |why: String| {
        Mistake::nowhere("--tags", why).help("a tag expression such as: @a and not (@b or @c)")
    };
    if text.len() > MAX_TAGS {
        return Err(wrong(format!("longer than {MAX_TAGS} bytes")));
    }
    text.trim().parse().map(Some).map_err(|_| wrong(format!("\"{text}\" is no tag expression")))
}

fn is_selected(tags: &[String], expression: Option<&TagOperation>, options: &Options) -> bool {
    let has = |name: &str| tags.iter().any(|tag| tag == name);
    let engines: Vec<&str> = ["sim", "local", "docker"].into_iter().filter(|e| has(e)).collect();
    let plays = match options.engine.as_deref() {
        Some(engine) => engines.is_empty() || engines.contains(&engine),
        None => true,
    };
    let asks_for_slow = options.tags.as_ref().is_some_and(|text| text.contains("@slow"));
    let slow = has("slow") && !asks_for_slow;
    plays && !slow && expression.is_none_or(|expression| expression.eval(tags))
}

fn nothing_selected(paths: &[PathBuf], options: &Options) -> Mistake {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let mistake = Mistake::nowhere(&names.join(" "), "no scenario is selected");
    match (&options.tags, &options.engine) {
        (Some(tags), _) => mistake.help(format!("no scenario here has tags that fit {tags}")),
        (None, Some(engine)) => mistake.help(format!(
            "none that engine {engine} can play; @slow ones are left out unless --tags asks for them"
        )),
        (None, None) => mistake.help("@slow ones are left out unless --tags asks for them"),
    }
}
