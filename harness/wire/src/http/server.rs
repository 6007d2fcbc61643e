//! Accepts connections and answers their requests until it is told to stop.
//!
//! A stop closes idle connections at once and gives requests under way until the body timeout.

use super::body::{self, BodyError};
use super::{Handler, Limits, reply};
use crate::tls::Acceptor;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use squall_platform::running::{Done, Stopping};
use squall_platform::{Listener, Node, accept, time};
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// hyper's floor for its read buffer.
const SMALLEST_HEAD: usize = 8 << 10;

/// Serves `listener` in tasks of `node` until `stopping` is asked; `done` is dropped with the last.
pub fn serve(
    node: &Node,
    listener: Listener,
    limits: Limits,
    stopping: Stopping,
    done: Done,
    handler: Arc<dyn Handler>,
) {
    let stop = stopping.clone();
    accept(node, listener, limits.connections, stopping, done, move |stream| {
        connection(stream, limits, stop.clone(), handler.clone())
    });
}

/// The same over TLS. A handshake may take as long as a request's head.
pub fn serve_tls(
    node: &Node,
    (listener, tls): (Listener, Acceptor),
    limits: Limits,
    stopping: Stopping,
    done: Done,
    handler: Arc<dyn Handler>,
) {
    let stop = stopping.clone();
    accept(node, listener, limits.connections, stopping, done, move |stream| {
        let (tls, mut stop, handler) = (tls.clone(), stop.clone(), handler.clone());
        async move {
            let shaken = tokio::select! {
                biased;
                shaken = time::timeout(limits.header_timeout, tls.accept(stream)) => shaken,
                () = stop.asked() => return,
            };
            // Who does not like the certificate, or speaks no TLS, is gone.
            if let Ok(Ok(stream)) = shaken {
                connection(stream, limits, stop, handler).await;
            }
        }
    });
}

async fn connection<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    limits: Limits,
    mut stopping: Stopping,
    handler: Arc<dyn Handler>,
) {
    let service = service_fn(|request| exchange(request, limits, &*handler));
    let connection = http1::Builder::new()
        .auto_date_header(false)
        .half_close(limits.half_close)
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
