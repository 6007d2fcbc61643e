//! What a probe says to message brokers: AMQP 0-9-1, NATS and Redis, byte by byte.
//!
//! It asks whether they answer and nothing else: no queue, no stream and no key is looked at.

use super::exchange::MOST;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Class and method of AMQP 0-9-1, section 1.4 and 1.5 of its reference.
type Method = (u16, u16);
const START: Method = (10, 10);
const START_OK: Method = (10, 11);
const TUNE: Method = (10, 30);
const TUNE_OK: Method = (10, 31);
const OPEN: Method = (10, 40);
const OPEN_OK: Method = (10, 41);
const CHANNEL_OPEN: Method = (20, 10);
const CHANNEL_OPEN_OK: Method = (20, 11);
const CHANNEL_CLOSE: Method = (20, 40);
const CHANNEL_CLOSE_OK: Method = (20, 41);
const METHOD_FRAME: u8 = 1;
const HEARTBEAT_FRAME: u8 = 8;
const FRAME_END: u8 = 0xCE;
/// The account that a broker has from the start; it opens a connection and nothing more.
const PLAIN: &[u8] = b"\0guest\0guest";

/// The handshake, from the protocol's header to an open connection.
pub(super) async fn amqp<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.write_all(b"AMQP\0\0\x09\x01").await?;
    stream.flush().await?;
    expect(stream, START).await?;
    let no_properties = [0, 0, 0, 0];
    let response = [&(PLAIN.len() as u32).to_be_bytes()[..], PLAIN].concat();
    let chosen = [&no_properties[..], b"\x05PLAIN", &response, b"\x05en_US"].concat();
    say(stream, 0, START_OK, &chosen).await?;
    expect(stream, TUNE).await?;
    // One channel, frames as small as may be, and no heartbeats: looks may be far between.
    say(stream, 0, TUNE_OK, &[0, 1, 0, 0, 0x10, 0, 0, 0]).await?;
    say(stream, 0, OPEN, b"\x01/\x00\x00").await?;
    expect(stream, OPEN_OK).await
}

/// On a connection that stands: a channel is opened and closed.
pub(super) async fn amqp_again<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
) -> io::Result<()> {
    say(stream, 1, CHANNEL_OPEN, &[0]).await?;
    expect(stream, CHANNEL_OPEN_OK).await?;
    say(stream, 1, CHANNEL_CLOSE, &[0, 200, 0, 0, 0, 0, 0]).await?;
    expect(stream, CHANNEL_CLOSE_OK).await
}

async fn say<S: AsyncWrite + Unpin>(
    stream: &mut S,
    channel: u16,
    (class, method): Method,
    arguments: &[u8],
) -> io::Result<()> {
    let size = arguments.len() as u32 + 4;
    let mut frame = vec![METHOD_FRAME];
    frame.extend(channel.to_be_bytes());
    frame.extend(size.to_be_bytes());
    frame.extend(class.to_be_bytes());
    frame.extend(method.to_be_bytes());
    frame.extend_from_slice(arguments);
    frame.push(FRAME_END);
    stream.write_all(&frame).await?;
    stream.flush().await
}

