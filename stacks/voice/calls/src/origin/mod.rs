//! The customer's web server: scripts of calls ([`scripts`]) and the sound that they play ([`sound`]).
//! Each request takes one of its workers for `origin_ms`.
//!
//! No ranges, which an origin need not know, and no state: what it answers hangs on the URL alone.

mod counts;
mod scripts;
mod sound;
mod tuning;

use crate::ServiceError;
use crate::forward;
use crate::pool::{Backlog, Pool};
use counts::Counts;
use http::{HeaderValue, Method, StatusCode, header};
use sound::Sound;
use squall_model::node_config::NodeConfig;
use squall_model::units::Micros;
use squall_platform::{Node, Running, running};
use squall_role::Ports;
use squall_role::admin::{Admin, Health, Shown};
use squall_role::settings::Live;
use squall_wire::http::{Limits, Request, Response, reply, serve};
use std::sync::Arc;
use std::time::Duration;
use tuning::Tuning;

/// Requests that wait for a worker at most.
const WAITING: usize = 10_000;

struct Origin {
    node: Node,
    settings: Arc<Live<Tuning>>,
    pool: Pool,
    counts: Counts,
    stuck_after: Duration,
}

/// Starts a web server on `node`. Ports: `http` and `admin`.
///
/// # Errors
/// A setting that does not read, a port that cannot be bound.
pub async fn start(node: Node, config: NodeConfig) -> Result<Running, ServiceError> {
    let settings = Arc::new(Live::<Tuning>::new(config.clone())?);
    let (counts, registry) = Counts::new();
    let (stop, stopping, done, stopped) = running::stop_pair();
    let mut ports = Ports::new(&node, &config);
    let (http, admin) = (ports.bind("http").await?, ports.bind("admin").await?);
    let origin = Arc::new(Origin {
        pool: Pool::new(&node, settings.get().workers, WAITING),
        node: node.clone(),
        settings: settings.clone(),
        counts,
        stuck_after: config.slo.as_ref().map_or(Micros::from_secs(60), |slo| slo.deadline).std(),
    });
    let asked = origin.clone();
    let handler = Arc::new(move |request: Request| answer(asked.clone(), request));
    let limits = Limits { half_close: false, ..Limits::default() };
    serve(&node, http, limits, stopping.clone(), done.clone(), handler);
    let page = Admin { token: config.token.clone(), settings, registry, shown: origin };
    page.serve(&node, admin, stopping, done);
    Ok(Running { addresses: ports.addresses, stop, stopped })
}

async fn answer(origin: Arc<Origin>, request: Request) -> Response {
    if request.uri().path() == "/health" {
        return reply::text(StatusCode::OK, "serving");
    }
    let worker = match origin.pool.turn() {
        Some(turn) => turn.come().await,
        None => None,
    };
    let Some(mut worker) = worker else {
        origin.counts.full.inc();
        return reply::error(StatusCode::SERVICE_UNAVAILABLE, "too many requests wait");
    };
    let tuning = origin.settings.get();
    worker.spend(tuning.service).await;
    let mut response = origin.found(&request, &tuning);
    if let Some(date) = forward::date(origin.node.unix_us()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

impl Origin {
    fn found(&self, request: &Request, tuning: &Tuning) -> Response {
        let (counts, path) = (&self.counts, request.uri().path());
        let (place, rest) = match path.splitn(3, '/').collect::<Vec<_>>()[..] {
            [_, place, rest] => (place, rest),
            _ => (path.trim_start_matches('/'), ""),
        };
        // Twilio asks for scripts by POST unless it is told otherwise.
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let asks = reads || request.method() == Method::POST;
        match place {
            "call" if asks && !is_name(rest) => self.refused(StatusCode::NOT_FOUND, "no such call"),
            "call" if asks => {
                counts.scripts.inc();
                twiml(scripts::call(rest, tuning))
            }
            "key" if asks => match scripts::key(rest, tuning) {
                Some(script) => {
                    counts.keys.inc();
                    twiml(script)
                }
                None => self.refused(StatusCode::NOT_FOUND, "no script goes on like that"),
            },
            "fallback" if asks => {
                counts.fallbacks.inc();
                twiml(scripts::fallback())
            }
            "media" if reads => match media(rest, tuning) {
                Some(sound) => {
                    counts.media.inc();
                    self.sound(request, &sound, tuning)
                }
                None => self.refused(StatusCode::NOT_FOUND, "no such file"),
            },
            "speech" if reads => match text(request) {
                Some(text) => {
                    counts.speech.inc();
                    self.sound(request, &sound::speech(&text, tuning.media_bytes), tuning)
                }
                None => self.refused(StatusCode::BAD_REQUEST, "a text to read out is missing"),
            },
            "call" | "key" | "fallback" | "media" | "speech" => {
                self.refused(StatusCode::METHOD_NOT_ALLOWED, "this is to be read")
            }
            _ => self.refused(StatusCode::NOT_FOUND, "nothing here"),
        }
    }

    fn sound(&self, request: &Request, sound: &Sound, tuning: &Tuning) -> Response {
        let known = request.headers().get_all(header::IF_NONE_MATCH).iter();
        let known = known.filter_map(|value| value.to_str().ok()).flat_map(|tags| tags.split(','));
        let mut tags = known.map(|tag| tag.trim().trim_start_matches("W/"));
        let mut response = if tags.any(|tag| tag == sound.etag || tag == "*") {
            self.counts.unchanged.inc();
            reply::empty(StatusCode::NOT_MODIFIED)
        } else {
            reply::of(StatusCode::OK, "audio/basic", sound.octets.clone())
        };
        let max_age = format!("max-age={}", tuning.media_max_age_s);
        for (name, value) in [(header::ETAG, &sound.etag), (header::CACHE_CONTROL, &max_age)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn refused(&self, status: StatusCode, why: &str) -> Response {
        self.counts.refused.inc();
        reply::error(status, why)
    }
}

/// Letters and digits alone: it is written into a script.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The file of `<n>.ulaw`.
fn media(name: &str, tuning: &Tuning) -> Option<Sound> {
    let number = name.strip_suffix(".ulaw")?;
    let plain = number == "0" || !number.starts_with(['0', '+']);
    let number: u32 = number.parse().ok().filter(|number| plain && *number < tuning.media_files)?;
    Some(sound::file(number, tuning.media_bytes))
}

/// The text in `?text=…`.
fn text(request: &Request) -> Option<String> {
    let query = request.uri().query()?.as_bytes();
    let (_, text) = url::form_urlencoded::parse(query).find(|(key, _)| key == "text")?;
    let sound = !text.is_empty() && text.chars().count() <= sound::TEXT;
    sound.then(|| text.into_owned())
}

fn twiml(script: String) -> Response {
    reply::of(StatusCode::OK, "text/xml", script)
}

impl Shown for Origin {
    fn health(&self) -> Health {
        let Backlog { jobs, oldest } = self.pool.backlog();
        Health {
            healthy: oldest < self.stuck_after,
            backlog: jobs as u64,
            oldest_ms: u64::try_from(oldest.as_millis()).unwrap_or(u64::MAX),
            detail: "requests that wait for a worker".to_owned(),
            ..Health::default()
        }
    }
}
