//! One ESME's session. Whole reads are worked off at once: decided one by one, written to the
//! journal together, answered together.

use super::dispatch::{again_us, state};
use super::{Smsc, message_id};
use crate::carrier::desk::{Submission, Wish};
use crate::carrier::journal::Outcome;
use squall_platform::running::Stopping;
use squall_platform::{Stream, time};
use squall_wire::smpp::frame::{Header, Incoming};
use squall_wire::smpp::pdus::{
    BindReceiverResp, BindTransceiverResp, BindTransmitterResp, QuerySm, QuerySmResp, SubmitSm,
    SubmitSmResp,
};
use squall_wire::smpp::types::COctetString;
use squall_wire::smpp::values::InterfaceVersion;
use squall_wire::smpp::{
    BindMode, Command, CommandStatus, Outbox, Pdu, Reader, c_string, code, credentials, date, long,
    session, text,
};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// PDUs worked off before anything is written or answered.
const BATCH: usize = 256;

/// Answers held back at once; above it the session reads no further.
const HELD_BACK: usize = 1_000;

/// A session that says nothing for so long is ended.
const INACTIVITY: Duration = Duration::from_secs(3_600);

struct Session {
    smsc: Arc<Smsc>,
    outbox: Outbox,
    bound: Option<Bound>,
    held_back: Arc<Semaphore>,
    /// What goes out once the journal is written, and how much later.
    answers: Vec<(Answer, Duration)>,
    over: bool,
}

struct Bound {
    mode: BindMode,
    /// The system_type of the bind: by our convention the name of the node that submits.
    via: String,
    /// Its name among the receivers.
    receiver: Option<u64>,
}

#[expect(clippy::large_enum_variant, reason = "nearly every answer is a command")]
enum Answer {
    Command(Command),
    /// A status that leaves no room for a body.
    Bare(Header),
}

pub(super) async fn run(smsc: Arc<Smsc>, stream: Stream, mut stopping: Stopping) {
    let (mut reader, outbox) = session::open(&smsc.carrier.node, stream);
    let held_back = Arc::new(Semaphore::new(HELD_BACK));
    let mut session =
        Session { smsc, outbox, bound: None, held_back, answers: Vec::new(), over: false };
    while !session.over {
        let incoming = tokio::select! {
            biased;
            () = stopping.asked() => {
                session.outbox.push(&Command::new(CommandStatus::EsmeRok, 0x7FFF_FFFF, Pdu::Unbind));
                break;
            }
            incoming = time::timeout(INACTIVITY, reader.next()) => incoming,
        };
        let Ok(Ok(Some(first))) = incoming else {
            if let Ok(Err(session::SessionError::Length(_))) = incoming {
                session.outbox.nack(0, CommandStatus::EsmeRinvcmdlen);
            }
            break;
        };
        if session.batch(first, &mut reader).is_err() {
            // Nothing may be answered that is not in the journal.
            session.outbox.reset();
            break;
        }
        session.answer().await;
        session.outbox.room().await;
    }
    session.leave();
    session.outbox.flush();
}

impl Session {
    fn batch(&mut self, first: Incoming, reader: &mut Reader) -> io::Result<()> {
        self.take(first);
        for _ in 1..BATCH {
            match reader.buffered() {
                Ok(Some(incoming)) if !self.over => self.take(incoming),
                // A length that cannot be: the next read reports it.
                _ => break,
            }
        }
        let mut desk = self.smsc.carrier.desk();
        desk.write()?;
        if desk.dispatcher_sleeps_too_long() {
            self.smsc.carrier.wake.notify_one();
        }
        Ok(())
    }

    fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Command(command) => self.command(&command),
            Incoming::Malformed { header, .. } if header.id & 0x8000_0000 != 0 => {}
            Incoming::Malformed { header, status } => self.nack(header.sequence, status),
        }
    }

    fn command(&mut self, command: &Command) {
        let sequence = command.sequence_number();
        match command.pdu() {
            Some(Pdu::SubmitSm(sm)) => self.submit(sequence, sm),
            Some(Pdu::BindTransmitter(bind)) => {
                let keys = (&bind.system_id, &bind.password);
                self.bind(sequence, BindMode::Transmitter, keys, &bind.system_type);
            }
            Some(Pdu::BindReceiver(bind)) => {
                let keys = (&bind.system_id, &bind.password);
                self.bind(sequence, BindMode::Receiver, keys, &bind.system_type);
            }
            Some(Pdu::BindTransceiver(bind)) => {
                let keys = (&bind.system_id, &bind.password);
                self.bind(sequence, BindMode::Transceiver, keys, &bind.system_type);
            }
            Some(Pdu::EnquireLink) => self.ok(sequence, Pdu::EnquireLinkResp),
            Some(Pdu::Unbind) => {
                self.ok(sequence, Pdu::UnbindResp);
                self.over = true;
            }
            Some(Pdu::QuerySm(query)) => self.query(sequence, query),
            Some(Pdu::CancelSm(_)) => {
                self.bare(command, CommandStatus::EsmeRcancelfail);
            }
            Some(Pdu::ReplaceSm(_)) => {
                self.bare(command, CommandStatus::EsmeRreplacefail);
            }
            _ if command.id().is_response() => self.receipt_answered(command),
            _ => self.nack(sequence, CommandStatus::EsmeRinvcmdid),
        }
    }

    fn bind(
        &mut self,
        sequence: u32,
        mode: BindMode,
        (system_id, password): (&COctetString<1, 16>, &COctetString<1, 9>),
        system_type: &COctetString<1, 13>,
    ) {
        let carrier = &self.smsc.carrier;
        let (account, secret) = credentials(&carrier.account, &carrier.secret);
        let refusal = match () {
            () if self.bound.is_some() => Some(CommandStatus::EsmeRalybnd),
            () if system_id.as_str() != account => Some(CommandStatus::EsmeRinvsysid),
            () if password.as_str() != secret => Some(CommandStatus::EsmeRinvpaswd),
            () => None,
        };
        let name = credentials(carrier.node.name(), "").0;
        let answer = bind_resp(mode, c_string(name).unwrap_or_default());
        if let Some(status) = refusal {
            let id = answer.command_id().into();
            let header = Header { id, status: code(status), sequence };
            self.answers.push((Answer::Bare(header), Duration::ZERO));
            return;
        }
        self.ok(sequence, answer);
        let receives = mode != BindMode::Transmitter;
        let receiver = receives.then(|| self.smsc.receivers().add(self.outbox.clone()));
        let via = system_type.as_str().to_owned();
        self.bound = Some(Bound { mode, via, receiver });
    }

    fn submit(&mut self, sequence: u32, sm: &SubmitSm) {
        let refused = match &self.bound {
            Some(bound) if bound.mode != BindMode::Receiver => fault(sm),
            _ => Some(CommandStatus::EsmeRinvbndsts),
        };
        if let Some(status) = refused {
            return self.refuse(sequence, code(status), Duration::ZERO);
        }
        let carrier = &self.smsc.carrier;
        let now_us = carrier.node.unix_us();
        let (part, octets) = long::part_of(sm);
        let text = text::decode(sm.data_coding, octets);
        let decision = carrier.desk().submit(
            now_us,
            Submission {
                via: self.bound.as_ref().map_or("", |bound| &bound.via),
                source: sm.source_addr.as_str(),
                destination: sm.destination_addr.as_str(),
                text: &text,
                part,
                wish: wish(sm),
                callback: None,
                reference: None,
                valid_until_us: date::validity_end(sm.validity_period.as_str(), now_us),
            },
        );
        match decision.result {
            Ok(id) => {
                let id = c_string(&message_id(id)).unwrap_or_default();
                let resp = SubmitSmResp::builder().message_id(id).build();
                let answer = Command::new(CommandStatus::EsmeRok, sequence, resp);
                self.answers.push((Answer::Command(answer), decision.answer_after));
            }
            Err(refusal) => self.refuse(sequence, refusal.0, decision.answer_after),
        }
    }

    fn query(&mut self, sequence: u32, query: &QuerySm) {
        let desk = self.smsc.carrier.desk();
        let id = query.message_id.as_str().parse().ok();
        let found = id.and_then(|id| desk.recent.get(id)).filter(|accepted| {
            let source = query.source_addr.as_str();
            source.is_empty() || source == accepted.source
        });
        let answer = match found {
            Some(accepted) => {
                let over = accepted.final_us <= self.smsc.carrier.node.unix_us();
                let outcome = if over { accepted.outcome } else { Outcome::Never };
                let resp = QuerySmResp::builder()
                    .message_id(query.message_id.clone())
                    .message_state(state(outcome))
                    .build();
                Answer::Command(Command::new(CommandStatus::EsmeRok, sequence, resp))
            }
            None => Answer::Bare(Header {
                id: 0x8000_0003,
                status: code(CommandStatus::EsmeRqueryfail),
                sequence,
            }),
        };
        drop(desk);
        self.answers.push((answer, Duration::ZERO));
    }

    fn receipt_answered(&mut self, answer: &Command) {
        let Some(receiver) = self.bound.as_ref().and_then(|bound| bound.receiver) else { return };
        let mut receivers = self.smsc.receivers();
        let Some(key) = receivers.answered(receiver, answer.sequence_number()) else { return };
        drop(receivers);
        let mut desk = self.smsc.carrier.desk();
        let accepted = matches!(answer.id().into(), 0x8000_0005u32)
            && answer.status() == CommandStatus::EsmeRok;
        if accepted {
            desk.acknowledged(key);
        } else {
            desk.promises.failed(key, again_us(self.smsc.carrier.node.unix_us()));
        }
        // There is room for one more.
        if desk.looking_us == 0 {
            self.smsc.carrier.wake.notify_one();
        }
    }

    fn ok(&mut self, sequence: u32, pdu: Pdu) {
        let answer = Command::new(CommandStatus::EsmeRok, sequence, pdu);
        self.answers.push((Answer::Command(answer), Duration::ZERO));
    }

    fn nack(&mut self, sequence: u32, status: CommandStatus) {
        let answer = Command::new(status, sequence, Pdu::GenericNack);
        self.answers.push((Answer::Command(answer), Duration::ZERO));
    }

    fn refuse(&mut self, sequence: u32, status: u32, after: Duration) {
        self.answers.push((Answer::Bare(Header { id: 0x8000_0004, status, sequence }), after));
    }

    fn bare(&mut self, request: &Command, status: CommandStatus) {
        let id: u32 = request.id().into();
        let (id, sequence) = (id | 0x8000_0000, request.sequence_number());
        let header = Header { id, status: code(status), sequence };
        self.answers.push((Answer::Bare(header), Duration::ZERO));
    }

    async fn answer(&mut self) {
        let mut bound = false;
        for (answer, after) in std::mem::take(&mut self.answers) {
            if after.is_zero() {
                bound |= matches!(&answer, Answer::Command(c) if is_bind(c));
                push(&self.outbox, &answer);
                continue;
            }
            self.outbox.flush();
            let Ok(place) = self.held_back.clone().acquire_owned().await else { return };
            let outbox = self.outbox.clone();
            self.smsc.carrier.node.spawn(async move {
                time::sleep(after).await;
                push(&outbox, &answer);
                outbox.flush();
                drop(place);
            });
        }
        self.outbox.flush();
        if bound {
            // Only now may receipts follow: a bind is answered before anything else comes.
            self.smsc.carrier.wake.notify_one();
        }
    }

    /// What was under way to this session goes to the next receiver.
    fn leave(&mut self) {
        let Some(receiver) = self.bound.take().and_then(|bound| bound.receiver) else { return };
        let now_us = self.smsc.carrier.node.unix_us();
        let mut receivers = self.smsc.receivers();
        let mut desk = self.smsc.carrier.desk();
        for key in receivers.remove(receiver) {
            desk.promises.failed(key, now_us);
        }
        self.smsc.carrier.wake.notify_one();
    }
}

