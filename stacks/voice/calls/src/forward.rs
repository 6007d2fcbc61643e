//! What every forward proxy of the fleet makes of a request before it decides anything: where it is
//! to go, whether that is a request for a proxy at all, and which of its fields may travel on.

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
use squall_wire::http::{Request, Response, reply};
use std::time::{Duration, UNIX_EPOCH};

/// Fields of one connection alone (RFC 9110, section 7.6.1, and those that only older proxies know),
/// beside the ones that `Connection` names.
const HOP_BY_HOP: [HeaderName; 6] = [
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];
const UNREGISTERED: [&str; 2] = ["keep-alive", "proxy-connection"];

/// What a request to a proxy's port asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// `GET /health`, of the proxy itself.
    Health,
    Fetch(Target),
}

/// Where a fetch is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// In lower case, with its port where that is not HTTP's.
    pub host: String,
    /// The whole URL in one spelling, so that it can be compared: see [`Target::host`].
    pub url: Uri,
}

/// Reads what is asked. Only GET and HEAD of an `http` URL in absolute form are served.
///
/// # Errors
/// The answer to give instead, with a text that says what would have been right.
pub(crate) fn read(request: &Request) -> Result<Asked, Box<Response>> {
    let refuse = |status, why: &str| Err(Box::new(reply::error(status, why)));
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::POST
        | Method::PUT
        | Method::DELETE
        | Method::PATCH
        | Method::OPTIONS
        | Method::TRACE
        | Method::CONNECT => {
            let why = "only GET and HEAD are passed on here; there are no tunnels";
            let mut refusal = reply::error(StatusCode::METHOD_NOT_ALLOWED, why);
            refusal.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Err(Box::new(refusal));
        }
        _ => return refuse(StatusCode::NOT_IMPLEMENTED, "only GET and HEAD are known here"),
    }
    let uri = request.uri();
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        if uri.path() == "/health" {
            return Ok(Asked::Health);
        }
        let why = "this is a forward proxy: ask it for a whole URL, as in GET http://media/a.ulaw \
                   HTTP/1.1 (with curl: --proxy)";
        return refuse(StatusCode::BAD_REQUEST, why);
    };
    if scheme != "http" {
        return refuse(StatusCode::NOT_IMPLEMENTED, "only http URLs are fetched here");
    }
    if authority.as_str().contains('@') {
        // RFC 9110, section 4.2.4: more likely a trick than a name.
        return refuse(StatusCode::BAD_REQUEST, "a URL with a user name in it is not fetched");
    }
    match target(uri) {
        Some(target) => Ok(Asked::Fetch(target)),
        None => refuse(StatusCode::BAD_REQUEST, "the URL has no host, or none that reads"),
    }
}

fn target(uri: &Uri) -> Option<Target> {
    let authority = uri.authority()?;
    let name = authority.host();
    // Read by hand: the crate takes a port that does not read for none.
    let host = match authority.as_str().get(name.len()..)?.strip_prefix(':') {
        None | Some("") => name.to_ascii_lowercase(),
        Some(port) if !port.bytes().all(|byte| byte.is_ascii_digit()) => return None,
        Some(port) => match port.parse::<u16>().ok()? {
            80 => name.to_ascii_lowercase(),
            port => format!("{}:{port}", name.to_ascii_lowercase()),
        },
    };
    if name.is_empty() {
        return None;
    }
    let asked = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let slash = if asked.starts_with('/') { "" } else { "/" };
    let url = format!("http://{host}{slash}{asked}").parse().ok()?;
    Some(Target { host, url })
}

/// Takes out what is not meant for the next hop.
pub(crate) fn end_to_end(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    headers.remove(header::CONNECTION);
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
    for name in UNREGISTERED {
        headers.remove(name);
    }
}

/// What goes on of a request's fields, with this hop in them. A body has no meaning in what is passed
/// on here.
pub(crate) fn onward(headers: &mut HeaderMap, received: Version, name: &str) {
    end_to_end(headers);
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::EXPECT);
    via(headers, received, name);
}

/// Adds this hop to `Via` (RFC 9110, section 7.6.3).
pub(crate) fn via(headers: &mut HeaderMap, received: Version, name: &str) {
    let version = if received == Version::HTTP_10 { "1.0" } else { "1.1" };
    if let Ok(value) = HeaderValue::from_str(&format!("{version} {name}")) {
        headers.append(header::VIA, value);
    }
}

/// The value of `Date` and the like, in the form that RFC 9110, section 5.6.7, wants.
pub(crate) fn date(unix_us: u64) -> Option<HeaderValue> {
    // The crate writes years of four digits and panics on longer ones.
    let seconds = (unix_us / 1_000_000).min(253_402_300_799);
    let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn asked(method: &str, uri: &str) -> Result<Asked, StatusCode> {
        let request = http::Request::builder().method(method).uri(uri).body(Bytes::new());
        let (head, body) = request.expect("a request").into_parts();
        read(&Request::from_parts(head, body)).map_err(|refusal| refusal.status())
    }

    fn fetch(host: &str, url: &str) -> Result<Asked, StatusCode> {
        Ok(Asked::Fetch(Target { host: host.to_owned(), url: url.parse().expect("a URL") }))
    }

    #[test]
    fn one_place_has_one_spelling() {
        for spelling in ["http://media/a?b=c", "http://MEDIA:80/a?b=c", "HTTP://Media/a?b=c"] {
            assert_eq!(asked("GET", spelling), fetch("media", "http://media/a?b=c"), "{spelling}");
        }
        assert_eq!(asked("HEAD", "http://media"), fetch("media", "http://media/"));
        assert_eq!(asked("GET", "http://media?x"), fetch("media", "http://media/?x"));
        assert_eq!(asked("GET", "http://media:8080/"), fetch("media:8080", "http://media:8080/"));
    }

    #[test]
    fn what_is_not_for_a_proxy_is_refused_with_its_own_status() {
        assert_eq!(asked("GET", "/health"), Ok(Asked::Health));
        for (method, uri, status) in [
            ("GET", "/greeting.ulaw", 400),
            ("GET", "http://user@media/", 400),
            ("GET", "http://media:99999/", 400),
            ("GET", "http://media:+80/", 400),
            ("GET", "https://media/", 501),
            ("POST", "http://media/", 405),
            ("POST", "/health", 405),
            ("CONNECT", "media:443", 405),
            ("BREW", "http://media/", 501),
        ] {
            let refused = asked(method, uri).expect_err(uri);
            assert_eq!(refused.as_u16(), status, "{method} {uri}");
        }
    }

    #[test]
    fn fields_of_one_connection_stay_behind() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Mine"),
            ("connection", "not a name!, x-other"),
            ("x-mine", "1"),
            ("x-other", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("accept", "audio/basic"),
            ("accept", "audio/*"),
        ] {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, value.parse().expect("a value"));
        }
        end_to_end(&mut headers);
        via(&mut headers, Version::HTTP_10, "cache-1");
        assert_eq!(headers.len(), 3, "{headers:?}");
        assert_eq!(headers.get_all("accept").iter().count(), 2);
        assert_eq!(headers["via"], "1.0 cache-1");
    }
}
