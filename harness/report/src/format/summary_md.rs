//! `summary.md`: one screen for a CI job summary. Verdicts, what failed and why, the ledger in a line.
//!
//! It never grows past what a job summary holds: long runs are cut, and the cut is said.

use crate::escape::markdown as md;
use crate::run::{DrillReport, RunReport};
use crate::words::Clock;
use crate::repeated::repeated;
use crate::{advice, board, compared, differs, exit, looked, repeat, words};
use squall_model::verdict::Verdict;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Job summaries end at 1 MiB; a reader's patience ends long before.
const MOST_BYTES: usize = 256 * 1024;
/// Drills described beyond their line in the table.
const MOST_DRILLS: usize = 50;

pub fn write(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = summary(run, &mut text);
    if text.len() > MOST_BYTES {
        let cut = (0..=MOST_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(text[..cut].rfind('\n').unwrap_or(cut));
        text.push_str("\n\nCut here; report.html has the rest.\n");
    }
    out.write_all(text.as_bytes())
}

/// Shape and word; the shapes of the page in characters that every font has.
fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "● PASS",
        Verdict::Fail => "■ FAIL",
        Verdict::Inconclusive => "◇ INCONCLUSIVE",
    }
}

fn summary(run: &RunReport, out: &mut String) -> std::fmt::Result {
    writeln!(out, "## {} · Squall resilience report\n", verdict_word(run.verdict))?;
    let info = &run.info;
    writeln!(
        out,
        "{} met · engine {} · squall {} · exit {} ({})\n",
        words::of(run.drills.iter().filter(|d| d.judged.met).count(), run.drills.len()),
        md(&info.engine),
        md(&info.squall),
        run.exit_code,
        exit::reason(run.exit_code)
    )?;
    for paragraph in run.shared() {
        writeln!(out, "> {}\n", md(paragraph))?;
    }
    for sentence in compared::sentences(run) {
        writeln!(out, "{}\n", md(&sentence))?;
    }
    let targets = board::targets(run);
    // Where all drills are set alike there is nothing to tell them apart by.
    let set = run.drills.iter().any(|drill| !differs::line(run, drill).is_empty());
    let settings = if set { " settings |" } else { "" };
    let budgets: String = targets.iter().map(|at| format!(" budget of {} |", words::percent(*at))).collect();
    writeln!(
        out,
        "| drill |{settings} verdict | met | in time during the faults | affected | lost | duplicated \
         | detection | failover | recovery |{budgets} cost | score of 100 |"
    )?;
    writeln!(out, "|---|{}---|---|--:|--:|--:|--:|--:|--:|--:|{}--:|--:|", if set { "---|" } else { "" }, "--:|".repeat(targets.len()))?;
    for drill in &run.drills {
        row(run, drill, set, &targets, out)?;
    }
    repeats(run, out)?;
    for drill in run.drills.iter().take(MOST_DRILLS) {
        detail(run, drill, out)?;
    }
    if run.drills.len() > MOST_DRILLS {
        writeln!(out, "\n{} more drills in report.html.", run.drills.len() - MOST_DRILLS)?;
    }
    Ok(())
}

/// How often each repeated scenario was met, and how far its objectives spread.
fn repeats(run: &RunReport, out: &mut String) -> std::fmt::Result {
    for one in repeated(run) {
        writeln!(out, "\n### Repeats of {}: {}\n", md(one.scenario()), one.line())?;
        writeln!(out, "| objective | verdicts | observed |\n|---|---|--:|")?;
        for it in one.objectives() {
            let (text, observed) = (md(it.text), md(&it.observed()));
            writeln!(out, "| {text} | {} | {observed} |", it.verdicts())?;
        }
    }
    Ok(())
}

