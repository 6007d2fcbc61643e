//! Exit codes, a promise to scripts. Where several apply the strongest wins: 4, 2, 1, 3, 0.

use std::process::ExitCode;

/// Declared from the weakest to the strongest, so that `max` picks the one to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Met,
    Inconclusive,
    Breached,
    Mistake,
    NotUndone,
}

impl Exit {
    /// The exit of a judged run's code; an unknown code is no success.
    pub fn of(code: u8) -> Exit {
        match code {
            0 => Exit::Met,
            1 => Exit::Breached,
            2 => Exit::Mistake,
            4 => Exit::NotUndone,
            _ => Exit::Inconclusive,
        }
    }

    pub fn code(self) -> u8 {
        match self {
            Exit::Met => 0,
            Exit::Breached => 1,
            Exit::Mistake => 2,
            Exit::Inconclusive => 3,
            Exit::NotUndone => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Shown by `--help`.
pub const HELP: &str = "Exit codes (the strongest wins in the order 4, 2, 1, 3, 0):
  0  every drill met
  1  an objective breached, or a canary passed
  2  a mistake in what was asked for; nothing was started
  3  inconclusive: a fault did not take effect, load not held, interrupted, environment failed
  4  an undo could not be verified; run `squall recover`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_code_wins_in_the_promised_order() {
        let mut all =
            [Exit::Met, Exit::Breached, Exit::Mistake, Exit::Inconclusive, Exit::NotUndone];
        all.sort_by(|a, b| b.cmp(a));
        assert_eq!(all.map(Exit::code), [4, 2, 1, 3, 0]);
    }
}
