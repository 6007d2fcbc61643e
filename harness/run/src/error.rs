//! What keeps a drill from being played at all. A failed lever or an interrupt is none of these:
//! those are facts, and the drill's report is still written.

use thiserror::Error;

#[derive(Debug, Error)]
pub enum RunError {
    #[error("cannot raise the stack: {0}")]
    Raise(String),
    #[error("cannot write the facts: {0}")]
    Facts(#[source] std::io::Error),
    #[error("{what}: {source}")]
    Io {
        what: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{0}")]
    Plan(String),
}

impl RunError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> RunError {
        let what = what.into();
        move |source| RunError::Io { what, source }
    }
}
