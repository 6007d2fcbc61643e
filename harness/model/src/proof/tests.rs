//! Planted defects of the harness: each must leave its fault unproven.

use super::*;
use crate::fact::{Draws, ProbePath, ProbeSaw, ProbeTarget};
use crate::fault::{Fault, LinkLatency};
use crate::sample::{plan, probes, s};
use crate::units::Span;

fn seen(facts: &[Fact]) -> FaultSeen {
    prove(&plan(Vec::new()), facts, None).remove(0)
}

fn altered(change: impl Fn(&mut Fact)) -> FaultSeen {
    let mut facts = probes(&plan(Vec::new()));
    facts.iter_mut().for_each(change);
    seen(&facts)
}

fn at_queue_1(fact: &mut Fact) -> Option<&mut crate::fact::Probe> {
    match fact {
        Fact::Probe(p) if p.target == ProbeTarget::Node("queue-1".into()) => Some(p),
        _ => None,
    }
}

#[test]
fn both_changes_are_bracketed_by_probes_and_not_by_the_request() {
    let fault = seen(&probes(&plan(Vec::new())));
    assert!(fault.proven, "{}", fault.reason);
    let half = |second| s(second) + Micros::from_millis(500);
    assert_eq!(fault.effective, Some(Bracket { after: half(59), by: half(60) }));
    assert_eq!(fault.healed, Some(Bracket { after: half(119), by: half(120) }));
}

#[test]
fn a_fault_call_that_does_nothing_is_not_proven() {
    let rtt = Micros::from_millis(1);
    let fault = altered(|f| {
        if let Some(probe) = at_queue_1(f) {
            probe.saw = ProbeSaw::Answer { rtt };
        }
    });
    assert!(!fault.proven && fault.effective.is_none(), "{}", fault.reason);
}

#[test]
fn a_blind_probe_proves_nothing() {
    assert!(
        !altered(|f| {
            if let Fact::Probe(probe) = f {
                probe.saw = ProbeSaw::Refused;
            }
        })
        .proven
    );
    let fault = altered(|f| {
        if let Fact::Probe(probe) = f
            && (s(60)..s(120)).contains(&probe.sent)
        {
            probe.saw = ProbeSaw::Refused;
        }
    });
    assert!(!fault.proven && fault.reason.contains("beside"), "{}", fault.reason);
    assert!(!seen(&probes(&plan(Vec::new()))[..2]).proven);
}

#[test]
fn a_node_already_dead_is_not_killed() {
    let fault = altered(|f| {
        if let Some(probe) = at_queue_1(f)
            && probe.sent < s(60)
        {
            probe.saw = ProbeSaw::Refused;
        }
    });
    assert!(!fault.proven && fault.reason.contains("already"), "{}", fault.reason);
}

#[test]
fn the_wrong_way_of_going_silent_is_not_a_kill() {
    let fault = altered(|f| {
        if let Some(probe) = at_queue_1(f)
            && (s(60)..s(120)).contains(&probe.sent)
        {
            probe.saw = ProbeSaw::Silence;
        }
    });
    assert!(!fault.proven);
}

#[test]
fn a_reset_that_does_nothing_leaves_the_end_unseen() {
    let fault = altered(|f| {
        if let Some(probe) = at_queue_1(f)
            && probe.sent >= s(120)
        {
            probe.saw = ProbeSaw::Refused;
        }
    });
    assert!(!fault.proven && fault.reason.contains("end was not seen"), "{}", fault.reason);
}

#[test]
fn a_fault_that_does_not_hold_is_not_proven() {
    let fault = altered(|f| {
        if let Some(probe) = at_queue_1(f)
            && (s(90)..s(95)).contains(&probe.sent)
        {
            probe.saw = ProbeSaw::Answer { rtt: Micros(1) };
        }
    });
    assert!(!fault.proven && fault.reason.contains("unaffected again"), "{}", fault.reason);
}

#[test]
fn a_lever_that_failed_or_did_not_read_back_is_not_believed() {
    for undo in [false, true] {
        let failed = altered(|f| {
            if let Fact::Lever(lever) = f
                && lever.undo == undo
            {
                lever.error = Some("404".into());
            }
        });
        assert!(!failed.proven && failed.reason.contains("404"), "{}", failed.reason);
        let unread = altered(|f| {
            if let Fact::Lever(lever) = f
                && lever.undo == undo
            {
                lever.read_back = false;
            }
        });
        assert!(!unread.proven && unread.reason.contains("read back"), "{}", unread.reason);
    }
}

/// A link slowed from 60 s to 120 s, probed each second over new, existing and control paths.
fn slowed(by_ms: u64, control_ms: u64) -> FaultSeen {
    let mut plan = plan(Vec::new());
    let fault = LinkLatency {
        links: vec!["a->b".into()],
        latency: Micros::from_millis(800),
        jitter: Micros::ZERO,
    };
    let planned = &mut plan.faults[0];
    planned.inject = crate::fault::FaultKind::inject(&fault, "f0", &plan.stack);
    planned.heal = crate::fault::FaultKind::heal(&fault, "f0", &plan.stack);
    planned.watches = crate::fault::FaultKind::watches(&fault, "f0", &plan.stack);
    planned.fault = Fault::from(fault);
    let mut facts = probes(&plan);
    facts.retain(|f| matches!(f, Fact::Lever(_)));
    for second in 1..200 {
        let sent = s(second);
        let down = Span { start: s(60), end: s(120) }.contains(sent);
        for path in [ProbePath::New, ProbePath::Existing, ProbePath::Control] {
            let more = if path == ProbePath::Control { control_ms } else { by_ms };
            let rtt = Micros::from_millis(2 + if down { more } else { 0 });
            let target = ProbeTarget::Link("a->b".into());
            let saw = if rtt > s(2) { ProbeSaw::Silence } else { ProbeSaw::Answer { rtt } };
            facts.push(Fact::Probe(Probe { at: sent + rtt, sent, target, path, saw }));
        }
    }
    prove(&plan, &facts, None).remove(0)
}

