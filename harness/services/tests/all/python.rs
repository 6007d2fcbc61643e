//! Scripts in a virtual environment of their own, made once under the target folder with pinned
//! packages. Without Python they are skipped, loudly; where `CI` is set that is a failure.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Exact versions: a new release must not turn the suite red.
const PACKAGES: [&str; 3] = ["smpplib==2.2.4", "twilio==9.13.0", "toxiproxy-python==0.1.1"];

/// Runs `tests/python/<script>` with `arguments`; its exit status must be 0. False where it was
/// skipped.
pub fn run(script: &str, arguments: &[&str]) -> bool {
    let Some(python) = environment() else {
        assert!(std::env::var_os("CI").is_none(), "{script} cannot be run, and CI wants it");
        eprintln!("SKIPPED {script}: no Python with its packages");
        return false;
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(script);
    let output = Command::new(python).arg(path).args(arguments).output().expect("python runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{script}: {}\n{out}\n{err}", output.status);
    true
}

/// The environment's interpreter. One test at a time makes it, across processes too.
fn environment() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = File::create(folder.join("python.lock")).ok()?;
    lock.lock().ok()?;
    let environment = folder.join("python");
    let python = environment.join("bin/python");
    let mark = environment.join("packages");
    let wanted = PACKAGES.join("\n");
    if std::fs::read_to_string(&mark).is_ok_and(|packages| packages == wanted) {
        return Some(python);
    }
    succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))
        .then_some(())?;
    succeeds(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))
        .then_some(())?;
    std::fs::write(&mark, wanted).ok()?;
    Some(python)
}

fn succeeds(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("{command:?}: {error}");
            false
        }
    }
}
