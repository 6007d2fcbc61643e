//! The comparison's files: what a reader finds there, and that foreign text stays text in them.

use crate::sample;
use squall_model::comparison::{Play, compare};
use squall_report::comparison::{Compared, Info, terminal, write};
use std::path::Path;

const EVIL: &str =
    "<script>alert(1)</script>\"><img src=x>\u{202e}gpj\u{1b}[2J\n::error::x [y](javascript:z)";

fn play(stack: &str, evil: bool) -> Play {
    let (judged, record) = sample::judged(&sample::short());
    let mut plan = record.plan;
    plan.stack.name = stack.to_owned();
    if evil {
        plan.scenario = EVIL.to_owned();
        plan.stack.summary = EVIL.to_owned();
        plan.stack.settings.insert(EVIL.to_owned(), EVIL.to_owned());
        plan.objectives.iter_mut().for_each(|it| it.text = EVIL.to_owned());
        plan.faults.iter_mut().for_each(|it| it.text = EVIL.to_owned());
    }
    let (stack, run) =
        (stack.to_owned(), format!("drills/{}", if evil { EVIL } else { "01-01-1" }));
    Play { stack, engine: "sim".to_owned(), plan, judged, run }
}

/// Every file of a comparison of two stacks, and what the terminal says.
fn files(evil: bool) -> [String; 4] {
    let names = ["one".to_owned(), if evil { EVIL.to_owned() } else { "other".to_owned() }];
    let plays = names.clone().map(|name| play(&name, evil));
    let comparison = compare(&names, &plays, true).unwrap();
    let text = if evil { EVIL } else { "x" }.to_owned();
    let info = Info { command: vec![text.clone()], missing: vec![text], ..Info::default() };
    let compared = Compared { comparison, info };
    let out = tempfile::tempdir().unwrap();
    write(out.path(), &compared).unwrap();
    let read = |name: &str| std::fs::read_to_string(out.path().join(name)).unwrap();
    let said = terminal(&compared, Path::new("comparison.html"), false);
    [read("comparison.html"), read("comparison.md"), read("comparison.json"), said]
}

#[test]
fn every_stack_and_drill_stands_in_every_file() {
    for (file, text) in ["html", "md", "json", "terminal"].iter().zip(files(false)) {
        for word in ["one", "other", "Sample data"] {
            assert!(text.contains(word), "{word} in {file}: {text}");
        }
    }
    let [page, ..] = files(false);
    assert!(page.contains("href=\"drills/01-01-1/report.html\""), "a report is linked");
    assert!(page.contains("no claim that stacks differ"), "one play claims nothing");
}

#[test]
fn foreign_text_is_no_markup_no_link_and_no_command() {
    let [page, summary, _, said] = files(true);
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script") && !page.contains("<img"));
    for hidden in ['\u{202e}', '\u{1b}'] {
        assert!(!page.contains(hidden) && !summary.contains(hidden) && !said.contains(hidden));
    }
    for link in page.split("href=\"").skip(1) {
        assert!(link.starts_with('#'), "{}", &link[..40.min(link.len())]);
    }
    assert!(!summary.contains("<script") && !summary.contains("](javascript"));
    assert!(!said.lines().any(|line| line.starts_with("::")));
}
