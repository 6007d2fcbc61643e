//! submit_sm a second over loopback at window 100, receipts included: the carrier on one thread,
//! its ESME on another, every submit in the log before its answer.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use squall_model::node_config::NodeConfig;
use squall_model::stack::{Carrier, CarrierProtocol};
use squall_model::token;
use squall_model::units::Micros;
use squall_platform::Node;
use squall_wire::smpp::pdus::SubmitSm;
use squall_wire::smpp::values::RegisteredDelivery;
use squall_wire::smpp::{Bind, Client, c_string, plain, short_message};
use std::collections::BTreeMap;
use tokio::runtime::{Builder, Runtime};

const WINDOW: usize = 100;
const BATCH: usize = 10_000;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

fn config() -> NodeConfig {
    let local = || "127.0.0.1:0".to_owned();
    NodeConfig {
        node: "carrier".into(),
        listen: BTreeMap::from([("smpp".into(), local()), ("control".into(), local())]),
        settings: BTreeMap::from([
            ("account".into(), "bench".into()),
            ("secret".into(), "secret".into()),
        ]),
        carriers: vec![Carrier {
            name: "carrier".into(),
            vendor: None,
            protocol: CarrierProtocol::Smpp,
            subscribers: 0,
            capacity: None,
            capacity_counts: Default::default(),
            receipt_delay: Micros::from_millis(10),
        }],
        ..NodeConfig::default()
    }
}

fn message() -> SubmitSm {
    let text = format!("Your code is 123456 {}", token::encode(1));
    SubmitSm::builder()
        .esm_class(plain())
        .source_addr(c_string("SQUALL").expect("fits"))
        .destination_addr(c_string("+620012345678").expect("fits"))
        .registered_delivery(RegisteredDelivery::from(1))
        .short_message(short_message(text.into_bytes()).expect("short"))
        .build()
}

/// `WINDOW` senders, each with one submit under way.
async fn submit(client: &Client) {
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..WINDOW {
        let (client, sm) = (client.clone(), message());
        senders.spawn(async move {
            for _ in 0..BATCH / WINDOW {
                client.submit(sm.clone()).await.expect("accepted");
            }
        });
    }
    while senders.join_next().await.is_some() {}
}

fn submits(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let (serving, sending) = (runtime(), runtime());
    let node = Node::real("carrier", dir.path().join("carrier"), 1);
    let running = serving.block_on(squall_services::carrier::start(node, config()));
    let address = running.expect("starts").addresses["smpp"].clone();
    let node = Node::real("esme", dir.path().join("esme"), 1);
    let client = sending.block_on(async {
        let bind = Bind { window: WINDOW, ..Bind::transceiver("bench", "secret") };
        let (client, mut deliveries) = Client::bind(&node, &address, &bind).await.expect("binds");
        tokio::spawn(async move {
            while let Some(delivery) = deliveries.next().await {
                delivery.accept();
            }
        });
        client
    });
    let mut group = criterion.benchmark_group("carrier");
    group.throughput(Throughput::Elements(BATCH as u64)).sample_size(10);
    group.bench_function("submit_sm, window 100", |bencher| {
        bencher.iter(|| sending.block_on(submit(&client)));
    });
    group.finish();
}

criterion_group!(benches, submits);
criterion_main!(benches);
