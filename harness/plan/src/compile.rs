//! One scenario → one plan, or every mistake in it. Nothing is played here.

use crate::catalogue;
use crate::checks;
use crate::draft::{At, Draft};
use crate::drill::Drill;
use crate::elsewhere;
use crate::feature::Selected;
use crate::mistake::Mistake;
use crate::resolve;
use crate::source::Source;
use crate::stack::Library;
use crate::words;
use cucumber::World as _;
use cucumber::gherkin::{Step, StepType};
use cucumber::step::Collection;
use futures::FutureExt as _;
use squall_model::plan::Plan;
use std::sync::Arc;

/// What all scenarios of a run share.
pub struct Context {
    pub library: Arc<Library>,
    pub stack_override: Option<String>,
    pub seed: Option<u64>,
    steps: Collection<Drill>,
}

impl Context {
    pub fn new(library: Library, stack_override: Option<String>, seed: Option<u64>) -> Context {
        let library = Arc::new(library);
        Context { library, stack_override, seed, steps: Drill::collection() }
    }
}

/// Compiles one scenario.
///
/// # Errors
/// Every mistake in it.
pub fn compile(
    context: &Context,
    source: &Arc<Source>,
    selected: &Selected<'_>,
) -> Result<Plan, Vec<Mistake>> {
    let draft = Draft {
        source: Arc::clone(source),
        library: Arc::clone(&context.library),
        stack_override: context.stack_override.clone(),
        ..Draft::default()
    };
    let mut drill = Drill { draft, outcome: None };
    let mut steps = selected.steps.clone();
    // Names are looked up in the stack and times in the clock, wherever these two are stated.
    steps.sort_by_key(|step| match step.value.as_str() {
        text if text.starts_with("the stack ") => 0,
        text if text.starts_with("the clock ") => 1,
        _ => 2,
    });
    for step in steps {
        declare(context, &mut drill, step);
    }
    let mut draft = drill.draft;
    refuse_tags(&mut draft, selected);
    let plan = resolve::plan(&mut draft, selected, context.seed);
    if let Some(plan) = &plan
        && !draft.timeline.broken
    {
        checks::all(&mut draft, plan);
        elsewhere::check(&mut draft, plan);
    }
    match plan {
        Some(plan) if draft.mistakes.is_empty() => Ok(plan),
        _ => Err(draft.mistakes),
    }
}

fn declare(context: &Context, drill: &mut Drill, step: &Step) {
    let found = match context.steps.find(step) {
        Ok(Some(found)) => found,
        Ok(None) => return unknown(context, drill, step),
        Err(ambiguous) => {
            drill.draft.at = At { line: step.position.line, ..At::default() };
            drill.draft.wrong("", format!("more than one step reads so: {ambiguous}"));
            return;
        }
    };
    let (function, _, _, matched) = found;
    // The functions await nothing, so one poll is all of it.
    let _ = function(drill, matched).now_or_never();
    if step.table.is_some() && !step.value.ends_with(" with") {
        drill.draft.at.line = step.position.line;
        drill.draft.wrong("", "this step takes no table");
    }
    if step.docstring.is_some() {
        drill.draft.at.line = step.position.line;
        drill.draft.wrong("", "this step takes no text block");
    }
}

fn unknown(context: &Context, drill: &mut Drill, step: &Step) {
    let keyword = keyword(step.ty);
    let draft = &mut drill.draft;
    draft.at = At { line: step.position.line, ..At::default() };
    let others = [StepType::Given, StepType::When, StepType::Then].into_iter().filter(|ty| {
        *ty != step.ty
            && context.steps.find(&Step { ty: *ty, ..step.clone() }).is_ok_and(|s| s.is_some())
    });
    let others: Vec<&str> = others.map(self::keyword).collect();
    if let Some(other) = others.first() {
        let message = format!("this is a {other} step, and stands here as {keyword}");
        draft.wrong(&step.value, message);
        return;
    }
    let near = catalogue::nearest(&step.value, Some(keyword)).filter(|(score, _)| *score > 0.4);
    // What is stated, if in words nobody knows, is not missing on top of it.
    let likely = near.map_or(step.value.as_str(), |(_, phrase)| phrase.example);
    draft.traffic_stated |=
        [" messages per ", " calls per ", " a day"].iter().any(|words| likely.contains(words));
    if likely.starts_with("the stack ") && draft.stack_named.is_none() {
        draft.stack_named = Some(draft.at.clone());
    }
    let help = match near {
        Some((_, phrase)) => format!("the nearest {keyword} step is: {}", phrase.phrase),
        None => format!("`squall steps` lists every {keyword} step"),
    };
    draft.wrong(&step.value, format!("no {keyword} step reads so")).help = Some(help);
    // The steps after it keep their places as well as can be told.
    let length = step.value.rsplit_once(" for ").and_then(|(_, text)| words::duration(text).ok());
    if step.ty == StepType::When && length.is_some() {
        draft.pass(length);
    }
}

fn keyword(ty: StepType) -> &'static str {
    match ty {
        StepType::Given => "Given",
        StepType::When => "When",
        StepType::Then => "Then",
    }
}

fn refuse_tags(draft: &mut Draft, selected: &Selected<'_>) {
    for tag in selected.tags.iter().filter(|tag| tag.starts_with("retry")) {
        let written = format!("@{tag}");
        let line = draft.source.text.lines().position(|line| line.contains(&written));
        draft.at.line = line.map_or(selected.scenario.position.line, |line| line + 1);
        let help = "a drill is never repeated until it passes".to_owned();
        draft.wrong(&written, format!("{written} is no tag of a drill")).help = Some(help);
    }
    let objectives = selected.steps.iter().filter(|step| step.ty == StepType::Then).count();
    draft.at.line = selected.scenario.position.line;
    if objectives == 0 {
        draft.wrong("", "the drill states no objective").help =
            Some("add a step such as: Then no accepted message is lost".to_owned());
    } else if selected.tags.iter().any(|tag| tag == "must-fail") && objectives != 1 {
        draft.wrong("", format!("@must-fail wants exactly one objective, not {objectives}"));
    }
}

/// Where the one step function that reads this step stands: file and line.
pub fn step_function(step: &Step) -> Option<(&'static str, u32)> {
    let (_, _, place, _) = Drill::collection().find(step).ok()??;
    place.map(|place| (place.path, place.line))
}

/// How many step functions there are, counted from cucumber's own registry.
pub fn step_functions() -> usize {
    use cucumber::codegen::WorldInventory;
    fn count<T: cucumber::codegen::inventory::Collect>() -> usize {
        cucumber::codegen::inventory::iter::<T>.into_iter().count()
    }
    count::<<Drill as WorldInventory>::Given>()
        + count::<<Drill as WorldInventory>::When>()
        + count::<<Drill as WorldInventory>::Then>()
}
