//! `[[link]]`: who talks to whom, over which port and in which protocol; the latter two may follow a
//! setting.

use super::followed::{self, Followed};
use super::parse::Places;
use super::reader::{Placed, Reader};
use super::settings::Setting;
use squall_model::stack::{Link, LinkProtocol};
use std::collections::BTreeMap;

const PROTOCOLS: [(&str, LinkProtocol); 8] = [
    ("http", LinkProtocol::Http),
    ("https", LinkProtocol::Https),
    ("smpp", LinkProtocol::Smpp),
    ("sip", LinkProtocol::Sip),
    ("frames", LinkProtocol::Frames),
    ("amqp", LinkProtocol::Amqp),
    ("nats", LinkProtocol::Nats),
    ("redis", LinkProtocol::Redis),
];

/// Where a link leads, in the order of the stack's links.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkEnd {
    pub port: Followed<Placed<String>>,
    pub protocol: Followed<LinkProtocol>,
}

pub fn read(
    root: &mut Reader<'_>,
    places: &mut Places,
    settings: &BTreeMap<String, Setting>,
    defaults: &BTreeMap<String, String>,
) -> (Vec<Link>, Vec<LinkEnd>) {
    let (mut links, mut ends) = (Vec::new(), Vec::new());
    for mut reader in root.tables("link") {
        let (from, to) = (reader.text("from"), reader.text("to"));
        let port = followed::read(&mut reader, "port", settings, Reader::as_text);
        let protocol = followed::read(&mut reader, "protocol", settings, |reader, key, value| {
            let word = reader.as_text(key, value)?;
            reader.meaning("protocol", &word, &PROTOCOLS)
        });
        let latency = reader.duration_if("latency").unwrap_or_default();
        reader.finish();
        let (Some(from), Some(to), Some(port), Some(protocol)) = (from, to, port, protocol) else {
            continue;
        };
        // A default that its own setting does not allow is a mistake by now.
        let (Some(first), Some(spoken)) = (port.under(defaults).cloned(), protocol.under(defaults))
        else {
            continue;
        };
        links.push(Link {
            from: from.get_ref().clone(),
            to: to.get_ref().clone(),
            port: first.get_ref().clone(),
            protocol: *spoken,
            latency,
        });
        places.links.push((from, to, first));
        ends.push(LinkEnd { port, protocol });
    }
    (links, ends)
}
