//! Messages out of a byte stream: framed by Content-Length, which a stream makes mandatory (RFC 3261
//! section 20.14), bounded before anything is kept, and checked for what every message must have.

use super::message::{Message, Start};
use super::names::{Method, Name};
use bytes::{Buf, BytesMut};
use std::ops::Range;

/// Longest message, head and body together.
pub const MAX: usize = 64 << 10;

/// What came.
#[derive(Clone, Debug)]
pub enum Incoming {
    Message(Message),
    /// A message that is not sound. Its sender is owed `status` where it is a request whose head names
    /// what an answer repeats.
    Malformed {
        message: Message,
        status: u16,
        why: &'static str,
    },
}

/// The stream cannot be cut into messages any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    #[error("a message of more than {MAX} octets")]
    TooLong,
    #[error("no sound Content-Length")]
    NoLength,
}

/// Takes messages off a buffer. A head is parsed once, however slowly its body follows.
#[derive(Debug, Default)]
pub struct Decoder {
    /// Of the buffer, no head ends before this.
    searched: usize,
    /// A head whose body is not there yet.
    waiting: Option<(Head, usize)>,
    over: Option<FramingError>,
}

#[derive(Debug)]
struct Head {
    message: Message,
    fault: Option<(u16, &'static str)>,
}

impl Decoder {
    /// The first message of `buffer`, if it is there in full. Empty lines between messages are skipped
    /// (RFC 3261 section 7.5).
    ///
    /// # Errors
    /// [`FramingError`], after the message at fault was handed out as malformed where that could be:
    /// the connection is of no further use.
    pub fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Incoming>, FramingError> {
        if let Some(error) = self.over {
            return Err(error);
        }
        let (head, length) = match self.waiting.take() {
            Some(waiting) => waiting,
            None => match self.head(buffer)? {
                Some(head) => match length(&head.message) {
                    Ok(length) => (head, length),
                    Err((error, status)) => {
                        self.over = Some(error);
                        return Ok(Some(malformed(
                            head.message,
                            status,
                            "no sound Content-Length",
                        )));
                    }
                },
                None => return Ok(None),
            },
        };
        if buffer.len() < length {
            self.waiting = Some((head, length));
            return Ok(None);
        }
        let Head { mut message, fault } = head;
        message.body = buffer.split_to(length).freeze();
        Ok(Some(match fault {
            None => Incoming::Message(message),
            Some((status, why)) => malformed(message, status, why),
        }))
    }

    /// Whether a message has begun that is not there in full.
    pub fn is_inside(&self, buffer: &BytesMut) -> bool {
        self.waiting.is_some() || !buffer.is_empty()
    }

    fn head(&mut self, buffer: &mut BytesMut) -> Result<Option<Head>, FramingError> {
        let empty = buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if empty > 0 {
            buffer.advance(empty);
            self.searched = 0;
        }
        let from = self.searched.saturating_sub(3);
        let end = buffer[from..].windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.map(|at| from + at + 4);
        if end.unwrap_or(buffer.len()) > MAX {
            self.over = Some(FramingError::TooLong);
            return Err(FramingError::TooLong);
        }
        let Some(end) = end else {
            self.searched = buffer.len();
            return Ok(None);
        };
        self.searched = 0;
        let bytes = buffer.split_to(end);
        Ok(Some(parse(&bytes[..end - 4])))
    }
}

fn malformed(message: Message, status: u16, why: &'static str) -> Incoming {
    Incoming::Malformed { message, status, why }
}

/// What Content-Length says, and what is answered where it says nothing.
fn length(message: &Message) -> Result<usize, (FramingError, u16)> {
    let mut said = message.all(Name::ContentLength);
    let (Some(length), None) = (said.next(), said.next()) else {
        return Err((FramingError::NoLength, 400));
    };
    if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err((FramingError::NoLength, 400));
    }
    match length.parse::<usize>() {
        Ok(length) if length <= MAX.saturating_sub(message.head.len()) => Ok(length),
        _ => Err((FramingError::TooLong, 413)),
    }
}

fn parse(bytes: &[u8]) -> Head {
    let (text, fault) = text(bytes);
    let mut lines = lines(&text);
    let first = lines.next().unwrap_or(0..0);
    let (start, mut wrong) = start(&text, first);
    let mut fields = Vec::with_capacity(16);
    for line in lines {
        match field(&text, &line) {
            Some(field) => fields.push(field),
            None => wrong = wrong.or(Some((400, "a line that is no header field"))),
        }
    }
    let mut message =
        Message { head: String::new(), start, fields, cseq: 0, body: bytes::Bytes::new() };
    message.head = text;
    let wrong = fault.map(|why| (400, why)).or(wrong).or_else(|| complete(&mut message));
    Head { message, fault: wrong }
}

