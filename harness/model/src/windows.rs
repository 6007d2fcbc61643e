//! Messages in order of their scheduled instants, cut into windows that each hold enough of them.
//!
//! Fine bins of a second (coarser only for drills of weeks) are joined until a window is full; what
//! is left over at the end joins no window.

use crate::units::{Micros, Span};

/// Neighbouring messages: how many, and how many of each asked-for kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<const K: usize> {
    pub span: Span,
    pub all: u64,
    pub kinds: [u64; K],
}

impl<const K: usize> Window<K> {
    /// Share of one kind; windows are never empty.
    pub fn share(&self, kind: usize) -> f64 {
        self.kinds[kind] as f64 / self.all.max(1) as f64
    }
}

/// Most fine bins a drill is cut into.
const MOST_BINS: u64 = 1_000_000;

/// Windows over `span` of at least `least` messages each. An item is a due instant and the kinds it is of.
pub fn windows<const K: usize>(
    items: impl Iterator<Item = (Micros, [bool; K])>,
    span: Span,
    least: u64,
) -> Vec<Window<K>> {
    let width = (span.length().0 / MOST_BINS).max(1_000_000);
    let bins = (span.length().0.div_ceil(width)).min(MOST_BINS + 1) as usize;
    let mut fine = vec![(0u64, [0u64; K]); bins];
    for (due, kinds) in items {
        if !span.contains(due) {
            continue;
        }
        if let Some(bin) = fine.get_mut(((due - span.start).0 / width) as usize) {
            bin.0 += 1;
            for (sum, is) in bin.1.iter_mut().zip(kinds) {
                *sum += u64::from(is);
            }
        }
    }
    let mut out = Vec::new();
    let mut open =
        Window { span: Span { start: span.start, end: span.start }, all: 0, kinds: [0; K] };
    for (index, (all, kinds)) in fine.into_iter().enumerate() {
        open.all += all;
        for (sum, more) in open.kinds.iter_mut().zip(kinds) {
            *sum += more;
        }
        open.span.end = span.start + Micros(width.saturating_mul(index as u64 + 1));
        if open.all >= least.max(1) {
            out.push(open);
            open = Window {
                span: Span { start: open.span.end, end: open.span.end },
                all: 0,
                kinds: [0; K],
            };
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_is_full_and_none_overlap() {
        let items = (0..1_000u64).map(|i| (Micros(i * 300_000), [i % 2 == 0]));
        let span = Span { start: Micros::from_secs(10), end: Micros::from_secs(200) };
        let windows = windows(items, span, 50);
        assert!(windows.len() > 10);
        assert!(windows.iter().all(|w| w.all >= 50 && (w.share(0) - 0.5).abs() < 0.02));
        assert!(windows.windows(2).all(|pair| pair[0].span.end == pair[1].span.start));
        assert_eq!(windows[0].span.start, span.start);
    }
}
