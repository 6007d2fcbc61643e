//! Server and client in the simulation, and messages that are none.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use squall_platform::sim::World;
use squall_platform::{Listener, Node, time};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn at(host: &str, port: u16) -> Answer {
    Answer::Place(Place { host: host.into(), port })
}

/// Answers whatever `says` holds at that moment, and notes each name it is asked for.
fn serve(
    node: &Node,
    mut listener: Listener,
    says: &Arc<Mutex<Answer>>,
) -> Arc<Mutex<Vec<String>>> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (says, noted, server) = (says.clone(), asked.clone(), node.clone());
    node.spawn(async move {
        while let Ok(mut stream) = listener.accept().await {
            let (says, noted) = (says.clone(), noted.clone());
            server.spawn(async move {
                while let Ok(Some(question)) = read(&mut stream).await {
                    let reply = answer(&question, |name| {
                        noted.lock().unwrap().push(name.to_owned());
                        says.lock().unwrap().clone()
                    });
                    write(&mut stream, &reply.unwrap()).await.unwrap();
                }
            });
        }
    });
    asked
}

#[test]
fn an_answer_is_kept_for_its_time_and_a_failure_is_not() {
    World::run(1, 0, |world| async move {
        let server = world.node("names");
        let says = Arc::new(Mutex::new(at("proxy", 4000)));
        let asked = serve(&server, server.bind("names:53").await.unwrap(), &says);
        let resolver = Resolver::new(world.node("gateway-1"), "names:53", "gateway-1.squall");
        let find = || resolver.find("https", "Vendor-B");
        let set = |answer| *says.lock().unwrap() = answer;
        assert_eq!(find().await.unwrap().address(), "proxy:4000");
        set(at("10.0.0.7", 81));
        assert_eq!(find().await.unwrap().address(), "proxy:4000", "kept");
        time::sleep(Duration::from_secs(u64::from(TTL_S))).await;
        assert_eq!(find().await.unwrap().address(), "10.0.0.7:81");
        time::sleep(Duration::from_secs(u64::from(TTL_S))).await;
        set(Answer::Failed);
        assert!(find().await.unwrap_err().to_string().contains("SERVFAIL"));
        set(Answer::Unknown);
        assert!(find().await.unwrap_err().to_string().contains("no such name"));
        set(at("::1", 82));
        assert_eq!(find().await.unwrap().address(), "[::1]:82");
        assert_eq!(*asked.lock().unwrap(), ["vendor-b.gateway-1.squall"; 5]);
    });
}

#[test]
fn a_server_that_is_gone_or_silent_is_named() {
    World::run(1, 0, |world| async move {
        let node = world.node("gateway-1");
        let gone = Resolver::new(node.clone(), "names:53", "x").find("http", "b").await;
        assert!(
            gone.unwrap_err().to_string().starts_with("_http._tcp.b.x does not resolve: names")
        );
        let mut silent = world.node("names").bind("names:53").await.unwrap();
        let keep = async move {
            let _held = silent.accept().await.unwrap();
            std::future::pending::<()>().await;
        };
        world.node("names").spawn(keep);
        let late = Resolver::new(node.clone(), "names:53", "x").find("http", "b").await;
        assert!(late.unwrap_err().to_string().ends_with("did not answer within 2 s"));
        let unfit = Resolver::new(node, "names:53", "x").find("http", &"b".repeat(64)).await;
        assert!(matches!(unfit, Err(DnsError::Unfit(_))));
    });
}

#[test]
fn an_answer_to_another_question_is_no_answer() {
    let question = message::question(7, "_http._tcp.b.x").unwrap();
    let reply = answer(&question, |_| at("10.0.0.7", 81)).unwrap();
    assert!(message::place(7, "_http._tcp.b.x", &reply).is_ok());
    assert!(matches!(message::place(8, "_http._tcp.b.x", &reply), Err(DnsError::Unreadable(_))));
    assert!(matches!(message::place(7, "_http._tcp.c.x", &reply), Err(DnsError::Unreadable(_))));
    assert!(answer(&reply, |_| Answer::Failed).is_none(), "an answer is not answered");
    let mut status = question.clone();
    status[2] |= 2 << 3;
    assert_eq!(answer(&status, |_| Answer::Failed).unwrap()[3] & 15, 4, "not implemented");
}

proptest! {
    #[test]
    fn no_octets_make_either_side_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = answer(&octets, |_| Answer::Unknown);
        let _ = message::place(0, "b.x", &octets);
    }

    #[test]
    fn a_damaged_message_makes_neither_side_panic(place in 0usize..60, octet in any::<u8>()) {
        let mut question = message::question(0, "_http._tcp.b.x").unwrap();
        let mut reply = answer(&question, |_| at("10.0.0.7", 81)).unwrap();
        let (q, r) = (place % question.len(), place % reply.len());
        (question[q], reply[r]) = (octet, octet);
        let _ = answer(&question, |_| at("proxy", 1));
        let _ = message::place(0, "_http._tcp.b.x", &reply);
    }
}
