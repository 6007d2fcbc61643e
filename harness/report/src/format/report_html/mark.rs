//! The verdict's mark: shape, colour and word, always all three.

use maud::{Markup, html};
use squall_model::verdict::Verdict;

pub fn mark(verdict: Verdict) -> Markup {
    html! { span class=(format!("verdict {}", verdict.word())) { (shape(verdict)) " " (word(verdict)) } }
}

pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "INCONCLUSIVE",
    }
}

/// Filled circle with a tick, filled square with a cross, hollow diamond with a question mark.
pub fn shape(verdict: Verdict) -> Markup {
    html! {
        svg.mark viewBox="0 0 16 16" aria-hidden="true" {
            @match verdict {
                Verdict::Pass => {
                    circle class="good-fill" cx="8" cy="8" r="7.5" {}
                    path class="cut" d="M4.6 8.3l2.4 2.4 4.4-5" {}
                }
                Verdict::Fail => {
                    rect class="bad-fill" x="0.8" y="0.8" width="14.4" height="14.4" rx="1" {}
                    path class="cut" d="M5 5l6 6M11 5l-6 6" {}
                }
                Verdict::Inconclusive => {
                    path class="open" d="M8 0.9L15.1 8 8 15.1 0.9 8z" {}
                    path class="open" d="M6.3 6.5a1.8 1.8 0 1 1 2.5 1.7q-.8.4-.8 1.2M8 11.4v.3" {}
                }
            }
        }
    }
}
