//! Configuration files of somebody else's programs, with places that only a raised stack can fill in.
//!
//! `{{host:carrier-a}}` and `{{port:carrier-a}}` are where the node dials its link to carrier-a,
//! `{{setting:store}}` is a setting of the stack. `{{account}}` and `{{secret}}` are what the drill's own
//! sender and carriers use, `{{user}}` and `{{password}}` the same as far as SMPP takes them, and
//! `{{token}}` is what Squall shows where it asks how much waits. A line that begins with
//! `{{if:store=spool}}` is there only where the setting has that value.

use std::ops::Range;

/// What stands between two pairs of braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    Host(&'a str),
    Port(&'a str),
    Setting(&'a str),
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

/// Who knows what belongs into a template.
pub trait Fill {
    /// # Errors
    /// Why nothing does.
    fn value(&self, place: Place<'_>) -> Result<String, String>;

    /// Whether a setting has this value.
    ///
    /// # Errors
    /// Why it never can.
    fn holds(&self, setting: &str, value: &str) -> Result<bool, String>;
}

/// The text with every place filled in, without the lines whose condition does not hold.
///
/// # Errors
/// The first place that is none, or that `fill` knows nothing for.
pub fn render(text: &str, fill: &impl Fill) -> Result<String, Unfilled> {
    let mut out = String::with_capacity(text.len());
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let rendered = render_line(line, fill);
        let at = |span: Range<usize>| offset + span.start..offset + span.end;
        let rendered = rendered.map_err(|one| Unfilled { span: at(one.span), ..one })?;
        out.push_str(&rendered.unwrap_or_default());
        offset += line.len();
    }
    Ok(out)
}

/// `None` for a line that is not there. Its other places have to be right all the same.
fn render_line(line: &str, fill: &impl Fill) -> Result<Option<String>, Unfilled> {
    let (mut out, mut from, mut is_there) = (String::with_capacity(line.len()), 0, true);
    while let Some(open) = line[from..].find("{{").map(|at| from + at) {
        let unfilled = |end: usize, message: String| Unfilled { span: open..end, message };
        let Some(close) = line[open..].find("}}").map(|at| open + at) else {
            return Err(unfilled(line.trim_end().len(), "{{ without }}".to_owned()));
        };
        let (end, inner) = (close + 2, &line[open + 2..close]);
        let wrong = |message: String| unfilled(end, message);
        out.push_str(&line[from..open]);
        match (condition(inner), read(inner)) {
            (Some(_), _) if !out.is_empty() => {
                return Err(wrong("a condition is about its whole line and begins it".to_owned()));
            }
            (Some((key, value)), _) => is_there &= fill.holds(key, value).map_err(wrong)?,
            (None, Some(place)) => out.push_str(&fill.value(place).map_err(wrong)?),
            (None, None) => {
                return Err(wrong(format!("\"{inner}\" is no place; there are {KNOWN}")));
            }
        }
        from = end;
    }
    out.push_str(&line[from..]);
    Ok(is_there.then_some(out))
}

/// `if:store=spool`.
fn condition(inner: &str) -> Option<(&str, &str)> {
    inner.strip_prefix("if:")?.split_once('=')
}

const KNOWN: &str = "{{host:…}}, {{port:…}}, {{setting:…}}, {{if:…=…}}, {{account}}, {{secret}}, \
                     {{user}}, {{password}} and {{token}}";

fn read(inner: &str) -> Option<Place<'_>> {
    Some(match (inner.split_once(':'), inner) {
        (Some(("host", target)), _) => Place::Host(target),
        (Some(("port", target)), _) => Place::Port(target),
        (Some(("setting", key)), _) => Place::Setting(key),
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

    struct Known;

    impl Fill for Known {
        fn value(&self, place: Place<'_>) -> Result<String, String> {
            match place {
                Place::Host("carrier-a") => Ok("10.0.0.1".to_owned()),
                Place::Setting("store") => Ok("spool".to_owned()),
                other => Err(format!("nobody knows {other:?}")),
            }
        }

        fn holds(&self, setting: &str, value: &str) -> Result<bool, String> {
            match setting {
                "store" => Ok(value == "spool"),
                other => Err(format!("no setting {other}")),
            }
        }
    }

    #[test]
    fn every_place_is_filled_in_and_the_rest_kept() {
        let text = "host = {{host:carrier-a}}\nstore = {{setting:store}} # { }\n";
        let rendered = render(text, &Known).expect("a text");
        assert_eq!(rendered, "host = 10.0.0.1\nstore = spool # { }\n");
        assert_eq!(render("plain", &Known), Ok("plain".to_owned()));
    }

    #[test]
    fn a_line_is_there_where_its_condition_holds() {
        let text = "a\n{{if:store=spool}}b = {{host:carrier-a}}\n{{if:store=none}}c\nd\n";
        assert_eq!(render(text, &Known), Ok("a\nb = 10.0.0.1\nd\n".to_owned()));
        // What is left out today is there tomorrow.
        let wrong = render("a\n{{if:store=none}}{{host:b}}\n", &Known).expect_err("a mistake");
        assert_eq!(wrong.span, 19..29);
        assert!(render("a {{if:store=spool}}b", &Known).is_err());
        let both = "{{if:store=spool}}{{if:store=none}}c\n{{if:store=spool}}{{if:store=spool}}d\n";
        assert_eq!(render(both, &Known), Ok("d\n".to_owned()));
    }

    #[test]
    fn what_cannot_be_filled_in_is_told_with_its_place() {
        let place = |text: &str| render(text, &Known).expect_err("a mistake");
        assert_eq!(place("a {{host:b}} c").span, 2..12);
        assert!(place("a {{host:b}} c").message.contains("nobody knows"));
        for none in ["{{hast:b}}", "{{if:store}}", "{{}}"] {
            assert!(place(none).message.contains("is no place"), "{none}");
        }
        assert!(place("{{if:colour=red}}x").message.contains("no setting"));
        assert_eq!(place("x = {{secret\ny").span, 4..12);
    }
}
