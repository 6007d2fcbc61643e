//! How each step reads: its example by one function only, its window and its phase in every form.

use super::parts::{instead, parts, step};
use super::{Known, known, plans};
use squall_model::plan::{PhaseName, Plan};
use squall_model::units::{Micros, Span};

fn minutes(start: u64, end: u64) -> Span {
    Span { start: Micros::from_secs(start * 60), end: Micros::from_secs(end * 60) }
}

#[test]
fn one_function_reads_each_example_and_only_under_its_keyword() {
    for one in known() {
        let phrase = one.phrase;
        let readers: Vec<&str> = ["Given", "When", "Then"]
            .into_iter()
            .filter(|keyword| squall_plan::step_function(&step(keyword, phrase.example)).is_some())
            .collect();
        assert_eq!(readers, [phrase.keyword], "{}", phrase.example);
    }
}

/// Every step with such a parameter, in each of the forms, with its plan and the line of the step.
fn in_forms<E: Copy>(kind: &str, forms: &[(&str, E)]) -> Vec<(String, Plan, usize, E)> {
    let mut variants: Vec<(Known, String, E)> = Vec::new();
    for one in known() {
        for part in parts(&one.phrase).into_iter().filter(|part| part.kind == kind) {
            variants.extend(forms.iter().map(|(form, expected)| {
                let known = Known { phrase: one.phrase, stack: one.stack.clone() };
                (known, instead(&one.phrase, &part, form), *expected)
            }));
        }
    }
    assert!(variants.len() > forms.len(), "few steps have a {kind}");
    let plans = plans(variants.iter().map(|(one, text, _)| one.drill(text)).collect());
    let all = variants.into_iter().zip(plans);
    all.map(|((_, text, expected), (plan, line))| (text, plan, line, expected)).collect()
}

/// From when to when the step of this line acts: as a fault, else as a change of the traffic.
fn acts(plan: &Plan, line: usize) -> Span {
    let fault = plan.faults.iter().find(|fault| fault.line == line).map(|fault| fault.window);
    let mut edges = plan.traffic.rates.iter().skip(1).map(|rate| rate.at);
    fault.unwrap_or_else(|| Span {
        start: edges.next().expect("a fault or another rate"),
        end: edges.next().unwrap_or(plan.end),
    })
}

/// The clock shows 06:30 at first and the steady state holds for ten minutes; ten more pass at last.
#[test]
fn a_window_reads_in_each_of_its_forms() {
    let forms = [
        ("", (minutes(10, 20), 20)),
        ("for 5 minutes", (minutes(10, 15), 25)),
        ("from 07:00 to 07:05", (minutes(30, 35), 45)),
        ("until 07:05", (minutes(10, 35), 45)),
    ];
    for (text, plan, line, (window, end)) in in_forms("window", &forms) {
        assert_eq!(acts(&plan, line), window, "{text}");
        assert_eq!(plan.end, minutes(0, end).end, "{text}");
    }
}

#[test]
fn a_phase_reads_in_each_of_its_forms() {
    let forms = [
        ("", PhaseName::Whole),
        ("before the fault", PhaseName::BeforeTheFault),
        ("during the fault", PhaseName::DuringTheFault),
        ("after recovery", PhaseName::AfterRecovery),
        ("from 06:45 to 06:50", PhaseName::Window(minutes(15, 20))),
    ];
    for (text, plan, line, phase) in in_forms("phase", &forms) {
        let own: Vec<PhaseName> =
            plan.objectives.iter().filter(|one| one.line == line).map(|one| one.phase).collect();
        assert_eq!(own, [phase], "{text}");
    }
}
