//! The ESME's end: bind, windowed submits whose answers are matched by sequence number, receipts.
//!
//! A submit ends in one of four ways, and a caller must be able to tell them apart: accepted,
//! refused, certainly not sent, or unknown. When to retry is the caller's own business.

use crate::smpp::frame::Incoming;
use crate::smpp::session::{self, Outbox, Reader};
use crate::smpp::{c_string, code};
use rusmpp::pdus::{
    BindReceiver, BindTransceiver, BindTransmitter, DeliverSm, DeliverSmResp, SubmitSm,
};
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use squall_platform::Node;
use squall_platform::time::{Instant, sleep_until, timeout};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

/// Receipts that wait for their reader; above it they are refused as a passing error, so that the
/// SMSC keeps them.
const DELIVERIES: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindMode {
    Transmitter,
    Receiver,
    Transceiver,
}

/// How to bind.
#[derive(Clone, Debug)]
pub struct Bind {
    pub mode: BindMode,
    /// At most 15 octets, see [`crate::smpp::credentials`].
    pub system_id: String,
    /// At most 8 octets.
    pub password: String,
    /// What kind of system binds, by its own account; at most 12 octets.
    pub system_type: String,
    /// Submits without an answer at any time.
    pub window: usize,
    /// For the connection and the bind together.
    pub bind_timeout: Duration,
    /// For each answer; then the submit is [`SubmitError::Indeterminate`].
    pub response_timeout: Duration,
    /// Silence after which an enquire_link is sent.
    pub enquire_after: Duration,
}

impl Bind {
    /// A transceiver with the usual timers and a window of 100.
    pub fn transceiver(system_id: &str, password: &str) -> Bind {
        Bind {
            mode: BindMode::Transceiver,
            system_id: system_id.to_owned(),
            password: password.to_owned(),
            system_type: String::new(),
            window: 100,
            bind_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(10),
            enquire_after: Duration::from_secs(30),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("not connected: {0}")]
    Connect(String),
    #[error("bind refused with 0x{0:02X}")]
    Refused(u32),
    #[error("no answer to the bind: {0}")]
    Unanswered(String),
    #[error("{0} does not fit its field")]
    Field(&'static str),
}

/// What became of a submit that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Certainly not received.
    #[error("not sent: {0}")]
    NotSent(String),
    /// Answered with a command_status other than 0.
    #[error("refused with 0x{0:02X}")]
    Refused(u32),
    /// May have been received.
    #[error("no answer: {0}")]
    Indeterminate(String),
}

/// A bound session. Clones share it; it ends with [`Client::unbind`], with the connection, or when
/// the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    outbox: Outbox,
    window: Semaphore,
    response_timeout: Duration,
    exchange: Arc<Exchange>,
    closed: watch::Receiver<Option<String>>,
}

/// Requests under way. Ordered, so that the end of a session wakes them in a repeatable order.
#[derive(Debug, Default)]
struct Exchange(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    last: u32,
    answers: BTreeMap<u32, oneshot::Sender<Command>>,
    over: Option<String>,
}

/// The stream of deliver_sm of a receiver or transceiver; ends with the session.
#[derive(Debug)]
pub struct Deliveries(mpsc::Receiver<Delivery>);

/// One deliver_sm. Dropped without an answer, the SMSC will send it again.
#[derive(Debug)]
pub struct Delivery {
    pub sm: DeliverSm,
    sequence: u32,
    outbox: Outbox,
}

impl Deliveries {
    pub async fn next(&mut self) -> Option<Delivery> {
        self.0.recv().await
    }

    /// One that has arrived already.
    pub fn ready(&mut self) -> Option<Delivery> {
        self.0.try_recv().ok()
    }
}

impl Delivery {
    /// Tells the SMSC that it need not be sent again.
    pub fn accept(self) {
        self.answer(CommandStatus::EsmeRok);
    }

    /// Asks the SMSC to send it again later.
    pub fn refuse(self) {
        self.answer(CommandStatus::EsmeRxTAppn);
    }

    fn answer(self, status: CommandStatus) {
        self.outbox.push(&Command::new(status, self.sequence, DeliverSmResp::default()));
        self.outbox.flush();
    }
}

impl Client {
    /// Connects and binds.
    ///
    /// # Errors
    /// [`BindError`].
    pub async fn bind(
        node: &Node,
        address: &str,
        bind: &Bind,
    ) -> Result<(Client, Deliveries), BindError> {
        let request = bind_request(bind)?;
        let until = Instant::now() + bind.bind_timeout;
        let stream = match timeout(bind.bind_timeout, node.connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(BindError::Connect(error.to_string())),
            Err(_) => return Err(BindError::Connect("timed out".into())),
        };
        let (mut reader, outbox) = session::open(node, stream);
        outbox.push(&Command::new(CommandStatus::EsmeRok, 1, request));
        outbox.flush();
        let answer = timeout(until.saturating_duration_since(Instant::now()), reader.next()).await;
        match answer {
            Ok(Ok(Some(Incoming::Command(answer)))) if answer.id().is_response() => {
                if answer.status() != CommandStatus::EsmeRok {
                    return Err(BindError::Refused(code(answer.status())));
                }
            }
            Ok(Ok(Some(other))) => return Err(BindError::Unanswered(format!("{other:?}"))),
            Ok(Ok(None)) => return Err(BindError::Unanswered("closed".into())),
            Ok(Err(error)) => return Err(BindError::Unanswered(error.to_string())),
            Err(_) => return Err(BindError::Unanswered("timed out".into())),
        }
        Ok(Client::start(node, bind, reader, outbox))
    }

