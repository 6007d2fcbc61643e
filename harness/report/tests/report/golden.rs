//! A record, built fact by fact, to every format: what a reader gets, line by line.

use crate::sample;
use squall_report::RunReport;
use squall_report::format::{FORMATS, Format};

pub use sample::run;

pub fn render(run: &RunReport, file: &str) -> String {
    let format: &Format = FORMATS.iter().find(|format| format.file == file).unwrap();
    let mut bytes = Vec::new();
    (format.write)(run, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn both() -> RunReport {
    run(&[sample::short(), sample::calm()])
}

#[test]
fn run_json() {
    insta::assert_snapshot!(render(&both(), "run.json"));
}

#[test]
fn summary_md() {
    insta::assert_snapshot!(render(&both(), "summary.md"));
}

#[test]
fn junit_xml() {
    insta::assert_snapshot!(render(&both(), "junit.xml"));
}

#[test]
fn messages_csv() {
    let csv = render(&both(), "messages.csv");
    let head: Vec<&str> = csv.lines().take(12).collect();
    insta::assert_snapshot!(head.join("\n"));
}

#[test]
fn terminal() {
    let path = std::path::Path::new("reports/latest/report.html");
    insta::assert_snapshot!(squall_report::terminal(&both(), path, false));
}

#[test]
fn report_html() {
    let page = render(&both(), "report.html");
    // The style has a file of its own; the drawings are looked at, and their numbers stand in the table.
    let body = page.split("</style>").nth(1).unwrap();
    let text: String =
        body.split("<svg").map(|part| part.split_once("</svg>").map_or(part, |p| p.1)).collect();
    let text = text
        .replace("<tr", "\n<tr")
        .replace("<p", "\n<p")
        .replace("<h", "\n<h")
        .replace("<div", "\n<div");
    insta::assert_snapshot!(text);
}

#[test]
fn the_rows_of_the_csv_add_up_to_the_ledger() {
    let run = run(&[sample::short()]);
    let csv = render(&run, "messages.csv");
    let books = &run.drills[0].judged.accounting;
    let outcome = |word: &str| {
        csv.lines().skip(1).filter(|row| row.split(',').nth(6) == Some(word)).count() as u64
    };
    assert_eq!(csv.lines().count() as u64, 1 + books.attempted);
    assert!(books.late > 0 && books.lost > 0, "the sample has both: {books:?}");
    for (word, count) in [
        ("delivered", books.delivered),
        ("late", books.late),
        ("lost", books.lost),
        ("rejected", books.rejected),
    ] {
        assert_eq!(outcome(word), count, "{word}");
    }
}
