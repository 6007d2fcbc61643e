//! The incident as one would put it in a reason-for-outage: each moment, or why it has no instant.
//!
//! What the record can not tell is `not visible`; only what was watched for and did not come is
//! `never`.

use crate::backlog::{Drained, drained, peak, totals};
use crate::case::Case;
use crate::fact::Fact;
use crate::failover::{Moved, hit, hit_by, over};
use crate::judged::{Absence, Absent, Moment, Timeline};
use crate::recovery::Recovery;
use crate::units::Micros;
use std::collections::BTreeSet;

/// A moment's instant, or the word for its absence and one sentence why.
type Seen<T> = Result<T, (Absence, String)>;

pub fn timeline(case: &Case<'_>) -> Timeline {
    let totals = totals(case);
    let injected = case.events.iter().filter_map(|event| match event {
        Fact::Lever(lever) if lever.fault.is_some() && !lever.undo => Some(lever.at),
        _ => None,
    });
    let mut absent = Vec::new();
    let detected = note(case, &mut absent, Moment::Detected, detected(case));
    let over = note(case, &mut absent, Moment::FailedOver, failed_over(case));
    let recovered = note(case, &mut absent, Moment::Recovered, recovered(case));
    let drained = note(case, &mut absent, Moment::Drained, emptied(drained(case, &totals)));
    Timeline {
        injected: injected.min(),
        effective: case.effective().map(|bracket| bracket.by),
        impact: case.impact,
        detected,
        failed_over: over.unwrap_or_default(),
        healed: case.healed().map(|bracket| bracket.by),
        recovered,
        drained,
        backlog_peak: peak(&totals),
        absent,
    }
}

fn note<T>(case: &Case<'_>, absent: &mut Vec<Absent>, moment: Moment, seen: Seen<T>) -> Option<T> {
    let (word, why) = match seen {
        Ok(seen) => return Some(seen),
        Err(_) if case.plan.faults.is_empty() => {
            (Absence::NotPlayed, "The drill has no fault.".into())
        }
        Err(absence) => absence,
    };
    absent.push(Absent { moment, word, why });
    None
}

fn never<T>(why: &str) -> Seen<T> {
    Err((Absence::Never, why.into()))
}

fn not_needed<T>(why: &str) -> Seen<T> {
    Err((Absence::NotNeeded, why.into()))
}

fn not_visible<T>(why: &str) -> Seen<T> {
    Err((Absence::NotVisible, why.into()))
}

fn detected(case: &Case<'_>) -> Seen<Micros> {
    match case.detection.at {
        Some(at) => Ok(at),
        None if case.detection.already => not_visible("An alert was firing before the fault."),
        None if case.impact.is_none() => not_needed("No message missed its deadline."),
        None if !crate::impact::burns(case) => {
            not_needed("No more of the error budget was burnt than the target allows.")
        }
        None if case.stopped.is_some() => {
            never("No burn-rate alert fired until the drill was stopped.")
        }
        None => never("No burn-rate alert fired."),
    }
}

/// Every route that no fault hits, and when it took over.
fn failed_over(case: &Case<'_>) -> Seen<Vec<(String, Micros)>> {
    let stack = &case.plan.stack;
    let hit = hit(case);
    let routes = stack.carriers.iter().map(|c| &c.name).chain(&stack.regions);
    let moved: Vec<(&String, Moved)> = routes
        .filter(|name| !hit.carriers.contains(*name) && !hit.regions.contains(*name))
        .map(|name| (name, over(case, name)))
        .collect();
    let start = case.plan.faults.iter().map(|fault| fault.window.start).min().unwrap_or_default();
    let taken: Vec<(String, Micros)> = moved
        .iter()
        .filter_map(|(name, moved)| match moved {
            // Windows begin before the injection; nothing goes over before it.
            Moved::At(at) => Some(((*name).clone(), (*at).max(start))),
            _ => None,
        })
        .collect();
    if !taken.is_empty() {
        return Ok(taken);
    }
    let untold = moved.iter().find_map(|(_, moved)| match moved {
        Moved::Unknown(why) => Some(why),
        _ => None,
    });
    let idle = moved.iter().find_map(|(_, moved)| match moved {
        Moved::Nothing(why) => Some(why),
        _ => None,
    });
    let stayed = moved.iter().any(|(_, moved)| matches!(moved, Moved::Not(_)));
    match (untold, idle) {
        (Some(why), _) if !cornered(case) => not_visible(why),
        _ if case.impact.is_none() => not_needed("No message missed its deadline."),
        _ if cornered(case) => never("No other route was left: a fault hit each of them."),
        (None, Some(why)) if !stayed => not_needed(why),
        _ if moved.is_empty() => never("The stack has no other route."),
        _ => never("No other route took the messages over."),
    }
}