    fn start(node: &Node, bind: &Bind, reader: Reader, outbox: Outbox) -> (Client, Deliveries) {
        let exchange = Arc::new(Exchange(Mutex::new(Waiting { last: 1, ..Waiting::default() })));
        let (deliver, deliveries) = mpsc::channel(DELIVERIES);
        let (close, closed) = watch::channel(None);
        let task = Listener {
            reader,
            outbox: outbox.clone(),
            exchange: exchange.clone(),
            deliver,
            enquire_after: bind.enquire_after,
            response_timeout: bind.response_timeout,
        };
        node.spawn(async move {
            let exchange = task.exchange.clone();
            let reason = task.run().await;
            exchange.end(&reason);
            close.send_replace(Some(reason));
        });
        let inner = Inner {
            outbox,
            window: Semaphore::new(bind.window.max(1)),
            response_timeout: bind.response_timeout,
            exchange,
            closed,
        };
        (Client { inner: Arc::new(inner) }, Deliveries(deliveries))
    }

    /// Submits one message (or part) and returns the SMSC's message id. Waits for a place in the
    /// window first.
    ///
    /// # Errors
    /// [`SubmitError`].
    pub async fn submit(&self, sm: SubmitSm) -> Result<String, SubmitError> {
        let answer = self.request(sm.into()).await?;
        match answer.pdu() {
            Some(Pdu::SubmitSmResp(resp)) => Ok(resp.message_id().as_str().to_owned()),
            _ => Ok(String::new()),
        }
    }

    /// Sends any request and returns its answer, within the window.
    ///
    /// # Errors
    /// [`SubmitError`].
    pub async fn request(&self, pdu: Pdu) -> Result<Command, SubmitError> {
        let inner = &*self.inner;
        let Ok(_place) = inner.window.acquire().await else {
            return Err(SubmitError::NotSent("closed".into()));
        };
        inner.outbox.room().await;
        let (mut waiting, answer) = inner.exchange.register()?;
        if !inner.outbox.push(&Command::new(CommandStatus::EsmeRok, waiting.sequence, pdu)) {
            return Err(SubmitError::NotSent("closed".into()));
        }
        inner.outbox.flush();
        match timeout(inner.response_timeout, answer).await {
            Ok(Ok(answer)) => {
                waiting.answered = true;
                match code(answer.status()) {
                    0 if answer.id() != CommandId::GenericNack => Ok(answer),
                    status => Err(SubmitError::Refused(status)),
                }
            }
            Ok(Err(_)) => Err(SubmitError::Indeterminate(self.reason())),
            Err(_) => Err(SubmitError::Indeterminate(format!(
                "none within {} ms",
                inner.response_timeout.as_millis()
            ))),
        }
    }

    /// Places left in the window.
    pub fn free(&self) -> usize {
        self.inner.window.available_permits()
    }

    /// Measures one enquire_link.
    ///
    /// # Errors
    /// [`SubmitError`].
    pub async fn enquire_link(&self) -> Result<Duration, SubmitError> {
        let sent = Instant::now();
        self.request(Pdu::EnquireLink).await.map(|_| sent.elapsed())
    }

    /// Unbinds and closes the connection.
    pub async fn unbind(&self) {
        let _ = self.request(Pdu::Unbind).await;
        self.inner.outbox.close();
    }

    /// Waits for the session's end and says why it ended.
    pub async fn closed(&self) -> String {
        let mut closed = self.inner.closed.clone();
        let _ = closed.wait_for(Option::is_some).await;
        self.reason()
    }

    pub fn is_closed(&self) -> bool {
        self.inner.closed.borrow().is_some() || self.inner.outbox.is_over()
    }

    fn reason(&self) -> String {
        self.inner.exchange.reason().unwrap_or_else(|| "the node ended".into())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.outbox.close();
    }
}

