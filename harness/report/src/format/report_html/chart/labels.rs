//! Labels on the lines themselves: the first place that is free, or none.

use super::frame::{Area, Frame, f};
use maud::{Markup, html};

/// Width of a letter at 12.5 px, on the safe side for the fonts of the page.
const LETTER: f64 = 6.9;
const LINE: f64 = 15.0;

pub fn width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// Where labels of one panel already stand.
#[derive(Default)]
pub struct Labels {
    taken: Vec<[f64; 4]>,
    /// Points of lines that a label should not stand on.
    lines: Vec<(f64, f64)>,
}

impl Labels {
    /// Nothing stands yet but the edges of the fault windows.
    pub fn new(frame: &Frame, area: Area) -> Labels {
        let mut labels = Labels::default();
        for at in frame.faults.iter().flat_map(|span| [span.start, span.end]) {
            let x = frame.x(at);
            labels.avoid(&[(x, Some(area.top - 12.0)), (x, Some(area.bottom()))]);
        }
        labels
    }

    /// The label at the first of `spots` (centre, baseline) that is inside the plot and free.
    pub fn place(
        &mut self,
        frame: &Frame,
        area: Area,
        class: &str,
        text: &str,
        spots: impl IntoIterator<Item = (f64, f64)>,
    ) -> Markup {
        self.put(frame, area, (class, text), spots, false)
    }

    /// The same for a label that is left out rather than set on a line.
    pub fn place_clear(
        &mut self,
        frame: &Frame,
        area: Area,
        class: &str,
        text: &str,
        spots: impl IntoIterator<Item = (f64, f64)>,
    ) -> Markup {
        self.put(frame, area, (class, text), spots, true)
    }

    fn put(
        &mut self,
        frame: &Frame,
        area: Area,
        (class, text): (&str, &str),
        spots: impl IntoIterator<Item = (f64, f64)>,
        strict: bool,
    ) -> Markup {
        let half = width(text) / 2.0;
        let boxed = |x: f64, y: f64| [x - half, y - LINE + 3.0, x + half, y + 3.0];
        let mut free: Vec<(f64, f64)> = spots.into_iter().collect();
        free.retain(|(x, y)| {
            let it = boxed(*x, *y);
            let inside = it[0] >= frame.left()
                && it[2] <= frame.right()
                && it[1] >= area.top - 12.0
                && it[3] <= area.bottom() + 1.0;
            inside && !self.taken.iter().any(|other| overlap(*other, it))
        });
        // Off every line if there is such a spot, else on one rather than nowhere.
        let clear = |(x, y): &&(f64, f64)| {
            let it = boxed(*x, *y);
            !self.lines.iter().any(|(px, py)| it[0] <= *px && *px <= it[2] && it[1] <= *py && *py <= it[3])
        };
        let spot = free.iter().find(clear).or(free.first().filter(|_| !strict)).copied();
        let Some((x, y)) = spot else { return html! {} };
        self.taken.push([x - half, y - LINE + 3.0, x + half, y + 3.0]);
        let ground = if frame.shaded(x) { " in" } else { "" };
        html! { text class=(format!("{class} m halo{ground}")) x=(f(x)) y=(f(y)) { (text) } }
    }

    /// Keeps labels off a line; steep stretches are filled with points.
    pub fn avoid(&mut self, line: &[(f64, Option<f64>)]) {
        let mut last: Option<(f64, f64)> = None;
        for (x, y) in line {
            let Some(y) = *y else {
                last = None;
                continue;
            };
            if let Some((x0, y0)) = last {
                let steps = ((y - y0).abs().max((x - x0).abs()) / 4.0).ceil().clamp(1.0, 400.0) as u32;
                let part = |i: u32| f64::from(i) / f64::from(steps);
                self.lines.extend((1..=steps).map(|i| (x0 + (x - x0) * part(i), y0 + (y - y0) * part(i))));
            } else {
                self.lines.push((*x, y));
            }
            last = Some((*x, y));
        }
    }
}

fn overlap(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Spots along a line, from its middle outwards, each shifted up or down as told, in that order.
pub fn along(line: &[(f64, Option<f64>)], shifts: &[f64]) -> Vec<(f64, f64)> {
    const SHARES: [f64; 19] = [
        0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7, 0.25, 0.75, 0.2, 0.8, 0.15, 0.85, 0.1, 0.9,
        0.06, 0.94,
    ];
    let spot = |share: f64| line.get((line.len() as f64 * share) as usize).copied();
    shifts
        .iter()
        .flat_map(|shift| SHARES.into_iter().filter_map(spot).map(move |(x, y)| (x, y, shift)))
        .filter_map(|(x, y, shift)| Some((x, y? + shift)))
        .collect()
}

/// Centres of the widest stretches where a band (lower and upper edge a point) is high enough for a
/// line of text, widest first; only those as wide as the text.
pub fn roomy(points: &[(f64, f64, f64)], text: &str) -> Vec<(f64, f64)> {
    let high = |(_, low, up): &(f64, f64, f64)| low - up >= LINE + 3.0;
    let mut runs: Vec<&[(f64, f64, f64)]> =
        points.chunk_by(|a, b| high(a) == high(b)).filter(|run| high(&run[0])).collect();
    let length = |run: &[(f64, f64, f64)]| run[run.len() - 1].0 - run[0].0;
    runs.retain(|run| length(run) >= width(text));
    runs.sort_by(|a, b| length(b).total_cmp(&length(a)));
    let centre = |run: &&[(f64, f64, f64)]| {
        [0.5, 0.3, 0.7, 0.4, 0.6, 0.2, 0.8, 0.15, 0.85].map(|share| {
            let (x, low, up) = run[((run.len() - 1) as f64 * share) as usize];
            (x, (low + up) / 2.0 + 4.5)
        })
    };
    runs.iter().flat_map(centre).collect()
}