/// Whether there was an instant at which faults hit every carrier, or every region.
fn cornered(case: &Case<'_>) -> bool {
    let stack = &case.plan.stack;
    case.plan.faults.iter().any(|first| {
        let at = first.window.start;
        let hit = hit_by(case.plan, |fault| fault.window.contains(at));
        let all = |names: Vec<&String>, hit: &BTreeSet<String>| {
            !names.is_empty() && names.iter().all(|name| hit.contains(*name))
        };
        all(stack.carriers.iter().map(|c| &c.name).collect(), &hit.carriers)
            || all(stack.regions.iter().collect(), &hit.regions)
    })
}

fn recovered(case: &Case<'_>) -> Seen<Micros> {
    match &case.recovery {
        Recovery::Recovered { at, .. } => Ok(*at),
        Recovery::NoFault => not_visible("No fault was seen to take effect."),
        Recovery::Unknown(why) => not_visible(why),
        Recovery::NeverLeft => not_needed("Delivery never left its steady state."),
        Recovery::Not { settling: true, .. } => {
            not_visible("The drill ends too soon after delivery came back to tell that it stays.")
        }
        Recovery::Not { .. } if case.stopped.is_some() => {
            never("Delivery was not back in its steady state when the drill was stopped.")
        }
        Recovery::Not { .. } => never("Delivery was not back in its steady state by the end."),
    }
}

