//! Vonage's SMS API in front of the desk. A long message is taken apart here, as the vendor does
//! it: each part has its own entry in the answer, its own id and its own receipt, and may be refused
//! alone.
//!
//! Its codes are the statuses of an answer's entries, or HTTP statuses, which are answered bare: the
//! vendor itself speaks its mind under 200, what stands in front of it need not. The vendor knows no
//! full queue; 10, more at once than it will have, is the nearest that says "come again".

use super::Carrier;
use super::answer::Code;
use super::desk::{Submission, Wish};
use super::dialect::{Codes, Dialect, is_http};
use super::journal::Outcome;
use super::promises::Owed;
use super::web::{self, Ids};
use futures::future::BoxFuture;
use http::{Method, StatusCode};
use squall_wire::http::{Request, Response, reply};
use squall_wire::smpp::{Part, date, long};
use squall_wire::vonage::{self, Answer, Create, Entry, Receipt, Refusal, Status, status};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

pub(super) static DIALECT: Dialect = Dialect {
    port: "http",
    lands_at_once: true,
    receipts: true,
    codes: Codes {
        throttled: status::THROTTLED,
        queue_full: status::TOO_MANY,
        system_error: status::INTERNAL,
        rejected: status::BARRED,
        read: |raw| {
            let code = raw.strip_prefix("HTTP ").unwrap_or(raw).parse().ok()?;
            Some(code).filter(|code| is_http(*code) || (1..=99).contains(code))
        },
        show: |code| if is_http(code) { format!("HTTP {code}") } else { code.to_string() },
    },
    serve: |carrier, listener, stopping, done| {
        let ids = Ids::of(&carrier);
        // Somewhere else in each life: parts of an earlier one may wait for others still.
        let references = AtomicU16::new((carrier.node.unix_us() / 1_000_000) as u16);
        let front = Front { carrier, ids, references };
        web::serve(Arc::new(front), listener, stopping, done);
    },
};

/// 510-09: Smartfren.
const NETWORK: &str = "51009";
/// What a part costs, and what is left after it: made up, and always the same.
const PRICE: &str = "0.03330000";
const BALANCE: &str = "1000.00000000";
/// `err-code` of a receipt: no error, and one of no known cause.
const NO_ERROR: &str = "0";
const UNKNOWN: &str = "1";
/// Status of a message of more parts than a header can count.
const TOO_LONG: u32 = 12;

struct Front {
    carrier: Arc<Carrier>,
    ids: Ids,
    /// Of long messages, by which their parts are put together again.
    references: AtomicU16,
}

impl web::Front for Front {
    fn carrier(&self) -> &Arc<Carrier> {
        &self.carrier
    }

    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            match (request.uri().path(), request.method()) {
                (vonage::PATH, &Method::POST) => create(&self, &request).await,
                (vonage::PATH, _) => reply::empty(StatusCode::METHOD_NOT_ALLOWED),
                _ => reply::empty(StatusCode::NOT_FOUND),
            }
        })
    }

    fn receipt(&self, owed: &Owed) -> Option<(String, Request)> {
        let (status, err_code) = match owed.outcome {
            Outcome::Delivered => (Status::Delivered, NO_ERROR),
            Outcome::Expired => (Status::Expired, UNKNOWN),
            Outcome::Never => return None,
        };
        let receipt = Receipt {
            msisdn: owed.destination.to_string(),
            to: owed.source.to_string(),
            network_code: NETWORK.into(),
            message_id: vonage::message_id(self.ids.number(owed.id)),
            price: PRICE.into(),
            status,
            scts: date::receipt(owed.done_us()),
            err_code: err_code.into(),
            message_timestamp: vonage::timestamp(self.carrier.node.unix_us()),
            client_ref: owed.reference.as_deref().map(str::to_owned),
            api_key: self.carrier.account.clone(),
        };
        receipt.request(owed.callback.as_deref()?)
    }
}

impl Front {
    fn entry(&self, create: &Create, id: u64) -> Entry {
        Entry {
            status: status::OK.to_string(),
            to: Some(create.to.clone()),
            message_id: Some(vonage::message_id(self.ids.number(id))),
            remaining_balance: Some(BALANCE.to_owned()),
            message_price: Some(PRICE.to_owned()),
            network: Some(NETWORK.to_owned()),
            error_text: None,
            client_ref: create.client_ref.clone(),
        }
    }

    /// The place of each part in the message; nothing where it is the only one.
    fn places(&self, parts: usize) -> Result<Vec<Option<Part>>, Refusal> {
        if parts == 1 {
            return Ok(vec![None]);
        }
        let total = u8::try_from(parts).map_err(|_| Refusal::of(TOO_LONG))?;
        let reference = self.references.fetch_add(1, Ordering::Relaxed);
        Ok((1..=total).map(|number| Some(Part { reference, total, number })).collect())
    }
}

async fn create(front: &Front, request: &Request) -> Response {
    let entries = match Create::parse(request) {
        Ok(create) => submit(front, web::product(request), request, create).await,
        Err(refusal) => Err(refusal),
    };
    match entries {
        Ok(Entries::Of(entries)) => reply::json(StatusCode::OK, &Answer::of(entries)),
        Ok(Entries::Bare(status)) => reply::empty(status),
        Err(refusal) => reply::json(StatusCode::OK, &Answer::of(vec![refusal.entry()])),
    }
}

/// What a submit is answered with.
enum Entries {
    Of(Vec<Entry>),
    /// An HTTP status that stands for all of it.
    Bare(StatusCode),
}

async fn submit(
    front: &Front,
    via: &str,
    request: &Request,
    create: Create,
) -> Result<Entries, Refusal> {
    let carrier = &front.carrier;
    if !create.is_from(request.headers(), &carrier.account, &carrier.secret) {
        return Err(Refusal::of(status::CREDENTIALS));
    }
    let now_us = carrier.node.unix_us();
    let wanted = create.receipt && create.callback.is_some();
    let texts = long::texts(&create.text);
    let parts = texts.iter().zip(front.places(texts.len())?);
    let parts = parts.map(|(text, part)| Submission {
        via,
        source: &create.from,
        destination: &create.to,
        text,
        part,
        wish: if wanted { Wish::Everything } else { Wish::Nothing },
        callback: create.callback.clone(),
        reference: create.client_ref.clone(),
        valid_until_us: create.ttl_ms.map(|ms| now_us.saturating_add(ms.saturating_mul(1_000))),
    });
    let results = web::submit(carrier, now_us, parts.collect()).await;
    let results = results.map_err(|_| Refusal::of(status::INTERNAL))?;
    let bare = results.iter().find_map(|result| result.err().filter(|code| is_http(code.0)));
    if let Some(Code(code)) = bare {
        let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
        return Ok(Entries::Bare(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)));
    }
    let entry = |result| match result {
        Ok(id) => front.entry(&create, id),
        Err(Code(code)) => Entry { to: Some(create.to.clone()), ..Refusal::of(code).entry() },
    };
    Ok(Entries::Of(results.into_iter().map(entry).collect()))
}
