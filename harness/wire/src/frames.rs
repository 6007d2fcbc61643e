//! Length-prefixed frames between a stack's own nodes: u32 big-endian length, then that many bytes.
//!
//! An empty frame is a ping; the serving side echoes it. What a frame means is its users' affair.
//! Reading and writing run side by side in one task, so two peers that both send much never wait
//! for each other; frames that wait together leave in one write.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use squall_platform::{ReadHalf, Stream};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

/// Longest frame, without its prefix.
pub const MAX: usize = 1 << 20;
/// No more frames are taken up for writing beyond this many unsent bytes.
const UNSENT: usize = 256 << 10;
const READ: usize = 16 << 10;

#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of {0} bytes is longer than {MAX}")]
    TooLong(usize),
    #[error("the connection ended inside a frame")]
    CutOff,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Which side of the connection this is: the serving one answers pings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Serving,
    Calling,
}

/// Whether to read on after a frame.
pub use std::ops::ControlFlow;

/// Writes one frame at the end of `out`.
///
/// # Errors
/// [`FrameError::TooLong`].
pub fn put(out: &mut BytesMut, frame: &[u8]) -> Result<(), FrameError> {
    if frame.len() > MAX {
        return Err(FrameError::TooLong(frame.len()));
    }
    out.reserve(4 + frame.len());
    out.put_u32(frame.len() as u32);
    out.put_slice(frame);
    Ok(())
}

/// Takes the first whole frame off `buffer`, if it holds one.
///
/// # Errors
/// [`FrameError::TooLong`], before any of the frame is waited for or allocated.
pub fn take(buffer: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
    let Some(prefix) = buffer.first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_be_bytes(*prefix) as usize;
    if length > MAX {
        return Err(FrameError::TooLong(length));
    }
    if buffer.len() < 4 + length {
        return Ok(None);
    }
    buffer.advance(4);
    Ok(Some(buffer.split_to(length).freeze()))
}

/// Carries frames both ways until the peer closes, `on_frame` breaks, or every sender of
/// `outgoing` is gone and its frames are written.
///
/// `on_frame` must not block; bounding what it keeps is its own affair. On the serving side pings
/// are answered here, on the calling side their echoes come to `on_frame` as empty frames.
///
/// # Errors
/// A peer that breaks the framing, or a broken connection.
pub async fn exchange(
    stream: Stream,
    side: Side,
    outgoing: &mut mpsc::UnboundedReceiver<Bytes>,
    mut on_frame: impl FnMut(Bytes) -> ControlFlow<()>,
) -> Result<(), FrameError> {
    let (mut read, mut write) = stream.into_split();
    let (mut incoming, mut unsent) = (BytesMut::new(), BytesMut::new());
    let mut waiting = Vec::new();
    let mut open = true;
    while open || !unsent.is_empty() {
        tokio::select! {
            biased;
            written = write.write_buf(&mut unsent), if !unsent.is_empty() => {
                if written? == 0 {
                    return Err(io::Error::from(io::ErrorKind::WriteZero).into());
                }
            }
            count = outgoing.recv_many(&mut waiting, 256), if open && unsent.len() < UNSENT => {
                open = count > 0;
                for frame in waiting.drain(..) {
                    put(&mut unsent, &frame)?;
                }
            }
            more = fill(&mut read, &mut incoming) => {
                if !more? {
                    return if incoming.is_empty() { Ok(()) } else { Err(FrameError::CutOff) };
                }
                while let Some(frame) = take(&mut incoming)? {
                    if side == Side::Serving && frame.is_empty() {
                        put(&mut unsent, &[])?;
                    } else if on_frame(frame).is_break() {
                        return Ok(());
                    }
                }
            }
        }
    }
    Ok(())
}

/// Reads what is there; false at the end of the stream. Cancelling it loses nothing.
async fn fill(read: &mut ReadHalf, incoming: &mut BytesMut) -> io::Result<bool> {
    incoming.reserve(READ);
    Ok(read.read_buf(incoming).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20),
            cut in 1usize..40,
        ) {
            let mut wire = BytesMut::new();
            for frame in &frames {
                put(&mut wire, frame).expect("a frame of fair size");
            }
            let (mut buffer, mut seen) = (BytesMut::new(), Vec::new());
            for piece in wire.chunks(cut) {
                buffer.extend_from_slice(piece);
                while let Some(frame) = take(&mut buffer).expect("whole frames") {
                    seen.push(frame.to_vec());
                }
            }
            prop_assert_eq!(seen, frames);
            prop_assert!(buffer.is_empty());
        }

        #[test]
        fn any_bytes_are_frames_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = take(&mut buffer) {}
        }
    }

    #[test]
    fn a_lying_length_is_refused_before_it_is_waited_for() {
        let mut buffer = BytesMut::from(&(MAX as u32 + 1).to_be_bytes()[..]);
        assert!(matches!(take(&mut buffer), Err(FrameError::TooLong(_))));
        assert!(put(&mut BytesMut::new(), &vec![0; MAX + 1]).is_err());
    }
}
