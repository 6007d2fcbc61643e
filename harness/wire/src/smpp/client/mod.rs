//! The ESME's end: bind, windowed submits whose answers are matched by sequence number, receipts.
//!
//! A submit ends in one of four ways, and a caller must be able to tell them apart: accepted,
//! refused, certainly not sent, or unknown. When to retry is the caller's own business.

mod bind;
mod deliveries;
mod exchange;
mod listen;

pub use bind::{Bind, BindError, BindMode};
pub use deliveries::{Deliveries, Delivery};

use crate::smpp::code;
use crate::smpp::frame::Incoming;
use crate::smpp::session::{self, Outbox, Reader};
use bind::bind_request;
use exchange::{Exchange, Over};
use listen::Listener;
use rusmpp::pdus::SubmitSm;
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use squall_platform::Node;
use squall_platform::running::{self, Stopping};
use squall_platform::time::{Instant, timeout};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// Receipts that wait for their reader; above it they are refused as a passing error, so that the
/// SMSC keeps them.
const DELIVERIES: usize = 10_000;

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
    closed: Stopping,
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
        let exchange = Arc::new(Exchange::after_bind());
        let (deliver, deliveries) = mpsc::channel(DELIVERIES);
        let (close, closed) = running::stop();
        let task = Listener {
            reader,
            outbox: outbox.clone(),
            exchange: exchange.clone(),
            deliver,
            enquire_after: bind.enquire_after,
            response_timeout: bind.response_timeout,
        };
        let over = Over { exchange: exchange.clone(), close };
        node.spawn(async move { over.because(&task.run().await) });
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
        self.inner.closed.clone().asked().await;
        self.reason()
    }

    pub fn is_closed(&self) -> bool {
        self.inner.closed.is_asked() || self.inner.outbox.is_over()
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
