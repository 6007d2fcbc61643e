//! `report.html`: one file that a director reads offline, on paper, on a phone, in light and dark.
//!
//! No script, no network: a Content-Security-Policy allows the page's own style by its hash and
//! nothing else. The page is split by what it shows; all text from outside goes through [`t`].

mod calls;
mod chart;
mod cost;
mod drill;
mod evidence;
mod fix_first;
pub(crate) mod head;
mod hit;
mod incident;
mod ledger;
mod look;
pub(crate) mod mark;
mod objectives;
mod published;
mod repeat;
mod repeats;
mod score;
mod scoreboard;

use crate::escape;
use crate::run::RunReport;
use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::io::{self, Write};

const STYLE: &str = include_str!("style.css");

pub fn write(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page(run).into_string().as_bytes())
}

fn page(run: &RunReport) -> Markup {
    let title = format!("Squall resilience report: {}", run.verdict.word());
    let body = html! {
        (head::head(run))
        (scoreboard::scoreboard(run))
        (repeats::repeats(run))
        @for (index, drill) in run.drills.iter().enumerate() { (drill::drill(run, drill, index)) }
        footer.note {
            "Squall resilience report. One file, no script, nothing loaded from a network. "
            "What a drill says of a real incident is its author’s; the figures of this page are measured in the drill."
        }
    };
    shell(&title, "", body)
}

/// A whole page around its body, in the one look that all pages have; `more` is style of its own.
pub(crate) fn shell(title: &str, more: &str, body: Markup) -> Markup {
    let style = format!("{STYLE}{more}");
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(&style)) }
            }
            body { main { (body) } }
        }
    }
}

/// Nothing but this page's own style.
fn policy(style: &str) -> String {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

/// Foreign text for the page: one line, nothing hidden in it; maud escapes the markup.
pub(crate) fn t(foreign: &str) -> String {
    escape::plain(foreign)
}

/// Keeps a duration or a number with its unit on one line.
pub(crate) fn nb(text: impl AsRef<str>) -> String {
    text.as_ref().replace(' ', "\u{a0}")
}

/// A line of text in a drawing.
fn text(x: f64, y: f64, class: &str, content: &str) -> Markup {
    html! { text class=(class) x=(format!("{x:.1}")) y=(format!("{y:.1}")) { (content) } }
}
