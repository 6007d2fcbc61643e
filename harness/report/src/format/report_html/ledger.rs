//! The message accounting as a ledger, with bars that form a waterfall, and what is counted beside it.

use super::drill::Here;
use crate::evidence::Evidence;
use crate::run::DrillReport;
use crate::words;
use maud::{Markup, html};
use squall_model::judged::Accounting;
use squall_model::units::Micros;

/// One line: sign, name, what it means, count, where its bar starts, its tone.
struct Line {
    sign: &'static str,
    name: &'static str,
    note: String,
    count: u64,
    start: u64,
    tone: &'static str,
    total: bool,
}

pub fn ledger(drill: &DrillReport) -> Markup {
    let books = &drill.judged.accounting;
    let sum = books.delivered
        + books.late
        + books.failed
        + books.expired
        + books.pending
        + books.undecided
        + books.lost;
    let off = i128::from(books.accepted) - i128::from(sum);
    let open = i128::from(books.attempted)
        - i128::from(books.rejected + books.indeterminate + books.accepted);
    html! {
        div {
            h3 { (drill.plan().traffic.item.says("Message accounting")) }
            table.ledger {
                tbody {
                    @for line in lines(books, sum) { (row(&line, books.attempted)) }
                }
            }
            @if books.balances() {
                p.note { "accepted − sum = 0 and attempted − its parts = 0: it balances." }
            } @else {
                p.alarm { "It does not balance: accepted − sum = " (off) ", attempted − its parts = " (open) ". No objective can pass." }
            }
            @if books.undecided > 0 {
                p.note { "Undecided: a gateway does not tell what it still holds, so these may be lost or waiting." }
            }
        }
    }
}

fn lines(books: &Accounting, sum: u64) -> Vec<Line> {
    let deadline = Micros::from_millis(books.deadline_ms);
    let Accounting {
        deadline_ms: _,
        attempted,
        rejected,
        indeterminate,
        accepted,
        delivered,
        late,
        failed,
        expired,
        pending,
        undecided,
        lost,
        duplicated: _,
        recovered: _,
        ghost: _,
        unexpected: _,
        false_receipts: _,
        missing_receipts: _,
        out_of_order: _,
        attempts: _,
    } = books;
    let line = |sign, name, note: &str, count: u64, start: u64, tone, total| Line {
        sign,
        name,
        note: note.to_owned(),
        count,
        start,
        tone,
        total,
    };
    let mut lines = vec![
        line("", "attempted", "", *attempted, 0, "plain-fill", true),
        line("−", "rejected", "refused openly", *rejected, attempted.saturating_sub(*rejected), "bad-fill", false),
        line("−", "indeterminate", "no answer either way", *indeterminate, *accepted, "open-fill", false),
        line("=", "accepted", "", *accepted, 0, "plain-fill", true),
    ];
    let states = [
        ("delivered", format!("within {deadline}"), *delivered, "good-fill"),
        ("late", format!("after {deadline}"), *late, "late-fill"),
        ("failed", "a receipt said so".into(), *failed, "bad-fill"),
        ("expired", "a receipt said so".into(), *expired, "bad-fill"),
        ("pending", "still named by a queue".into(), *pending, "open-fill"),
        ("undecided", "nobody can tell".into(), *undecided, "open-fill"),
        ("lost", "no trace".into(), *lost, "bad-fill"),
    ];
    let mut start = 0;
    for (name, note, count, tone) in states {
        let sign = if name == "delivered" { "" } else { "+" };
        // Without a foreign gateway nothing is undecided: six states then, as people know them.
        if name != "undecided" || count > 0 {
            lines.push(line(sign, name, &note, count, start, tone, false));
        }
        start += count;
    }
    lines.push(line("=", "sum", "", sum, 0, "frame", true));
    lines
}

fn row(line: &Line, whole: u64) -> Markup {
    let class = match (line.total, line.name) {
        (true, "sum") => "total double",
        (true, "accepted") => "total",
        (true, _) => "total first",
        (false, _) => "",
    };
    html! {
        tr class=(class) {
            td.sign { (line.sign) }
            td.name { (line.name) @if !line.note.is_empty() { " " span.quiet { (line.note) } } }
            td.num { (words::count(line.count)) }
            td.num.quiet { (words::percent_of(line.count, whole)) }
            td.bar { (bar(line, whole)) }
        }
    }
}

/// Of 250 units; what is there at all is at least 2 wide.
fn bar(line: &Line, whole: u64) -> Markup {
    let scale = |count: u64| if whole == 0 { 0.0 } else { 250.0 * count as f64 / whole as f64 };
    let width = if line.count == 0 { 0.0 } else { scale(line.count).max(2.0) };
    let x = scale(line.start).min(250.0 - width);
    html! {
        svg viewBox="0 0 252 12" preserveAspectRatio="none" aria-hidden="true" {
            @if line.count > 0 {
                rect class=(line.tone) x=(format!("{:.1}", x + 1.0)) y="1" width=(format!("{width:.1}")) height="10" {}
            }
        }
    }
}

/// What describes messages of the ledger without being a line of it.
pub fn beside(drill: &DrillReport, here: Here) -> Markup {
    let it = &drill.judged.accounting;
    let item = drill.plan().traffic.item;
    let rows = [
        ("duplicated", it.duplicated, "delivered more than once", true),
        ("false receipts", it.false_receipts, "claim a delivery that no carrier made", true),
        ("missing receipts", it.missing_receipts, "delivered, and the sender never heard", true),
        ("out of order", it.out_of_order, "overtaken by a later message to the same subscriber", false),
        ("recovered", it.recovered, "indeterminate, yet delivered", false),
        ("ghost", it.ghost, "rejected, yet delivered", true),
        ("unexpected", it.unexpected, "at a carrier, never attempted", true),
    ];
    html! {
        div {
            h3 { "Counted beside the ledger" }
            table.beside {
                tbody {
                    @for (name, count, meaning, bad) in rows {
                        tr {
                            td.quiet { (name) }
                            td.num { b class=[(bad && count > 0).then_some("bad")] { (words::count(count)) } }
                            td { (item.says(meaning)) }
                        }
                    }
                    tr {
                        td.quiet { "attempts" }
                        td.num { b { (words::count(it.attempts)) } }
                        td {
                            "submits seen by carriers"
                            @if it.accepted > 0 { ", " (format!("{:.2}", it.attempts as f64 / it.accepted as f64)) " an accepted " (item.one()) }
                        }
                    }
                }
            }
            p.note {
                (item.says("These describe messages already in the ledger, so they are not added to it.")) " Evidence "
                (here.tag(Evidence::Ledger)) " " (here.tag(Evidence::Receipts))
            }
        }
    }
}
