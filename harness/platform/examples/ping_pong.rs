//! How many messages a second of wall time the bare simulation carries: each goes through a chain of
//! relays and back, twelve socket hops in all. It measures sockets, tasks and the gate; no protocol.
//!
//! `cargo run --release -p squall-platform --example ping_pong`

use squall_platform::sim::World;
use squall_platform::time::sleep;
use squall_platform::{Node, Stream};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const RELAYS: usize = 5;
const SESSIONS: usize = 32;
const MESSAGES: usize = 10_000;
const SIZE: usize = 400;

fn main() -> std::io::Result<()> {
    let wall = Instant::now();
    World::run(1, 0, |world| async move {
        for number in 0..=RELAYS {
            let node = world.node(&format!("n{number}"));
            relay(node, (number < RELAYS).then(|| format!("n{}:1", number + 1))).await?;
        }
        let sender = world.harness_node("sender");
        let sessions: Vec<_> = (0..SESSIONS)
            .map(|_| {
                let node = sender.clone();
                sender.spawn(async move {
                    if let Err(error) = session(node).await {
                        eprintln!("a session broke: {error}");
                    }
                })
            })
            .collect();
        for session in sessions {
            session.join().await;
        }
        std::io::Result::Ok(())
    })?;
    let messages = SESSIONS * MESSAGES;
    let seconds = wall.elapsed().as_secs_f64();
    println!("{messages} messages over {} hops in {seconds:.2} s", 2 * (RELAYS + 1));
    println!("{:.0} messages a second of wall", messages as f64 / seconds);
    Ok(())
}

/// Passes each message on and its answer back; the last of the chain answers itself.
async fn relay(node: Node, next: Option<String>) -> std::io::Result<()> {
    let mut listener = node.bind(&format!("{}:1", node.name())).await?;
    let spawner = node.clone();
    node.spawn(async move {
        while let Ok(mut near) = listener.accept().await {
            let (node, next) = (spawner.clone(), next.clone());
            spawner.spawn(async move {
                let mut far = match next {
                    Some(address) => node.connect(&address).await.ok(),
                    None => None,
                };
                let mut message = [0; SIZE];
                while near.read_exact(&mut message).await.is_ok() {
                    if let Some(far) = &mut far
                        && exchange(far, &mut message).await.is_err()
                    {
                        return;
                    }
                    if near.write_all(&message).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    Ok(())
}

async fn session(node: Node) -> std::io::Result<()> {
    let mut stream = node.connect("n0:1").await?;
    let mut message = [7; SIZE];
    for _ in 0..MESSAGES {
        exchange(&mut stream, &mut message).await?;
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

async fn exchange(stream: &mut Stream, message: &mut [u8; SIZE]) -> std::io::Result<()> {
    stream.write_all(message).await?;
    stream.read_exact(message).await.map(drop)
}
