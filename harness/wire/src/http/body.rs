//! Reads a body to its end, within a cap.
//!
//! A body that came in one piece, as nearly all do, is handed on without a copy.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body is longer than {0} octets")]
    TooLong(usize),
    #[error("the body was cut off: {0}")]
    Broken(#[from] hyper::Error),
}

pub(super) async fn read(mut body: Incoming, cap: usize) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > cap as u64 {
        return Err(BodyError::TooLong(cap));
    }
    let mut whole = Bytes::new();
    let mut more = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        if whole.len() + more.len() + piece.len() > cap {
            return Err(BodyError::TooLong(cap));
        }
        if whole.is_empty() && more.is_empty() {
            whole = piece;
        } else {
            if more.is_empty() {
                more.extend_from_slice(&std::mem::take(&mut whole));
            }
            more.extend_from_slice(&piece);
        }
    }
    Ok(if more.is_empty() { whole } else { more.freeze() })
}