fn bind_request(bind: &Bind) -> Result<Pdu, BindError> {
    let system_id: COctetString<1, 16> =
        c_string(&bind.system_id).ok_or(BindError::Field("system_id"))?;
    let password: COctetString<1, 9> =
        c_string(&bind.password).ok_or(BindError::Field("password"))?;
    let system_type: COctetString<1, 13> =
        c_string(&bind.system_type).ok_or(BindError::Field("system_type"))?;
    let version = InterfaceVersion::Smpp3_4;
    Ok(match bind.mode {
        BindMode::Transmitter => BindTransmitter::builder()
            .system_id(system_id)
            .password(password)
            .system_type(system_type)
            .interface_version(version)
            .build()
            .into(),
        BindMode::Receiver => BindReceiver::builder()
            .system_id(system_id)
            .password(password)
            .system_type(system_type)
            .interface_version(version)
            .build()
            .into(),
        BindMode::Transceiver => BindTransceiver::builder()
            .system_id(system_id)
            .password(password)
            .system_type(system_type)
            .interface_version(version)
            .build()
            .into(),
    })
}

/// A place among the waiting; given up when dropped.
struct Registered<'a> {
    exchange: &'a Exchange,
    sequence: u32,
    answered: bool,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.exchange.with(|waiting| waiting.answers.remove(&self.sequence));
        }
    }
}

impl Exchange {
    fn with<T>(&self, act: impl FnOnce(&mut Waiting) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn register(&self) -> Result<(Registered<'_>, oneshot::Receiver<Command>), SubmitError> {
        let (tell, answer) = oneshot::channel();
        let sequence = self.with(|waiting| match &waiting.over {
            Some(reason) => Err(SubmitError::NotSent(reason.clone())),
            None => {
                waiting.last = if waiting.last >= 0x7FFF_FFFF { 1 } else { waiting.last + 1 };
                waiting.answers.insert(waiting.last, tell);
                Ok(waiting.last)
            }
        })?;
        Ok((Registered { exchange: self, sequence, answered: false }, answer))
    }

    fn answer(&self, command: Command) {
        let tell = self.with(|waiting| waiting.answers.remove(&command.sequence_number()));
        if let Some(tell) = tell {
            let _ = tell.send(command);
        }
    }

    fn end(&self, reason: &str) {
        let answers = self.with(|waiting| {
            waiting.over = Some(reason.to_owned());
            std::mem::take(&mut waiting.answers)
        });
        drop(answers);
    }

    fn reason(&self) -> Option<String> {
        self.with(|waiting| waiting.over.clone())
    }
}

/// The task that reads.
struct Listener {
    reader: Reader,
    outbox: Outbox,
    exchange: Arc<Exchange>,
    deliver: mpsc::Sender<Delivery>,
    enquire_after: Duration,
    response_timeout: Duration,
}

impl Listener {
    /// Runs to the session's end and says why it ended.
    async fn run(mut self) -> String {
        let mut heard = Instant::now();
        let mut enquired: Option<Instant> = None;
        loop {
            let due = enquired.map_or(heard + self.enquire_after, |at| at + self.response_timeout);
            let incoming = tokio::select! {
                biased;
                incoming = self.reader.next() => incoming,
                () = sleep_until(due) => {
                    if enquired.is_some() {
                        self.outbox.reset();
                        return "enquire_link was not answered".into();
                    }
                    enquired = Some(Instant::now());
                    self.enquire();
                    continue;
                }
            };
            (heard, enquired) = (Instant::now(), None);
            let mut next = match incoming {
                Ok(Some(incoming)) => Some(incoming),
                Ok(None) => return "closed by the peer".into(),
                Err(error) => return error.to_string(),
            };
            while let Some(incoming) = next {
                if !self.take(incoming) {
                    self.outbox.close();
                    return "unbound by the peer".into();
                }
                next = match self.reader.buffered() {
                    Ok(next) => next,
                    Err(error) => return error.to_string(),
                };
            }
            self.outbox.flush();
        }
    }

    /// Sequence 0x7FFFFFFF and above is never given to a request that waits.
    fn enquire(&self) {
        self.outbox.push(&Command::new(CommandStatus::EsmeRok, 0x7FFF_FFFF, Pdu::EnquireLink));
        self.outbox.flush();
    }

    /// False where the peer unbinds.
    fn take(&self, incoming: Incoming) -> bool {
        let command = match incoming {
            Incoming::Malformed { header, status } => {
                if header.id & 0x8000_0000 == 0 {
                    self.outbox.nack(header.sequence, status);
                }
                return true;
            }
            Incoming::Command(command) => command,
        };
        let sequence = command.sequence_number();
        match command.pdu() {
            Some(Pdu::DeliverSm(sm)) => {
                let outbox = self.outbox.clone();
                let delivery = Delivery { sm: sm.clone(), sequence, outbox };
                if let Err(full) = self.deliver.try_send(delivery) {
                    full.into_inner().refuse();
                }
            }
            Some(Pdu::EnquireLink) => {
                let answer = Command::new(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp);
                self.outbox.push(&answer);
            }
            Some(Pdu::Unbind) => {
                self.outbox.push(&Command::new(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp));
                return false;
            }
            _ if command.id().is_response() => self.exchange.answer(command),
            _ => {
                self.outbox.nack(sequence, CommandStatus::EsmeRinvcmdid);
            }
        }
        true
    }
}
