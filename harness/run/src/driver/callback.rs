//! Takes receipts: every message has a callback address of its own, with its token in the path, so
//! a receipt may come before the answer to its submit, or without one, and is still that message's.

use crate::clock::DrillClock;
use crate::ingress::Ingress;
use crate::numbers::Numbers;
use crate::progress::Tally;
use crate::recorder::Recorder;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::StatusCode;
use squall_model::fact::{Fact, Receipt, ReceiptState};
use squall_model::token;
use squall_platform::{Node, running};
use squall_wire::http::{Handler, Limits, Request, Response, reply};
use std::io;
use std::sync::{Arc, OnceLock};

/// Before the token in a callback's path.
pub(super) const PATH: &str = "/receipts/";
/// Connections a gateway may open to the sender at once.
const CONNECTIONS: usize = 16_384;

/// What the callback server writes to. It listens before drill time begins, for nodes are told its
/// address at their start; receipts are taken from [`Callback::open`] on.
#[derive(Default)]
pub(crate) struct Callback {
    open: OnceLock<Open>,
}

struct Open {
    numbers: Numbers,
    ingress: Arc<dyn Ingress>,
    clock: DrillClock,
    recorder: Recorder,
    tally: Arc<Tally>,
}

impl Callback {
    pub(crate) fn open(
        &self,
        numbers: Numbers,
        ingress: Arc<dyn Ingress>,
        clock: DrillClock,
        recorder: Recorder,
        tally: Arc<Tally>,
    ) {
        let _ = self.open.set(Open { numbers, ingress, clock, recorder, tally });
    }
}

/// Serves on `node` at `host` and gives the bound address and its stop.
pub(crate) async fn serve(
    node: &Node,
    host: &str,
    callback: Arc<Callback>,
) -> io::Result<(String, running::Stop)> {
    let listener = node.bind(&format!("{host}:0")).await?;
    let address = listener.local_addr();
    let (stop, stopping, done, _stopped) = running::stop_pair();
    let limits = Limits { connections: CONNECTIONS, ..Limits::default() };
    let handler: Arc<dyn Handler> = Arc::new(Receiver(callback));
    squall_wire::http::serve(node, listener, limits, stopping, done, handler);
    Ok((address, stop))
}

struct Receiver(Arc<Callback>);

impl Handler for Receiver {
    fn handle(&self, request: Request) -> BoxFuture<'static, Response> {
        std::future::ready(self.answer(&request)).boxed()
    }
}

impl Receiver {
    fn answer(&self, request: &Request) -> Response {
        let path = request.uri().path();
        if path == "/health" {
            return reply::empty(StatusCode::OK);
        }
        let Some(open) = self.0.open.get() else {
            return reply::empty(StatusCode::SERVICE_UNAVAILABLE);
        };
        let message = path.strip_prefix(PATH).and_then(token::find);
        let message = message.and_then(|number| open.numbers.inside(number));
        let comes_so = *request.method() == open.ingress.receipts_by();
        let Some(m) = message.filter(|_| comes_so) else {
            return reply::empty(StatusCode::NOT_FOUND);
        };
        if let Some(state) = open.ingress.receipt(request) {
            if state == ReceiptState::Delivered {
                Tally::add(&open.tally.delivered);
            }
            open.recorder.write(&Fact::Receipt(Receipt { at: open.clock.now(), m, state }));
        }
        open.ingress.thanks()
    }
}
