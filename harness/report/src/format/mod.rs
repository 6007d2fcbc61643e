//! The table of report formats: one file (or folder) here, one line below, one file in a run folder.
//!
//! A test holds folder and table equal. A format turns the judged run into bytes; it opens no file.

use crate::run::RunReport;
use std::io::{self, Write};

/// One kind of report file.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Module of this folder.
    pub module: &'static str,
    /// Name of the file in the run folder.
    pub file: &'static str,
    pub write: fn(&RunReport, &mut dyn Write) -> io::Result<()>,
}

macro_rules! formats {
    ($($module:ident => $file:literal),* $(,)?) => {
        $(pub mod $module;)*

        pub const FORMATS: &[Format] =
            &[$(Format { module: stringify!($module), file: $file, write: $module::write }),*];
    };
}

formats! {
    run_json => "run.json",
    messages_csv => "messages.csv",
    report_html => "report.html",
    summary_md => "summary.md",
    junit_xml => "junit.xml",
}
