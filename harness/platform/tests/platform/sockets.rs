//! One table of socket behaviours, asked of the operating system and of the simulation.
//!
//! Each body tells what it saw; both sides must tell what the table says.

use crate::peer::Habit;
use crate::sides::{Sides, real, sim};
use squall_platform::Stream;
use squall_platform::time::timeout;
use std::fmt::Debug;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Long enough for loopback, short enough for a test of what does not happen.
const A_WHILE: Duration = Duration::from_millis(300);

macro_rules! table {
    ($($body:ident => $seen:expr;)+) => {$(
        mod $body {
            use super::*;

            #[test]
            fn on_real_sockets() {
                assert_eq!(real(bodies::$body), $seen);
            }

            #[test]
            fn on_simulated_sockets() {
                assert_eq!(sim(bodies::$body), $seen);
            }
        }
    )+};
}

table! {
    both_ways => "hello, hello yourself";
    addresses => "port given, peer named";
    nobody_listens => "ConnectionRefused";
    address_in_use => "AddrInUse, then free";
    port_0_twice => "different";
    address_not_understood => "InvalidInput";
    half_close => "server read request and end; client read answer and end";
    dropped_write_half => "end; answer";
    write_after_own_shutdown => "BrokenPipe";
    data_before_close => "200000 bytes in order, end";
    write_after_peer_closed => "end, written, BrokenPipe";
    read_after_a_broken_write => "end";
    closed_with_unread_bytes => "ConnectionReset";
    reset => "ConnectionReset, end, BrokenPipe";
    write_after_reset => "ConnectionReset, BrokenPipe";
    data_before_reset => "data, ConnectionReset";
    reset_by_write_half => "ConnectionReset";
    reset_after_half_close => "end, BrokenPipe";
    never_accepted => "connected, ConnectionReset";
    accepted_after_the_client_left => "letter, end";
    back_pressure => "blocked, bounded, in order";
    blocked_writer_is_reset => "ConnectionReset";
    silent_peer => "connected, nothing";
    frozen_peer => "connected, written, nothing; thawed: echo";
    killed_peer => "end";
    killed_with_unread_bytes => "ConnectionReset";
    killed_while_frozen => "ConnectionReset";
    connect_after_kill => "ConnectionRefused";
    vectored => "one, two, three";
}

/// The kind of what went wrong, or "fine".
fn kind<T>(result: io::Result<T>) -> String {
    result.map_or_else(|error| format!("{:?}", error.kind()), |_| "fine".to_owned())
}

