//! One question and its answer in the link's own protocol. Written by hand, byte by byte, so that a
//! probe shares no code with what it probes.

use super::brokers;
use squall_model::stack::LinkProtocol;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Longest answer that is read.
pub(super) const MOST: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Talk {
    /// `GET /health`: any complete answer will do, an unhealthy one too.
    Http,
    /// enquire_link and its response (SMPP 3.4, section 4.11), other PDUs in between skipped.
    Smpp,
    /// OPTIONS and its response (RFC 3261, section 11).
    Sip,
    /// An empty frame and its echo, see `squall_wire::frames`.
    Frames,
    /// The handshake of AMQP 0-9-1; after that a channel, opened and closed.
    Amqp,
    /// PING and PONG.
    Nats,
    /// PING and `+PONG`.
    Redis,
    /// A question to a name server (RFC 1035 over TCP) for the place of a service.
    Name(String),
}

impl From<LinkProtocol> for Talk {
    fn from(protocol: LinkProtocol) -> Self {
        match protocol {
            LinkProtocol::Http | LinkProtocol::Https => Talk::Http,
            LinkProtocol::Smpp => Talk::Smpp,
            LinkProtocol::Sip => Talk::Sip,
            LinkProtocol::Frames => Talk::Frames,
            LinkProtocol::Amqp => Talk::Amqp,
            LinkProtocol::Nats => Talk::Nats,
            LinkProtocol::Redis => Talk::Redis,
        }
    }
}

impl Talk {
    /// On a new connection.
    ///
    /// # Errors
    /// Where the connection breaks, ends, or answers something else.
    pub(super) async fn exchange<S>(&self, stream: &mut S) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self {
            Talk::Http => http(stream).await,
            Talk::Smpp => smpp(stream).await,
            Talk::Sip => sip(stream).await,
            Talk::Name(name) => question(stream, name).await,
            Talk::Amqp => brokers::amqp(stream).await,
            Talk::Nats => brokers::nats(stream).await,
            Talk::Redis => brokers::redis(stream).await,
            Talk::Frames => {
                stream.write_all(&0u32.to_be_bytes()).await?;
                stream.flush().await?;
                match stream.read_u32().await? {
                    0 => Ok(()),
                    _ => Err(io::ErrorKind::InvalidData.into()),
                }
            }
        }
    }

    /// On a connection that has answered before.
    ///
    /// # Errors
    /// As [`Talk::exchange`].
    pub(super) async fn again<S>(&self, stream: &mut S) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self {
            Talk::Amqp => brokers::amqp_again(stream).await,
            _ => self.exchange(stream).await,
        }
    }
}

async fn http<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: probe\r\n\r\n").await?;
    stream.flush().await?;
    answered(stream, "HTTP/1.1 ").await
}

/// Waits for one whole answer: both protocols frame theirs by its Content-Length.
async fn answered<S: AsyncRead + Unpin>(stream: &mut S, version: &str) -> io::Result<()> {
    let mut answer = Vec::new();
    loop {
        if let Some(length) = complete(&answer, version)? {
            if answer.len() >= length {
                return Ok(());
            }
        } else if answer.len() > MOST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Length of the whole answer, once its head is there.
fn complete(answer: &[u8], version: &str) -> io::Result<Option<usize>> {
    let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&answer[..head]).map_err(|_| io::ErrorKind::InvalidData)?;
    if !text.starts_with(version) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Some(0), |(_, value)| value.trim().parse::<usize>().ok())
        .filter(|length| *length <= MOST)
        .ok_or(io::ErrorKind::InvalidData)?;
    Ok(Some(head + 4 + length))
}

/// RFC 3261, section 11: whoever is asked for its options answers with a final response.
async fn sip<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    const OPTIONS: &str = "OPTIONS sip:squall.invalid SIP/2.0\r\n\
        Via: SIP/2.0/TCP probe.invalid;branch=z9hG4bKprobe\r\n\
        Max-Forwards: 70\r\n\
        To: <sip:squall.invalid>\r\n\
        From: <sip:probe.invalid>;tag=probe\r\n\
        Call-ID: probe@probe.invalid\r\n\
        CSeq: 1 OPTIONS\r\n\
        Content-Length: 0\r\n\r\n";
    stream.write_all(OPTIONS.as_bytes()).await?;
    stream.flush().await?;
    answered(stream, "SIP/2.0 ").await
}

