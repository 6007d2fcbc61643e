//! The clients people really use, against the carrier: PyPI `smpplib` and `twilio`.

use crate::carrier_site::{ACCOUNT, SECRET, real};
use crate::python;
use serde_json::json;
use squall_model::node_config::NodeConfig;
use squall_model::stack::CarrierProtocol::{Smpp, Twilio};

#[test]
fn smpplib_binds_submits_and_gets_receipts() {
    real(Smpp, |site| async move {
        let address = site.address("smpp");
        let (host, port) = address.rsplit_once(':').expect("host:port");
        let (host, port) = (host.to_owned(), port.to_owned());
        let run = move || python::run("carrier_smpp.py", &[&host, &port, ACCOUNT, SECRET]);
        if tokio::task::spawn_blocking(run).await.expect("passes") {
            let log = site.log().await;
            let whole = log.iter().filter(|(_, event)| *event == json!("delivered")).count();
            assert_eq!(whole, 3, "{log:?}");
        }
    });
}

#[test]
fn the_twilio_sdk_creates_fetches_lists_and_validates() {
    real(Twilio, |site| async move {
        let base = format!("http://{}", site.address("http"));
        let run = move || python::run("carrier_twilio.py", &[&base, ACCOUNT, SECRET]);
        if tokio::task::spawn_blocking(run).await.expect("passes") {
            assert_eq!(site.log().await.len(), 7);
        }
    });
}

#[test]
fn toxiproxy_python_drives_the_proxy_before_the_carrier() {
    real(Twilio, |site| async move {
        let config = NodeConfig {
            node: "proxy".into(),
            listen: [("control".into(), "127.0.0.1:0".into())].into(),
            ..NodeConfig::default()
        };
        let proxy = squall_services::proxy::start(site.node.clone(), config).await;
        let proxy = proxy.expect("the proxy starts");
        let control = proxy.addresses["control"].clone();
        let upstream = site.address("http");
        let run = move || {
            let (host, port) = control.rsplit_once(':').expect("host:port");
            python::run("proxy.py", &[host, port, &upstream])
        };
        tokio::task::spawn_blocking(run).await.expect("passes");
        proxy.stop.ask();
    });
}
