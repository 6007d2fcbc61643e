//! Configuration files of somebody else's programs, with places that only a raised stack can fill in.
//!
//! `{{host:carrier-a}}` and `{{port:carrier-a}}` are where the node dials its link to carrier-a,
//! `{{setting:store}}` is a setting of the stack. `{{account}}` and `{{secret}}` are what the drill's own
//! sender and carriers use, `{{user}}` and `{{password}}` the same as far as SMPP takes them, and
//! `{{token}}` is what Squall shows where it asks how much waits. A line that begins with
//! `{{if:store=spool}}` is there only where the setting has that value.

use std::ops::Range;

/// Octets of an SMPP system_id and password without their ends (SMPP 3.4, section 5.2).
pub const USER: usize = 15;
pub const PASSWORD: usize = 8;

/// What stands between two pairs of braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    Host(&'a str),
    Port(&'a str),
    Setting(&'a str),
    /// Of a line, which is there only where the setting has the value.
    If(&'a str, &'a str),
    Account,
    Secret,
    User,
    Password,
    Token,
}

/// A place that cannot be read or filled in, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unfilled {
    pub span: Range<usize>,
    pub message: String,
}

/// The text with every place filled in. A condition is filled with `true` where it holds.
///
/// # Errors
/// The first place that is none, or that `fill` knows nothing for.
pub fn render(
    text: &str,
    fill: impl Fn(Place<'_>) -> Result<String, String>,
) -> Result<String, Unfilled> {
    let mut out = String::with_capacity(text.len());
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let rendered = render_line(line, &fill);
        let at = |span: Range<usize>| offset + span.start..offset + span.end;
        let rendered = rendered.map_err(|one| Unfilled { span: at(one.span), ..one })?;
        out.push_str(&rendered.unwrap_or_default());
        offset += line.len();
    }
    Ok(out)
}

/// `None` for a line that is not there. Its other places have to be right all the same.
fn render_line(
    line: &str,
    fill: &impl Fn(Place<'_>) -> Result<String, String>,
) -> Result<Option<String>, Unfilled> {
    let (mut out, mut from, mut is_there) = (String::with_capacity(line.len()), 0, true);
    while let Some(open) = line[from..].find("{{").map(|at| from + at) {
        let unfilled = |end: usize, message: String| Unfilled { span: open..end, message };
        let Some(close) = line[open..].find("}}").map(|at| open + at) else {
            return Err(unfilled(line.trim_end().len(), "{{ without }}".to_owned()));
        };
        let end = close + 2;
        let inner = &line[open + 2..close];
        let place = read(inner)
            .ok_or_else(|| unfilled(end, format!("\"{inner}\" is no place; there are {KNOWN}")))?;
        let filled = fill(place).map_err(|message| unfilled(end, message))?;
        out.push_str(&line[from..open]);
        match place {
            Place::If(..) if open > 0 && !out.is_empty() => {
                let message = "a condition is about its whole line and begins it";
                return Err(unfilled(end, message.to_owned()));
            }
            Place::If(..) => is_there &= filled == "true",
            _ => out.push_str(&filled),
        }
        from = end;
    }
    out.push_str(&line[from..]);
    Ok(is_there.then_some(out))
}

const KNOWN: &str = "{{host:…}}, {{port:…}}, {{setting:…}}, {{if:…=…}}, {{account}}, {{secret}}, \
                     {{user}}, {{password}} and {{token}}";

fn read(inner: &str) -> Option<Place<'_>> {
    Some(match (inner.split_once(':'), inner) {
        (Some(("host", target)), _) => Place::Host(target),
        (Some(("port", target)), _) => Place::Port(target),
        (Some(("setting", key)), _) => Place::Setting(key),
        (Some(("if", condition)), _) => {
            let (key, value) = condition.split_once('=')?;
            Place::If(key, value)
        }
        (None, "account") => Place::Account,
        (None, "secret") => Place::Secret,
        (None, "user") => Place::User,
        (None, "password") => Place::Password,
        (None, "token") => Place::Token,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(place: Place<'_>) -> Result<String, String> {
        match place {
            Place::Host("carrier-a") => Ok("10.0.0.1".to_owned()),
            Place::Setting("store") => Ok("spool".to_owned()),
            Place::If("store", value) => Ok((value == "spool").to_string()),
            other => Err(format!("nobody knows {other:?}")),
        }
    }

    #[test]
    fn every_place_is_filled_in_and_the_rest_kept() {
        let text = "host = {{host:carrier-a}}\nstore = {{setting:store}} # { }\n";
        let rendered = render(text, named).expect("a text");
        assert_eq!(rendered, "host = 10.0.0.1\nstore = spool # { }\n");
        assert_eq!(render("plain", named), Ok("plain".to_owned()));
    }

    #[test]
    fn a_line_is_there_where_its_condition_holds() {
        let text = "a\n{{if:store=spool}}b = {{host:carrier-a}}\n{{if:store=none}}c\nd\n";
        assert_eq!(render(text, named), Ok("a\nb = 10.0.0.1\nd\n".to_owned()));
        // What is left out today is there tomorrow.
        let wrong = render("a\n{{if:store=none}}{{host:b}}\n", named).expect_err("a mistake");
        assert_eq!(wrong.span, 19..29);
        assert!(render("a {{if:store=spool}}b", named).is_err());
    }

    #[test]
    fn what_cannot_be_filled_in_is_told_with_its_place() {
        let place = |text: &str| render(text, named).expect_err("a mistake");
        assert_eq!(place("a {{host:b}} c").span, 2..12);
        assert!(place("a {{host:b}} c").message.contains("nobody knows"));
        assert!(place("{{hast:b}}").message.contains("is no place"));
        assert_eq!(place("x = {{secret\ny").span, 4..12);
    }
}
