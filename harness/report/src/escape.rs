//! Foreign text made harmless, once for each kind of file.
//!
//! Text from carriers, gateways, feature files and stack files is data: it never becomes markup, a
//! formula, a link, a terminal sequence or a workflow command. HTML and XML escape their own markup
//! characters on top of [`plain`]; nothing here knows where a text is going to stand.

/// One line without control characters, and without the characters that reorder or hide text.
pub fn plain(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
            c if c.is_control() || hides(c) => None,
            c => Some(c),
        })
        .collect()
}

/// Bidirectional overrides and isolates, zero-width characters, tags, variation to nothing.
fn hides(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// For a terminal or a CI log: [`plain`], and nothing that a CI runner reads as a command
/// (`::error …` at a line's start, `##[…` and `##vso[…` anywhere).
pub fn terminal(text: &str) -> String {
    let text = plain(text).replace("##", "# #");
    match text.trim_start().strip_prefix("::") {
        Some(rest) => format!(": :{rest}"),
        None => text,
    }
}

/// For running text and table cells of Markdown. Addresses do not become links, names no mentions.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let text = plain(text);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            ':' if rest.as_str().starts_with(['/', ':']) || out.ends_with("mailto") => {
                out.push_str("&#58;")
            }
            '.' if out.ends_with("www") || out.ends_with("WWW") => out.push_str("&#46;"),
            '(' if out.ends_with(']') => out.push_str("\\("),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '!' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '+' | '-' | '=' if out.trim().is_empty() => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// For a cell of CSV: what a spreadsheet would take for a formula gets an apostrophe before it.
/// Quotes and commas are the writer's own business.
pub fn csv(text: &str) -> String {
    let starts_formula = text
        .trim_start_matches([' ', '\u{a0}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let text = plain(text);
    if starts_formula { format!("'{text}") } else { text }
}

/// For a command line that a reader may paste into a shell: quoted where it is not plainly a word.
pub fn shell(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    let word = plain(word);
    if !word.is_empty() && word.chars().all(safe) {
        word
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_or_turns_the_text_round() {
        let hostile = "a\u{1b}[31mred\u{7}\u{9b}2J\u{202e}txt.exe\u{2066}\u{200b}\r\nnext";
        assert_eq!(plain(hostile), "a[31mred2Jtxt.exe  next");
    }

    #[test]
    fn a_log_line_is_no_workflow_command() {
        assert!(!terminal("::set-output name=x::y").starts_with("::"));
        assert!(!terminal("  \u{200b}::error::boom").trim_start().starts_with("::"));
        assert!(!terminal("say ##vso[task.setvariable]x").contains("##vso"));
        assert!(!terminal("##[error]x").contains("##["));
    }

    #[test]
    fn markdown_stays_text() {
        let out = markdown("a|b <script> [x](http://y) `c` @team\n# h *b* ![i](u) www.x.y");
        assert!(!out.contains('<') && !out.contains('\n') && !out.contains('@'));
        for pair in ["\\|", "\\[", "\\]\\(", "\\`", "\\*", "\\!", "\\#", "www&#46;"] {
            assert!(out.contains(pair), "{pair} in {out}");
        }
        assert!(!out.contains("://"));
        assert_eq!(markdown("- not a list"), "\\- not a list");
        assert_eq!(markdown("at least 99.9 %"), "at least 99.9 %");
    }

    #[test]
    fn a_cell_is_no_formula() {
        for hostile in ["=1+1", "+62811", "-2", "@sum", "\t=1", "\r=1", "\n=1", " =1", "＝1"] {
            assert!(csv(hostile).starts_with('\''), "{hostile:?} gave {:?}", csv(hostile));
        }
        assert_eq!(csv("jakarta"), "jakarta");
    }

    #[test]
    fn a_pasted_command_runs_nothing_else() {
        assert_eq!(shell("features/incidents"), "features/incidents");
        assert_eq!(shell("a; rm -rf $HOME"), "'a; rm -rf $HOME'");
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(shell(""), "''");
    }
}
