//! Accepts connections and answers their requests until it is told to stop.
//!
//! A stop closes idle connections at once and gives requests under way until the body timeout.

use super::body::{self, BodyError};
use super::{Handler, Limits, reply};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use squall_platform::running::{Done, Stopping};
use squall_platform::{Listener, Node, Stream, time};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// hyper's floor for its read buffer.
const SMALLEST_HEAD: usize = 8 << 10;

/// Pause after a failed accept (the descriptors ran out), so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `listener` in tasks of `node` until `stopping` is asked; `done` is dropped with the last.
pub fn serve(
    node: &Node,
    mut listener: Listener,
    limits: Limits,
    mut stopping: Stopping,
    done: Done,
    handler: Arc<dyn Handler>,
) {
    let spawner = node.clone();
    node.spawn(async move {
        let places = Arc::new(Semaphore::new(limits.connections));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let accepted = tokio::select! {
                biased;
                () = stopping.asked() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok(stream) = accepted else {
                time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let (stopping, done, handler) = (stopping.clone(), done.clone(), handler.clone());
            spawner.spawn(async move {
                connection(stream, limits, stopping, handler).await;
                drop((place, done));
            });
        }
    });
}

async fn connection(
    stream: Stream,
    limits: Limits,
    mut stopping: Stopping,
    handler: Arc<dyn Handler>,
) {
    let service = service_fn(|request| exchange(request, limits, &*handler));
    let connection = http1::Builder::new()
        .auto_date_header(false)
        .half_close(true)
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.head.max(SMALLEST_HEAD))
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        biased;
        // A peer that breaks the protocol or goes away is no trouble of ours.
        _ = connection.as_mut() => return,
        () = stopping.asked() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = time::timeout(limits.body_timeout, connection).await;
}

async fn exchange(
    request: http::Request<Incoming>,
    limits: Limits,
    handler: &dyn Handler,
) -> Result<http::Response<Full<Bytes>>, BodyError> {
    let (head, incoming) = request.into_parts();
    let body = if incoming.is_end_stream() {
        Bytes::new()
    } else {
        match time::timeout(limits.body_timeout, body::read(incoming, limits.body)).await {
            Ok(Ok(body)) => body,
            Ok(Err(error @ BodyError::TooLong(_))) => {
                return Ok(last(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string()));
            }
            // Nobody is there to answer; the error makes hyper close.
            Ok(Err(error)) => return Err(error),
            Err(_) => return Ok(last(StatusCode::REQUEST_TIMEOUT, "the body took too long")),
        }
    };
    Ok(handler.handle(http::Request::from_parts(head, body)).await.map(Full::new))
}

/// An answer after which the connection cannot be used: part of the request was left unread.
fn last(status: StatusCode, why: &str) -> http::Response<Full<Bytes>> {
    let mut response = reply::text(status, why);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response.map(Full::new)
}
