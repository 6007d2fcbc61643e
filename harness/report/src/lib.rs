//! Judge and the report formats: from a run folder to every file a reader opens.
//!
//! Plans and facts go in, files come out. Nothing here plays a drill, asks a clock or knows an
//! engine: the same run folder gives the same report on any machine, years later.

mod advice;
mod board;
mod compared;
pub mod comparison;
mod differs;
mod escape;
mod events;
mod evidence;
mod exit;
pub mod format;
mod looked;
mod read;
mod repeat;
mod repeated;
mod run;
mod series;
mod stretch;
mod terminal;
mod timeline;
mod words;
mod write;

pub use format::run_json::schema;
pub use read::{ReadError, read, read_info, records};
pub use run::{DrillReport, RunInfo, RunReport, judge_run};
pub use series::{Bin, Series};
pub use terminal::terminal;
pub use write::{WriteError, write};
