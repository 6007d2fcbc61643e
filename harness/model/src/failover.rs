//! When traffic went over to another route, and when it came back.
//!
//! A fault's *scope* is the messages whose way it lies in: those of the regions it hits (all, where it
//! hits none in particular). Their *affected routes* are the carriers it hits, or, where it hits none,
//! every carrier but the one asked for. On a stack that spreads its load the other routes carry a share
//! already: what counts is 95% of the affected routes' share arriving in time by others.
//!
//! That a message arrived in time says nothing about its way: it may have waited for its own region.
//! So a region counts only by the node that brought a message to its carrier, as the carrier logged
//! it. Where that is not told, both possibilities are tried, and only what holds for both is claimed.

use crate::case::Case;
use crate::ledger::Message;
use crate::lever::LeverCall;
use crate::plan::{Plan, PlannedFault};
use crate::stack::Stack;
use crate::units::{Micros, Span};
use crate::windows::{Window, windows};
use std::collections::BTreeSet;

/// Fewest messages in a window.
const WINDOW: u64 = 20;
/// Windows in a row.
const RUN: usize = 3;
const TAKEN: f64 = 0.95;

/// What was seen of a change of route.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved {
    /// The record can not tell, and why.
    Unknown(String),
    /// There was nothing to move, and why.
    Nothing(String),
    At(Micros),
    /// Not until here.
    Not(Micros),
}

/// Regions and carriers that the plan's faults act on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hit {
    pub regions: BTreeSet<String>,
    pub carriers: BTreeSet<String>,
}

/// Kinds of a message in a window.
const IN_TIME: usize = 0;
/// In time, by the route asked for.
const BY_TARGET: usize = 1;
/// In time, by a route that no fault hits.
const BY_OTHERS: usize = 2;
/// In time, and nobody told by which node of the stack.
const UNTOLD: usize = 3;
const KINDS: usize = 4;

const WAY_NOT_TOLD: &str =
    "The carriers' logs do not tell by which node the messages came, and so not by which region.";

pub fn hit(case: &Case<'_>) -> Hit {
    hit_by(case.plan, |_| true)
}

/// By some of the faults.
pub fn hit_by(plan: &Plan, some: impl Fn(&PlannedFault) -> bool) -> Hit {
    let mut hit = Hit::default();
    for planned in plan.faults.iter().filter(|planned| some(planned)) {
        touch(&plan.stack, planned, &mut hit);
    }
    hit
}

fn touch(stack: &Stack, planned: &PlannedFault, hit: &mut Hit) {
    // A region's border also has links that lead to carriers: the region is what is hit.
    if planned.fault.kind() == "region_cut" {
        let region = stack.regions.iter().find(|r| planned.fault.target().ends_with(r.as_str()));
        hit.regions.extend(region.cloned());
        return;
    }
    let mut thing = |name: &str| {
        if stack.carrier(name).is_some() {
            hit.carriers.insert(name.to_owned());
        } else if let Some(region) = stack.region_of(name) {
            hit.regions.insert(region.to_owned());
        }
    };
    for call in &planned.inject {
        match call {
            LeverCall::AddToxic { link, .. }
            | LeverCall::DisableLink { link }
            | LeverCall::RemoveToxic { link, .. }
            | LeverCall::EnableLink { link }
            | LeverCall::BreakName { link }
            | LeverCall::MendName { link } => {
                if let Some(link) = stack.links.iter().find(|known| known.id() == *link) {
                    thing(&link.to);
                }
            }
            LeverCall::KillNode { node }
            | LeverCall::StartNode { node }
            | LeverCall::FreezeNode { node }
            | LeverCall::ThawNode { node }
            | LeverCall::CutNode { node }
            | LeverCall::MendNode { node }
            | LeverCall::RestartNode { node }
            | LeverCall::LimitNode { node, .. }
            | LeverCall::UnlimitNode { node, .. }
            | LeverCall::SetNodeSetting { node, .. } => thing(node),
            LeverCall::SetCarrierBehaviour { carrier, .. }
            | LeverCall::ClearCarrierBehaviour { carrier, .. }
            | LeverCall::ExpireCertificate { carrier }
            | LeverCall::RenewCertificate { carrier } => thing(carrier),
        }
    }
}

/// The messages and routes that a change to `to` is about.
struct Scope {
    span: Span,
    /// Segments in it by index of the population; `None`: all.
    pools: Vec<bool>,
    target: Target,
    /// Routes that no fault hits, by index.
    others: Vec<bool>,
    /// Whether a node is of the stack, and so tells a region, by index.
    told: Vec<bool>,
    deadline: Micros,
}

/// What a message has to come by.
enum Target {
    /// This carrier's index; `None` where it delivered nothing.
    Carrier(Option<u8>),
    /// Nodes that stand in the region, by index.
    Region(Vec<bool>),
}

