//! What a comparison is going to play, written before the first drill: the order of its cells, and so
//! where it goes on after an interruption.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use squall_model::about::Repeat;
use squall_model::plan::Plan;
use squall_report::comparison::Info;
use std::path::{Path, PathBuf};

const SCHEMA: &str = "squall.comparison-plan/1";
const FILE: &str = "comparison-plan.json";
/// Below it, a run folder a cell.
const DRILLS: &str = "drills";

#[derive(Serialize, Deserialize)]
pub struct Manifest {
    pub schema: String,
    pub squall: String,
    /// RFC 3339, in UTC.
    pub started: String,
    pub command: Vec<String>,
    pub engine: String,
    /// Columns, in their order.
    pub stacks: Vec<String>,
    /// Where the stacks are described.
    pub stacks_dir: PathBuf,
    pub repeats: u32,
    /// Per drill, per stack.
    pub drills: Vec<Vec<Plan>>,
}

/// One drill on one stack, once.
pub struct Cell {
    pub stack: String,
    /// Below the comparison's folder.
    pub folder: PathBuf,
    pub plan: Plan,
}

impl Manifest {
    pub fn new(
        engine: &str,
        stacks: Vec<String>,
        stacks_dir: PathBuf,
        repeats: u32,
        drills: Vec<Vec<Plan>>,
    ) -> Self {
        Manifest {
            schema: SCHEMA.to_owned(),
            squall: env!("CARGO_PKG_VERSION").to_owned(),
            started: jiff::Timestamp::now().to_string(),
            command: crate::commands::run::typed(),
            engine: engine.to_owned(),
            stacks,
            stacks_dir,
            repeats,
            drills,
        }
    }

    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILE).is_file()
    }

    /// # Errors
    /// There is none, or of another version.
    pub fn read(folder: &Path) -> Result<Manifest> {
        let path = folder.join(FILE);
        let what = || format!("cannot read {}: this is no folder of a comparison", path.display());
        let bytes = std::fs::read(&path).with_context(what)?;
        let manifest: Manifest = serde_json::from_slice(&bytes).with_context(what)?;
        if manifest.schema != SCHEMA {
            bail!("{} is of {}, this squall knows {SCHEMA}", path.display(), manifest.schema);
        }
        Ok(manifest)
    }

    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        std::fs::write(&path, serde_json::to_vec(self)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// What the page says of the comparison; `missing`: drills without a play.
    pub fn info(&self, missing: Vec<String>) -> Info {
        Info {
            squall: self.squall.clone(),
            started: self.started.clone(),
            command: self.command.clone(),
            asked: self.repeats,
            missing,
        }
    }

    /// Every drill on every stack before any of them again: what changes in the surroundings hits all
    /// alike. Each repeat has another seed, the same for all stacks.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for number in 1..=self.repeats {
            for (index, drill) in self.drills.iter().enumerate() {
                for (column, (stack, plan)) in self.stacks.iter().zip(drill).enumerate() {
                    let mut plan = plan.clone();
                    plan.seed = plan.seed.wrapping_add(u64::from(number - 1));
                    if self.repeats > 1 {
                        plan.about.repeat = Some(Repeat { number, of: self.repeats });
                    }
                    let name = format!("{number:02}-{:02}-{}", index + 1, column + 1);
                    let folder = Path::new(DRILLS).join(name);
                    cells.push(Cell { stack: stack.clone(), folder, plan });
                }
            }
        }
        cells
    }
}
