//! A telephone network that does as the test says, number by number: rings, answers or refuses,
//! presses keys, hangs up, and writes down what it is told.

use bytes::BytesMut;
use squall_platform::{Node, time};
use squall_wire::sip::encode::{echo, put_line, put_request, put_response};
use squall_wire::sip::{DTMF, Heard, Incoming, Message, Method, Name, connection, dtmf, fields};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use time::Instant;

/// What one number does with a call.
#[derive(Clone, Debug)]
pub struct Manners {
    pub ring: Duration,
    /// Instead of an answer.
    pub refuse: Option<u16>,
    /// Keys, and when after the answer they are pressed.
    pub keys: Vec<(Duration, char)>,
    /// After the answer.
    pub hang_up: Option<Duration>,
    /// What it is told it hears, and does not answer.
    pub mute: bool,
}

impl Default for Manners {
    fn default() -> Manners {
        let (refuse, keys, hang_up) = Default::default();
        Manners { ring: Duration::from_secs(1), refuse, keys, hang_up, mute: false }
    }
}

/// What became of one caller's call.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub answered: Option<Instant>,
    pub heard: Vec<Heard>,
    /// How long after the answer each of them was told.
    pub at: Vec<Duration>,
    /// Cause and text of the BYE.
    pub end: Option<(u8, String)>,
    pub cancelled: bool,
}

#[derive(Clone, Default)]
pub struct Phones {
    pub manners: Arc<Mutex<BTreeMap<String, Manners>>>,
    told: Arc<Mutex<BTreeMap<String, Told>>>,
}

impl Phones {
    pub async fn serve(node: Node, listen: &str) -> Phones {
        let phones = Phones::default();
        let (at, mut listener) = (phones.clone(), node.bind(listen).await.unwrap());
        let spawner = node.clone();
        node.spawn(async move {
            while let Ok(stream) = listener.accept().await {
                let (phones, node) = (at.clone(), spawner.clone());
                spawner.spawn(async move {
                    let (mut reader, outbox) = connection::open(&node, stream);
                    let send = move |put: &dyn Fn(&mut BytesMut)| {
                        outbox.add(|out| {
                            put(out);
                            true
                        });
                        outbox.flush();
                    };
                    let send: Send = Arc::new(send);
                    while let Ok(Some(incoming)) = reader.next().await {
                        let Incoming::Message(message) = incoming else { panic!("{incoming:?}") };
                        phones.take(&node, &send, message);
                    }
                });
            }
        });
        phones
    }

    pub fn of(&self, number: &str, manners: Manners) {
        self.manners.lock().unwrap().insert(number.to_owned(), manners);
    }

    pub fn told(&self, caller: &str) -> Told {
        self.told.lock().unwrap().get(caller).cloned().unwrap_or_default()
    }

    pub fn count(&self, which: impl Fn(&Told) -> bool) -> usize {
        self.told.lock().unwrap().values().filter(|told| which(told)).count()
    }

    fn note(&self, caller: &str, change: impl FnOnce(&mut Told)) {
        change(self.told.lock().unwrap().entry(caller.to_owned()).or_default());
    }

    fn take(&self, node: &Node, send: &Send, message: Message) {
        let Some(method) = message.method() else { return };
        let caller = user(&message, Name::From);
        let respond = |status| {
            let lines = echo(&message, "", &tag(&message));
            send(&|out| put_response(out, status, &lines, "", None));
        };
        match method {
            Method::Invite => {
                self.note(&caller, |_| {});
                respond(180);
                let (phones, send) = (self.clone(), send.clone());
                node.spawn(async move { phones.ring(&send, message).await });
            }
            Method::Cancel => {
                self.note(&caller, |told| told.cancelled = true);
                respond(200);
            }
            Method::Info => {
                let heard: Heard = serde_json::from_slice(&message.body).unwrap();
                self.note(&caller, |told| {
                    told.heard.push(heard);
                    told.at.push(told.answered.unwrap().elapsed());
                });
                let callee = user(&message, Name::To);
                let mute = self.manners.lock().unwrap().get(&callee).is_some_and(|m| m.mute);
                if !mute {
                    respond(200);
                }
            }
            Method::Bye => {
                let (cause, text) = message.get(Name::Reason).and_then(fields::q850).unwrap();
                self.note(&caller, |told| told.end = Some((cause, text.into_owned())));
                respond(200);
            }
            Method::Ack => {}
            _ => respond(501),
        }
    }

    async fn ring(&self, send: &Send, invite: Message) {
        let (caller, callee) = (user(&invite, Name::From), user(&invite, Name::To));
        let manners = self.manners.lock().unwrap().get(&callee).cloned().unwrap_or_default();
        for _ in 0..manners.ring.as_millis() / 100 {
            time::sleep(Duration::from_millis(100)).await;
            if self.told(&caller).cancelled {
                let lines = echo(&invite, "", &tag(&invite));
                return send(&|out| put_response(out, 487, &lines, "", None));
            }
        }
        let (status, lines) = (manners.refuse.unwrap_or(200), echo(&invite, "", &tag(&invite)));
        send(&|out| put_response(out, status, &lines, "Contact: <sip:phone@net>\r\n", None));
        if status != 200 {
            return;
        }
        let answered = Instant::now();
        self.note(&caller, |told| told.answered = Some(answered));
        let mut cseq = 0;
        for (after, key) in manners.keys {
            time::sleep_until(answered + after).await;
            if self.told(&caller).end.is_some() {
                return;
            }
            cseq += 1;
            ask(send, &invite, cseq, ("INFO", ""), Some((DTMF, dtmf(key).as_bytes())));
        }
        if let Some(after) = manners.hang_up {
            time::sleep_until(answered + after).await;
            ask(send, &invite, cseq + 1, ("BYE", ""), None);
        }
    }
}

type Send = Arc<dyn Fn(&dyn Fn(&mut BytesMut)) + std::marker::Send + Sync>;

fn tag(message: &Message) -> String {
    format!("p{}", message.from_tag())
}

fn user(message: &Message, name: Name) -> String {
    fields::user(fields::uri(message.get(name).unwrap())).into_owned()
}

/// A request of the answering side within the call.
fn ask(
    send: &Send,
    invite: &Message,
    cseq: u32,
    (method, more): (&str, &str),
    body: Option<(&str, &[u8])>,
) {
    let mut lines = String::new();
    let branch = format!("SIP/2.0/TCP net.invalid;branch=z9hG4bK{}{cseq}", tag(invite));
    put_line(&mut lines, "Via", &branch);
    let to = invite.get(Name::To).unwrap();
    put_line(&mut lines, "From", &format!("{to};tag={}", tag(invite)));
    put_line(&mut lines, "To", invite.get(Name::From).unwrap());
    put_line(&mut lines, "Call-ID", invite.call_id());
    put_line(&mut lines, "CSeq", &format!("{cseq} {method}"));
    lines.push_str("Max-Forwards: 70\r\n");
    let target = fields::uri(invite.get(Name::Contact).unwrap()).to_owned();
    send(&|out| put_request(out, (method, &target), &lines, more, body));
}
