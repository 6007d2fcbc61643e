//! The run folder read back: `plan.json` and `facts.jsonl` (or `facts.jsonl.zst`) to records.
//!
//! One drill is in memory at a time for who uses [`records`]. Nothing is repaired silently: a line
//! that cannot be read names its file, its number and what to do. The one exception is a last line
//! that was cut off by a crash, which is left out and noted in the record.

use crate::run::RunInfo;
use serde::Deserialize;
use squall_model::fact::Fact;
use squall_model::plan::Plan;
use squall_model::record::{Header, Record, SCHEMA};
use squall_model::units::Micros;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Longest line a facts file may have; a fact is a few hundred bytes.
const LONGEST_LINE: u64 = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{path} cannot be read, and a run folder holds plan.json and facts.jsonl")]
    Open { path: PathBuf, source: io::Error },
    #[error("{path}: cannot be read on; the file is damaged, play the drill again")]
    Stream { path: PathBuf, source: io::Error },
    #[error("{path}: not a list of plans; play the drill again, or use the squall that wrote it")]
    Plan { path: PathBuf, source: serde_json::Error },
    #[error("{path}:{line}: {problem}; {remedy}")]
    Line { path: PathBuf, line: usize, problem: String, remedy: &'static str },
}

/// Every record of a run folder.
///
/// # Errors
/// A file that is missing or cannot be read, with the line where there is one.
pub fn read(dir: &Path) -> Result<Vec<Record>, ReadError> {
    records(dir)?.collect()
}

/// The records of a run folder, one after the other, each read when it is asked for.
///
/// # Errors
/// `plan.json` or the facts file is missing, or the plans cannot be read.
pub fn records(dir: &Path) -> Result<Records, ReadError> {
    let path = dir.join("plan.json");
    let file =
        File::open(&path).map_err(|source| ReadError::Open { path: path.clone(), source })?;
    let plans: Vec<Plan> = serde_json::from_reader(BufReader::new(file))
        .map_err(|source| ReadError::Plan { path, source })?;
    let (path, input) = open_facts(dir)?;
    Ok(Records { path, input, line: 0, plans, header: None, done: false })
}

fn open_facts(dir: &Path) -> Result<(PathBuf, Box<dyn BufRead>), ReadError> {
    let plain = dir.join("facts.jsonl");
    let packed = dir.join("facts.jsonl.zst");
    if plain.exists() || !packed.exists() {
        let file =
            File::open(&plain).map_err(|source| ReadError::Open { path: plain.clone(), source })?;
        return Ok((plain, Box::new(BufReader::with_capacity(1 << 16, file))));
    }
    let open = |source| ReadError::Open { path: packed.clone(), source };
    let file = File::open(&packed).map_err(open)?;
    let decoder = zstd::Decoder::new(file).map_err(open)?;
    Ok((packed, Box::new(BufReader::with_capacity(1 << 16, decoder))))
}

/// Iterator over the records of one run folder.
pub struct Records {
    path: PathBuf,
    input: Box<dyn BufRead>,
    line: usize,
    plans: Vec<Plan>,
    /// Read ahead: the header of the drill that comes next.
    header: Option<Header>,
    done: bool,
}

enum Line {
    Header(Header),
    Fact(Box<Fact>),
    /// The file ends in the middle of a line.
    CutOff,
    End,
}

impl Iterator for Records {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.record();
        self.done = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

impl Records {
    fn record(&mut self) -> Result<Option<Record>, ReadError> {
        let header = match self.header.take() {
            Some(header) => header,
            None => match self.line()? {
                Line::Header(header) => header,
                Line::End | Line::CutOff => return Ok(None),
                Line::Fact(_) => {
                    return Err(self.error(
                        "a fact before the first header".into(),
                        "the start of the file is missing; play the drill again",
                    ));
                }
            },
        };
        let plan = self.plan(&header)?;
        let end = plan.end + plan.drain;
        let mut record = Record::builder(header, plan);
        loop {
            match self.line()? {
                Line::Fact(fact) => record.push(*fact),
                Line::Header(next) => {
                    self.header = Some(next);
                    break;
                }
                Line::CutOff => record.push(cut_off(end)),
                Line::End => break,
            }
        }
        Ok(Some(record.finish()))
    }

    fn plan(&self, header: &Header) -> Result<Plan, ReadError> {
        if major(&header.schema) != major(SCHEMA) {
            return Err(self.error(
                format!("facts of schema {:?}, this squall reads {SCHEMA:?}", header.schema),
                "use the squall that played the drill",
            ));
        }
        self.plans.get(header.drill).cloned().ok_or_else(|| {
            self.error(
                format!("drill {} of a plan of {}", header.drill, self.plans.len()),
                "plan.json and the facts are of different runs; play the drill again",
            )
        })
    }

    fn line(&mut self) -> Result<Line, ReadError> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = (&mut self.input)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut bytes)
                .map_err(|source| ReadError::Stream { path: self.path.clone(), source });
            if read? == 0 {
                return Ok(Line::End);
            }
            self.line += 1;
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        let whole = bytes.ends_with(b"\n");
        if !whole && bytes.len() as u64 >= LONGEST_LINE {
            return Err(self.error("a line over 1 MiB".into(), "this is no facts file of squall"));
        }
        // A header is the only line with a schema; facts carry their kind as the only key.
        let parsed = if bytes.starts_with(b"{\"schema\"") {
            serde_json::from_slice(&bytes).map(Line::Header)
        } else {
            serde_json::from_slice(&bytes).map(|fact| Line::Fact(Box::new(fact)))
        };
        match parsed {
            Ok(line) => Ok(line),
            Err(_) if !whole => Ok(Line::CutOff),
            Err(source) => Err(self.error(
                format!("cannot be read: {source}"),
                "the file is damaged or of another version; play the drill again",
            )),
        }
    }

    fn error(&self, problem: String, remedy: &'static str) -> ReadError {
        ReadError::Line { path: self.path.clone(), line: self.line, problem, remedy }
    }
}

/// `squall.facts/1` of `squall.facts/1.4`: what must agree.
fn major(schema: &str) -> &str {
    schema.split('.').take(2).map(str::len).reduce(|a, b| a + 1 + b).map_or("", |n| &schema[..n])
}

/// A drill whose facts end in the middle of a line was interrupted: the judge must know.
fn cut_off(at: Micros) -> Fact {
    Fact::Interrupted {
        at,
        reason: "the facts end in the middle of a line: squall was killed while it wrote".into(),
    }
}

/// What `run.json` of an earlier rendering says about the run; defaults where there is none.
pub fn read_info(dir: &Path) -> RunInfo {
    #[derive(Deserialize)]
    struct Known {
        squall: String,
        started: String,
        engine: String,
        seed: u64,
        wall_ms: u64,
        exit_code: u8,
        #[serde(default)]
        command: Vec<String>,
    }
    let known: Option<Known> = File::open(dir.join("run.json"))
        .ok()
        .and_then(|file| serde_json::from_reader(BufReader::new(file)).ok());
    match known {
        Some(Known { squall, started, engine, seed, wall_ms, exit_code, command }) => RunInfo {
            squall,
            engine,
            seed,
            started,
            wall_ms,
            command,
            undo_verified: exit_code != 4,
        },
        None => RunInfo::default(),
    }
}
