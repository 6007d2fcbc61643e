//! Messages as they are written. Values given here hold no line ends: those read from a message
//! cannot, and what people type is escaped ([`super::fields`]).

use super::fields;
use super::message::Message;
use super::names::{Method, Name, phrase};
use bytes::{BufMut, BytesMut};
use std::fmt::Write as _;

/// Type and octets of a body.
pub type Body<'a> = (&'a str, &'a [u8]);

/// Adds a request. `lines` and `more` are whole header lines: what all requests of a dialog share, and
/// what this one has beside.
pub fn put_request(
    out: &mut BytesMut,
    (method, uri): (&str, &str),
    lines: &str,
    more: &str,
    body: Option<Body<'_>>,
) {
    for part in [method, " ", uri, " SIP/2.0\r\n", lines, more] {
        out.put_slice(part.as_bytes());
    }
    put_body(out, body);
}

/// Adds a response. `echo` is [`echo`]'s, `more` whole header lines.
pub fn put_response(
    out: &mut BytesMut,
    status: u16,
    echo: &str,
    more: &str,
    body: Option<Body<'_>>,
) {
    // Writing into memory cannot fail.
    let _ = write!(out, "SIP/2.0 {status} {}\r\n{echo}{more}", phrase(status));
    put_body(out, body);
}

fn put_body(out: &mut BytesMut, body: Option<Body<'_>>) {
    let (kind, bytes) = body.unwrap_or_default();
    if !kind.is_empty() {
        let _ = write!(out, "Content-Type: {kind}\r\n");
    }
    let _ = write!(out, "Content-Length: {}\r\n\r\n", bytes.len());
    out.put_slice(bytes);
}

/// The lines of a request that every response to it repeats (RFC 3261 section 8.2.6.2), with `tag` at
/// a To that has none. `peer` is the `host:port` the request came from, or nothing: where it is an IP
/// address, `received` and `rport` of the topmost Via tell it (section 18.2.1, RFC 3581). Record-Route
/// is repeated to an INVITE (section 12.1.1).
pub fn echo(request: &Message, peer: &str, tag: &str) -> String {
    let mut out = String::with_capacity(320);
    let peer = ip_and_port(peer);
    for (place, via) in request.all(Name::Via).enumerate() {
        match peer.filter(|_| place == 0) {
            Some(peer) => put_via(&mut out, via, peer),
            None => put_line(&mut out, "Via", via),
        }
    }
    if request.method() == Some(Method::Invite) {
        for route in request.all(Name::RecordRoute) {
            put_line(&mut out, "Record-Route", route);
        }
    }
    put_line(&mut out, "From", request.get(Name::From).unwrap_or_default());
    let to = request.get(Name::To).unwrap_or_default();
    if tag.is_empty() || !request.to_tag().is_empty() {
        put_line(&mut out, "To", to);
    } else {
        let _ = write!(out, "To: {to};tag={tag}\r\n");
    }
    put_line(&mut out, "Call-ID", request.call_id());
    put_line(&mut out, "CSeq", request.get(Name::CSeq).unwrap_or_default());
    out
}

/// Adds a header line.
pub fn put_line(out: &mut String, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        out.push_str(part);
    }
}

/// `None` where the host is a name.
fn ip_and_port(peer: &str) -> Option<(&str, &str)> {
    let (host, port) = peer.rsplit_once(':')?;
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(ipv6) => Some((ipv6, port)),
        None => host.bytes().all(|b| b.is_ascii_digit() || b == b'.').then_some((host, port)),
    }
}

fn put_via(out: &mut String, via: &str, (ip, port): (&str, &str)) {
    // `first` is trimmed of every space there is in Unicode, a header value of two.
    let via = via.trim_start();
    let first = fields::first(via);
    let rest = &via[first.len()..];
    let sent_by = first.split_ascii_whitespace().nth(1).unwrap_or_default();
    let sent_by = sent_by.split(';').next().unwrap_or_default();
    let host = match sent_by.strip_prefix('[') {
        Some(ipv6) => ipv6.split(']').next().unwrap_or_default(),
        None => sent_by.split(':').next().unwrap_or_default(),
    };
    out.push_str("Via: ");
    let asks_port = fields::param(first, "rport") == Some("");
    for (place, piece) in first.split(';').enumerate() {
        out.push_str(if place == 0 { "" } else { ";" });
        out.push_str(piece);
        if place > 0 && asks_port && piece.trim().eq_ignore_ascii_case("rport") {
            let _ = write!(out, "={port}");
        }
    }
    if (asks_port || host != ip) && fields::param(first, "received").is_none() {
        let _ = write!(out, ";received={ip}");
    }
    out.push_str(rest);
    out.push_str("\r\n");
}
