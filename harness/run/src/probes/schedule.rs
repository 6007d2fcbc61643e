//! When to look: tightly around a fault's edges, so that its instants are bracketed, seldom else.

use squall_model::units::{Micros, Span};

const TIGHT: (Micros, Micros) = (Micros::from_secs(3), Micros::from_millis(250));
const NEAR: (Micros, Micros) = (Micros::from_secs(60), Micros::from_secs(1));
const FAR: Micros = Micros::from_secs(10);

/// The edges of the windows a target is watched for.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    edges: Vec<Micros>,
}

impl Schedule {
    pub(super) fn add(&mut self, window: Span) {
        self.edges.extend([window.start, window.end]);
    }

    pub(super) fn join(&mut self, other: &Schedule) {
        self.edges.extend(&other.edges);
    }

    /// The next instant to look after `now`, on a grid of drill time.
    pub(super) fn after(&self, now: Micros) -> Micros {
        let near = |reach: Micros| self.edges.iter().any(|edge| edge.0.abs_diff(now.0) <= reach.0);
        let step = match () {
            () if near(TIGHT.0) => TIGHT.1,
            () if near(NEAR.0) => NEAR.1,
            () => FAR,
        };
        let next = (now.0 / step.0 + 1) * step.0;
        // A coarse step must not jump over the beginning of a finer stretch.
        let finer = [TIGHT, NEAR].into_iter().flat_map(|(reach, _)| {
            self.edges.iter().map(move |edge| edge.0.saturating_sub(reach.0))
        });
        Micros(finer.filter(|start| *start > now.0 && *start < next).min().unwrap_or(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_dense_at_the_edges_and_never_jump_over_them() {
        let mut schedule = Schedule::default();
        schedule.add(Span { start: Micros::from_secs(305), end: Micros::from_secs(900) });
        let mut at = Micros::ZERO;
        let mut looks = Vec::new();
        while at < Micros::from_secs(1200) {
            let next = schedule.after(at);
            assert!(next > at);
            looks.push(next);
            at = next;
        }
        let within =
            |from, to| looks.iter().filter(|l| (from..to).contains(&l.as_secs_f64())).count();
        assert_eq!(within(0.0, 240.0), 23);
        assert_eq!(within(250.0, 300.0), 50);
        assert_eq!(within(303.0, 307.0), 16);
        assert_eq!(within(898.0, 902.0), 16);
    }
}
