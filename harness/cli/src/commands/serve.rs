//! `squall serve ROLE`: one component in the foreground, for the local engine and for people.

use crate::args::{Protocol, Serve};
use crate::exit::Exit;
use anyhow::{Context, Result, bail};
use squall_model::node_config::NodeConfig;
use squall_model::stack::{Carrier, CarrierProtocol, SENDER};
use squall_model::units::Micros;
use squall_node::Process;
use std::path::Path;

/// How soon a carrier started by hand sends its receipts; over SIP, how long its phones ring.
const RECEIPT_DELAY: Micros = Micros::from_millis(200);

/// What the names of linked nodes begin with, where they are not carriers.
const NODES: [&str; 4] = [SENDER, "edge", "gateway", "queue"];

pub fn serve(args: Serve) -> Result<Exit> {
    let config = match &args.config {
        Some(path) => read(path)?,
        None => by_hand(&args)?,
    };
    // Dropped, and so removed, when the role has ended.
    let temporary = match args.data {
        None => Some(tempfile::tempdir().context("cannot make a temporary folder")?),
        Some(_) => None,
    };
    let data = args.data.or_else(|| temporary.as_ref().map(|dir| dir.path().to_owned()));
    let process = Process { data: data.unwrap_or_default(), parent: args.parent };
    squall_node::serve(&args.role, config, process)?;
    Ok(Exit::Met)
}

fn read(path: &Path) -> Result<NodeConfig> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is no node configuration", path.display()))
}

/// A configuration from flags, with the ports people expect where none are named.
///
/// # Errors
/// A port that the role does not have.
fn by_hand(args: &Serve) -> Result<NodeConfig> {
    let name = args.name.clone().unwrap_or_else(|| args.role.clone());
    let mut config = NodeConfig { node: name.clone(), seed: args.seed, ..NodeConfig::default() };
    config.listen = usual_ports(&args.role, args.protocol);
    let usual = config.listen.clone();
    for (port, _) in args.listen.iter().filter(|_| !usual.is_empty()) {
        if !usual.contains_key(port) {
            let known: Vec<&str> = usual.keys().map(String::as_str).collect();
            bail!("{} has no port \"{port}\"; there are {}", args.role, known.join(", "));
        }
    }
    config.listen.extend(args.listen.iter().cloned());
    config.links.extend(args.link.iter().cloned());
    config.settings.insert("account".into(), "squall".into());
    config.settings.insert("secret".into(), "squall".into());
    config.settings.extend(args.set.iter().cloned());
    config.carriers = carriers(args, &name);
    Ok(config)
}

/// A carrier itself; else every linked node that has no role of ours is one, in the order of the links.
fn carriers(args: &Serve, name: &str) -> Vec<Carrier> {
    let protocol = match args.protocol {
        Protocol::Smpp => CarrierProtocol::Smpp,
        Protocol::Twilio => CarrierProtocol::Twilio,
        Protocol::Vonage => CarrierProtocol::Vonage,
        Protocol::Json => CarrierProtocol::Json,
        Protocol::Sip => CarrierProtocol::Sip,
    };
    let carrier = |name: &str| Carrier {
        name: name.to_owned(),
        vendor: None,
        protocol,
        subscribers: 0,
        capacity: None,
        capacity_counts: Default::default(),
        receipt_delay: RECEIPT_DELAY,
    };
    if args.role == "carrier" {
        return vec![carrier(name)];
    }
    let ours = |name: &str| NODES.iter().any(|role| name.starts_with(role));
    args.link.iter().filter(|(to, _)| !ours(to)).map(|(to, _)| carrier(to)).collect()
}

fn usual_ports(role: &str, protocol: Protocol) -> std::collections::BTreeMap<String, String> {
    let ports: &[(&str, &str)] = match (role, protocol) {
        ("proxy", _) => &[("control", "127.0.0.1:8474")],
        ("carrier", Protocol::Smpp) => &[("smpp", "127.0.0.1:2775"), ("control", "127.0.0.1:0")],
        ("carrier", Protocol::Sip) => &[("sip", "127.0.0.1:5060"), ("control", "127.0.0.1:0")],
        ("carrier", _) => &[("http", "127.0.0.1:8080"), ("control", "127.0.0.1:0")],
        ("names", _) => &[("dns", "127.0.0.1:5300"), ("control", "127.0.0.1:0")],
        ("app", _) => {
            &[("http", "127.0.0.1:8000"), ("callback", "127.0.0.1:0"), ("admin", "127.0.0.1:0")]
        }
        ("edge", _) => {
            &[("http", "127.0.0.1:8000"), ("status", "127.0.0.1:0"), ("admin", "127.0.0.1:0")]
        }
        ("gateway", _) => {
            &[("direct", "127.0.0.1:0"), ("callback", "127.0.0.1:0"), ("admin", "127.0.0.1:0")]
        }
        ("calls" | "balancer" | "media-cache" | "origin" | "telemetry", _) => {
            &[("http", "127.0.0.1:0"), ("admin", "127.0.0.1:0")]
        }
        ("queue", _) => &[("frames", "127.0.0.1:0"), ("admin", "127.0.0.1:0")],
        // Whoever serves it says that there is no such role.
        _ => &[],
    };
    ports.iter().map(|(port, address)| ((*port).to_owned(), (*address).to_owned())).collect()
}
