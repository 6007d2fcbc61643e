//! A node's second life draws other numbers than its first, in both worlds: one that gave out the
//! same identifiers again would be taken for its own past.

use squall_model::node_config::NodeConfig;
use squall_model::stack::RunAs;
use squall_platform::sim::World;
use squall_platform::{Node, time};
use squall_run::engine::Engine;
use squall_run::engine::local::LocalEngine;
use squall_run::engine::sim::SimEngine;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SEED: u64 = 42;
const LIVES: usize = 3;

/// The part of the request id in the fault proxy's first answer that it draws, as services do.
async fn first_draw(harness: &Node, address: &str) -> String {
    let ask = async {
        let mut stream = harness.connect(address).await.unwrap();
        let request = "GET /version HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = time::timeout(Duration::from_secs(60), ask).await.unwrap();
    let id = answer.lines().find_map(|line| line.strip_prefix("x-toxiproxy-request-id: "));
    let id = id.unwrap_or_else(|| panic!("no request id in {answer}"));
    // Before it stand 32 bits of seconds, five bits to a character.
    id[7..].to_owned()
}

async fn draws(engine: &mut dyn Engine) -> Vec<String> {
    let config = NodeConfig {
        node: "proxy-1".into(),
        listen: [("control".to_owned(), "127.0.0.1:0".to_owned())].into(),
        seed: SEED,
        ..NodeConfig::default()
    };
    let mut draws = Vec::new();
    for _ in 0..LIVES {
        let at = engine.start(&RunAs::BuiltIn("proxy".into()), &config).await.unwrap();
        draws.push(first_draw(&engine.harness(), &at.beside["control"]).await);
        engine.kill("proxy-1").await.unwrap();
    }
    engine.lower().await;
    draws
}

fn differ(draws: &[String]) {
    let mut different = draws.to_vec();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), LIVES, "{draws:?}");
}

fn simulated() -> Vec<String> {
    World::run(SEED, 0, |world| async move {
        draws(&mut SimEngine::new(world, squall_node::roles())).await
    })
}

fn local(folder: &Path) -> Vec<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_squall-node"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut engine = LocalEngine::new(program, folder, SEED).unwrap();
    runtime.block_on(draws(&mut engine))
}

#[test]
fn each_simulated_life_draws_anew_and_the_same_in_every_run() {
    differ(&simulated());
    assert_eq!(simulated(), simulated());
}

#[test]
fn each_life_of_a_process_draws_anew_and_the_same_in_every_run() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [first, second] = folders.map(|folder| local(folder.path()));
    differ(&first);
    assert_eq!(first, second);
    assert_eq!(first[0], simulated()[0], "the worlds agree on a first life");
}