/// The head as text with its folded lines in one, and what its octets have against them.
fn text(bytes: &[u8]) -> (String, Option<&'static str>) {
    let (text, mut fault) = match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (String::from_utf8_lossy(bytes).into_owned(), Some("a head that is not UTF-8")),
    };
    let mut previous = 0;
    let mut folded = false;
    for (at, byte) in text.bytes().enumerate() {
        let next = text.as_bytes().get(at + 1);
        match byte {
            b'\r' if next == Some(&b'\n') => {}
            b'\n' if previous == b'\r' => folded |= matches!(next, Some(b' ' | b'\t')),
            b'\t' => {}
            0..0x20 | 0x7F => fault = fault.or(Some("a control character in the head")),
            _ => {}
        }
        previous = byte;
    }
    if !folded {
        return (text, fault);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split("\r\n") {
        let continued = line.starts_with([' ', '\t']) && !out.is_empty();
        if continued {
            out.push(' ');
            out.push_str(line.trim_start_matches([' ', '\t']));
        } else {
            out.push_str(if out.is_empty() { "" } else { "\r\n" });
            out.push_str(line);
        }
    }
    (out, fault)
}

/// The places of the lines.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    text.split("\r\n").map(move |line| {
        let at = from..from + line.len();
        from = at.end + 2;
        at
    })
}

fn start(text: &str, line: Range<usize>) -> (Start, Option<(u16, &'static str)>) {
    let place = |part: &str| {
        let from = part.as_ptr() as usize - text.as_ptr() as usize;
        from as u32..(from + part.len()) as u32
    };
    let line = &text[line];
    let unreadable = |why| (Start::Request(Method::Unknown, place(&line[..0])), Some((400, why)));
    let Some((first, rest)) = line.split_once(' ') else {
        return unreadable("no start line");
    };
    if first.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("SIP/")) {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, &rest[rest.len()..]));
        let digits = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
        let number = status.parse().ok().filter(|status| digits && (100..700).contains(status));
        let fault = match number {
            Some(_) if first.eq_ignore_ascii_case("SIP/2.0") => None,
            _ => Some((400, "no status line of this version")),
        };
        return (Start::Response(number.unwrap_or(0), place(reason)), fault);
    }
    let Some((uri, version)) = rest.split_once(' ') else {
        return unreadable("no version in the request line");
    };
    let fault = match version {
        _ if !is_token(first) || uri.is_empty() => Some((400, "no request line")),
        version if version.eq_ignore_ascii_case("SIP/2.0") => None,
        version if version.contains(' ') => Some((400, "a space too many in the request line")),
        _ => Some((505, "another version")),
    };
    (Start::Request(Method::of(first), place(uri)), fault)
}

fn field(text: &str, line: &Range<usize>) -> Option<(Name, Range<u32>)> {
    let here = &text[line.clone()];
    let colon = here.find(':')?;
    let name = here[..colon].trim_end_matches([' ', '\t']);
    if !is_token(name) {
        return None;
    }
    let value = here[colon + 1..].trim_start_matches([' ', '\t']);
    let from = line.end - value.len();
    let end = from + value.trim_end_matches([' ', '\t']).len();
    Some((Name::of(name), from as u32..end as u32))
}

/// Checks what every message must have (RFC 3261 section 8.1.1) and reads CSeq.
fn complete(message: &mut Message) -> Option<(u16, &'static str)> {
    for name in [Name::From, Name::To, Name::CallId, Name::CSeq] {
        let mut lines = message.all(name);
        if lines.next().is_none_or(str::is_empty) || lines.next().is_some() {
            return Some((400, "From, To, Call-ID and CSeq once each"));
        }
    }
    let protocol = message.get(Name::Via).and_then(|via| via.get(..4));
    if !protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("SIP/")) {
        return Some((400, "no Via"));
    }
    if message.call_id().contains([' ', '\t']) {
        return Some((400, "no Call-ID"));
    }
    let cseq = message.get(Name::CSeq).unwrap_or_default();
    let mut words = cseq.split_ascii_whitespace();
    let (number, method, more) = (words.next(), words.next(), words.next());
    let number = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    let number = number.and_then(|number| number.parse().ok()).filter(|n: &u32| *n < 1 << 31);
    let (Some(number), Some(method), None) = (number, method, more) else {
        return Some((400, "no CSeq"));
    };
    let asked = matches!(message.start, Start::Request(..));
    if asked && message.head.split(' ').next() != Some(method) {
        return Some((400, "CSeq names another method"));
    }
    message.cseq = number;
    let hops = message.get(Name::MaxForwards).unwrap_or("70");
    if hops.parse::<u8>().is_err() {
        return Some((400, "no number in Max-Forwards"));
    }
    None
}

/// RFC 3261 section 25.1.
fn is_token(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte);
    !text.is_empty() && text.bytes().all(known)
}