impl Scope {
    /// Of messages whose way a fault lies in, when traffic shall go over to `to`.
    fn over(case: &Case<'_>, to: &str, hit: &Hit) -> Result<Scope, Moved> {
        if !is_region(case, to) {
            return Scope::of(case, to, hit, |home| {
                hit.regions.is_empty() || hit.regions.contains(home)
            });
        }
        // The target's own messages come by it anyway: there is nothing to take over.
        if !hit.regions.iter().any(|region| region != to) {
            let why = "No fault hits another region, so there was none to take over from.";
            return Err(Moved::Nothing(why.into()));
        }
        Scope::of(case, to, hit, |home| home != to && hit.regions.contains(home))
    }

    /// Of messages that belong to `to`, when traffic shall come back to it.
    fn back(case: &Case<'_>, to: &str, hit: &Hit) -> Result<Scope, Moved> {
        if is_region(case, to) {
            return Scope::of(case, to, hit, |home| home == to);
        }
        Scope::over(case, to, hit)
    }

    fn of(
        case: &Case<'_>,
        to: &str,
        hit: &Hit,
        inside: impl Fn(&str) -> bool,
    ) -> Result<Scope, Moved> {
        let stack = &case.plan.stack;
        let region = is_region(case, to);
        let carrier = stack.carrier(to).map(|c| c.name.as_str());
        if !region && carrier.is_none() {
            let why = format!("The stack has no carrier, vendor or region {to}.");
            return Err(Moved::Nothing(why));
        }
        let affected = |name: &str| match (region, hit.carriers.is_empty()) {
            (true, _) => hit.carriers.contains(name),
            (false, true) => Some(name) != carrier,
            (false, false) => hit.carriers.contains(name),
        };
        let regions = || case.messages.nodes().iter().map(|node| stack.region_of(node));
        let target = if region {
            Target::Region(regions().map(|at| at == Some(to)).collect())
        } else {
            Target::Carrier(carrier.and_then(|name| case.messages.route(name)))
        };
        let pools = case.plan.traffic.population.iter();
        let scope = Scope {
            span: case.whole(),
            pools: pools.map(|pool| inside(&pool.segment.region)).collect(),
            target,
            others: case.messages.carriers().iter().map(|name| !affected(name)).collect(),
            told: regions().map(|at| at.is_some()).collect(),
            deadline: case.deadline(),
        };
        let delivered = || scope.messages(case).filter(|m| m.was_delivered());
        if region && delivered().next().is_some() && !delivered().any(|m| scope.tells(m)) {
            return Err(Moved::Unknown(WAY_NOT_TOLD.into()));
        }
        Ok(scope)
    }

    /// Attempted messages of the segments in it.
    fn messages<'a>(&'a self, case: &Case<'a>) -> impl Iterator<Item = &'a Message> + 'a {
        let mut ends = Vec::new();
        let mut end = 0u64;
        for pool in &case.plan.traffic.population {
            end += u64::from(pool.subscribers);
            ends.push(end);
        }
        let inside = move |m: &Message| {
            let pool = ends.partition_point(|end| *end <= u64::from(m.subscriber));
            self.pools.get(pool).copied().unwrap_or(ends.is_empty())
        };
        case.messages.attempted().map(|(_, m)| m).filter(move |m| inside(m))
    }

    fn tells(&self, message: &Message) -> bool {
        self.told.get(usize::from(message.via)).copied().unwrap_or(false)
    }

    fn windows(&self, case: &Case<'_>, span: Span) -> Vec<Window<KINDS>> {
        let items = self.messages(case).map(|m| {
            let came = m.in_time(self.deadline);
            let target = match &self.target {
                Target::Carrier(route) => Some(m.route) == *route,
                Target::Region(nodes) => nodes.get(usize::from(m.via)).copied().unwrap_or(false),
            };
            let other = self.others.get(usize::from(m.route)).copied().unwrap_or(false);
            (m.due, [came, came && target, came && other, came && !self.tells(m)])
        });
        windows(items, span, WINDOW)
    }
}

fn is_region(case: &Case<'_>, name: &str) -> bool {
    case.plan.stack.regions.iter().any(|region| region == name)
}

/// When traffic went over to `to`, counted in windows of scheduled instants since the first effect.
pub fn over(case: &Case<'_>, to: &str) -> Moved {
    let Some(effective) = case.effective() else {
        return Moved::Unknown("No fault was seen to take effect.".into());
    };
    let hit = hit(case);
    let scope = match Scope::over(case, to, &hit) {
        Ok(scope) => scope,
        Err(moved) => return moved,
    };
    let before = scope.windows(case, Span { start: scope.span.start, end: effective.after });
    let healed = case.healed().map_or(scope.span.end, |healed| healed.after);
    let end = judged_until(effective.after, healed, case.deadline());
    let under = scope.windows(case, Span { start: effective.after, end });
    if before.is_empty() || under.len() < RUN {
        return Moved::Unknown("Too few messages before or during the fault.".into());
    }
    if is_region(case, to) {
        return either_way(|way| {
            if mean(&before, way) >= TAKEN {
                return Moved::Nothing(format!("Traffic came by {to} before the fault already."));
            }
            settled(&under, |w| way(w) >= TAKEN, end)
        });
    }
    let (base, lost) = shares(&before);
    if lost <= 0.0 {
        return Moved::Nothing("The routes that were hit carried nothing before the fault.".into());
    }
    let by_hit = |w: &Window<KINDS>| w.share(IN_TIME) - w.share(BY_OTHERS);
    if under.iter().all(|w| by_hit(w) >= lost * TAKEN) {
        return Moved::Nothing(
            "Messages went on arriving in time by the routes that were hit.".into(),
        );
    }
    let takers = scope.others.iter().filter(|other| **other).count().max(1) as f64;
    let taken = |w: &Window<KINDS>| {
        w.share(BY_OTHERS) >= 1.0 - lost * (1.0 - TAKEN) - (1.0 - base.0)
            && w.share(BY_TARGET) >= base.1 + lost * TAKEN / takers
    };
    settled(&under, taken, end)
}

