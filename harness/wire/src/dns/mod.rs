//! Names to addresses: DNS messages (RFC 1035) over TCP (RFC 7766), services by SRV (RFC 2782).
//!
//! The platform has no datagrams, so nothing here speaks UDP. One question a message, one place an
//! answer; no recursion, no zones to transfer, no DNSSEC.

mod message;
mod resolver;
#[cfg(test)]
mod tests;

pub use message::{Answer, Place, answer};
pub use resolver::{DnsError, Resolver};

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Seconds for which an answer may be kept.
pub const TTL_S: u32 = 5;

/// Reads one message, with its two octets of length before it. `None`: the peer is done.
///
/// # Errors
/// What the stream says; `UnexpectedEof` within a message.
pub async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0u8; 2];
    if stream.read(&mut length[..1]).await? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut length[1..]).await?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut message).await?;
    Ok(Some(message))
}

/// Writes one message with its length before it, in one piece as RFC 7766 asks.
///
/// # Errors
/// What the stream says; `InvalidInput` for more than 65,535 octets.
pub async fn write<S: AsyncWrite + Unpin>(stream: &mut S, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend_from_slice(message);
    stream.write_all(&framed).await?;
    stream.flush().await
}
