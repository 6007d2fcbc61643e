//! A node that may connect to listed addresses only: what a name leads to is what counts.

use squall_platform::{Node, Targets};
use std::io::ErrorKind;
use std::net::SocketAddr;

fn within(targets: &Targets) -> Node {
    Node::real_within("sender", std::env::temp_dir(), 1, targets.clone())
}

#[tokio::test]
async fn only_listed_addresses_are_connected_to() {
    let anybody = Node::real("a", std::env::temp_dir(), 1);
    let listener = anybody.bind("127.0.0.1:0").await.unwrap();
    let at: SocketAddr = listener.local_addr().parse().unwrap();
    let named = format!("localhost:{}", at.port());

    // Another address of the same name, and the same host with another port.
    let elsewhere = [SocketAddr::from(([127, 0, 0, 2], at.port())), ([127, 0, 0, 1], 1).into()];
    let targets = Targets::new(elsewhere);
    let node = within(&targets);
    for address in [at.to_string(), named.clone()] {
        let refused = node.connect(&address).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PermissionDenied, "{refused}");
        assert!(refused.to_string().contains("127.0.0.1"), "{refused}");
        assert!(anybody.connect(&address).await.is_ok(), "nothing listens at {address}");
    }
    targets.add(at);
    for address in [at.to_string(), named] {
        let stream = node.connect(&address).await.unwrap();
        assert_eq!(stream.peer_addr(), at.to_string());
    }
}
