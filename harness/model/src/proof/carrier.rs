//! A carrier's behaviour, by the carrier's own count of its draws and hits.

use super::{Seen, bracket};
use crate::fact::{Draws, LeverResult};
use crate::plan::PlannedFault;
use crate::stats::Proportion;
use crate::units::Micros;
use crate::words::{of, percent};

/// One-sided level: at 5% one sound drill in ten would be doubted by chance.
const ALPHA: f64 = 0.000_5;

/// With a `share` the interval of the draws must exclude 0 and contain it; without, one hit is enough.
pub(super) fn watch(
    planned: &PlannedFault,
    carrier: &str,
    name: &str,
    share: Option<f64>,
    draws: &[&Draws],
    levers: &[&LeverResult],
) -> Seen {
    let own: Vec<&Draws> = draws
        .iter()
        .copied()
        .filter(|d| d.carrier == carrier && d.name == name && d.at >= planned.window.start)
        .collect();
    let last = own.iter().max_by_key(|d| d.drawn);
    let (drawn, hit) = last.map_or((0, 0), |d| (d.drawn, d.hit.min(d.drawn)));
    let (low, high) = Proportion { k: hit, n: drawn }.bounds(ALPHA);
    let mut doubts = Vec::new();
    if hit == 0 {
        doubts.push(format!("{carrier} logged no {name} in {}", of(drawn, "draw")));
    } else if let Some(share) = share.filter(|share| *share < low || *share > high) {
        doubts.push(format!(
            "{carrier} hit {hit} of {drawn} draws of {name}, which does not fit {}",
            percent(share)
        ));
    }
    let first = own.iter().position(|d| d.hit > 0);
    let effective = first.map(|i| {
        let before = if i > 0 { own[i - 1].at } else { planned.window.start };
        bracket(before, own[i].at)
    });
    let cleared: Option<Micros> =
        levers.iter().filter(|l| l.undo && l.read_back && l.error.is_none()).map(|l| l.at).max();
    let grew = own.windows(2).rev().find(|pair| pair[1].hit > pair[0].hit).map(|pair| pair[1].at);
    // Gone is read from the carrier's own table of behaviours; hits after that would refute it.
    let healed = cleared
        .filter(|at| grew.is_none_or(|grew| grew <= *at + SETTLE))
        .map(|at| bracket(planned.window.end, at));
    let how = format!("{carrier} logged {} in {}", of(hit, "hit"), of(drawn, "draw"));
    Seen { effective, healed, doubts, how }
}

/// A count read just before the behaviour was cleared may be written down just after.
const SETTLE: Micros = Micros::from_secs(5);
