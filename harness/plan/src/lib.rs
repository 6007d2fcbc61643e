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
mod elsewhere;
mod feature;
mod findings;
mod front;
mod keywords;
mod mistake;
mod openslo;
mod params;
mod pick;
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
pub use pick::file_and_line;
pub use steps::Phrase;

use compile::Context;
use feature::Parsed;
use pick::Pick;
use sha2::{Digest as _, Sha256};
use squall_model::about::Repeat;
use squall_model::plan::Plan;
use std::path::PathBuf;

/// Which scenarios, and what the command line decides over their words.
#[derive(Clone, Debug)]
pub struct Options {
    /// A tag expression: `@a and not @b`.
    pub tags: Option<String>,
    /// Only scenarios whose name holds this, in whatever case.
    pub scenario: Option<String>,
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

/// Compiles every selected scenario of the files and folders named; of `FILE:LINE` the one that stands
/// there.
///
/// # Errors
/// Every mistake of every selected scenario; an empty selection is one.
pub fn load(paths: &[PathBuf], options: &Options) -> Result<Suite, Mistakes> {
    let mut pick = Pick::new(paths, options).map_err(|mistake| Mistakes::new(vec![mistake]))?;
    let named: Vec<PathBuf> = paths.iter().map(|path| file_and_line(path).0).collect();
    let files = feature::find(&named).map_err(Mistakes::new)?;
    let library = stack::Library::new(&options.stacks_dir);
    let context = Context::new(library, options.stack.clone(), options.seed);
    let mut suite = Suite { plans: Vec::new(), parsed: Vec::new() };
    let mut mistakes = Vec::new();
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
        for selected in pick.of(file, &parsed, feature::scenarios(&parsed.feature)) {
            match compile::compile(&context, &parsed.source, &selected) {
                Ok(plan) => suite.plans.push(plan),
                Err(found) => mistakes.extend(found),
            }
        }
        suite.parsed.push(parsed);
    }
    if mistakes.is_empty() {
        mistakes = pick.mistakes(paths, &suite.parsed);
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