fn push(outbox: &Outbox, answer: &Answer) {
    match answer {
        Answer::Command(command) => outbox.push(command),
        Answer::Bare(header) => outbox.push_header(*header),
    };
}

fn is_bind(command: &Command) -> bool {
    matches!(
        command.pdu(),
        Some(Pdu::BindTransmitterResp(_) | Pdu::BindReceiverResp(_) | Pdu::BindTransceiverResp(_))
    )
}

fn bind_resp(mode: BindMode, name: COctetString<1, 16>) -> Pdu {
    let version = Some(InterfaceVersion::Smpp3_4);
    match mode {
        BindMode::Transmitter => BindTransmitterResp::new(name, version).into(),
        BindMode::Receiver => BindReceiverResp::new(name, version).into(),
        BindMode::Transceiver => BindTransceiverResp::new(name, version).into(),
    }
}

fn fault(sm: &SubmitSm) -> Option<CommandStatus> {
    let to = sm.destination_addr.as_str();
    let digits = to.strip_prefix('+').unwrap_or(to);
    if digits.len() < 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Some(CommandStatus::EsmeRinvdstadr);
    }
    (!sm.schedule_delivery_time.as_str().is_empty()).then_some(CommandStatus::EsmeRinvsched)
}

fn wish(sm: &SubmitSm) -> Wish {
    match u8::from(sm.registered_delivery) & 0x03 {
        1 => Wish::Everything,
        2 => Wish::Failure,
        3 => Wish::Success,
        _ => Wish::Nothing,
    }
}