fn row(
    run: &RunReport,
    drill: &DrillReport,
    set: bool,
    targets: &[f64],
    out: &mut String,
) -> std::fmt::Result {
    let (affected, reached) = board::affected(drill);
    let name = [md(&drill.plan().title())];
    let settings = set.then(|| md(&differs::line(run, drill)));
    let cells = [
        verdict_word(drill.judged.verdict).into(),
        if drill.judged.met { "yes".into() } else { "**no**".into() },
        board::in_time(drill),
        words::percent_of(affected, reached),
        board::lost(drill),
        words::count(drill.judged.accounting.duplicated),
        md(&board::detection(drill)),
        md(&board::failover(drill)),
        md(&board::recovery(drill)),
    ];
    let spent = targets.iter().map(|target| md(&board::spent(drill, *target)));
    let score = format!("{} ({})", board::score(drill), board::coverage(drill).join(" "));
    let last = [md(&board::cost(drill)), score];
    let all: Vec<String> = name.into_iter().chain(settings).chain(cells).chain(spent).chain(last).collect();
    writeln!(out, "| {} |", all.join(" | "))
}

fn detail(run: &RunReport, drill: &DrillReport, out: &mut String) -> std::fmt::Result {
    let plan = drill.plan();
    writeln!(out, "\n### {} {}\n", verdict_word(drill.judged.verdict), md(&plan.title()))?;
    writeln!(out, "{} ({}:{})\n", md(&drill.judged.reason), md(&plan.file), plan.line)?;
    for paragraph in &plan.about.description[run.shared().len()..] {
        writeln!(out, "> {}\n", md(paragraph))?;
    }
    if let Some(stopped) = drill.stopped() {
        writeln!(out, "- {}", md(&stopped))?;
    }
    for trouble in &drill.judged.troubles {
        writeln!(out, "- trouble: {}", md(trouble))?;
    }
    for (planned, finding) in plan.objectives.iter().zip(&drill.judged.findings) {
        if finding.verdict != Verdict::Pass {
            let word = verdict_word(finding.verdict);
            let (text, why) = (md(&planned.text), md(&finding.reason));
            writeln!(out, "- {word} {text} (line {}): {why}", planned.line)?;
        }
    }
    writeln!(out, "\n{}", md(&ledger_line(drill)))?;
    writeln!(out, "\n{}", md(&board::score_line(drill)))?;
    faults(drill, out)?;
    let advice = advice::advice(drill);
    if let Some(first) = advice.first() {
        writeln!(out, "\nFix first: **{}** {}", coded(&first.what), coded(&first.why))?;
        if !first.options.is_empty() {
            writeln!(out)?;
        }
        for option in &first.options {
            writeln!(out, "- {}", coded(option))?;
        }
    }
    writeln!(out, "\nRepeat:\n\n    {}", repeat::command(run, drill))
}

/// How each fault showed itself.
fn faults(drill: &DrillReport, out: &mut String) -> std::fmt::Result {
    let lines: Vec<_> = drill.judged.faults.iter().flat_map(|seen| &seen.answers).collect();
    if !lines.is_empty() {
        writeln!(out)?;
    }
    for line in lines {
        let said = looked::said(line, Clock::of(drill.plan()));
        let (asked, knew) = (looked::asked(line), looked::knew(line));
        writeln!(out, "- {}: {}; who asks knows {}", md(&asked), md(&said), md(&knew))?;
    }
    Ok(())
}

/// Names between backticks in the face of commands; a foreign backtick opens none that is not closed.
fn coded(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let even = parts.len() % 2 == 1;
    let part = |(i, part): (usize, &&str)| match i % 2 == 1 && even {
        true => format!("<code>{}</code>", md(part)),
        false => md(part),
    };
    parts.iter().enumerate().map(part).collect()
}

/// The message accounting in one line.
pub fn ledger_line(drill: &DrillReport) -> String {
    let it = &drill.judged.accounting;
    let c = words::count;
    let lines = [
        (it.late, "late"),
        (it.failed, "failed"),
        (it.expired, "expired"),
        (it.pending, "pending"),
        (it.undecided, "undecided"),
        (it.lost, "lost"),
        (it.duplicated, "duplicated"),
        (it.false_receipts, "false receipts"),
    ];
    let rest: Vec<String> =
        lines.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", c(*n))).collect();
    let rest = if rest.is_empty() { String::new() } else { format!(", {}", rest.join(", ")) };
    let balance = if it.balances() { "" } else { "; THE LEDGER DOES NOT BALANCE" };
    format!(
        "{} attempted - {} rejected - {} indeterminate = {} accepted; {} delivered in time{rest}{balance}",
        c(it.attempted),
        c(it.rejected),
        c(it.indeterminate),
        c(it.accepted),
        c(it.delivered),
    )
}
