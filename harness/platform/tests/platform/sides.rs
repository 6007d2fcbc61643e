//! The two sides of the platform, behind one face for the tests.

use crate::peer::{Habit, Peer};
use squall_platform::sim::World;
use squall_platform::{Listener, Node, Stream};
use std::future::Future;

pub struct Sides {
    pub client: Node,
    pub server: Node,
    /// The host part of the server's addresses.
    pub host: &'static str,
    world: Option<World>,
}

/// Runs `body` over the operating system's sockets.
pub fn real<T, F: Future<Output = T>>(body: impl FnOnce(Sides) -> F) -> T {
    let dir = tempfile::tempdir().unwrap();
    let node = |name: &str| Node::real(name, dir.path().join(name), 1);
    let sides =
        Sides { client: node("client"), server: node("server"), host: "127.0.0.1", world: None };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(body(sides))
}

/// Runs `body` over simulated sockets.
pub fn sim<T, F: Future<Output = T>>(body: impl FnOnce(Sides) -> F) -> T {
    World::run(1, 0, |world| {
        body(Sides {
            client: world.node("client"),
            server: world.node("server"),
            host: "server",
            world: Some(world),
        })
    })
}

impl Sides {
    pub async fn listen(&self) -> Listener {
        self.server.bind(&format!("{}:0", self.host)).await.unwrap()
    }

    /// A connection: the client's end and the server's.
    pub async fn pair(&self) -> (Stream, Stream) {
        let mut listener = self.listen().await;
        let client = self.client.connect(&listener.local_addr()).await.unwrap();
        (client, listener.accept().await.unwrap())
    }

    /// A peer of its own that can be killed and frozen: a process, or a simulated node.
    pub async fn peer(&self, habit: Habit) -> Peer {
        match &self.world {
            None => Peer::process(habit).await,
            Some(world) => Peer::node(world.clone(), habit).await,
        }
    }
}
