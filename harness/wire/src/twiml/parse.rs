//! Reads a document. Its size and its number of nodes bound the tree that is built; a DTD,
//! and with it every entity of the document's own, is refused.

use super::{
    Document, FOR_EVER, Gather, MAX_BYTES, MAX_SAID, MAX_VERBS, Method, Mistake, Prompt, Verb,
};
use roxmltree::{Node, NodeType, ParsingOptions};

/// Elements, texts and comments of the tree, which is built before the verbs are counted.
const MAX_NODES: u32 = 8 * MAX_VERBS as u32;

/// Longest pause, longest wait for a key, in seconds: an hour.
const LONGEST_S: u32 = 3_600;

/// Reads `bytes` as a document in UTF-8.
///
/// Attributes that are not known here mean nothing, as Twilio has many more.
///
/// # Errors
/// [`Mistake`].
pub fn parse(bytes: &[u8]) -> Result<Document, Mistake> {
    if bytes.len() > MAX_BYTES {
        return Err(Mistake::TooLarge);
    }
    let wrong = |why: &dyn std::fmt::Display| Mistake::Parse(why.to_string());
    let text = std::str::from_utf8(bytes).map_err(|why| wrong(&why))?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..Default::default() };
    let tree = roxmltree::Document::parse_with_options(text, options).map_err(|why| wrong(&why))?;
    let root = tree.root_element();
    if root.tag_name().name() != "Response" {
        return Err(Mistake::Parse("the root element is not Response".into()));
    }
    let mut left = MAX_VERBS;
    let verbs = elements(root).map(|element| verb(element?, &mut left)).collect::<Result<_, _>>();
    Ok(Document { verbs: verbs? })
}

/// The elements in `parent`, which holds no text of its own.
fn elements<'a>(parent: Node<'a, 'a>) -> impl Iterator<Item = Result<Node<'a, 'a>, Mistake>> {
    let stray = |node: &Node| node.text().is_some_and(|text| !text.trim().is_empty());
    let kept = move |node: Node<'a, 'a>| match node.node_type() {
        NodeType::Element => Some(Ok(node)),
        NodeType::Text if stray(&node) => Some(Err(schema(parent, "holds text"))),
        _ => None,
    };
    parent.children().filter_map(kept)
}

fn verb(element: Node<'_, '_>, left: &mut usize) -> Result<Verb, Mistake> {
    match element.tag_name().name() {
        "Gather" => {
            count(left)?;
            gather(element, left).map(Verb::Gather)
        }
        "Redirect" => {
            count(left)?;
            Ok(Verb::Redirect { url: url(element)?, method: method(element)? })
        }
        "Hangup" => {
            count(left)?;
            empty(element)?;
            Ok(Verb::Hangup)
        }
        // Twilio's page: it refuses an incoming call, and there are none here.
        "Reject" => Err(schema(element, "is for incoming calls")),
        _ => prompt(element, left).map(Verb::Prompt),
    }
}

fn prompt(element: Node<'_, '_>, left: &mut usize) -> Result<Prompt, Mistake> {
    count(left)?;
    match element.tag_name().name() {
        // The tones of a telephone keypad, which nobody here could hear.
        "Play" if element.has_attribute("digits") => Err(schema(element, "plays no digits here")),
        "Play" => Ok(Prompt::Play { url: url(element)?, times: times(element)? }),
        "Say" => {
            let text = text(element)?;
            match text.chars().count() {
                0 => Err(schema(element, "says nothing")),
                1..=MAX_SAID => Ok(Prompt::Say { text, times: times(element)? }),
                _ => Err(schema(element, "says too much")),
            }
        }
        "Pause" => {
            empty(element)?;
            Ok(Prompt::Pause { seconds: number(element, "length", 1, 0..=LONGEST_S)? })
        }
        _ => Err(schema(element, "is not known, or may not stand here")),
    }
}

fn gather(element: Node<'_, '_>, left: &mut usize) -> Result<Gather, Mistake> {
    if !element.attribute("input").unwrap_or("dtmf").split_whitespace().any(|i| i == "dtmf") {
        return Err(schema(element, "takes no other input than dtmf here"));
    }
    let finish_on = match element.attribute("finishOnKey").unwrap_or("#") {
        "" => None,
        key => Some(one_key(key).ok_or_else(|| schema(element, "has a wrong finishOnKey"))?),
    };
    let num_digits = match element.attribute("numDigits") {
        None => None,
        Some(_) => Some(number(element, "numDigits", 1, 1..=u32::MAX)?),
    };
    let on_empty = match element.attribute("actionOnEmptyResult").unwrap_or("false") {
        "true" => true,
        "false" => false,
        _ => return Err(schema(element, "has a wrong actionOnEmptyResult")),
    };
    let action = element.attribute("action").map(|url| url.trim().to_owned());
    let prompts = elements(element).map(|inner| prompt(inner?, left)).collect::<Result<_, _>>();
    Ok(Gather {
        prompts: prompts?,
        action: action.filter(|url| !url.is_empty()),
        method: method(element)?,
        timeout_s: number(element, "timeout", 5, 0..=LONGEST_S)?,
        finish_on,
        num_digits,
        on_empty,
    })
}

/// A key of a telephone.
fn one_key(text: &str) -> Option<char> {
    let mut keys = text.chars();
    let key = keys.next().filter(|key| matches!(key, '0'..='9' | '#' | '*'))?;
    keys.next().is_none().then_some(key)
}

fn count(left: &mut usize) -> Result<(), Mistake> {
    let fewer = left.checked_sub(1);
    *left = fewer.ok_or_else(|| Mistake::Schema(format!("more than {MAX_VERBS} verbs")))?;
    Ok(())
}

/// What stands in an element that holds text alone.
fn text(element: Node<'_, '_>) -> Result<String, Mistake> {
    if element.children().any(|child| child.is_element()) {
        return Err(schema(element, "holds elements"));
    }
    let pieces = element.children().filter(Node::is_text).filter_map(|piece| piece.text());
    let whole: String = pieces.collect();
    Ok(whole.trim().to_owned())
}

fn url(element: Node<'_, '_>) -> Result<String, Mistake> {
    let url = text(element)?;
    if url.is_empty() {
        return Err(schema(element, "has no URL"));
    }
    Ok(url)
}

fn empty(element: Node<'_, '_>) -> Result<(), Mistake> {
    match elements(element).next() {
        None => Ok(()),
        Some(_) => Err(schema(element, "holds nothing")),
    }
}

fn method(element: Node<'_, '_>) -> Result<Method, Mistake> {
    let given = element.attribute("method").map_or(Some(Method::Post), Method::parse);
    given.ok_or_else(|| schema(element, "has a method that is neither GET nor POST"))
}

fn times(element: Node<'_, '_>) -> Result<u32, Mistake> {
    let times = number(element, "loop", 1, 0..=u32::MAX)?;
    Ok(if times == 0 { FOR_EVER } else { times.min(FOR_EVER) })
}

fn number(
    element: Node<'_, '_>,
    attribute: &str,
    default: u32,
    range: std::ops::RangeInclusive<u32>,
) -> Result<u32, Mistake> {
    let Some(given) = element.attribute(attribute) else { return Ok(default) };
    let number = given.trim().parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| schema(element, &format!("has a wrong {attribute}")))
}

fn schema(element: Node<'_, '_>, what: &str) -> Mistake {
    let name = element.tag_name().name();
    // A name may be as long as a document.
    let name: String = name.chars().take(40).collect();
    Mistake::Schema(format!("{name} {what}"))
}
