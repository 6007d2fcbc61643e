//! What a script names, fetched as Twilio does: two tries at a connection, a limit on the whole, the
//! content type looked at, the body bounded. Everything that goes wrong has its code.
//!
//! | code | means | whose |
//! |---|---|---|
//! | 11100 | a URL that is none | Twilio's; that `https` counts as one here is ours |
//! | 11200 | a status other than 2xx, no content type, an answer cut off, sound of more than 10 MiB | Twilio's; the cap and that redirects of HTTP are not followed are ours |
//! | 11205 | no connection, or no answer in time | Twilio's; so is a host that no link leads to, for which Twilio has 11210 |
//! | 11750 | TwiML of more than 64 KiB | Twilio's |
//! | 12100, 12200 | see [`squall_wire::twiml`] | |
//! | 12300 | TwiML that is not text/xml, application/xml or text/html, sound that is not audio/* | Twilio's; that text/plain and audio are no script is ours |

use super::BALANCER;
use super::Platform;
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use sha2::{Digest, Sha256};
use squall_wire::http::{Answer, FetchError, Fetching, Request};
use squall_wire::twilio::{CallCallback, webhook};
use squall_wire::twiml::{self, Document};
use url::Url;

/// Octets of a sound.
const MAX_SOUND: u64 = 10 << 20;

const SCRIPTS: [&str; 3] = ["text/xml", "application/xml", "text/html"];

/// Where a document is to be fetched.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub url: Url,
    pub method: twiml::Method,
    /// Parameters beside those of the call.
    pub more: Vec<(&'static str, String)>,
    /// The verb that asked, told when the document is there.
    pub verb: Option<&'static str>,
}

/// A sound that was played: its octets are gone, each of them 1/8000 s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    pub bytes: u64,
    /// In lower-case hex.
    pub sha256: String,
}

/// Reads a URL, relative to the document that names it.
///
/// # Errors
/// 11100.
pub(super) fn resolve(base: Option<&Url>, text: &str) -> Result<Url, u32> {
    let url = match base {
        Some(base) => base.join(text),
        None => Url::parse(text),
    };
    let plain = |url: &Url| url.scheme() == "http" && url.has_host();
    url.ok().filter(plain).ok_or(11_100)
}

impl Platform {
    /// Fetches a document about the call that `about` describes.
    ///
    /// # Errors
    /// The code of what went wrong.
    pub(super) async fn document(
        &self,
        visit: &Visit,
        about: &CallCallback,
    ) -> Result<Document, u32> {
        let document = self.script(visit, about).await;
        self.counts.fetched("twiml", document.as_ref().err().copied());
        document
    }

    async fn script(&self, visit: &Visit, about: &CallCallback) -> Result<Document, u32> {
        let more: Vec<(&str, &str)> =
            visit.more.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let request = webhook::request(visit.method, &visit.url, about, &more, &self.secret);
        let address = self.link(&visit.url)?;
        let how = Fetching { most: twiml::MAX_BYTES as u64, ..self.fetching };
        let fetched = self.client.fetch(address, request.ok_or(11_100u32)?, &how).await;
        let mut answer = sound_head(fetched, |kind| SCRIPTS.contains(&kind))?;
        let mut whole = Vec::new();
        while let Some(piece) = answer.piece().await.map_err(|why| code(&why, 11_750))? {
            whole.extend_from_slice(&piece);
        }
        twiml::parse(&whole).map_err(|why| why.code())
    }

    /// Fetches a sound to its end, through the balancer where there is one.
    ///
    /// # Errors
    /// The code of what went wrong.
    pub(super) async fn sound(&self, url: &Url) -> Result<Sound, u32> {
        let sound = self.listen(url).await;
        self.counts.fetched("media", sound.as_ref().err().copied());
        sound
    }

    async fn listen(&self, url: &Url) -> Result<Sound, u32> {
        let through = self.links.get(BALANCER).map(String::as_str);
        let address = through.map_or_else(|| self.link(url), Ok)?;
        let request = get(url).ok_or(11_100u32)?;
        let how = Fetching { most: MAX_SOUND, absolute: through.is_some(), ..self.fetching };
        let fetched = self.client.fetch(address, request, &how).await;
        let mut answer = sound_head(fetched, |kind| kind.starts_with("audio/"))?;
        let (mut bytes, mut hash) = (0, Sha256::new());
        while let Some(piece) = answer.piece().await.map_err(|why| code(&why, 11_200))? {
            bytes += piece.len() as u64;
            hash.update(&piece);
        }
        Ok(Sound { bytes, sha256: format!("{:x}", hash.finalize()) })
    }

    /// Only what a link leads to can be reached.
    fn link(&self, url: &Url) -> Result<&str, u32> {
        let link = url.host_str().and_then(|host| self.links.get(host));
        link.map(String::as_str).ok_or(11_205)
    }
}

fn get(url: &Url) -> Option<Request> {
    let mut url = url.clone();
    url.set_fragment(None);
    http::Request::builder().method(Method::GET).uri(url.as_str()).body(Bytes::new()).ok()
}

/// An answer whose head is in order: a good status, and a content type that `wanted` takes.
fn sound_head(
    fetched: Result<Answer, FetchError>,
    wanted: impl Fn(&str) -> bool,
) -> Result<Answer, u32> {
    let answer = fetched.map_err(|why| code(&why, 11_200))?;
    if !answer.head.status.is_success() {
        return Err(11_200);
    }
    match essence(&answer.head.headers) {
        // Twilio's page on 12300: no content type counts as a bad gateway.
        None => Err(11_200),
        Some(kind) if wanted(&kind) => Ok(answer),
        Some(_) => Err(12_300),
    }
}

/// The media type alone, in lower case.
fn essence(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!kind.is_empty()).then_some(kind)
}

fn code(error: &FetchError, too_long: u32) -> u32 {
    match error {
        FetchError::NoConnection(_) | FetchError::NoAnswer(_) => 11_205,
        FetchError::CutOff(_) => 11_200,
        FetchError::TooLong(_) => too_long,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_beside_their_document() {
        let base: Url = "http://scripts/call/1?a=b".parse().expect("a URL");
        let read = |text| resolve(Some(&base), text).map(String::from);
        assert_eq!(read("keys"), Ok("http://scripts/call/keys".into()));
        assert_eq!(read("/keys?c"), Ok("http://scripts/keys?c".into()));
        assert_eq!(read("http://media/a.ulaw"), Ok("http://media/a.ulaw".into()));
        assert_eq!(read("https://media/a.ulaw"), Err(11_100));
        assert_eq!(read("tel:+62001"), Err(11_100));
        assert_eq!(resolve(None, "/keys"), Err(11_100));
    }

    #[test]
    fn a_media_type_is_read_without_its_parameters() {
        let essence_of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().expect("a value"));
            essence(&headers)
        };
        assert_eq!(essence_of("Text/XML; charset=utf-8").as_deref(), Some("text/xml"));
        assert_eq!(essence_of(" ;x").as_deref(), None);
        assert_eq!(essence(&HeaderMap::new()), None);
    }
}
