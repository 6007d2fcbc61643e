//! The answer to a client, made of one that is whole: all of it, a part, its head alone, or that
//! nothing has changed.

use super::conditional::{self, Part};
use super::store::Kept;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use squall_wire::http::{Response, reply};

/// Which way an answer came, in the words of `Cache-Status` (RFC 9211).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Hit,
    /// Asked again: 304.
    Revalidated,
    Stored,
    NotStored,
    /// With another one's fetch.
    Collapsed,
}

impl Way {
    fn words(self) -> &'static str {
        match self {
            Way::Hit => "hit",
            Way::Revalidated => "fwd=stale; fwd-status=304",
            Way::Stored => "fwd=miss; stored",
            Way::NotStored => "fwd=miss",
            Way::Collapsed => "fwd=miss; collapsed",
        }
    }

    /// Whether it is the cache that answers, with what it keeps. Else it is the origin's own answer,
    /// which no condition was put to.
    fn is_kept(self) -> bool {
        self != Way::NotStored
    }
}

/// What a 304 repeats of the fields of the whole (RFC 9110, section 15.4.5), and this hop's own.
const REPEATED: [header::HeaderName; 7] = [
    header::CACHE_CONTROL,
    header::CONTENT_LOCATION,
    header::DATE,
    header::ETAG,
    header::EXPIRES,
    header::VARY,
    header::VIA,
];

/// To a request with method `method` and the fields `asked`, by the cache `name`.
pub(super) fn of(
    kept: &Kept,
    (method, asked): (&Method, &HeaderMap),
    way: Way,
    (name, now_us): (&str, u64),
) -> Response {
    let found = kept.status == StatusCode::OK && way.is_kept();
    let mut response = if found && conditional::unchanged(asked, &kept.headers) {
        unchanged(kept)
    } else if found && *method == Method::GET {
        part(kept, asked)
    } else {
        whole(kept)
    };
    let headers = response.headers_mut();
    let age_s = kept.freshness.age_us(now_us) / 1_000_000;
    if way.is_kept() || age_s > 0 {
        headers.insert(header::AGE, age_s.into());
    }
    status(headers, name, way.words());
    if *method == Method::HEAD && response.status() == StatusCode::OK {
        let length = response.body().len();
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        *response.body_mut() = Bytes::new();
    }
    response
}

/// Says in `Cache-Status` what `name` did, after what those before it have said.
pub(super) fn status(headers: &mut HeaderMap, name: &str, words: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("{name}; {words}")) {
        headers.append("cache-status", value);
    }
}

fn whole(kept: &Kept) -> Response {
    let mut response = Response::new(kept.body.clone());
    *response.status_mut() = kept.status;
    *response.headers_mut() = kept.headers.clone();
    response
}

fn part(kept: &Kept, asked: &HeaderMap) -> Response {
    let length = kept.body.len();
    let (status, body, range) = match conditional::part(asked, &kept.headers, length) {
        Part::Whole => return whole(kept),
        Part::Of(range) => {
            let told = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            (StatusCode::PARTIAL_CONTENT, kept.body.slice(range), told)
        }
        Part::Outside => {
            (StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new(), format!("bytes */{length}"))
        }
    };
    let mut response = whole(kept);
    *response.status_mut() = status;
    *response.body_mut() = body;
    if let Ok(range) = HeaderValue::from_str(&range) {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    response
}

fn unchanged(kept: &Kept) -> Response {
    let mut response = reply::empty(StatusCode::NOT_MODIFIED);
    for name in REPEATED {
        for value in kept.headers.get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}