/// The next method must be this one; heartbeats in between are passed over.
async fn expect<S: AsyncRead + Unpin>(stream: &mut S, wanted: Method) -> io::Result<()> {
    loop {
        let (kind, _channel) = (stream.read_u8().await?, stream.read_u16().await?);
        let size = stream.read_u32().await? as usize;
        if size > MOST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut payload = vec![0; size];
        stream.read_exact(&mut payload).await?;
        if stream.read_u8().await? != FRAME_END {
            return Err(io::ErrorKind::InvalidData.into());
        }
        match (kind, &payload[..]) {
            (HEARTBEAT_FRAME, _) => {}
            (METHOD_FRAME, [a, b, c, d, ..])
                if (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])) == wanted =>
            {
                return Ok(());
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// PING until PONG. The server's INFO comes first on a new connection, and it may PING by itself.
pub(super) async fn nats<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.write_all(b"PING\r\n").await?;
    stream.flush().await?;
    loop {
        let line = line(stream).await?;
        match line.split(|byte| *byte == b' ').next() {
            Some(b"PONG") => return Ok(()),
            Some(b"PING") => stream.write_all(b"PONG\r\n").await?,
            Some(b"INFO" | b"+OK") => {}
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// PING and `+PONG`. A server that still loads its file answers otherwise, and is not there yet.
pub(super) async fn redis<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.write_all(b"*1\r\n$4\r\nPING\r\n").await?;
    stream.flush().await?;
    match &line(stream).await?[..] {
        b"+PONG" => Ok(()),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// One line without its end.
async fn line<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        if line.len() > MOST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        line.push(stream.read_u8().await?);
    }
    line.truncate(line.len() - 2);
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame with a method, as section 4.2 of the specification draws it.
    fn frame(channel: u8, class: u8, method: u8, arguments: &[u8]) -> Vec<u8> {
        let head = [1, 0, channel, 0, 0, 0, arguments.len() as u8 + 4, 0, class, 0, method];
        [&head[..], arguments, &[0xCE]].concat()
    }

    async fn heard<const N: usize>(far: &mut tokio::io::DuplexStream) -> [u8; N] {
        let mut bytes = [0; N];
        far.read_exact(&mut bytes).await.unwrap();
        bytes
    }

    /// Start with no properties, two mechanisms and one locale; Tune as RabbitMQ sends it.
    fn start_and_tune() -> (Vec<u8>, Vec<u8>) {
        let start = [&[0, 9, 0, 0, 0, 0][..], b"\0\0\0\x0eAMQPLAIN PLAIN", b"\0\0\0\x05en_US"];
        (frame(0, 10, 10, &start.concat()), frame(0, 10, 30, &[7, 255, 0, 2, 0, 0, 0, 60]))
    }

    #[tokio::test]
    async fn amqp_shakes_hands_once_and_then_opens_a_channel_for_every_look() {
        let (mut near, mut far) = tokio::io::duplex(4096);
        let broker = async {
            let (start, tune) = start_and_tune();
            assert_eq!(&heard::<8>(&mut far).await, b"AMQP\0\0\x09\x01");
            far.write_all(&start).await.unwrap();
            let chosen = heard::<44>(&mut far).await;
            assert_eq!(&chosen[..11], [1, 0, 0, 0, 0, 0, 36, 0, 10, 0, 11]);
            assert_eq!(&chosen[11..], b"\0\0\0\0\x05PLAIN\0\0\0\x0c\0guest\0guest\x05en_US\xCE");
            far.write_all(&tune).await.unwrap();
            assert_eq!(&heard::<20>(&mut far).await[7..11], [0, 10, 0, 31]);
            assert_eq!(heard::<16>(&mut far).await, *frame(0, 10, 40, b"\x01/\0\0"));
            far.write_all(&frame(0, 10, 41, &[0])).await.unwrap();
            for _ in 0..2 {
                assert_eq!(heard::<13>(&mut far).await, *frame(1, 20, 10, &[0]));
                far.write_all(&[8, 0, 0, 0, 0, 0, 0, 0xCE]).await.unwrap();
                far.write_all(&frame(1, 20, 11, &[0, 0, 0, 0])).await.unwrap();
                assert_eq!(
                    heard::<19>(&mut far).await,
                    *frame(1, 20, 40, &[0, 200, 0, 0, 0, 0, 0])
                );
                far.write_all(&frame(1, 20, 41, &[])).await.unwrap();
            }
        };
        let probe = async {
            amqp(&mut near).await?;
            amqp_again(&mut near).await?;
            amqp_again(&mut near).await
        };
        tokio::join!(probe, broker).0.unwrap();
    }

    #[tokio::test]
    async fn an_amqp_broker_that_says_no_or_nonsense_or_goes_does_not_count() {
        let (start, _) = start_and_tune();
        let mut damaged = start.clone();
        *damaged.last_mut().unwrap() = 0;
        let huge = [1, 0, 0, 255, 255, 255, 255].to_vec();
        // Connection.Close in place of Tune: access refused.
        let refused = [&start[..], &frame(0, 10, 50, &[1, 147, 0, 0, 0, 0, 0])].concat();
        for answer in [damaged, huge, refused, b"AMQP\0\x01\0\0".to_vec()] {
            let (mut near, mut far) = tokio::io::duplex(4096);
            far.write_all(&answer).await.unwrap();
            // Nothing else comes, so that whoever takes it for an answer does not wait for ever.
            far.shutdown().await.unwrap();
            let asked = amqp(&mut near).await.unwrap_err();
            assert_eq!(asked.kind(), io::ErrorKind::InvalidData, "{answer:?}");
        }
        let (mut near, mut far) = tokio::io::duplex(4096);
        far.write_all(&start).await.unwrap();
        drop(far);
        assert_ne!(amqp(&mut near).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn nats_answers_after_its_info_and_in_spite_of_its_own_pings() {
        let (mut near, mut far) = tokio::io::duplex(1024);
        far.write_all(b"INFO {\"server_id\":\"x\"}\r\nPONG\r\n").await.unwrap();
        nats(&mut near).await.unwrap();
        far.write_all(b"PING\r\nPONG\r\n").await.unwrap();
        nats(&mut near).await.unwrap();
        assert_eq!(&heard::<18>(&mut far).await, b"PING\r\nPING\r\nPONG\r\n");
        far.write_all(b"-ERR 'Authorization Violation'\r\n").await.unwrap();
        assert_eq!(nats(&mut near).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        far.write_all(b"PONGO\r\n").await.unwrap();
        assert!(nats(&mut near).await.is_err());
    }

    #[tokio::test]
    async fn redis_counts_only_once_it_has_loaded() {
        let (mut near, mut far) = tokio::io::duplex(1024);
        for (answer, there) in
            [("+PONG\r\n", true), ("-LOADING Redis is loading\r\n", false), ("+PONG\r\n", true)]
        {
            far.write_all(answer.as_bytes()).await.unwrap();
            assert_eq!(redis(&mut near).await.is_ok(), there, "{answer}");
            assert_eq!(&heard::<14>(&mut far).await, b"*1\r\n$4\r\nPING\r\n");
        }
        far.write_all(b"+PO").await.unwrap();
        drop(far);
        assert!(redis(&mut near).await.is_err());
    }
}
