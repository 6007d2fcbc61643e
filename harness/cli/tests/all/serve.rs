//! Components started by hand, as the README says: a message goes through all of them.

use crate::command::squall;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Generous: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// A served component; ended with the test.
struct Served {
    child: Child,
    addresses: Value,
}

impl Served {
    fn start(role: &str, arguments: &[&str]) -> Served {
        let mut child = squall()
            .args(["serve", role, "--set", "account=AC1", "--set", "secret=abcd1234"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("squall starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its standard output");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("the addresses");
        Served { child, addresses: ready["addresses"].clone() }
    }

    fn at(&self, port: &str) -> &str {
        self.addresses[port].as_str().expect("an address")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One HTTP request, and the JSON of its answer.
fn ask(served: &Served, method: &str, path: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(served.at("http")).expect("it listens");
    // AC1:abcd1234
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: served\r\nAuthorization: Basic QUMxOmFiY2QxMjM0\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

#[test]
fn components_started_by_hand_carry_a_message_to_its_carrier() {
    let any = |port: &str| format!("{port}=127.0.0.1:0");
    let carrier = Served::start("carrier", &["--name", "smartfren", "--listen", &any("smpp")]);
    let queue = Served::start("queue", &["--name", "queue-1", "--listen", &any("frames")]);
    let to_queue = format!("queue-1={}", queue.at("frames"));
    let edge = Served::start("edge", &["--listen", &any("http"), "--link", &to_queue]);
    let (to_carrier, to_edge) =
        (format!("smartfren={}", carrier.at("smpp")), format!("edge={}", edge.at("status")));
    let links = ["--link", &to_queue, "--link", &to_carrier, "--link", &to_edge];
    let _gateway = Served::start("gateway", &[&["--name", "gateway-1"][..], &links].concat());

    let messages = "/2010-04-01/Accounts/AC1/Messages";
    let form = "To=%2B6288112345678&From=Squall&Body=hello";
    let until = Instant::now() + PATIENCE;
    // The edge refuses or holds until its link is up: a user tries again.
    let sid = loop {
        let created = ask(&edge, "POST", &format!("{messages}.json"), form);
        if let Some(sid) = created["sid"].as_str() {
            break sid.to_owned();
        }
        assert!(Instant::now() < until, "never accepted: {created}");
        std::thread::sleep(Duration::from_millis(100));
    };
    loop {
        let message = ask(&edge, "GET", &format!("{messages}/{sid}.json"), "");
        if message["status"] == "delivered" {
            return;
        }
        assert!(Instant::now() < until, "never delivered: {message}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_name_server_started_by_hand_answers() {
    let ports = ["--listen", "dns=127.0.0.1:0", "--listen", "control=127.0.0.1:0"];
    let names = Served::start("names", &ports);
    let mut stream = TcpStream::connect(names.at("dns")).expect("the name server");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    // Where is the service of "a"? Nobody has told it.
    let question = b"\0\x13\x12\x34\0\0\0\x01\0\0\0\0\0\0\x01a\0\0\x21\0\x01";
    stream.write_all(question).expect("sent");
    let mut answer = [0u8; 14];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!((&answer[2..4], answer[5] & 15), (&b"\x12\x34"[..], 3), "no such name");
}

#[test]
fn a_carrier_speaks_the_protocol_it_is_told_to() {
    let carrier = |protocol: &str| {
        Served::start("carrier", &["--protocol", protocol, "--listen", "http=127.0.0.1:0"])
    };
    let form = "to=6288112345678&from=Squall&text=hello";
    let answer = ask(&carrier("vonage"), "POST", "/sms/json", form);
    assert_eq!(answer["messages"][0]["status"], "0", "{answer}");
    let answer = ask(&carrier("json"), "POST", "/v1/messages", "{}");
    assert_eq!(answer["error"]["code"], "unauthorized", "{answer}");
    let answer = ask(&carrier("twilio"), "POST", "/2010-04-01/Accounts/AC1/Messages.json", form);
    assert_eq!(answer["code"], 21604, "{answer}");
}

#[test]
fn a_telephone_network_started_by_hand_answers() {
    let ports = ["--protocol", "sip", "--listen", "sip=127.0.0.1:0"];
    let network = Served::start("carrier", &ports);
    let mut stream = TcpStream::connect(network.at("sip")).expect("the network");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let invite = "INVITE sip:+620012345678@net SIP/2.0\r\n\
        Via: SIP/2.0/TCP a.invalid;branch=z9hG4bKa\r\n\
        From: <sip:a@a.invalid>;tag=a\r\n\
        To: <sip:+620012345678@net>\r\n\
        Call-ID: a\r\n\
        CSeq: 1 INVITE\r\n\
        Contact: <sip:a@a.invalid>\r\n\
        Content-Length: 0\r\n\r\n";
    stream.write_all(invite.as_bytes()).expect("sent");
    let (mut heard, mut piece) = (String::new(), [0u8; 1_024]);
    while !heard.contains("SIP/2.0 200 OK") {
        let read = stream.read(&mut piece).expect("an answer");
        assert!(read > 0, "closed after {heard}");
        heard.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    assert!(heard.starts_with("SIP/2.0 100 Trying"), "{heard}");
}

#[test]
fn a_port_that_the_role_does_not_have_is_a_mistake_that_names_those_it_has() {
    let ran = squall()
        .args(["serve", "queue", "--listen", "htpp=127.0.0.1:0"])
        .output()
        .expect("squall starts");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert!(said.contains("queue has no port \"htpp\"; there are admin, frames"), "{said}");
}

#[test]
fn what_the_system_says_of_a_missing_run_is_said_once() {
    let ran = squall().args(["report", "/nope"]).output().expect("squall starts");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert_eq!(said.matches("No such file").count(), 1, "{said}");
}

#[test]
fn a_role_of_the_call_platform_has_the_port_of_its_stack() {
    for role in ["balancer", "media-cache", "origin", "telemetry"] {
        let served = Served::start(role, &["--listen", "http=127.0.0.1:0"]);
        assert!(served.at("http").starts_with("127.0.0.1:"), "{role}");
    }
    let ran = squall().args(["serve", "orign", "--listen", "http=127.0.0.1:0"]).output();
    let said = String::from_utf8_lossy(&ran.expect("squall starts").stderr).into_owned();
    assert!(said.contains("no role \"orign\""), "{said}");
}
