//! What is shown while drills play: a live line a drill on a terminal, plain lines elsewhere.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use squall_model::plan::Plan;
use squall_model::units::Micros;
use squall_run::Progress;
use std::io::IsTerminal;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// On plain output a drill speaks at each change of phase, and otherwise not more often than this.
const PLAIN_EVERY: Duration = Duration::from_secs(20);

/// Shows what comes over the channel until its last sender is dropped.
pub fn show(drills: Vec<Label>, from: mpsc::Receiver<Progress>) -> JoinHandle<()> {
    std::thread::spawn(move || match is_live() {
        true => bars(&drills, from, ProgressBar::finish),
        false => lines(&drills, from),
    })
}

/// The same for so many drills that only those under way can be shown: a line that ended is taken away,
/// and plain output has none at all, for whoever plays them tells of each.
pub fn show_many(drills: Vec<Label>, from: mpsc::Receiver<Progress>) -> JoinHandle<()> {
    std::thread::spawn(move || match is_live() {
        true => bars(&drills, from, ProgressBar::finish_and_clear),
        false => from.into_iter().for_each(drop),
    })
}

/// Whether lines are drawn over one another.
pub fn is_live() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("CI").is_none()
}

/// How a drill is called while it plays.
pub struct Label {
    scenario: String,
    clock: squall_model::plan::Clock,
}

impl Label {
    pub fn of(plan: &Plan) -> Label {
        Label::called(&plan.title(), plan)
    }

    pub fn called(name: &str, plan: &Plan) -> Label {
        // A feature file may come from anywhere; it gets no say over the terminal.
        let scenario = name.chars().filter(|c| !c.is_control()).collect();
        Label { scenario, clock: plan.clock }
    }

    /// Time of day where the scenario states a clock, else time since the start.
    fn time(&self, at: Micros) -> String {
        let seconds = if self.clock.stated {
            let unix = (self.clock.start_unix_us + at.0) / 1_000_000;
            unix.saturating_add_signed(i64::from(self.clock.offset_seconds)) % 86_400
        } else {
            at.0 / 1_000_000
        };
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    fn line(&self, seen: &Progress) -> String {
        let faults = match seen.faults_active {
            0 => String::new(),
            1 => ", 1 fault active".to_owned(),
            n => format!(", {n} faults active"),
        };
        format!(
            "{} {}, {:.0}/s, {} scheduled, {} delivered{faults}",
            self.time(seen.at),
            seen.phase,
            seen.rate,
            seen.scheduled,
            seen.delivered
        )
    }
}

fn bars(drills: &[Label], from: mpsc::Receiver<Progress>, end: fn(&ProgressBar)) {
    let screen = MultiProgress::new();
    let style = ProgressStyle::with_template("{prefix:.bold} {bar:24} {percent:>3}% {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let mut shown: Vec<Option<ProgressBar>> = drills.iter().map(|_| None).collect();
    for seen in from {
        let (Some(drill), Some(slot)) = (drills.get(seen.drill), shown.get_mut(seen.drill)) else {
            continue;
        };
        let bar = slot.get_or_insert_with(|| {
            let bar = screen.add(ProgressBar::new(seen.ends.as_millis().max(1)));
            bar.set_style(style.clone());
            bar.set_prefix(short(&drill.scenario));
            bar
        });
        bar.set_position(seen.at.as_millis());
        bar.set_message(drill.line(&seen));
        if seen.at >= seen.ends {
            end(bar);
        }
    }
    for bar in shown.into_iter().flatten() {
        end(&bar);
    }
}

fn lines(drills: &[Label], from: mpsc::Receiver<Progress>) {
    let mut last: Vec<Option<(String, Instant)>> = drills.iter().map(|_| None).collect();
    for seen in from {
        let (Some(drill), Some(slot)) = (drills.get(seen.drill), last.get_mut(seen.drill)) else {
            continue;
        };
        let quiet = slot
            .as_ref()
            .is_some_and(|(phase, at)| *phase == seen.phase && at.elapsed() < PLAIN_EVERY);
        if !quiet {
            eprintln!("{}: {}", drill.scenario, drill.line(&seen));
            *slot = Some((seen.phase.clone(), Instant::now()));
        }
    }
}

fn short(name: &str) -> String {
    const MOST: usize = 44;
    if name.chars().count() <= MOST {
        return format!("{name:MOST$}");
    }
    name.chars().take(MOST - 1).chain(['…']).collect()
}
