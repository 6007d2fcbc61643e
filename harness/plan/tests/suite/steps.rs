//! Every step of the catalogue, each in the smallest drill around its example. No test here names a
//! step, so that a new one is covered as soon as it stands in the catalogue. What a fault or an
//! objective is in itself belongs to the tests of the model.

mod forms;
mod golden;
mod parts;
mod slips;

use crate::{options, root};
use squall_model::plan::Plan;
use squall_plan::{Mistake, Options, Phrase, Suite, catalogue, load};

/// A step of the catalogue, and the stack of the repository whose parts its example names.
struct Known {
    phrase: Phrase,
    stack: String,
}

/// One scenario: its lines, and which of them holds the step in question.
struct Drill {
    lines: Vec<String>,
    step: usize,
}

const CLOCK: &str = "the clock starts at 2026-01-10 06:30 +07:00";

/// What a drill on a stack is made of, where the step in question is not it.
struct Around {
    traffic: &'static str,
    /// Nothing where the traffic has none.
    validity: &'static str,
    node: &'static str,
    /// A setting and a value other than its default.
    setting: &'static str,
}

fn around(stack: &str) -> Around {
    match stack {
        "voice" => Around {
            traffic: "200 calls per second",
            validity: "",
            node: "platform",
            setting: "| fallback | on |",
        },
        _ => Around {
            traffic: "200 messages per second",
            validity: "messages are valid for 1 hour",
            node: "gateway-1",
            setting: "| routing | primary-only |",
        },
    }
}

impl Known {
    /// The drill around `step`, which is the example or a variant of it.
    fn drill(&self, step: &str) -> Drill {
        let stack = format!("the stack \"{}\"", self.stack);
        let Around { traffic, validity, .. } = around(&self.stack);
        let mut givens = vec![stack.as_str(), CLOCK, traffic, validity];
        givens.retain(|given| !given.is_empty());
        // What the step states itself is not stated for it.
        givens.retain(|given| !self.replaces(given));
        self.around(&givens, Some(step))
    }

    /// The same drill without the step; what no drill can do without is stated otherwise.
    fn without(&self) -> Drill {
        let stack = format!("the stack \"{}\"", self.stack);
        let Around { traffic, validity, .. } = around(&self.stack);
        let sparse = traffic.replace("200", "1");
        let mut givens = [stack, CLOCK.into(), traffic.into(), validity.into()];
        let others = ["the stack \"codes\"", "", sparse.as_str(), ""];
        for (given, other) in givens.iter_mut().zip(others) {
            if !given.is_empty() && self.replaces(given) {
                *given = other.to_owned();
            }
        }
        let givens: Vec<&str> =
            givens.iter().map(String::as_str).filter(|g| !g.is_empty()).collect();
        self.around(&givens, None)
    }

    fn replaces(&self, given: &str) -> bool {
        let function = |text: &str| squall_plan::step_function(&parts::step("Given", text));
        let opening = |text: &str| text.split('"').next().map(str::to_owned);
        self.phrase.keyword == "Given"
            && (function(given) == function(self.phrase.example)
                || given.contains('"') && opening(given) == opening(self.phrase.example))
    }

    /// A quiet start, the step in its place, and time after it. A fault stands where the step is none.
    fn around(&self, givens: &[&str], step: Option<&str>) -> Drill {
        let mut lines: Vec<String> = givens.iter().map(|given| format!("Given {given}")).collect();
        let mut at = 0;
        let mut place = |keyword: &str, lines: &mut Vec<String>| {
            let Some(step) = step.filter(|_| self.phrase.keyword == keyword) else { return };
            // A stack is named before what is looked up in it; the order of the others is free.
            at = lines.len();
            lines.push(format!("{keyword} {step}"));
            if step.ends_with(" with") {
                lines.extend(
                    ["| setting | value |", around(&self.stack).setting].map(str::to_owned),
                );
            }
        };
        place("Given", &mut lines);
        lines.push("When steady state holds for 10 minutes".to_owned());
        place("When", &mut lines);
        if self.phrase.keyword != "When" {
            let node = around(&self.stack).node;
            lines.push(format!("When node \"{node}\" is killed for 5 minutes"));
        }
        lines.push("When 10 minutes pass".to_owned());
        if self.phrase.keyword == "Then" {
            lines.push("When 10 hours pass".to_owned());
        }
        lines.push("Then no accepted message is lost".to_owned());
        place("Then", &mut lines);
        Drill { lines, step: at }
    }
}

/// Every step, on the first stack of the repository on which its example is no mistake.
fn known() -> Vec<Known> {
    let folder = std::fs::read_dir(root().join("stacks")).expect("the stacks");
    let names =
        folder.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut stacks: Vec<String> = names.collect();
    stacks.sort_by_key(|name| (name != "reference", name.clone()));
    let phrases = catalogue().into_iter().flat_map(|(_, family)| family);
    let mut known: Vec<Known> =
        phrases.map(|phrase| Known { phrase: *phrase, stack: stacks[0].clone() }).collect();
    for stack in &stacks[1..] {
        let drills = known.iter().map(|one| one.drill(one.phrase.example)).collect();
        let found = mistakes(drills);
        for (one, _) in known.iter_mut().zip(found).filter(|(_, found)| !found.is_empty()) {
            one.stack = stack.clone();
        }
    }
    known
}

fn compile(drills: &[Drill]) -> Result<Suite, squall_plan::Mistakes> {
    let mut text = "Feature: f\n".to_owned();
    for drill in drills {
        text.push_str("Scenario: s\n");
        drill.lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.feature");
    std::fs::write(&file, text).expect("a written feature");
    load(&[file], &Options { stacks_dir: root().join("stacks"), ..options() })
}

/// The plans of sound drills, and in each the line of its step.
fn plans(drills: Vec<Drill>) -> Vec<(Plan, usize)> {
    let suite = compile(&drills).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    suite
        .plans
        .into_iter()
        .zip(first_lines(&drills).zip(&drills).map(|(f, d)| f + d.step))
        .collect()
}

/// The mistakes in each drill, their lines counted from its step: 0 is in the step itself.
fn mistakes(drills: Vec<Drill>) -> Vec<Vec<(isize, Mistake)>> {
    // One file holds at most a thousand scenarios.
    let chunks = drills.chunks(500).map(|drills| {
        let found = compile(drills).err();
        let all = found.iter().flat_map(|mistakes| mistakes.all());
        let mut of_each: Vec<Vec<(isize, Mistake)>> = drills.iter().map(|_| Vec::new()).collect();
        for mistake in all {
            let firsts = first_lines(drills).enumerate();
            let (index, first) =
                firsts.take_while(|(_, first)| *first <= mistake.line + 1).last().expect("a drill");
            let line = mistake.line as isize - (first + drills[index].step) as isize;
            of_each[index].push((line, mistake.clone()));
        }
        of_each
    });
    chunks.flatten().collect()
}

/// The line of each drill's first step, below the feature's and its own head.
fn first_lines(drills: &[Drill]) -> impl Iterator<Item = usize> {
    drills.iter().scan(2, |line, drill| {
        let first = *line + 1;
        *line += drill.lines.len() + 1;
        Some(first)
    })
}
