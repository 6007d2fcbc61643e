//! Questions and answers as octets: what a server makes of a question, what a client makes of an
//! answer. `simple-dns` knows the format; here is which records are asked for and given.

use super::{DnsError, TTL_S};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use simple_dns::rdata::{A, AAAA, RData, SRV};
use simple_dns::{
    CLASS, Name, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, ResourceRecord, TYPE,
};

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// An IP address, or in the simulation the name of a node.
    pub host: String,
    pub port: u16,
}

/// What a server knows of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Place(Place),
    /// There is no such name.
    Unknown,
    /// The server cannot tell.
    Failed,
}

impl Place {
    /// Reads `host:port`.
    pub fn parse(address: &str) -> Option<Place> {
        let (host, port) = address.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = port.parse().ok().filter(|port| *port > 0)?;
        (!host.is_empty()).then(|| Place { host: host.to_owned(), port })
    }

    /// As [`squall_platform::Node::connect`] takes it.
    pub fn address(&self) -> String {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(_)) => format!("[{}]:{}", self.host, self.port),
            _ => format!("{}:{}", self.host, self.port),
        }
    }
}

/// The server's answer to the octets of a question; `of` is asked for the name without the labels
/// of its service, in lower case and without the last dot. `None`: no message at all.
pub fn answer(question: &[u8], of: impl FnOnce(&str) -> Answer) -> Option<Vec<u8>> {
    let asked = Packet::parse(question).ok()?;
    if asked.has_flags(PacketFlag::RESPONSE) {
        return None;
    }
    let opcode = asked.opcode();
    let mut reply = Packet::new_reply(asked.id());
    *reply.opcode_mut() = opcode;
    reply.questions = asked.questions;
    *reply.rcode_mut() = match (&reply.questions[..], opcode) {
        (_, opcode) if opcode != OPCODE::StandardQuery => RCODE::NotImplemented,
        ([one], _) if one.qclass != QCLASS::CLASS(CLASS::IN) => RCODE::Refused,
        ([one], _) => {
            let text = one.qname.to_string().to_ascii_lowercase();
            match of(without_service(&text)) {
                Answer::Unknown => RCODE::NameError,
                Answer::Failed => RCODE::ServerFailure,
                Answer::Place(place) => {
                    reply.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
                    tell(&mut reply, &text, &place)?;
                    RCODE::NoError
                }
            }
        }
        _ => RCODE::FormatError,
    };
    reply.build_bytes_vec().ok()
}

/// Puts what is known into the sections. A name without what was asked for has an empty answer.
fn tell(reply: &mut Packet<'_>, asked: &str, place: &Place) -> Option<()> {
    let own = Name::new(asked).ok()?.into_owned();
    let ip = place.host.parse::<IpAddr>().ok();
    let at = match ip {
        Some(_) => Name::new(without_service(asked)).ok()?.into_owned(),
        None => Name::new(&place.host).ok()?.into_owned(),
    };
    let record =
        |name: &Name<'static>, data| ResourceRecord::new(name.clone(), CLASS::IN, TTL_S, data);
    let address = ip.map(|ip| match ip {
        IpAddr::V4(ip) => RData::A(A { address: ip.into() }),
        IpAddr::V6(ip) => RData::AAAA(AAAA { address: ip.into() }),
    });
    match reply.questions.first()?.qtype {
        QTYPE::TYPE(TYPE::SRV) => {
            let srv = SRV { priority: 0, weight: 0, port: place.port, target: at.clone() };
            reply.answers.push(record(&own, RData::SRV(srv)));
            reply.additional_records.extend(address.map(|data| record(&at, data)));
        }
        asked => {
            let fits = |data: &RData<'_>| asked == QTYPE::TYPE(data.type_code());
            reply.answers.extend(address.filter(fits).map(|data| record(&own, data)));
        }
    }
    Some(())
}

/// `_https._tcp.vendor-b.squall` as `vendor-b.squall`.
fn without_service(name: &str) -> &str {
    let mut rest = name.trim_end_matches('.');
    while let Some((label, behind)) = rest.split_once('.')
        && label.starts_with('_')
    {
        rest = behind;
    }
    rest
}

/// A question for the place of a service.
pub(super) fn question(id: u16, name: &str) -> Result<Vec<u8>, DnsError> {
    let unfit = |_| DnsError::Unfit(name.to_owned());
    let mut packet = Packet::new_query(id);
    let asked = Name::new(name).map_err(unfit)?;
    let kind = QTYPE::TYPE(TYPE::SRV);
    packet.questions.push(Question::new(asked, kind, QCLASS::CLASS(CLASS::IN), false));
    packet.build_bytes_vec().map_err(unfit)
}

/// The place that an answer tells, and for how many seconds.
pub(super) fn place(id: u16, name: &str, answer: &[u8]) -> Result<(Place, u32), DnsError> {
    let unreadable = || DnsError::Unreadable(name.to_owned());
    let packet = Packet::parse(answer).map_err(|_| unreadable())?;
    let own = Name::new(name).map_err(|_| DnsError::Unfit(name.to_owned()))?;
    let fits = packet.has_flags(PacketFlag::RESPONSE) && packet.id() == id;
    if !fits || !packet.questions.iter().all(|question| question.qname == own) {
        return Err(unreadable());
    }
    let why = match packet.rcode() {
        RCODE::NoError => None,
        RCODE::NameError => Some("there is no such name"),
        RCODE::ServerFailure => Some("the name server fails (SERVFAIL)"),
        RCODE::Refused => Some("the name server refuses to tell"),
        _ => Some("the name server does not understand the question"),
    };
    if let Some(why) = why {
        return Err(DnsError::Unresolved { name: name.to_owned(), why });
    }
    let found = packet.answers.iter().find_map(|record| match &record.rdata {
        RData::SRV(srv) if record.name == own => Some((srv, record.ttl)),
        _ => None,
    });
    let Some((srv, ttl_s)) = found else {
        let why = "the name server knows no place for it";
        return Err(DnsError::Unresolved { name: name.to_owned(), why });
    };
    let beside = packet.additional_records.iter().filter(|record| record.name == srv.target);
    let ip = beside.map(|record| &record.rdata).find_map(|data| match data {
        RData::A(a) => Some(IpAddr::V4(Ipv4Addr::from(a.address))),
        RData::AAAA(aaaa) => Some(IpAddr::V6(Ipv6Addr::from(aaaa.address))),
        _ => None,
    });
    let host = ip.map_or_else(|| srv.target.to_string(), |ip| ip.to_string());
    Ok((Place { host, port: srv.port }, ttl_s))
}
