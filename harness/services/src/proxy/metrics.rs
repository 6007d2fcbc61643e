//! `/metrics`: Prometheus' text format, Toxiproxy's two names first, then ours.

use super::registry::Registry;
use std::fmt::Write;
use std::sync::atomic::Ordering;

pub(super) fn text(registry: &Registry) -> String {
    let mut out = String::new();
    let (received, sent): (Vec<_>, Vec<_>) = registry
        .counted
        .iter()
        .map(|((direction, listener, proxy, upstream), counters)| {
            let labels = labels(&[
                ("direction", direction),
                ("listener", listener),
                ("proxy", proxy),
                ("upstream", upstream),
            ]);
            let (received, sent) = counters.read();
            ((labels.clone(), received), (labels, sent))
        })
        .unzip();
    family(&mut out, "toxiproxy_proxy_received_bytes_total", "counter", &received);
    family(&mut out, "toxiproxy_proxy_sent_bytes_total", "counter", &sent);
    let (open, ever): (Vec<_>, Vec<_>) = registry
        .proxies
        .values()
        .map(|entry| {
            let (open, ever) = entry.link.connections();
            let labels = labels(&[("proxy", &entry.name)]);
            ((labels.clone(), open), (labels, ever))
        })
        .unzip();
    family(&mut out, "squall_proxy_connections", "gauge", &open);
    family(&mut out, "squall_proxy_connections_total", "counter", &ever);
    let (drawn, hit): (Vec<_>, Vec<_>) = registry
        .proxies
        .values()
        .flat_map(|entry| entry.link.toxics().into_iter().flatten().map(move |t| (entry, t)))
        .map(|(entry, toxic)| {
            let labels = labels(&[
                ("direction", toxic.direction.word()),
                ("proxy", &entry.name),
                ("toxic", &toxic.name),
            ]);
            let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
            ((labels.clone(), read(&toxic.draws.drawn)), (labels, read(&toxic.draws.hit)))
        })
        .unzip();
    family(&mut out, "squall_proxy_toxic_draws_total", "counter", &drawn);
    family(&mut out, "squall_proxy_toxic_hits_total", "counter", &hit);
    out
}

fn family(out: &mut String, name: &str, kind: &str, series: &[(String, u64)]) {
    if series.is_empty() {
        return;
    }
    let _ = writeln!(out, "# TYPE {name} {kind}");
    for (labels, value) in series {
        let _ = writeln!(out, "{name}{labels} {value}");
    }
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{name}=\"{value}\"")
        })
        .collect();
    format!("{{{}}}", pairs.join(","))
}