/// A message scheduled in the last moments of a fault may wait for the heal and still come in time:
/// it tells nothing of the way. Only a fault of several deadlines can do without those.
fn judged_until(effective: Micros, healed: Micros, deadline: Micros) -> Micros {
    let last = healed - deadline;
    if last - effective > deadline { last } else { healed }
}

/// What holds whether or not the messages whose way is untold came by the target.
fn either_way(moved: impl Fn(&dyn Fn(&Window<KINDS>) -> f64) -> Moved) -> Moved {
    let least = moved(&|w| w.share(BY_TARGET));
    let most = moved(&|w| w.share(BY_TARGET) + w.share(UNTOLD));
    if least == most { least } else { Moved::Unknown(WAY_NOT_TOLD.into()) }
}

/// Mean of a share over windows, by their messages.
fn mean(windows: &[Window<KINDS>], share: &dyn Fn(&Window<KINDS>) -> f64) -> f64 {
    let all: u64 = windows.iter().map(|w| w.all).sum();
    windows.iter().map(|w| share(w) * w.all as f64).sum::<f64>() / all.max(1) as f64
}

/// ((share in time, share by the route asked for), share by the routes hit) of the windows before.
fn shares(before: &[Window<KINDS>]) -> ((f64, f64), f64) {
    let of = |kind: usize| mean(before, &|w| w.share(kind));
    ((of(IN_TIME), of(BY_TARGET)), of(IN_TIME) - of(BY_OTHERS))
}

/// When traffic was back on `to` after the last heal.
pub fn back(case: &Case<'_>, to: &str) -> Moved {
    let (Some(effective), Some(healed)) = (case.effective(), case.healed()) else {
        return Moved::Unknown("No fault was seen to take effect and to heal.".into());
    };
    let scope = match Scope::back(case, to, &hit(case)) {
        Ok(scope) => scope,
        Err(moved) => return moved,
    };
    let before = scope.windows(case, Span { start: scope.span.start, end: effective.after });
    let during = scope.windows(case, Span { start: effective.after, end: healed.after });
    let since = scope.windows(case, Span { start: healed.after, end: scope.span.end });
    let returned = |way: &dyn Fn(&Window<KINDS>) -> f64| {
        let base = mean(&before, way);
        let on = |w: &Window<KINDS>| way(w) >= base * TAKEN;
        if base <= 0.0 || since.len() < RUN {
            let why = format!("Too little was seen of {to} before or after the fault.");
            return Moved::Unknown(why);
        }
        if during.iter().chain(&since).all(on) {
            return Moved::Nothing(format!("Traffic never left {to}."));
        }
        settled(&since, on, scope.span.end)
    };
    if is_region(case, to) {
        return either_way(returned);
    }
    returned(&|w| w.share(BY_TARGET))
}

/// The first of `RUN` windows in a row that hold, after which no two in a row do not.
fn settled(
    windows: &[Window<KINDS>],
    holds: impl Fn(&Window<KINDS>) -> bool,
    end: Micros,
) -> Moved {
    let broken = windows.windows(2).rposition(|pair| !pair.iter().any(&holds));
    let from = broken.map_or(0, |start| start + 2);
    let run = (from..windows.len())
        .find(|i| windows.get(*i..i + RUN).is_some_and(|run| run.iter().all(&holds)));
    run.map_or(Moved::Not(end), |i| Moved::At(windows[i].span.start))
}

/// How often the route that carries most traffic changed, and over how many routes.
pub fn changes(case: &Case<'_>) -> Option<u32> {
    let mut current = None;
    let mut changes = 0;
    let routes = case.messages.carriers().len();
    if routes == 0 {
        return None;
    }
    let per_route: Vec<Vec<Window<1>>> = (0..routes)
        .map(|route| {
            let items = case
                .messages
                .attempted()
                .filter(|(_, m)| m.was_delivered())
                .map(|(_, m)| (m.due, [usize::from(m.route) == route]));
            windows(items, case.whole(), WINDOW)
        })
        .collect();
    let windows = per_route.iter().map(Vec::len).min().unwrap_or_default();
    for window in 0..windows {
        // Two thirds: a stack that spreads its load has no one route to change.
        let leads = |own: &Vec<Window<1>>| own[window].share(0) >= 2.0 / 3.0;
        if let Some(leader) = per_route.iter().position(leads) {
            changes += u32::from(current.is_some_and(|was| was != leader));
            current = Some(leader);
        }
    }
    current.map(|_| changes)
}
