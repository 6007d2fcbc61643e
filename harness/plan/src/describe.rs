//! A plan as `squall plan` prints it: timeline, targets, undo, message counts, smallest loss visible.

use crate::checks;
use squall_model::external::External;
use squall_model::lever::LeverCall;
use squall_model::plan::{Expected, PhaseName, Plan};
use squall_model::stack::{RunAs, SENDER};
use squall_model::stats::smallest_visible;
use squall_model::units::Micros;
use std::fmt::Write as _;

/// A share as people write it: 0.999 is `99.9%`.
pub(crate) fn percent(share: f64) -> String {
    let text = format!("{:.6}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Text without colours; what came from the user's files is cleaned of control characters.
pub fn describe(plan: &Plan) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = write_all(plan, &mut out);
    out.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

fn write_all(plan: &Plan, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{} ({}:{})", plan.scenario, plan.file, plan.line)?;
    let canary = if plan.expected == Expected::Fail { "  canary: must fail" } else { "" };
    writeln!(out, "  stack {}  seed {}{canary}", plan.stack.label(), plan.seed)?;
    writeln!(out, "  plan {}", crate::hash(plan))?;
    let n = messages(plan);
    let sampled = match plan.traffic.sampled {
        1 => String::new(),
        sampled => format!(", 1 in {sampled} of the real volume"),
    };
    let subscribers = plan.traffic.subscribers();
    writeln!(out, "  about {n} messages to {subscribers} subscribers{sampled}")?;
    let judged = checks::messages(plan, PhaseName::Whole);
    let smallest = percent(smallest_visible(judged.max(1)));
    writeln!(out, "  smallest loss it can see: {smallest} (3.0 / {judged} messages)")?;
    timeline(plan, out)?;
    writeln!(out, "  objectives")?;
    for objective in &plan.objectives {
        let n = checks::messages(plan, objective.phase);
        writeln!(out, "    {}  [about {n} messages]", objective.text)?;
    }
    targets(plan, out)
}

fn messages(plan: &Plan) -> u64 {
    plan.traffic.expected(plan.end).round() as u64
}

fn timeline(plan: &Plan, out: &mut String) -> std::fmt::Result {
    writeln!(out, "  timeline")?;
    let mut rows: Vec<(Micros, String)> = vec![
        (Micros::ZERO, "start, warm-up".to_owned()),
        (plan.warm_up, "baseline".to_owned()),
        (plan.end, format!("traffic ends; drain of up to {}", plan.drain)),
    ];
    for rate in &plan.traffic.rates {
        let per_second = (rate.per_second * 100.0).round() / 100.0;
        rows.push((rate.at, format!("{per_second} messages per second")));
    }
    for fault in &plan.faults {
        rows.push((fault.window.start, format!("inject: {}", fault.text)));
        rows.extend(fault.inject.iter().map(|call| (fault.window.start, indented(call))));
        let undo = if fault.heal.is_empty() { "ends by itself" } else { "heal (undo)" };
        rows.push((fault.window.end, format!("{undo}: {}", fault.text)));
        rows.extend(fault.heal.iter().map(|call| (fault.window.end, indented(call))));
    }
    for change in &plan.changes {
        rows.push((change.at, format!("change: {}", change.text)));
        rows.extend(change.calls.iter().map(|call| (change.at, indented(call))));
    }
    rows.sort_by_key(|(at, _)| *at);
    for (at, text) in rows {
        writeln!(out, "    {:>14}  {text}", instant(plan, at))?;
    }
    Ok(())
}

/// Drill time, and the time of day where the scenario states a clock.
fn instant(plan: &Plan, at: Micros) -> String {
    if !plan.clock.stated {
        return at.to_string();
    }
    let local = (plan.clock.start_unix_us + at.0) / 1_000_000;
    let local = (local as i64 + i64::from(plan.clock.offset_seconds)).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", local / 3600, local / 60 % 60, local % 60)
}

fn indented(call: &LeverCall) -> String {
    let text = match call {
        LeverCall::AddToxic { link, toxic } => {
            format!("add {} {} to {link} ({:?})", toxic.kind, toxic.name, toxic.attributes)
        }
        LeverCall::RemoveToxic { link, name } => format!("remove {name} from {link}"),
        LeverCall::DisableLink { link } => format!("disable {link}"),
        LeverCall::EnableLink { link } => format!("enable {link}"),
        LeverCall::KillNode { node } => format!("kill {node}"),
        LeverCall::StartNode { node } => format!("start {node}"),
        LeverCall::FreezeNode { node } => format!("freeze {node}"),
        LeverCall::ThawNode { node } => format!("thaw {node}"),
        LeverCall::CutNode { node } => format!("cut off {node}"),
        LeverCall::MendNode { node } => format!("mend {node}"),
        LeverCall::RestartNode { node } => format!("restart {node}"),
        LeverCall::LimitNode { node, resource, to } => {
            format!("limit {node} to {}", resource.amount(*to))
        }
        LeverCall::UnlimitNode { node, resource } => format!("lift the {resource} limit of {node}"),
        LeverCall::SetCarrierBehaviour { carrier, name, behaviour } => {
            format!("{carrier}: {name} = {behaviour:?}")
        }
        LeverCall::ClearCarrierBehaviour { carrier, name } => format!("{carrier}: clear {name}"),
        LeverCall::SetNodeSetting { node, key, value } => format!("{node}: {key} = {value}"),
        LeverCall::BreakName { link } => format!("break the name behind {link}"),
        LeverCall::MendName { link } => format!("mend the name behind {link}"),
        LeverCall::ExpireCertificate { carrier } => format!("{carrier}: expired certificate"),
        LeverCall::RenewCertificate { carrier } => format!("{carrier}: valid certificate"),
    };
    format!("  {text}")
}

fn targets(plan: &Plan, out: &mut String) -> std::fmt::Result {
    if let Some(external) = &plan.stack.external {
        return elsewhere(plan, external, out);
    }
    writeln!(out, "  targets: all on this machine, raised for the drill and lowered after it")?;
    for node in &plan.stack.nodes {
        let run = match &node.run {
            RunAs::BuiltIn(role) => format!("built-in {role}"),
            RunAs::Image(image) => format!("image {}", image.from),
        };
        writeln!(out, "    node {}  {run}", node.name)?;
    }
    for carrier in &plan.stack.carriers {
        writeln!(out, "    carrier {}  mock, {:?}", carrier.name, carrier.protocol)?;
    }
    let links = plan.stack.links.len();
    writeln!(out, "    {links} links, each through the fault proxy ({SENDER} is this harness)")
}

/// Every address that may be dialled, and what is said to be there.
fn elsewhere(plan: &Plan, external: &External, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "  targets: \"{}\", which already runs; no other address is dialled",
        external.name
    )?;
    for address in &external.allow {
        let beyond = if address.ip().is_loopback() { "" } else { "  beyond this machine" };
        writeln!(out, "    {address}{beyond}")?;
    }
    for (name, ports) in &external.nodes {
        let ports: Vec<String> = ports.iter().map(|(port, at)| format!("{port} {at}")).collect();
        writeln!(out, "    {name}  {}", ports.join(", "))?;
    }
    for carrier in plan.stack.carriers.iter().filter(|one| !external.runs(&one.name)) {
        writeln!(out, "    carrier {}  mock, started here, {:?}", carrier.name, carrier.protocol)?;
    }
    match &external.proxy {
        Some(at) => writeln!(out, "    fault proxy  {at}, left as it was found")?,
        None => writeln!(out, "    fault proxy  started here")?,
    }
    writeln!(out, "    receipts are taken at {}", external.callback)?;
    if external.beyond_loopback().next().is_some() {
        writeln!(out, "    `squall run` wants --confirm {}", external.name)?;
    }
    Ok(())
}
