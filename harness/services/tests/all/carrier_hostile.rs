//! Malformed SMPP and HTTP: whatever comes, the carrier goes on serving others.

use crate::carrier_site::{ACCOUNT, SECRET, Site, both};
use futures::FutureExt;
use squall_model::stack::CarrierProtocol::{self, Json, Smpp, Twilio, Vonage};
use squall_platform::rng::{Draw, derive};
use squall_platform::time::timeout;
use squall_wire::smpp::{Bind, Client};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Sends `bytes` on a connection of their own and reads what comes back for a moment.
async fn throw(site: &Site, port: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = site.node.connect(&site.address(port)).await.expect("connects");
    let mut back = Vec::new();
    let _ = timeout(Duration::from_millis(50), async {
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut back).await;
    })
    .await;
    back
}

fn pdu(length: u32, id: u32, body: &[u8]) -> Vec<u8> {
    let head = [length, id, 0, 7].map(u32::to_be_bytes).concat();
    [head, body.to_vec()].concat()
}

#[test]
fn smpp_garbage_harms_nobody_else() {
    both(Smpp, |site| {
        async move {
            let bind = Bind::transceiver(ACCOUNT, SECRET);
            let (client, _deliveries) =
                Client::bind(&site.node, &site.address("smpp"), &bind).await.expect("binds");
            let mut rng = derive(3, "fuzz", "smpp");
            for round in 0..60u32 {
                let mut bytes = vec![0u8; (rng.random::<u32>() % 600) as usize];
                rng.fill(&mut bytes[..]);
                let length = 16 + bytes.len() as u32;
                let bytes = match round % 4 {
                    0 => bytes,
                    1 => pdu(length, [1, 2, 3, 4, 5, 9, 0x21][round as usize % 7], &bytes),
                    2 => pdu(rng.random(), 4, &bytes),
                    _ => pdu(length + 100, 4, &bytes),
                };
                throw(&site, "smpp", &bytes).await;
            }
            let unknown = throw(&site, "smpp", &pdu(16, 0x77, b"")).await;
            assert_eq!(unknown, [16, 0x8000_0000u32, 3, 7].map(u32::to_be_bytes).concat());
            let enquired = throw(&site, "smpp", &pdu(16, 0x15, b"")).await;
            assert_eq!(enquired, [16, 0x8000_0015u32, 0, 7].map(u32::to_be_bytes).concat());
            client.enquire_link().await.expect("still serving");
            assert_eq!(site.log().await, []);
        }
        .boxed()
    });
}

#[test]
fn http_garbage_harms_nobody_else() {
    [Twilio, Vonage, Json].into_iter().for_each(http_garbage);
}

fn http_garbage(protocol: CarrierProtocol) {
    both(protocol, |site| {
        async move {
            let mut rng = derive(3, "fuzz", "http");
            for _ in 0..20 {
                let mut bytes = vec![0u8; 300];
                rng.fill(&mut bytes[..]);
                throw(&site, "http", &bytes).await;
                throw(&site, "control", &bytes).await;
            }
            let huge = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(10 << 20));
            throw(&site, "http", huge.as_bytes()).await;
            throw(&site, "control", huge.as_bytes()).await;
            throw(&site, "http", b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n").await;
            assert_eq!(site.control(http::Method::GET, "/health", "").await.0, 200);
            assert_eq!(site.log().await, []);
        }
        .boxed()
    });
}
