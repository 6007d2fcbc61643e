//! How many files, and so connections, this process and its children may have open.

use crate::RunError;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the soft limit to the hard one and gives it; children inherit both. A shell's usual 1,024
/// are fewer than the connections of a sender whose messages wait.
///
/// # Errors
/// Where the operating system tells no limit or does not let it be raised.
pub fn raise_limit() -> Result<u64, RunError> {
    let refused = || RunError::io("cannot raise the limit of open files");
    let (soft, hard) =
        getrlimit(Resource::RLIMIT_NOFILE).map_err(|errno| refused()(errno.into()))?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_err(|errno| refused()(errno.into()))?;
    }
    Ok(hard)
}