#[test]
fn a_slow_link_is_slower_by_at_least_half_and_its_control_path_answers() {
    assert!(slowed(800, 0).proven, "{}", slowed(800, 0).reason);
    assert!(!slowed(300, 0).proven);
    assert!(!slowed(800, 5_000).proven);
}

#[test]
fn a_share_is_proven_by_the_carriers_own_draws() {
    let prove_share = |drawn: u64, hit: u64| {
        let mut plan = plan(Vec::new());
        let (carrier, name) = ("carrier-a".to_owned(), "f0".to_owned());
        plan.faults[0].watches =
            vec![Watch::Draws { carrier: carrier.clone(), name: name.clone(), share: 0.3 }];
        let mut facts = probes(&plan);
        facts.push(Fact::Draws(Draws {
            at: s(61),
            carrier: carrier.clone(),
            name: name.clone(),
            drawn: 5,
            hit: 0,
        }));
        facts.push(Fact::Draws(Draws { at: s(100), carrier, name, drawn, hit }));
        prove(&plan, &facts, None).remove(0)
    };
    let fault = prove_share(1_000, 310);
    assert!(fault.proven, "{}", fault.reason);
    assert_eq!(fault.effective, Some(Bracket { after: s(61), by: s(100) }));
    assert!(!prove_share(1_000, 0).proven);
    assert!(!prove_share(1_000, 600).proven);
    assert!(!prove_share(0, 0).proven);
}

/// The name behind `a->b` fails from 60 s to 120 s; `saw` is what a probe on this path sees meanwhile.
fn beside_nodes(fault: impl Into<Fault>, saw: impl Fn(ProbePath) -> ProbeSaw) -> FaultSeen {
    let mut plan = plan(Vec::new());
    let link = crate::stack::Link {
        from: "a".into(),
        to: "b".into(),
        port: "https".into(),
        protocol: crate::stack::LinkProtocol::Https,
        latency: Micros::ZERO,
    };
    plan.stack.links.push(link);
    let fault = fault.into();
    let planned = &mut plan.faults[0];
    planned.inject = fault.inject("f0", &plan.stack);
    planned.heal = fault.heal("f0", &plan.stack);
    planned.watches = fault.watches("f0", &plan.stack);
    let target = match &planned.watches[..] {
        [Watch::Unresolved { link }] => ProbeTarget::Name(link.clone()),
        [Watch::Untrusted { link }] => ProbeTarget::Link(link.clone()),
        other => panic!("{other:?}"),
    };
    planned.fault = fault;
    let mut facts = probes(&plan);
    facts.retain(|f| matches!(f, Fact::Lever(_)));
    for second in 1..200 {
        let sent = s(second);
        let under = Span { start: s(60), end: s(120) }.contains(sent);
        for path in [ProbePath::New, ProbePath::Existing, ProbePath::Control] {
            let rtt = Micros(900);
            let saw = if under { saw(path) } else { ProbeSaw::Answer { rtt } };
            let target = target.clone();
            facts.push(Fact::Probe(Probe { at: sent + rtt, sent, target, path, saw }));
        }
    }
    prove(&plan, &facts, None).remove(0)
}

const ANSWER: ProbeSaw = ProbeSaw::Answer { rtt: Micros(900) };

#[test]
fn a_name_is_proven_broken_by_the_servers_own_answer_while_it_answers_for_another() {
    let fault = || crate::fault::NameUnresolved { name: "b".into(), links: vec!["a->b".into()] };
    let named = |own: ProbeSaw, other: ProbeSaw| {
        beside_nodes(fault(), move |path| match path {
            ProbePath::Control => other.clone(),
            _ => own.clone(),
        })
    };
    let proven = named(ProbeSaw::Unresolved, ANSWER);
    assert!(proven.proven, "{}", proven.reason);
    assert_eq!(proven.effective, Some(Bracket { after: s(59), by: s(60) }));
    // The server is gone, or nothing happened, or it fails for every name.
    for (own, other) in [
        (ProbeSaw::Refused, ANSWER),
        (ProbeSaw::Silence, ANSWER),
        (ANSWER, ANSWER),
        (ProbeSaw::Unresolved, ProbeSaw::Unresolved),
    ] {
        let fault = named(own.clone(), other);
        assert!(!fault.proven, "{own:?}: {}", fault.reason);
    }
}

#[test]
fn a_certificate_is_proven_expired_by_new_connections_while_those_that_stand_go_on() {
    let fault = || crate::fault::CertificateExpired { carrier: "b".into() };
    let shown = |new: ProbeSaw, existing: ProbeSaw| {
        beside_nodes(fault(), move |path| match path {
            ProbePath::Existing => existing.clone(),
            // Beside the link the same certificate is shown.
            _ => new.clone(),
        })
    };
    let proven = shown(ProbeSaw::Untrusted, ANSWER);
    assert!(proven.proven, "{}", proven.reason);
    for (new, existing) in [
        (ProbeSaw::Closed, ANSWER),
        (ProbeSaw::Refused, ANSWER),
        (ANSWER, ANSWER),
        (ProbeSaw::Untrusted, ProbeSaw::Closed),
        (ProbeSaw::Untrusted, ProbeSaw::Untrusted),
    ] {
        let fault = shown(new.clone(), existing);
        assert!(!fault.proven, "{new:?}: {}", fault.reason);
    }
}
