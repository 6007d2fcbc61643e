//! Bytes go in and come out the same, in order, however they are cut up and whatever holds them.

use proptest::prelude::*;
use squall_platform::sim::World;
use squall_platform::time::sleep;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// One act on the way of the bytes.
#[derive(Clone, Debug)]
enum Act {
    Write(usize),
    Wait(u64),
    Cut,
    Mend,
    Freeze,
    Thaw,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (1usize..40_000).prop_map(Act::Write),
        4 => (1usize..200).prop_map(Act::Write),
        2 => (0u64..50).prop_map(Act::Wait),
        1 => Just(Act::Cut),
        2 => Just(Act::Mend),
        1 => Just(Act::Freeze),
        2 => Just(Act::Thaw),
    ];
    proptest::collection::vec(act, 1..60)
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(acts in acts(), chunks in proptest::collection::vec(1usize..9000, 1..20)) {
        let total: usize = acts.iter().map(|act| if let Act::Write(n) = act { *n } else { 0 }).sum();
        let received = World::run(1, 0, |world| play(world, acts, chunks));
        let expected: Vec<u8> = (0..total).map(|place| (place % 251) as u8).collect();
        prop_assert!(received == expected, "{} of {} bytes", received.len(), total);
    }
}

async fn play(world: World, acts: Vec<Act>, chunks: Vec<usize>) -> Vec<u8> {
    let server = world.node("server");
    let mut listener = server.bind("server:1").await.unwrap();
    let (tell, told) = tokio::sync::oneshot::channel();
    server.spawn(async move {
        let mut stream = listener.accept().await.unwrap();
        let mut received = Vec::new();
        for size in chunks.into_iter().cycle() {
            let mut buf = vec![0; size];
            let count = stream.read(&mut buf).await.unwrap();
            if count == 0 {
                break;
            }
            received.extend_from_slice(&buf[..count]);
            sleep(Duration::from_millis(size as u64 % 3)).await;
        }
        tell.send(received).unwrap();
    });
    let client = world.node("client");
    let mut stream = client.connect("server:1").await.unwrap();
    let (acts_in, mut acts_out) = tokio::sync::mpsc::unbounded_channel::<usize>();
    client.spawn(async move {
        let mut place = 0;
        while let Some(count) = acts_out.recv().await {
            let bytes: Vec<u8> = (place..place + count).map(|place| (place % 251) as u8).collect();
            stream.write_all(&bytes).await.unwrap();
            place += count;
        }
    });
    for act in acts {
        match act {
            Act::Write(count) => acts_in.send(count).unwrap(),
            Act::Wait(ms) => sleep(Duration::from_millis(ms)).await,
            Act::Cut => world.cut("server"),
            Act::Mend => world.mend("server"),
            Act::Freeze => world.freeze("server"),
            Act::Thaw => world.thaw("server"),
        }
    }
    drop(acts_in);
    world.mend("server");
    world.thaw("server");
    told.await.unwrap()
}
