//! A vendor that is found by its name and proven by its certificate, and what happens without them.

use crate::reference::{Sink, count, plan};
use squall_model::fact::{CarrierEvent, Fact, ProbePath, ProbeSaw, ProbeTarget};
use squall_model::fault::{CertificateExpired, Fault, NameUnresolved};
use squall_model::plan::Plan;
use squall_model::units::Micros;
use squall_run::{EngineKind, Options, Wish, play};

/// All messages go to vendor-b first while the fault lasts from 20 s to 60 s.
fn vendor_b_first(fault: impl Into<Fault>) -> Plan {
    let mut plan = plan(50.0, 90, &[(fault.into(), 20, 60)]);
    let settings = [("routing", "weighted"), ("primary_weight", "0")];
    plan.stack.settings.extend(settings.map(|(key, value)| (key.to_owned(), value.to_owned())));
    plan
}

fn simulate(plan: &Plan) -> Vec<Fact> {
    let sink = Sink::default();
    let options = Options {
        engine: EngineKind::Sim,
        drill: 0,
        roles: squall_node::roles(),
        squall: Default::default(),
        images: Default::default(),
        folder: Default::default(),
        progress: None,
        stop: Wish::none(),
    };
    let played = play(plan, options, Box::new(sink.clone())).unwrap();
    assert_eq!((played.interrupted, played.unhealed), (None, vec![]));
    sink.facts()
}

/// What probes of `target` on `path` saw in these seconds; answers all look alike.
fn saw(facts: &[Fact], target: &ProbeTarget, path: ProbePath, from: u64, to: u64) -> Vec<ProbeSaw> {
    let seen = facts.iter().filter_map(|fact| match fact {
        Fact::Probe(p) if p.target == *target && p.path == path => Some(p),
        _ => None,
    });
    let inside = seen.filter(|p| p.sent >= Micros::from_secs(from) && p.at < Micros::from_secs(to));
    let mut saw: Vec<ProbeSaw> = inside
        .map(|p| match p.saw {
            ProbeSaw::Answer { .. } => ANSWER,
            ref other => other.clone(),
        })
        .collect();
    saw.dedup();
    saw
}

const ANSWER: ProbeSaw = ProbeSaw::Answer { rtt: Micros::ZERO };

/// Deliveries of a carrier in these seconds.
fn delivered(facts: &[Fact], carrier: &str, from: u64, to: u64) -> usize {
    let inside = |at: Micros| (Micros::from_secs(from)..Micros::from_secs(to)).contains(&at);
    let of = |fact: &&Fact| {
        matches!(fact, Fact::Carrier(saw) if saw.carrier == carrier && inside(saw.at)
            && saw.what == CarrierEvent::Delivered)
    };
    facts.iter().filter(of).count()
}

/// Connections and answers that stand end after 15 s; then nothing goes to vendor-b, and afterwards
/// all does again. Whatever could not be sent was not sent: nothing is lost, nothing comes twice.
fn goes_over_vendor_a_meanwhile(facts: &[Fact]) {
    assert!(delivered(facts, "vendor-b", 10, 20) > 450);
    assert_eq!(delivered(facts, "vendor-b", 36, 60), 0);
    assert!(delivered(facts, "smartfren", 36, 60) > 1_100);
    assert!(delivered(facts, "vendor-b", 70, 90) > 900);
    let count = count(facts);
    assert_eq!((count.refused, count.indeterminate, count.lost, count.twice), (0, 0, 0, 0));
    assert_eq!(count.delivered, count.accepted, "{count:?}");
}

#[test]
fn a_name_that_does_not_resolve_sends_its_traffic_elsewhere() {
    let links = vec!["gateway-1->vendor-b".to_owned(), "gateway-2->vendor-b".to_owned()];
    let fault = NameUnresolved { name: "vendor-b".into(), links: links.clone() };
    let facts = simulate(&vendor_b_first(fault));
    for link in links {
        let target = ProbeTarget::Name(link);
        let seen = |path, from, to| saw(&facts, &target, path, from, to);
        for path in [ProbePath::New, ProbePath::Existing] {
            assert_eq!(seen(path, 0, 20), [ANSWER]);
            assert_eq!(seen(path, 21, 60), [ProbeSaw::Unresolved]);
            assert_eq!(seen(path, 61, 90), [ANSWER]);
        }
        assert_eq!(seen(ProbePath::Control, 0, 90), [ANSWER]);
    }
    goes_over_vendor_a_meanwhile(&facts);
}

#[test]
fn an_expired_certificate_sends_its_traffic_elsewhere() {
    let facts = simulate(&vendor_b_first(CertificateExpired { carrier: "vendor-b".into() }));
    for gateway in ["gateway-1", "gateway-2"] {
        let target = ProbeTarget::Link(format!("{gateway}->vendor-b"));
        let seen = |path, from, to| saw(&facts, &target, path, from, to);
        assert_eq!(seen(ProbePath::New, 0, 20), [ANSWER]);
        assert_eq!(seen(ProbePath::New, 21, 60), [ProbeSaw::Untrusted]);
        assert_eq!(seen(ProbePath::New, 61, 90), [ANSWER]);
        assert_eq!(seen(ProbePath::Existing, 0, 90), [ANSWER], "what stands goes on");
    }
    goes_over_vendor_a_meanwhile(&facts);
}

/// Keys are drawn anew in every run; no fact hangs on them, not even where octets take their time.
#[test]
fn keys_change_no_fact() {
    let narrow = squall_model::fault::LinkBandwidth {
        links: vec!["gateway-1->vendor-b".into(), "gateway-2->vendor-b".into()],
        kilobytes_per_second: 2,
    };
    let plan = vendor_b_first(narrow);
    let (one, two) = (simulate(&plan), simulate(&plan));
    let differ = one.iter().zip(&two).find(|(one, two)| one != two);
    assert!(one.len() > 1_000 && one.len() == two.len() && differ.is_none(), "{differ:?}");
}