/// What the next read sees: "end", an error's kind, or the bytes as text.
async fn next(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut buf = [0; 64];
    match stream.read(&mut buf).await {
        Ok(0) => "end".to_owned(),
        Ok(count) => String::from_utf8_lossy(&buf[..count]).into_owned(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// Writes until a write fails: a reset needs its time to come back.
async fn until_broken(stream: &mut (impl AsyncWrite + Unpin)) -> String {
    loop {
        if let Err(error) = stream.write_all(b"x").await {
            return format!("{:?}", error.kind());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Writes a running count until the stream takes no more; how many bytes that were.
async fn fill(stream: &mut (impl AsyncWrite + Unpin)) -> usize {
    let mut written = 0;
    while let Ok(result) = timeout(A_WHILE, stream.write(&counted(written, 16_384))).await {
        written += result.unwrap();
    }
    written
}

/// Bytes that tell their place.
fn counted(from: usize, count: usize) -> Vec<u8> {
    (from..from + count).map(|place| (place % 251) as u8).collect()
}

fn tell(seen: &[&dyn Debug]) -> String {
    seen.iter().map(|part| format!("{part:?}").replace('"', "")).collect::<Vec<_>>().join(", ")
}

mod bodies {
    use super::*;

    pub async fn both_ways(sides: Sides) -> String {
        let (mut client, mut server) = sides.pair().await;
        client.write_all(b"hello").await.unwrap();
        let greeting = next(&mut server).await;
        server.write_all(b"hello yourself").await.unwrap();
        tell(&[&greeting, &next(&mut client).await])
    }

    pub async fn addresses(sides: Sides) -> String {
        let mut listener = sides.listen().await;
        let address = listener.local_addr();
        let client = sides.client.connect(&address).await.unwrap();
        let server = listener.accept().await.unwrap();
        let given = !address.ends_with(":0") && address.starts_with(sides.host);
        let named = client.peer_addr() == address && server.peer_addr() != address;
        format!(
            "port {}, peer {}",
            if given { "given" } else { "missing" },
            if named { "named" } else { "unknown" }
        )
    }

    pub async fn nobody_listens(sides: Sides) -> String {
        let listener = sides.listen().await;
        let address = listener.local_addr();
        drop(listener);
        kind(sides.client.connect(&address).await)
    }

    pub async fn address_in_use(sides: Sides) -> String {
        let listener = sides.listen().await;
        let address = listener.local_addr();
        let taken = kind(sides.server.bind(&address).await);
        drop(listener);
        let free = kind(sides.server.bind(&address).await).replace("fine", "then free");
        tell(&[&taken, &free])
    }

    pub async fn port_0_twice(sides: Sides) -> String {
        let (one, two) = (sides.listen().await, sides.listen().await);
        if one.local_addr() == two.local_addr() { "the same" } else { "different" }.to_owned()
    }

    pub async fn address_not_understood(sides: Sides) -> String {
        kind(sides.client.connect("no port here").await)
    }

    pub async fn half_close(sides: Sides) -> String {
        let (mut client, mut server) = sides.pair().await;
        client.write_all(b"request").await.unwrap();
        client.shutdown().await.unwrap();
        let (request, end) = (next(&mut server).await, next(&mut server).await);
        server.write_all(b"answer").await.unwrap();
        let answer = next(&mut client).await;
        drop(server);
        let over = next(&mut client).await;
        format!("server read {request} and {end}; client read {answer} and {over}")
    }

    pub async fn dropped_write_half(sides: Sides) -> String {
        let (client, mut server) = sides.pair().await;
        let (mut read, write) = client.into_split();
        drop(write);
        let end = next(&mut server).await;
        server.write_all(b"answer").await.unwrap();
        format!("{end}; {}", next(&mut read).await)
    }

    pub async fn write_after_own_shutdown(sides: Sides) -> String {
        let (mut client, _server) = sides.pair().await;
        client.shutdown().await.unwrap();
        kind(client.write_all(b"more").await)
    }

    pub async fn data_before_close(sides: Sides) -> String {
        let (mut client, mut server) = sides.pair().await;
        let sent = counted(0, 200_000);
        let expected = sent.clone();
        let sender = async move {
            server.write_all(&sent).await.unwrap();
            drop(server);
        };
        let mut received = Vec::new();
        let ((), end) = tokio::join!(biased; sender, client.read_to_end(&mut received));
        end.unwrap();
        let order = if received == expected { "in order" } else { "mixed up" };
        format!("{} bytes {order}, {}", received.len(), next(&mut client).await)
    }

    pub async fn write_after_peer_closed(sides: Sides) -> String {
        let (mut client, server) = sides.pair().await;
        drop(server);
        let end = next(&mut client).await;
        let first = kind(client.write_all(b"x").await).replace("fine", "written");
        tell(&[&end, &first, &until_broken(&mut client).await])
    }

    pub async fn read_after_a_broken_write(sides: Sides) -> String {
        let (mut client, server) = sides.pair().await;
        drop(server);
        next(&mut client).await;
        until_broken(&mut client).await;
        next(&mut client).await
    }

    pub async fn closed_with_unread_bytes(sides: Sides) -> String {
        let (mut client, mut server) = sides.pair().await;
        client.write_all(b"read one, leave the rest").await.unwrap();
        server.read_u8().await.unwrap();
        drop(server);
        next(&mut client).await
    }

    pub async fn reset(sides: Sides) -> String {
        let (mut client, server) = sides.pair().await;
        server.reset();
        let (first, second) = (next(&mut client).await, next(&mut client).await);
        tell(&[&first, &second, &kind(client.write_all(b"x").await)])
    }

    pub async fn write_after_reset(sides: Sides) -> String {
        let (mut client, server) = sides.pair().await;
        server.reset();
        let first = until_broken(&mut client).await;
        tell(&[&first, &kind(client.write_all(b"x").await)])
    }

    pub async fn data_before_reset(sides: Sides) -> String {
        let (mut client, mut server) = sides.pair().await;
        server.write_all(b"data").await.unwrap();
        server.reset();
        let (first, second) = (next(&mut client).await, next(&mut client).await);
        tell(&[&first, &second])
    }

    pub async fn reset_by_write_half(sides: Sides) -> String {
        let (mut client, server) = sides.pair().await;
        let (_read, write) = server.into_split();
        write.reset();
        next(&mut client).await
    }

    pub async fn reset_after_half_close(sides: Sides) -> String {
        let (mut client, mut server) = sides.pair().await;
        server.shutdown().await.unwrap();
        let end = next(&mut client).await;
        server.reset();
        tell(&[&end, &until_broken(&mut client).await])
    }

    pub async fn never_accepted(sides: Sides) -> String {
        let listener = sides.listen().await;
        let mut client = sides.client.connect(&listener.local_addr()).await.unwrap();
        drop(listener);
        tell(&[&"connected", &next(&mut client).await])
    }

    pub async fn accepted_after_the_client_left(sides: Sides) -> String {
        let mut listener = sides.listen().await;
        let mut client = sides.client.connect(&listener.local_addr()).await.unwrap();
        client.write_all(b"letter").await.unwrap();
        drop(client);
        let mut server = listener.accept().await.unwrap();
        let letter = next(&mut server).await;
        tell(&[&letter, &next(&mut server).await])
    }

    pub async fn back_pressure(sides: Sides) -> String {
        let (mut client, mut server) = sides.pair().await;
        let written = fill(&mut client).await;
        drop(client);
        let mut received = Vec::new();
        server.read_to_end(&mut received).await.unwrap();
        let bounded = if written < 64 << 20 { "bounded" } else { "unbounded" };
        let order = if received == counted(0, written) { "in order" } else { "mixed up" };
        tell(&[&"blocked", &bounded, &order])
    }

    pub async fn blocked_writer_is_reset(sides: Sides) -> String {
        let (mut client, server) = sides.pair().await;
        fill(&mut client).await;
        let (error, ()) = tokio::join!(biased; client.write_all(b"x"), async { server.reset() });
        kind(error)
    }

    async fn connected(sides: &Sides, habit: Habit) -> (crate::peer::Peer, Stream) {
        let peer = sides.peer(habit).await;
        let client = sides.client.connect(&peer.address).await.unwrap();
        (peer, client)
    }

    pub async fn silent_peer(sides: Sides) -> String {
        let (_peer, mut client) = connected(&sides, Habit::Silent).await;
        let heard = timeout(A_WHILE, next(&mut client)).await;
        tell(&[&"connected", &heard.as_deref().unwrap_or("nothing")])
    }

    pub async fn frozen_peer(sides: Sides) -> String {
        let peer = sides.peer(Habit::Echo).await;
        peer.freeze();
        let mut client = sides.client.connect(&peer.address).await.unwrap();
        let written = kind(client.write_all(b"echo").await).replace("fine", "written");
        let heard = timeout(A_WHILE, next(&mut client)).await;
        let frozen = tell(&[&"connected", &written, &heard.as_deref().unwrap_or("nothing")]);
        peer.thaw();
        format!("{frozen}; thawed: {}", next(&mut client).await)
    }

    /// A round trip, so that the peer is known to have accepted.
    async fn echoed(client: &mut Stream) {
        client.write_all(b"hi").await.unwrap();
        assert_eq!(next(client).await, "hi");
    }

    pub async fn killed_peer(sides: Sides) -> String {
        let (mut peer, mut client) = connected(&sides, Habit::Echo).await;
        echoed(&mut client).await;
        peer.kill();
        next(&mut client).await
    }

    pub async fn killed_with_unread_bytes(sides: Sides) -> String {
        let (mut peer, mut client) = connected(&sides, Habit::Silent).await;
        client.write_all(b"never read").await.unwrap();
        peer.kill();
        next(&mut client).await
    }

    pub async fn killed_while_frozen(sides: Sides) -> String {
        let (mut peer, mut client) = connected(&sides, Habit::Echo).await;
        echoed(&mut client).await;
        peer.freeze();
        client.write_all(b"never read").await.unwrap();
        peer.kill();
        next(&mut client).await
    }

    pub async fn connect_after_kill(sides: Sides) -> String {
        let mut peer = sides.peer(Habit::Echo).await;
        peer.kill();
        kind(sides.client.connect(&peer.address).await)
    }

    pub async fn vectored(sides: Sides) -> String {
        let (mut client, mut server) = sides.pair().await;
        let slices = [&b"one, "[..], b"two, ", b"three"].map(io::IoSlice::new);
        assert!(client.is_write_vectored());
        assert_eq!(client.write_vectored(&slices).await.unwrap(), 15);
        next(&mut server).await
    }
}