fn emptied(drained: Drained) -> Seen<Micros> {
    match drained {
        Drained::At(at) => Ok(at),
        Drained::Unknown => {
            not_visible("No heal was seen, or no node told its backlog before and after.")
        }
        Drained::NeverRose => not_needed("No backlog rose above the steady state."),
        Drained::Not(_) => never("The backlog was still there when it was last told."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::fact::Fact;
    use crate::fault::{FaultKind, NodeKilled};
    use crate::judged::{Absence, Judged, Moment};
    use crate::objective::NoLoss;
    use crate::sample::*;

    fn word(seen: &Judged, moment: Moment) -> Option<(Absence, &str)> {
        let absent = seen.timeline.absent.iter().find(|absent| absent.moment == moment)?;
        Some((absent.word, absent.why.as_str()))
    }

    /// The messages of the fault's minute vanish; the rest tells its node, or does not.
    fn lost(via: Option<&'static str>) -> Judged {
        judged(NoLoss {}, move |_, now| match now {
            60..120 => Fate::gone(),
            _ => Fate { via, ..Fate::good() },
        })
    }

    #[test]
    fn what_nobody_tells_is_not_visible_and_never_is_only_what_was_watched_for() {
        let (told, untold) = (lost(Some("queue-1")), lost(None));
        assert_eq!(word(&told, Moment::FailedOver).unwrap().0, Absence::Never);
        let (absence, why) = word(&untold, Moment::FailedOver).unwrap();
        assert_eq!(absence, Absence::NotVisible);
        assert!(why.contains("do not tell"), "{why}");
    }

    #[test]
    fn a_moment_with_an_instant_is_not_absent() {
        let seen = judged(NoLoss {}, |_, now| match now {
            60..66 => Fate::gone().via("queue-1"),
            66..120 => Fate::good().via("queue-2"),
            _ => Fate::good().via("queue-1"),
        });
        assert_eq!(seen.timeline.failed_over[0].0, "south");
        assert_eq!(word(&seen, Moment::FailedOver), None);
    }

    #[test]
    fn nothing_goes_over_before_the_fault() {
        // The last probe that was unaffected lies half a second before the kill.
        let seen = judged(NoLoss {}, |_, now| match now {
            59..120 => Fate::good().via("queue-2"),
            _ => Fate::good().via("queue-1"),
        });
        assert_eq!(seen.timeline.failed_over, [("south".to_owned(), s(60))]);
    }

    #[test]
    fn where_every_region_is_hit_at_once_no_route_was_left() {
        let both = |at: u64| {
            move |plan: &mut crate::plan::Plan| {
                let mut second = plan.faults[0].clone();
                let killed = NodeKilled { nodes: vec!["queue-2".into()], called: "queue-2".into() };
                second.inject = killed.inject("f1", &plan.stack);
                second.fault = killed.into();
                second.window = crate::units::Span { start: s(at), end: s(at + 50) };
                plan.faults.push(second);
            }
        };
        let gone = |_, now| if (60..120).contains(&now) { Fate::gone() } else { Fate::good() };
        let seen = changed(NoLoss {}, gone, both(65), |_| {});
        let (absence, why) = word(&seen, Moment::FailedOver).unwrap();
        assert_eq!((absence, why.contains("No other route was left")), (Absence::Never, true));
        // One after the other there was always one left.
        let seen = changed(NoLoss {}, gone, both(130), |_| {});
        assert!(!word(&seen, Moment::FailedOver).unwrap().1.contains("was left"));
    }

    #[test]
    fn without_an_impact_nothing_was_needed() {
        let seen = judged(NoLoss {}, |_, _| Fate::good().via("queue-1"));
        for moment in [Moment::Detected, Moment::FailedOver, Moment::Recovered] {
            assert_eq!(word(&seen, moment).unwrap().0, Absence::NotNeeded, "{moment:?}");
        }
    }

    /// Everything vanishes in the fault, and the drill is stopped in the middle of it.
    #[test]
    fn a_drill_that_was_stopped_was_watched_until_there_and_no_longer() {
        let vanish = |_, now| if now < 60 { Fate::good() } else { Fate::gone() };
        let seen = changed(NoLoss {}, vanish, |_| {}, |facts| stop(facts, s(100)));
        assert_eq!(seen.stopped, Some(s(100)));
        assert!(seen.faults[0].proven, "{}", seen.faults[0].reason);
        let during = seen.during_faults.scheduled;
        assert!((3_900..4_100).contains(&during), "{during} in 40 s at 100 a second");
        let (word, why) = word(&seen, Moment::Recovered).unwrap();
        assert_eq!((word, why.contains("stopped")), (Absence::Never, true), "{why}");
        let told = seen.troubles.concat();
        assert!(told.contains("stopped 1 min 40 s into it"), "{told}");
        // 14.4 × 0.1% of an hour is bad 51.84 s after the first deadline of 5 s has passed.
        assert_eq!(seen.timeline.detected, None);
        let later = changed(NoLoss {}, vanish, |_| {}, |facts| stop(facts, s(118)));
        assert!(later.timeline.detected.is_some_and(|at| at <= s(118)));
    }

    #[test]
    fn a_fault_that_the_drill_did_not_come_to_says_so() {
        let early = |facts: &mut Vec<Fact>| {
            stop(facts, s(50));
            facts.retain(|fact| !matches!(fact, Fact::Lever(_)));
        };
        let seen = changed(NoLoss {}, |_, _| Fate::good(), |_| {}, early);
        assert_eq!(seen.faults[0].reason, "Not proven: the drill was stopped before it.");
        assert_eq!(seen.faults[0].requested.end, s(120));
    }

    #[test]
    fn without_a_fault_nothing_was_played_and_unseen_faults_hide_the_rest() {
        let calm = changed(
            NoLoss {},
            |_, _| Fate::good(),
            |plan| plan.faults.clear(),
            |facts| facts.retain(|fact| !matches!(fact, Fact::Lever(_))),
        );
        assert!(calm.timeline.absent.iter().all(|absent| absent.word == Absence::NotPlayed));
        assert_eq!(calm.timeline.absent.len(), 4);
        let blind = |facts: &mut Vec<Fact>| facts.retain(|f| !matches!(f, Fact::Probe(_)));
        let seen = changed(NoLoss {}, |_, _| Fate::good(), |_| {}, blind);
        for moment in [Moment::FailedOver, Moment::Recovered, Moment::Drained] {
            assert_eq!(word(&seen, moment).unwrap().0, Absence::NotVisible, "{moment:?}");
        }
    }
}
