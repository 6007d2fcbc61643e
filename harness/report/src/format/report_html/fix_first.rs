//! What to fix first; every line points at what it rests on.

use super::drill::Here;
use super::t;
use crate::advice;
use crate::run::DrillReport;
use maud::{Markup, html};

/// Names between backticks in the face of commands.
fn coded(text: &str) -> Markup {
    let text = t(text);
    html! {
        @for (i, part) in text.split('`').enumerate() {
            @if i % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

pub fn fix_first(drill: &DrillReport, here: Here) -> Markup {
    let advice = advice::advice(drill);
    html! { div.block {
        h3 { "What to fix first" }
        @if advice.is_empty() {
            p { (advice::nothing(drill)) }
        } @else {
            ol.fix {
                @for it in &advice {
                    li {
                        b { (coded(&it.what)) } " " (coded(&it.why)) " "
                        @if !it.messages.is_empty() {
                            (drill.plan().traffic.item.says("Messages ")) 
                            @for (i, id) in it.messages.iter().enumerate() { @if i > 0 { ", " } (id) }
                            ". "
                        }
                        @if !it.options.is_empty() {
                            ul { @for option in &it.options { li { (coded(option)) } } }
                        }
                        @for evidence in &it.evidence { (here.tag(*evidence)) " " }
                    }
                }
            }
            p.note {
                "From this record alone; the settings are those that the stack’s file names for this harm. "
                "What a change would bring is not shown until the same drill is played with it."
            }
        }
    } }
}
