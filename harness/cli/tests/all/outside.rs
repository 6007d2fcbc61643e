//! A stack that somebody else has started: the nodes of stacks/compose as processes on ports of the
//! system's choice, behind a fault proxy that runs as well.

use crate::command::{root, squall};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Generous: the machine may be busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Environment variable with the token of its control ports, and the token.
pub const VARIABLE: &str = "SQUALL_TEST_TOKEN";
pub const TOKEN: &str = "planted-token-of-somebody-else";

const ROLES: [(&str, &str); 7] = [
    ("smartfren", "carrier"),
    ("vendor-b", "carrier"),
    ("queue-1", "queue"),
    ("queue-2", "queue"),
    ("edge", "edge"),
    ("gateway-1", "gateway"),
    ("gateway-2", "gateway"),
];

/// Ended with the test.
struct Served {
    child: Child,
    addresses: BTreeMap<String, String>,
}

impl Served {
    fn start(folder: &Path, role: &str, config: &Value) -> Served {
        let path = folder.join(format!("{}.json", config["node"].as_str().expect("a name")));
        std::fs::write(&path, config.to_string()).expect("a written configuration");
        let mut child = squall()
            .args(["serve", role, "--config"])
            .arg(&path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("squall starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its standard output");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("the addresses");
        let addresses = serde_json::from_value(ready["addresses"].clone()).expect("addresses");
        Served { child, addresses }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One HTTP request with the token, and its answer's status and body.
pub fn ask(at: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(at).expect("it listens");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: it\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
    (status, answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned())
}

fn healthy(at: &str) -> bool {
    ask(at, "GET", "/health", "").0 == 200
}

pub struct Outside {
    nodes: BTreeMap<String, Served>,
    proxy: Served,
    pub folder: tempfile::TempDir,
}

impl Outside {
    /// Everything up, pointing at each other, and healthy.
    pub fn raise() -> Outside {
        let folder = tempfile::tempdir().expect("a folder");
        let read = |name: &str| -> Value {
            let path = root().join(format!("stacks/compose/nodes/{name}.json"));
            let bytes = std::fs::read(path).expect("a configuration");
            serde_json::from_slice(&bytes).expect("JSON")
        };
        let mut config = read("fault-proxy");
        for at in config["listen"].as_object_mut().expect("ports").values_mut() {
            *at = json!("127.0.0.1:0");
        }
        // Its proxies lead nowhere until the nodes have addresses.
        for to in config["links"].as_object_mut().expect("links").values_mut() {
            *to = json!("127.0.0.1:1");
        }
        let proxy = Served::start(folder.path(), "proxy", &config);
        let mut raised = Outside { nodes: BTreeMap::new(), proxy, folder };
        for (name, role) in ROLES {
            let mut config = read(name);
            config["token"] = json!(TOKEN);
            for at in config["listen"].as_object_mut().expect("ports").values_mut() {
                *at = json!("127.0.0.1:0");
            }
            for (to, at) in
                config.get_mut("links").and_then(Value::as_object_mut).into_iter().flatten()
            {
                *at = raised.proxy_of(&format!("{name}->{to}"))["listen"].clone();
            }
            let served = Served::start(raised.folder.path(), role, &config);
            raised.nodes.insert(name.to_owned(), served);
        }
        raised.point(&read("fault-proxy"));
        let until = Instant::now() + PATIENCE;
        while !raised.controls().all(|(_, at)| healthy(at)) {
            assert!(Instant::now() < until, "never healthy");
            std::thread::yield_now();
        }
        raised
    }

    /// Leads each proxy to where its target listens.
    fn point(&self, config: &Value) {
        let ports = BTreeMap::from([("8000", "http"), ("2775", "smpp"), ("8080", "http")]);
        for (link, upstream) in config["links"].as_object().expect("links") {
            let (host, number) = upstream.as_str().and_then(|at| at.split_once(':')).expect("at");
            let Some(node) = self.nodes.get(host) else { continue };
            let port = ports.get(number).copied().unwrap_or(match (host, number) {
                ("edge", _) => "status",
                (gateway, "7002") if gateway.starts_with("gateway") => "callback",
                (gateway, _) if gateway.starts_with("gateway") => "direct",
                _ => "frames",
            });
            let body = json!({ "upstream": node.addresses[port] }).to_string();
            let (status, said) = ask(self.api(), "POST", &path_of(link), &body);
            assert_eq!(status, 200, "{said}");
        }
    }

    pub fn api(&self) -> &str {
        &self.proxy.addresses["control"]
    }

    /// Name and control port of every node and carrier.
    pub fn controls(&self) -> impl Iterator<Item = (&str, &str)> {
        self.nodes.iter().map(|(name, served)| {
            let ports = &served.addresses;
            let at = ports.get("admin").or_else(|| ports.get("control")).expect("a control port");
            (name.as_str(), at.as_str())
        })
    }

    pub fn control(&self, node: &str) -> &str {
        self.controls().find(|(name, _)| *name == node).expect("a node").1
    }

    pub fn at(&self, node: &str, port: &str) -> &str {
        &self.nodes[node].addresses[port]
    }

    /// Somebody else's message.
    pub fn post(&self, text: &str) {
        let form = format!("To=%2B6200100000001&From=Other&Body={text}");
        let mut stream = TcpStream::connect(self.at("edge", "http")).expect("it listens");
        let head = format!(
            "POST /2010-04-01/Accounts/squall/Messages.json HTTP/1.1\r\nHost: it\r\n\
             Authorization: Basic c3F1YWxsOnNxdWFsbA==\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            form.len()
        );
        stream.write_all((head + &form).as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }

    /// The proxy of a link, as the API shows it.
    pub fn proxy_of(&self, link: &str) -> Value {
        let (status, body) = ask(self.api(), "GET", &path_of(link), "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// All proxies and all settings: what a drill must leave as it was.
    pub fn state(&self) -> String {
        let (_, proxies) = ask(self.api(), "GET", "/proxies", "");
        let nodes = self.controls().filter(|(name, _)| *name != "smartfren" && *name != "vendor-b");
        let settings = nodes.map(|(_, at)| {
            let text = ask(at, "GET", "/settings", "").1;
            let mut settings: BTreeMap<String, String> =
                serde_json::from_str(&text).expect("settings");
            // A node that does not name it has it at its default.
            settings.entry("routing".into()).or_insert_with(|| "priority".into());
            format!("{settings:?}")
        });
        let behaviours = ["smartfren", "vendor-b"]
            .map(|carrier| ask(self.control(carrier), "GET", "/behaviours", "").1);
        proxies + &settings.collect::<String>() + &behaviours.concat()
    }

    /// Its `[external]`, in a folder `stacks/outside` of its own.
    pub fn describe(&self, change: impl Fn(String) -> String) {
        let edge = &self.nodes["edge"].addresses["http"];
        let links =
            ["sender->edge", "edge->sender", "gateway-1->smartfren", "gateway-2->smartfren"];
        let links =
            links.map(|link| self.proxy_of(link)["listen"].as_str().expect("at").to_owned());
        let mut allow: Vec<&str> = self.controls().map(|(_, at)| at).collect();
        allow.extend([self.api(), edge].into_iter().chain(links.iter().map(String::as_str)));
        let mut external = format!(
            "[external]\nname = \"outside\"\nproxy = \"{}\"\nallow = {allow:?}\n\
             token = {{ env = \"{VARIABLE}\" }}\n\n[external.nodes]\n",
            self.api(),
        );
        for (name, at) in self.controls() {
            let port = if name.starts_with("smart") || name.starts_with("vendor") {
                "control"
            } else {
                "admin"
            };
            let http = if name == "edge" { format!("http = \"{edge}\", ") } else { String::new() };
            external += &format!("{name} = {{ {http}{port} = \"{at}\" }}\n");
        }
        write_stack(self.folder.path(), &external, change);
    }

    /// `squall` beside its stack file.
    pub fn squall(&self) -> std::process::Command {
        squall_in(self.folder.path())
    }
}

/// One region of it without any proxy or carrier: its gateway dials two ports at which nobody listens
/// yet.
pub struct Bare {
    _nodes: Vec<Served>,
    pub folder: tempfile::TempDir,
}

impl Bare {
    pub fn raise() -> Bare {
        let folder = tempfile::tempdir().expect("a folder");
        let start = |name: &str, role: &str, links: &[(&str, &str)]| {
            let path = root().join(format!("stacks/compose/nodes/{name}.json"));
            let bytes = std::fs::read(path).expect("a configuration");
            let mut config: Value = serde_json::from_slice(&bytes).expect("JSON");
            for at in config["listen"].as_object_mut().expect("ports").values_mut() {
                *at = json!("127.0.0.1:0");
            }
            config["links"] = links.iter().map(|(to, at)| (*to, *at)).collect::<Value>();
            Served::start(folder.path(), role, &config)
        };
        let queues = ["queue-1", "queue-2"].map(|name| start(name, "queue", &[]));
        let [one, two] = &queues;
        let to_queues =
            [("queue-1", &*one.addresses["frames"]), ("queue-2", &*two.addresses["frames"])];
        let edge = start("edge", "edge", &to_queues);
        let nobody = [(); 4].map(|()| {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            listener.local_addr().expect("bound").to_string()
        });
        let gateway = |at: usize| {
            let links = [
                to_queues[at],
                ("edge", &*edge.addresses["status"]),
                ("smartfren", &*nobody[at]),
                ("vendor-b", &*nobody[at + 2]),
            ];
            start(["gateway-1", "gateway-2"][at], "gateway", &links)
        };
        let gateways = [gateway(0), gateway(1)];
        let nodes: Vec<(&str, &Served)> = vec![
            ("edge", &edge),
            ("queue-1", one),
            ("queue-2", two),
            ("gateway-1", &gateways[0]),
            ("gateway-2", &gateways[1]),
        ];
        describe_bare(folder.path(), &nodes, &nobody);
        let [one, two] = queues;
        let [three, four] = gateways;
        Bare { _nodes: vec![edge, one, two, three, four], folder }
    }
}

fn describe_bare(folder: &Path, nodes: &[(&str, &Served)], dialled: &[String; 4]) {
    let addresses = nodes.iter().flat_map(|(_, served)| served.addresses.values());
    let allow: Vec<&String> = addresses.chain(dialled).collect();
    let mut external =
        format!("[external]\nname = \"outside\"\nallow = {allow:?}\n\n[external.nodes]\n");
    for (name, served) in nodes {
        let port = |(port, at): (&String, &String)| format!("{port} = \"{at}\"");
        let ports: Vec<String> = served.addresses.iter().map(port).collect();
        external += &format!("{name} = {{ {} }}\n", ports.join(", "));
    }
    external += "\n[external.links]\n";
    let links = ["gateway-1->smartfren", "gateway-2->smartfren"];
    for (link, at) in
        links.iter().chain(&["gateway-1->vendor-b", "gateway-2->vendor-b"]).zip(dialled)
    {
        external += &format!("\"{link}\" = \"{at}\"\n");
    }
    write_stack(folder, &external, |stack| stack);
}

/// The committed stack with another `[external]`, called `outside`.
fn write_stack(folder: &Path, external: &str, change: impl Fn(String) -> String) {
    let text = std::fs::read_to_string(root().join("stacks/compose/stack.toml")).expect("it");
    let (before, rest) = text.split_once("[external]").expect("a section");
    let (_, after) = rest.split_once("# ── as in").expect("the rest");
    let stack = format!("{before}{external}\n# ── as in{after}");
    let folder = folder.join("stacks/outside");
    std::fs::create_dir_all(&folder).expect("a folder");
    let stack = change(stack.replacen("\"compose\"", "\"outside\"", 1));
    std::fs::write(folder.join("stack.toml"), stack).expect("a written stack");
}

/// `squall` in a folder with a stack of its own.
pub fn squall_in(folder: &Path) -> std::process::Command {
    let mut command = squall();
    command.current_dir(folder).env_remove(VARIABLE).env("CI", "true");
    command
}

fn path_of(link: &str) -> String {
    format!("/proxies/{}", link.replace('>', "%3E"))
}
