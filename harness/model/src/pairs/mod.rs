//! Every objective has a record in which it passes and the nearest one in which it fails.
//!
//! A pair is a scale of records that differ by one step: a message, a microsecond, an answer, a second
//! where the measure counts in windows of one. The last that passes and the first that fails are looked
//! for on the scale, and have to lie as near to each other as the objective's own uncertainty lets
//! them; between them nothing is decided. An objective without a pair fails the last test here.
#![allow(clippy::unwrap_used)]

mod counts;
mod shares;
mod times;

use crate::judged::Judged;
use crate::objective::Objective;
use crate::verdict::Verdict::{self, *};
use std::collections::BTreeSet;

/// Records from `passes` to `fails` along one scale.
struct Pair {
    kind: &'static str,
    drill: Box<dyn Fn(u64) -> Judged>,
    passes: u64,
    fails: u64,
    /// Steps from the last record that passes to the first that fails.
    apart: u64,
}

fn pair(
    kind: &'static str,
    (passes, fails): (u64, u64),
    apart: u64,
    drill: impl Fn(u64) -> Judged + 'static,
) -> Pair {
    Pair { kind, drill: Box::new(drill), passes, fails, apart }
}

impl Pair {
    fn verdict(&self, step: u64) -> Verdict {
        (self.drill)(step).findings[0].verdict
    }

    /// The last step from `passes` on for which `holds`, by halving.
    fn last(&self, holds: impl Fn(Verdict) -> bool) -> u64 {
        let (mut inside, mut outside) = (self.passes, self.fails);
        while outside - inside > 1 {
            let middle = inside + (outside - inside) / 2;
            if holds(self.verdict(middle)) { inside = middle } else { outside = middle }
        }
        inside
    }

    fn prove(&self) {
        let kind = self.kind;
        let ends = (self.verdict(self.passes), self.verdict(self.fails));
        assert_eq!(ends, (Pass, Fail), "{kind}: {}", (self.drill)(self.fails).findings[0].reason);
        let passes = self.last(|verdict| verdict == Pass);
        let fails = self.last(|verdict| verdict != Fail) + 1;
        assert_eq!(fails - passes, self.apart, "{kind}: passes at {passes}, fails at {fails}");
        for between in
            [passes + 1, fails - 1].into_iter().filter(|at| (passes + 1..fails).contains(at))
        {
            assert_eq!(self.verdict(between), Inconclusive, "{kind} at {between}");
        }
    }
}

fn prove(pairs: &[Pair]) {
    pairs.iter().for_each(Pair::prove);
}

#[test]
fn zero_tolerance_and_counts_turn_at_one() {
    prove(&counts::pairs());
}

#[test]
fn shares_turn_where_their_exact_bounds_do() {
    prove(&shares::pairs());
}

#[test]
fn times_turn_within_what_the_probes_leave_open() {
    prove(&times::pairs());
}

#[test]
fn every_objective_has_its_pair() {
    let all = [counts::pairs(), shares::pairs(), times::pairs()];
    let paired: BTreeSet<&str> = all.iter().flatten().map(|pair| pair.kind).collect();
    assert_eq!(paired, Objective::KINDS.iter().copied().collect());
}
