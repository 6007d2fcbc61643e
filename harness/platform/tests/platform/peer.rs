//! A peer that can be killed and frozen: this test's own executable, or a simulated node.

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use squall_platform::sim::{Death, World};
use squall_platform::{Node, Stream};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const HABIT: &str = "SQUALL_TEST_PEER";

/// What the peer does with a connection it has accepted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    Echo,
    /// Never reads, never writes.
    Silent,
}

pub struct Peer {
    pub address: String,
    kind: Kind,
}

enum Kind {
    Process(Child),
    Node(World),
}

impl Peer {
    pub async fn node(world: World, habit: Habit) -> Peer {
        let address = serve(world.node("peer"), "peer:0", habit).await;
        Peer { address, kind: Kind::Node(world) }
    }

    pub async fn process(habit: Habit) -> Peer {
        let mut child = again("peer::process", HABIT)
            .env(HABIT, if habit == Habit::Echo { "echo" } else { "silent" })
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("ADDRESS=").map(str::to_owned))
            .expect("the peer says where it listens");
        Peer { address, kind: Kind::Process(child) }
    }

    pub fn kill(&mut self) {
        match &mut self.kind {
            Kind::Process(child) => {
                child.kill().unwrap();
                child.wait().unwrap();
            }
            Kind::Node(world) => world.kill("peer", Death::Process),
        }
    }

    pub fn freeze(&self) {
        match &self.kind {
            Kind::Process(child) => {
                signal(child, Signal::SIGSTOP);
                // The signal is under way until the kernel reports the stop.
                let stopped = waitpid(id(child), Some(WaitPidFlag::WUNTRACED)).unwrap();
                assert!(matches!(stopped, WaitStatus::Stopped(..)), "{stopped:?}");
            }
            Kind::Node(world) => world.freeze("peer"),
        }
    }

    pub fn thaw(&self) {
        match &self.kind {
            Kind::Process(child) => signal(child, Signal::SIGCONT),
            Kind::Node(world) => world.thaw("peer"),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Kind::Process(child) = &mut self.kind {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn id(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap())
}

fn signal(child: &Child, signal: Signal) {
    nix::sys::signal::kill(id(child), signal).unwrap();
}

/// This executable once more, running only `test`; `variable` tells it that it is the child.
pub fn again(test: &str, variable: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(variable, "1");
    command
}

/// Not a test of its own: the body of the process started by [`Peer::process`].
#[test]
fn process() {
    let Ok(habit) = std::env::var(HABIT) else { return };
    let habit = if habit == "echo" { Habit::Echo } else { Habit::Silent };
    crate::sides::real(|sides| async move {
        let address = serve(sides.server, "127.0.0.1:0", habit).await;
        println!("\nADDRESS={address}");
        std::io::stdout().flush().unwrap();
        // Ended by whoever started it.
        std::future::pending::<()>().await;
    });
}

async fn serve(node: Node, address: &str, habit: Habit) -> String {
    let mut listener = node.bind(address).await.unwrap();
    let address = listener.local_addr();
    let spawner = node.clone();
    node.spawn(async move {
        loop {
            let stream = listener.accept().await.unwrap();
            spawner.spawn(attend(stream, habit));
        }
    });
    address
}

async fn attend(mut stream: Stream, habit: Habit) {
    if habit == Habit::Silent {
        std::future::pending::<()>().await;
    }
    let mut buf = [0; 1024];
    while let Ok(count @ 1..) = stream.read(&mut buf).await {
        if stream.write_all(&buf[..count]).await.is_err() {
            return;
        }
    }
}
