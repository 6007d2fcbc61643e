//! What a carrier takes from one of the stack's settings: its protocol, its capacity.
//!
//! `protocol = { setting = "vendor_b_protocol" }`. Every value that the setting may have must do,
//! so that a scenario can only be wrong where a setting takes anything.

use super::check;
use super::reader::{Ledger, Placed, Reader};
use super::settings::{Allowed, Setting};
use squall_model::stack::{Carrier, CarrierProtocol, Stack};
use std::collections::BTreeMap;

const PROTOCOLS: [(&str, CarrierProtocol); 6] = [
    ("smpp", CarrierProtocol::Smpp),
    ("twilio", CarrierProtocol::Twilio),
    ("vonage", CarrierProtocol::Vonage),
    ("json", CarrierProtocol::Json),
    ("voice", CarrierProtocol::Voice),
    ("sip", CarrierProtocol::Sip),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Protocol,
    Capacity,
}

/// A field of a carrier that follows a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct BySetting {
    carrier: String,
    field: Field,
    setting: String,
}

/// Fields of one carrier that name a setting, with the place of that name.
#[derive(Default)]
pub struct Named(Vec<(Field, Placed<String>)>);

/// The carrier's protocol; SMPP for now where a setting decides.
pub fn read_protocol(reader: &mut Reader<'_>, named: &mut Named) -> Option<CarrierProtocol> {
    if let Some(by_setting) = read_setting(reader, "protocol") {
        named.0.push((Field::Protocol, by_setting?));
        return Some(CarrierProtocol::Smpp);
    }
    reader.word("protocol", &PROTOCOLS)
}

/// The carrier's capacity; none for now where a setting decides.
pub fn read_capacity(reader: &mut Reader<'_>, named: &mut Named) -> Option<f64> {
    if let Some(by_setting) = read_setting(reader, "capacity") {
        named.0.extend(by_setting.map(|setting| (Field::Capacity, setting)));
        return None;
    }
    reader.number_if("capacity").filter(|rate| *rate > 0.0)
}

/// `None` where the value is no table, `Some(None)` where the table does not name a setting.
fn read_setting(reader: &mut Reader<'_>, key: &'static str) -> Option<Option<Placed<String>>> {
    if !reader.value(key).is_some_and(|value| value.get_ref().is_table()) {
        return None;
    }
    let mut table = reader.table_if(key)?;
    let setting = table.text("setting");
    table.finish();
    Some(setting)
}

/// Checks the settings that `carrier` names, and gives back what is to follow them.
pub fn follow(
    carrier: &mut Carrier,
    named: Named,
    settings: &BTreeMap<String, Setting>,
    ledger: &Ledger,
) -> Vec<BySetting> {
    let mut follows = Vec::new();
    for (field, name) in named.0 {
        let Some(setting) = settings.get(name.get_ref()) else {
            let message = format!("no setting \"{}\"", name.get_ref());
            let mistake = ledger.source.mistake(name.span(), message);
            let known = settings.keys().map(String::as_str);
            ledger.push(mistake.nearest(name.get_ref(), known));
            continue;
        };
        if let Err(wrong) = every_value_does(field, setting) {
            let message = format!("setting \"{}\" {wrong}", name.get_ref());
            ledger.push(ledger.source.mistake(name.span(), message).help(field.wants()));
            continue;
        }
        // The default is one of its values.
        field.put(carrier, &setting.default);
        let (carrier, setting) = (carrier.name.clone(), name.into_inner());
        follows.push(BySetting { carrier, field, setting });
    }
    follows
}

/// A range has too many values to try, so its ends stand for it.
fn every_value_does(field: Field, setting: &Setting) -> Result<(), String> {
    let values = match &setting.allowed {
        Allowed::Anything => vec![setting.default.clone()],
        Allowed::Values(values) => values.clone(),
        Allowed::Range(low, high) => vec![low.to_string(), high.to_string()],
        Allowed::Whole(low, high) => vec![low.to_string(), high.to_string()],
    };
    let mut port = None;
    for value in &values {
        field.check(value).map_err(|wrong| format!("may be {wrong}"))?;
        if let Some(protocol) = protocol(value).filter(|_| field == Field::Protocol) {
            let known = *port.get_or_insert(check::port_of(protocol));
            if known != check::port_of(protocol) {
                return Err("may be of two kinds: links lead to a port \"smpp\" or \"http\"".into());
            }
        }
    }
    Ok(())
}

fn protocol(value: &str) -> Option<CarrierProtocol> {
    PROTOCOLS.iter().find(|(word, _)| *word == value).map(|(_, protocol)| *protocol)
}

fn rate(value: &str) -> Option<f64> {
    value.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate >= 0.0)
}

impl Field {
    fn wants(self) -> String {
        match self {
            Field::Protocol => {
                let words: Vec<&str> = PROTOCOLS.iter().map(|(word, _)| *word).collect();
                format!("a carrier's protocol is one of: {}", words.join(", "))
            }
            Field::Capacity => "submits a second, 0 for no limit".to_owned(),
        }
    }

    fn check(self, value: &str) -> Result<(), String> {
        match self {
            Field::Protocol if protocol(value).is_none() => {
                Err(format!("\"{value}\", which is no protocol"))
            }
            Field::Capacity if rate(value).is_none() => {
                Err(format!("\"{value}\", which is no rate"))
            }
            Field::Protocol | Field::Capacity => Ok(()),
        }
    }

    /// A value that was checked.
    fn put(self, carrier: &mut Carrier, value: &str) {
        match self {
            Field::Protocol => carrier.protocol = protocol(value).unwrap_or(carrier.protocol),
            Field::Capacity => carrier.capacity = rate(value).filter(|rate| *rate > 0.0),
        }
    }
}

impl BySetting {
    /// # Errors
    /// The carrier follows `key` and cannot be what `value` says.
    pub fn check(&self, key: &str, value: &str) -> Result<(), String> {
        if self.setting != key {
            return Ok(());
        }
        let wrong = |wrong| format!("carrier \"{}\" cannot follow {wrong}", self.carrier);
        self.field.check(value).map_err(wrong)
    }

    /// The carrier, if it follows `key`.
    pub fn follows(&self, key: &str) -> Option<&str> {
        (self.setting == key).then_some(self.carrier.as_str())
    }

    /// Makes the carrier what the stack's settings say.
    pub fn apply(&self, stack: &mut Stack) {
        let named = |carrier: &&mut Carrier| carrier.name == self.carrier;
        let value = stack.settings.get(&self.setting);
        if let (Some(carrier), Some(value)) = (stack.carriers.iter_mut().find(named), value) {
            self.field.put(carrier, value);
        }
    }
}
