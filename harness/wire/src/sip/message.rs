//! One SIP message: its head as one text with the places of its fields, and its body. Values are read
//! when they are asked for ([`super::fields`]).

use super::fields;
use super::names::{Method, Name};
use bytes::Bytes;
use std::ops::Range;

/// A request or a response whose framing is sound. That its fields are is what
/// [`super::Incoming::Message`] says.
#[derive(Clone, Debug)]
pub struct Message {
    /// Without its last, empty line; folded lines are unfolded.
    pub(super) head: String,
    pub(super) start: Start,
    pub(super) fields: Vec<(Name, Range<u32>)>,
    pub(super) cseq: u32,
    pub body: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The method, and where the URI stands.
    Request(Method, Range<u32>),
    /// The status, and where the reason phrase stands.
    Response(u16, Range<u32>),
}

impl Message {
    /// `None` for a response.
    pub fn method(&self) -> Option<Method> {
        match &self.start {
            Start::Request(method, _) => Some(*method),
            Start::Response(..) => None,
        }
    }

    /// `None` for a request.
    pub fn status(&self) -> Option<u16> {
        match &self.start {
            Start::Response(status, _) => Some(*status),
            Start::Request(..) => None,
        }
    }

    /// The URI of a request, the reason phrase of a response.
    pub fn subject(&self) -> &str {
        match &self.start {
            Start::Request(_, place) | Start::Response(_, place) => self.at(place),
        }
    }

    /// Whether its Content-Type is `wanted`, parameters aside.
    pub fn is_type(&self, wanted: &str) -> bool {
        let kind = self.get(Name::ContentType).unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
    }

    /// The first value of a field.
    pub fn get(&self, name: Name) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of a field, one for each line it stands in.
    pub fn all(&self, name: Name) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(known, _)| *known == name).map(|(_, at)| self.at(at))
    }

    pub fn call_id(&self) -> &str {
        self.get(Name::CallId).unwrap_or_default()
    }

    /// The number of CSeq; its method is that of the request.
    pub fn cseq(&self) -> u32 {
        self.cseq
    }

    /// The method of CSeq: what a response answers.
    pub fn answers(&self) -> Method {
        let cseq = self.get(Name::CSeq).unwrap_or_default();
        Method::of(cseq.split_ascii_whitespace().nth(1).unwrap_or_default())
    }

    /// Empty where there is none.
    pub fn from_tag(&self) -> &str {
        self.tag(Name::From)
    }

    /// Empty where there is none: outside of dialogs.
    pub fn to_tag(&self) -> &str {
        self.tag(Name::To)
    }

    /// The transaction's, of the topmost Via.
    pub fn branch(&self) -> &str {
        let via = self.get(Name::Via).map(fields::first).unwrap_or_default();
        fields::param(via, "branch").unwrap_or_default()
    }

    /// The product of the User-Agent without its version.
    pub fn product(&self) -> &str {
        let agent = self.get(Name::UserAgent).unwrap_or_default();
        agent.split(['/', ' ', '\t']).next().unwrap_or_default()
    }

    fn tag(&self, name: Name) -> &str {
        fields::param(self.get(name).unwrap_or_default(), "tag").unwrap_or_default()
    }

    fn at(&self, place: &Range<u32>) -> &str {
        self.head.get(place.start as usize..place.end as usize).unwrap_or_default()
    }
}