async fn smpp<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    const ENQUIRE_LINK: u32 = 0x0000_0015;
    const ENQUIRE_LINK_RESP: u32 = 0x8000_0015;
    let mut pdu = [0u8; 16];
    pdu[..4].copy_from_slice(&16u32.to_be_bytes());
    pdu[4..8].copy_from_slice(&ENQUIRE_LINK.to_be_bytes());
    pdu[12..].copy_from_slice(&1u32.to_be_bytes());
    stream.write_all(&pdu).await?;
    stream.flush().await?;
    loop {
        let (length, command) = (stream.read_u32().await? as usize, stream.read_u32().await?);
        let (_status, _sequence) = (stream.read_u32().await?, stream.read_u32().await?);
        if !(16..=MOST).contains(&length) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; length - 16];
        stream.read_exact(&mut body).await?;
        match command {
            ENQUIRE_LINK_RESP => return Ok(()),
            // The peer may ask the same of us first.
            command if command & 0x8000_0000 == 0 => {}
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// The name server answered, and that it cannot tell.
#[derive(Debug, thiserror::Error)]
#[error("the name server answers with code {0} and {1} records")]
pub(super) struct Unresolved(u8, u16);

async fn question<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, name: &str) -> io::Result<()> {
    const ID: u16 = 0x5351;
    const SRV_IN: [u8; 4] = [0, 33, 0, 1];
    // Head: id, no flags, one question, no records.
    let mut message = [&ID.to_be_bytes()[..], &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]].concat();
    for label in name.split('.') {
        let length = u8::try_from(label.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        message.push(length);
        message.extend_from_slice(label.as_bytes());
    }
    message.push(0);
    message.extend_from_slice(&SRV_IN);
    let length = u16::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes()[..], &message].concat()).await?;
    stream.flush().await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    let [id_high, id_low, flags, code, _, _, high, low, ..] = answer[..] else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    if u16::from_be_bytes([id_high, id_low]) != ID || flags & 0x80 == 0 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    match (code & 15, u16::from_be_bytes([high, low])) {
        (0, 1..) => Ok(()),
        (code, records) => Err(io::Error::other(Unresolved(code, records))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_servers_failure_is_told_from_its_answer_and_from_its_silence() {
        let (mut near, mut far) = tokio::io::duplex(1024);
        // Length, id, flags, code, questions, answers, authorities, additional records.
        let reply =
            |code: u8, answers: u8| [0, 12, 0x53, 0x51, 0x84, code, 0, 0, 0, answers, 0, 0, 0, 0];
        let talk = Talk::Name("_http._tcp.b.x".into());
        for (code, answers, told) in [(0, 1, true), (2, 0, false), (3, 0, false), (0, 0, false)] {
            far.write_all(&reply(code, answers)).await.unwrap();
            let asked = talk.exchange(&mut near).await;
            assert_eq!(asked.is_ok(), told, "{code} {answers}");
            let inner = asked.err().and_then(io::Error::into_inner);
            assert_eq!(inner.is_some_and(|why| why.is::<Unresolved>()), !told);
        }
        let mut question = [0u8; 34];
        far.read_exact(&mut question).await.unwrap();
        assert_eq!(&question[..2], [0, 32]);
        assert_eq!(&question[14..], b"\x05_http\x04_tcp\x01b\x01x\0\0\x21\0\x01");
        far.write_all(&[0, 12, 1, 1, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]).await.unwrap();
        assert_eq!(talk.exchange(&mut near).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        drop(far);
        assert!(talk.exchange(&mut near).await.unwrap_err().into_inner().is_none());
    }

    #[tokio::test]
    async fn an_answer_counts_only_when_it_is_whole() {
        let (mut near, mut far) = tokio::io::duplex(1024);
        let serve = async {
            let mut question = [0u8; 256];
            let n = far.read(&mut question).await.unwrap();
            assert!(question[..n].starts_with(b"GET /health HTTP/1.1\r\n"));
            far.write_all(b"HTTP/1.1 503 Nope\r\ncontent-length: 4\r\n\r\nab").await.unwrap();
            drop(far);
        };
        let (asked, ()) = tokio::join!(Talk::Http.exchange(&mut near), serve);
        assert_eq!(asked.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn a_sip_answer_is_any_response() {
        let (mut near, mut far) = tokio::io::duplex(1024);
        far.write_all(b"SIP/2.0 486 Busy Here\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        Talk::Sip.exchange(&mut near).await.unwrap();
        far.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        assert!(Talk::Sip.exchange(&mut near).await.is_err());
    }

    #[tokio::test]
    async fn smpp_skips_requests_and_refuses_lies() {
        let (mut near, mut far) = tokio::io::duplex(1024);
        let pdu = |length: u32, command: u32| {
            [length, command, 0, 1].iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>()
        };
        far.write_all(&pdu(16, 0x15)).await.unwrap();
        far.write_all(&pdu(16, 0x8000_0015)).await.unwrap();
        Talk::Smpp.exchange(&mut near).await.unwrap();
        far.write_all(&pdu(3, 0x8000_0015)).await.unwrap();
        assert!(Talk::Smpp.exchange(&mut near).await.is_err());
    }
}
