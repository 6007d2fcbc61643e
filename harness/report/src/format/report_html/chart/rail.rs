//! The rail above the panels: what happened when, and what did not. Filled dot: it happened; dashed
//! dot: it did not. Each label holds its own time; rows are staggered so that none covers another.

use super::frame::{Frame, Size, TOP_AXIS, f};
use super::labels;
use crate::run::DrillReport;
use crate::timeline::{self, When};
use maud::{Markup, html};
use squall_model::judged::Absence;
use squall_model::units::Micros;

const ROW: f64 = 17.0;

struct Item {
    text: String,
    at: Option<Micros>,
    bold: bool,
    /// A dotted line runs down from it: the instant explains a curve.
    stem: bool,
    dot: bool,
}

struct Placed {
    item: Item,
    x: f64,
    row: usize,
    /// The label stands left of its dot.
    flipped: bool,
}

pub struct Rail {
    placed: Vec<Placed>,
    pub height: f64,
}

/// Every item in the lowest row where its label is free.
pub fn lay_out(frame: &Frame, drill: &DrillReport) -> Rail {
    let mut rows: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut placed = Vec::new();
    for item in items(frame, drill) {
        let at = item.at.or_else(|| frame.faults.first().map(|span| span.start));
        let x = at.map_or(frame.left(), |at| frame.x(at));
        let width = labels::width(&item.text) * if item.bold { 1.06 } else { 1.0 } + 12.0;
        let free = |row: &[(f64, f64)], from: f64, to: f64| {
            row.iter().all(|(a, b)| to < *a || *b < from)
        };
        // An item that never came has no place in time: it stands wherever its row is free.
        let choices: Vec<(f64, f64, bool)> = match item.at {
            Some(_) => vec![(x - 5.0, x + width, false), (x - width, x + 5.0, true)],
            None => [0.0, 40.0, 150.0, 300.0, 450.0, 600.0]
                .iter()
                .map(|shift| (x + shift + 8.0, x + shift + width + 8.0, false))
                .collect(),
        };
        let crosses = |from: f64, to: f64| {
            let edges = frame.faults.iter().flat_map(|span| [frame.x(span.start), frame.x(span.end)]);
            item.at.is_none() && edges.into_iter().any(|edge| from < edge && edge < to)
        };
        let inside = |(from, to, _): &&(f64, f64, bool)| {
            *from >= -1.0 && *to <= frame.size.width() && (*from >= frame.left() - 6.0 || item.at.is_some())
        };
        // Where every place crosses an edge, one that does is better than none.
        let all = || choices.iter().filter(inside).copied();
        let mut places: Vec<_> = all().filter(|(from, to, _)| !crosses(*from, *to)).collect();
        if places.is_empty() {
            places = all().collect();
        }
        if places.is_empty() {
            places.push((x, x + width, false));
        }
        let mut row = 0;
        let (from, to, flipped) = loop {
            if rows.len() == row {
                rows.push(Vec::new());
            }
            match places.iter().find(|(a, b, _)| free(&rows[row], *a, *b)) {
                Some(place) => break *place,
                None => row += 1,
            }
        };
        rows[row].push((from, to));
        let x = if item.at.is_some() { x } else { from + 5.0 };
        placed.push(Placed { item, x, row, flipped });
    }
    Rail { placed, height: rows.len() as f64 * ROW + 12.0 }
}

fn items(frame: &Frame, drill: &DrillReport) -> Vec<Item> {
    let mut items = Vec::new();
    let clock = frame.clock;
    let several = drill.judged.faults.len() > 1;
    for seen in &drill.judged.faults {
        let name = if several { format!("{}: ", crate::escape::plain(&seen.label)) } else { String::new() };
        let proof = if seen.proven { "proven" } else { "not proven" };
        let injected = format!("{name}injected {}", clock.at(seen.requested.start));
        let effective = match seen.effective {
            Some(bracket) => format!("effective {} ({proof})", clock.at(bracket.by)),
            None => format!("effective: never ({proof})"),
        };
        let bold = |text, at| Item { text, at: Some(at), bold: true, stem: false, dot: false };
        let start = seen.requested.start;
        if frame.size == Size::Small {
            items.push(bold(injected, start));
            items.push(bold(effective, start));
        } else {
            items.push(bold(format!("{injected}, {effective}"), start));
        }
        if let Some(healed) = seen.healed {
            items.push(bold(format!("{name}healed {}", clock.at(healed.by)), healed.by));
        }
    }
    if let Some(at) = drill.judged.stopped {
        let text = format!("stopped {}", clock.at(at));
        items.push(Item { text, at: Some(at), bold: true, stem: true, dot: false });
    }
    for moment in timeline::consequences(drill) {
        let name = crate::escape::plain(&moment.name);
        let (text, at) = match moment.when {
            When::At(at) => (format!("{name} {}", clock.at(at)), Some(at)),
            When::Absent(Absence::NotPlayed) => continue,
            When::Absent(_) => (format!("{name}: {}", moment.when.absent()), None),
        };
        let stem = !matches!(moment.name.as_str(), "first impact");
        items.push(Item { text, at, bold: false, stem, dot: true });
    }
    items.retain(|item| item.at.is_none_or(|at| frame.holds(at)));
    if frame.zero.is_some_and(|zero| zero > frame.span.start && frame.span.start > Micros::ZERO) {
        items.retain(|item| item.at.is_some());
    }
    items
}

impl Rail {
    pub fn draw(&self, frame: &Frame, bottom: f64) -> Markup {
        html! {
            @for Placed { item, x, row, flipped } in &self.placed {
                @let y = TOP_AXIS + 12.0 + *row as f64 * ROW;
                @if item.stem && item.at.is_some() {
                    path class="stem" d=(format!("M{x:.1} {:.1}V{bottom:.1}", y + 4.0)) {}
                }
                @if item.dot {
                    circle class=(if item.at.is_some() { "dot" } else { "hollow" }) cx=(f(*x)) cy=(f(y)) r="3.5" {}
                }
                @let shift = if item.dot { 8.0 } else { 4.0 };
                @let tone = match (item.bold, item.at) { (true, _) => "b", (_, Some(_)) => "t", (_, None) => "s" };
                @let ground = if frame.shaded(x + if *flipped { -20.0 } else { 20.0 }) { "halo in" } else { "halo" };
                text class=(format!("{tone} {ground}{}", if *flipped { " e" } else { "" }))
                    x=(f(x + if *flipped { -shift } else { shift })) y=(f(y + 4.5)) { (item.text) }
            }
        }
    }
}
