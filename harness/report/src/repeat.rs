//! How a drill is played again: the exact command, for every format that states one.

use crate::escape;
use crate::run::{DrillReport, RunReport};
use squall_model::about::SettingAbout;
use squall_model::stack::is_secret;
use squall_model::units::Micros;

/// A real-time engine wants to be told before it plays anything longer.
const LONG: Micros = Micros::from_secs(15 * 60);
/// The command that plays this drill alone again, with its engine and seed, ready for a shell. The
/// settings are the scenario's own, in the file that it names.
pub fn command(run: &RunReport, drill: &DrillReport) -> String {
    let plan = drill.plan();
    let engine = drill.record.header.engine.as_str();
    let drill = format!("{}:{}", plan.file, plan.line);
    let mut words = vec!["squall".to_owned(), "run".into(), drill];
    match &plan.stack.external {
        // It is played where it runs.
        Some(external) if external.beyond_loopback().next().is_some() => {
            words.extend(["--confirm".into(), external.name.clone()]);
        }
        Some(_) => {}
        None => words.extend(["--engine".into(), engine.to_owned()]),
    }
    words.extend(["--seed".into(), plan.seed.to_string()]);
    if let Some(stack) = option(&run.info.command, "--stack") {
        words.extend(["--stack".into(), stack.to_owned()]);
    }
    if engine != "sim" && plan.end + plan.drain > LONG {
        words.push("--allow-long".into());
    }
    words.iter().map(|word| escape::shell(word)).collect::<Vec<_>>().join(" ")
}

/// The value of an option of the command line that was typed.
fn option<'a>(typed: &'a [String], name: &str) -> Option<&'a str> {
    let at = typed.iter().position(|word| word.split('=').next() == Some(name))?;
    match typed[at].split_once('=') {
        Some((_, value)) => Some(value),
        None => typed.get(at + 1).map(String::as_str),
    }
}

/// A setting that is not what the stack's file says by default.
pub struct Changed<'a> {
    pub name: &'a str,
    pub value: &'a str,
    pub about: Option<&'a SettingAbout>,
}

/// Settings of the drill that differ from the stack's own; all of them where those are not known.
pub fn settings(drill: &DrillReport) -> Vec<Changed<'_>> {
    let plan = drill.plan();
    let mut changed = Vec::new();
    for (name, value) in &plan.stack.settings {
        let about = plan.about.settings.get(name);
        if about.is_some_and(|about| about.default == *value) {
            continue;
        }
        changed.push(Changed { name, value: shown(name, value), about });
    }
    changed
}

/// A setting's value as a report may show it.
pub fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    if is_secret(name) { "not shown" } else { value }
}

#[cfg(test)]
mod tests {
    use super::option;

    #[test]
    fn an_option_is_found_in_both_its_spellings() {
        let typed = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(option(&typed("squall run --stack small x"), "--stack"), Some("small"));
        assert_eq!(option(&typed("squall run --stack=small x"), "--stack"), Some("small"));
        assert_eq!(option(&typed("squall run --stacks small"), "--stack"), None);
        assert_eq!(option(&typed("squall run --stack"), "--stack"), None);
    }
}
