//! The last lines of a run, for a terminal and for a CI log: verdicts, what failed and why, the
//! exit reason, the path of the report.
//!
//! Foreign text loses its control characters; no line begins with foreign text, so that no CI
//! runner takes one for a command. Colour only where it is asked for, and never alone.

use crate::board;
use crate::compared;
use crate::escape::terminal as clean;
use crate::exit;
use crate::format::summary_md::ledger_line;
use crate::repeat;
use crate::repeated::repeated;
use crate::run::{DrillReport, RunReport};
use squall_model::verdict::Verdict;
use std::path::Path;

/// The closing lines of a run, with a line end after the last.
pub fn terminal(run: &RunReport, report: &Path, colour: bool) -> String {
    let mut out = String::new();
    for drill in &run.drills {
        of_drill(run, drill, colour, &mut out);
    }
    for sentence in compared::sentences(run) {
        out.push_str(&format!("= {}\n", clean(&sentence)));
    }
    for one in repeated(run) {
        out.push_str(&format!("repeats of {}: {}\n", clean(one.scenario()), one.line()));
        for it in one.objectives() {
            let (text, verdicts) = (clean(it.text), it.verdicts());
            out.push_str(&format!("    {text}: {verdicts}; observed {}\n", it.observed()));
        }
    }
    let met = run.drills.iter().filter(|drill| drill.judged.met).count();
    out.push_str(&format!(
        "{} {met} of {} drills met; exit {}: {}\n",
        mark(run.verdict, colour),
        run.drills.len(),
        run.exit_code,
        exit::reason(run.exit_code)
    ));
    out.push_str(&format!("report: {}\n", clean(&report.display().to_string())));
    out
}

fn of_drill(run: &RunReport, drill: &DrillReport, colour: bool, out: &mut String) {
    let judged = &drill.judged;
    let plan = drill.plan();
    let met = match (judged.met, judged.verdict) {
        (true, Verdict::Fail) => " (expected: a canary)",
        (false, Verdict::Pass) => " (a canary that must fail)",
        _ => "",
    };
    out.push_str(&format!("{} {}{met}\n", mark(judged.verdict, colour), clean(&plan.title())));
    out.push_str(&format!("    {}\n", clean(&judged.reason)));
    for (planned, finding) in plan.objectives.iter().zip(&judged.findings) {
        if finding.verdict != Verdict::Pass {
            out.push_str(&format!(
                "    {} {}:{}: {}\n        {}\n",
                mark(finding.verdict, colour),
                clean(&plan.file),
                planned.line,
                clean(&planned.text),
                clean(&finding.reason)
            ));
        }
    }
    if let Some(stopped) = drill.stopped() {
        out.push_str(&format!("    {}\n", clean(&stopped)));
    }
    for trouble in &judged.troubles {
        out.push_str(&format!("    trouble: {}\n", clean(trouble)));
    }
    out.push_str(&format!("    {}\n", ledger_line(drill)));
    out.push_str(&format!("    {}\n", board::score_line(drill)));
    if !judged.met {
        out.push_str(&format!("    repeat: {}\n", clean(&repeat::command(run, drill))));
    }
}

/// Shape and word, with colour on top where it is wanted.
pub(crate) fn mark(verdict: Verdict, colour: bool) -> String {
    let (shape, code) = match verdict {
        Verdict::Pass => ("● PASS", 34),
        Verdict::Fail => ("■ FAIL", 31),
        Verdict::Inconclusive => ("◇ INCONCLUSIVE", 90),
    };
    if colour { format!("\u{1b}[1;{code}m{shape}\u{1b}[0m") } else { shape.into() }
}
