//! The judged drills, played once more through cucumber's own runner: each Then step passes or fails
//! by the finding of its own line, as `findings` tells it. Judging itself is done elsewhere.

use crate::Suite;
use crate::drill::{Drill, Outcome};
use crate::findings::Findings;
use cucumber::writer::{Ext as _, Stats as _};
use cucumber::{Cucumber, World as _, cli, gherkin, parser, runner};
use futures::stream;
use squall_model::judged::Judged;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// What cucumber made of the judged drills.
#[derive(Clone, Debug)]
pub struct Front {
    /// Its output.
    pub text: String,
    pub passed_steps: usize,
    /// Failed steps, hooks that failed and features that could not be read: 0 is success.
    pub failed: usize,
}

/// Hands the parsed features to cucumber, so that what was compiled is what is played.
struct Features(Vec<gherkin::Feature>);

impl<I> cucumber::Parser<I> for Features {
    type Cli = cli::Empty;
    type Output = stream::Iter<std::vec::IntoIter<parser::Result<gherkin::Feature>>>;

    fn parse(self, _input: I, _cli: cli::Empty) -> Self::Output {
        stream::iter(self.0.into_iter().map(Ok).collect::<Vec<_>>())
    }
}

/// Cucumber's writer wants to own its output; this shares it.
#[derive(Clone, Debug, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn bytes(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Write for Page {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.bytes().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// File and line name a scenario; the examples of an outline have a line each.
type Key = (String, usize);

/// Plays the judged drills: `judged[i]` belongs to `suite.plans[i]`; a drill that was not judged
/// (`None`) fails as inconclusive.
pub fn front(suite: &Suite, judged: &[Option<Judged>], colour: bool) -> Front {
    let mut outcomes: BTreeMap<Key, Option<Outcome>> = BTreeMap::new();
    for (index, plan) in suite.plans.iter().enumerate() {
        let judged = judged.get(index).and_then(Option::as_ref);
        let key = (plan.file.clone(), plan.line);
        let outcome = judged.map(|judged| Outcome::new(plan, judged));
        let met = |outcome: &Option<Outcome>| outcome.as_ref().is_some_and(Outcome::is_met);
        // Of several repeats the first that was not met is shown.
        if outcomes.get(&key).is_none_or(|shown| met(shown) && !met(&outcome)) {
            outcomes.insert(key, outcome);
        }
    }
    let outcomes = Arc::new(outcomes);
    let page = Page::default();
    let features = suite.parsed.iter().map(|parsed| parsed.feature.clone()).collect();
    let selected = Arc::clone(&outcomes);
    let writer = Findings { out: page.clone(), colour }.summarized().normalized();
    let runner = runner::Basic::<Drill>::default()
        .steps(Drill::collection())
        .max_concurrent_scenarios(1)
        .before(move |feature, _, scenario, drill| {
            let outcome = outcomes.get(&key(feature, scenario)).cloned().flatten();
            Box::pin(async move {
                assert!(outcome.is_some(), "inconclusive: the drill was not judged");
                drill.outcome = outcome;
            })
        })
        .after(|_, _, _, _, drill| {
            let reason =
                drill.and_then(|drill| drill.outcome.as_ref()).and_then(Outcome::beyond_the_steps);
            Box::pin(async move {
                if let Some(reason) = reason {
                    panic!("{reason}");
                }
            })
        });
    let options = cli::Opts::<_, _, _, cli::Empty>::default();
    let run = Cucumber::<Drill, _, (), _, _>::custom(Features(features), runner, writer)
        .with_cli(options)
        .filter_run((), move |feature, _, scenario| selected.contains_key(&key(feature, scenario)));
    let writer = futures::executor::block_on(run);
    let failed = writer.failed_steps()
        + writer.parsing_errors()
        + writer.hook_errors()
        + writer.skipped_steps();
    let text = String::from_utf8_lossy(&page.bytes()).into_owned();
    Front { text, passed_steps: writer.passed_steps(), failed }
}

fn key(feature: &gherkin::Feature, scenario: &gherkin::Scenario) -> Key {
    let path = feature.path.as_ref().map(|path| path.display().to_string());
    (path.unwrap_or_default(), scenario.position.line)
}
