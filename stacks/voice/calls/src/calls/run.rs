//! A script as it runs: documents one after another, verbs one after another, what the handset hears
//! told over the trunk, and the fallback once.

use super::Platform;
use super::fetch::{Sound, Visit, resolve};
use squall_platform::running::Stopping;
use squall_platform::time::{self, Instant};
use squall_role::store::Sid;
use squall_wire::sip::{CallError, Dialog, Heard};
use squall_wire::twilio::{CallCallback, CallStatus, CreateCall, call};
use squall_wire::twiml::{self, Document, Method, Prompt, Verb};
use std::pin::pin;
use std::time::Duration;
use url::Url;

/// Documents that one call may fetch; a Redirect that leads back to itself ends there. Ours, and so is
/// the code of it.
const MAX_DOCUMENTS: u32 = 100;

/// "HTTP too many redirects".
const TOO_MANY: u32 = 11_215;

/// G.711 at 8,000 octets a second.
const OCTET: Duration = Duration::from_micros(125);

/// Why a script does not go on.
#[derive(Debug)]
pub(super) enum Halt {
    /// Its end, or a Hangup.
    Ended,
    /// Somebody wants the call to end.
    Asked,
    TimeLimit,
    Failed(Failure),
    /// The call is over.
    Gone(CallError),
}

/// What could not be fetched or run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub code: u32,
    /// The URL it has to do with; empty for TwiML that came with the create.
    pub url: String,
}

/// What became of waiting for something while the call went on.
pub(super) enum Meanwhile<T> {
    Done(T),
    Key(char),
}

/// Whether a key that is pressed now means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    Ignored,
    Wanted,
    /// All but this one.
    But(char),
}

impl Keys {
    fn want(self, key: char) -> bool {
        match self {
            Keys::Ignored => false,
            Keys::But(unwanted) if unwanted == key => false,
            Keys::But(_) | Keys::Wanted => matches!(key, '0'..='9' | '*' | '#'),
        }
    }
}

/// One call's script under way.
pub(super) struct Run<'a> {
    pub(super) platform: &'a Platform,
    about: CallCallback,
    create: &'a CreateCall,
    dialog: &'a mut Dialog,
    stopping: Stopping,
    until: Instant,
    documents: u32,
    fallback_left: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        platform: &'a Platform,
        sid: Sid,
        create: &'a CreateCall,
        dialog: &'a mut Dialog,
        stopping: Stopping,
    ) -> Run<'a> {
        let about = CallCallback {
            call_sid: call::call_sid(sid),
            account_sid: platform.account.clone(),
            status: CallStatus::InProgress,
            from: create.from.clone(),
            to: create.to.clone(),
            error_code: None,
        };
        let until = Instant::now() + platform.settings.get().time_limit;
        let fallback_left = create.fallback_url.is_some();
        Run { platform, about, create, dialog, stopping, until, documents: 0, fallback_left }
    }

    /// Runs the script to whatever end it has.
    pub(super) async fn play(mut self) -> Halt {
        let mut next = self.first().await;
        loop {
            next = match next {
                Ok(visit) => self.visit(visit).await,
                Err(Halt::Failed(failure)) => match self.fall_back(&failure) {
                    Some(visit) => self.visit(visit).await,
                    None => return Halt::Failed(failure),
                },
                Err(halt) => return halt,
            };
        }
    }

    async fn first(&mut self) -> Result<Visit, Halt> {
        if !self.create.twiml.is_empty() {
            let document = twiml::parse(self.create.twiml.as_bytes());
            let document = document.map_err(|why| failed(why.code(), None))?;
            return self.verbs(document, None).await;
        }
        let text = self.create.url.as_deref().unwrap_or_default();
        let url = resolve(None, text).map_err(|code| failed(code, None))?;
        Ok(Visit { url, method: self.create.method, more: Vec::new(), verb: None })
    }

    /// The fallback, asked once: a mistake in what it leads to ends the call.
    fn fall_back(&mut self, failure: &Failure) -> Option<Visit> {
        if !std::mem::take(&mut self.fallback_left) {
            return None;
        }
        let url = resolve(None, self.create.fallback_url.as_deref()?).ok()?;
        self.platform.counts.fallback();
        // It may go as far as any other script.
        self.documents = 0;
        let more = vec![("ErrorCode", failure.code.to_string()), ("ErrorUrl", failure.url.clone())];
        Some(Visit { url, method: self.create.fallback_method, more, verb: None })
    }

    /// Fetches a document and runs it; the next one to fetch, or why there is none.
    async fn visit(&mut self, visit: Visit) -> Result<Visit, Halt> {
        let fetched = if self.documents < MAX_DOCUMENTS {
            self.documents += 1;
            let (platform, about) = (self.platform, self.about.clone());
            self.last(platform.document(&visit, &about)).await?
        } else {
            Err(TOO_MANY)
        };
        if let Some(verb) = visit.verb {
            self.tell(verb, None, fetched.as_ref().err().copied()).await?;
        }
        let document = fetched.map_err(|code| failed(code, Some(&visit.url)))?;
        self.verbs(document, Some(&visit.url)).await
    }

    async fn verbs(&mut self, document: Document, base: Option<&Url>) -> Result<Visit, Halt> {
        for verb in document.verbs {
            match verb {
                Verb::Prompt(prompt) => {
                    self.prompt(&prompt, base, Keys::Ignored).await?;
                }
                Verb::Gather(gather) => {
                    if let Some(visit) = self.gather(gather, base).await? {
                        return Ok(visit);
                    }
                }
                Verb::Redirect { url, method } => {
                    return self.lead(&url, method, base, Vec::new(), "redirect").await;
                }
                Verb::Hangup => {
                    self.tell("hangup", None, None).await?;
                    return Err(Halt::Ended);
                }
            }
        }
        Err(Halt::Ended)
    }

    /// Where a verb leads. One with a URL that is none has failed.
    pub(super) async fn lead(
        &mut self,
        text: &str,
        method: Method,
        base: Option<&Url>,
        more: Vec<(&'static str, String)>,
        verb: &'static str,
    ) -> Result<Visit, Halt> {
        match resolve(base, text) {
            Ok(url) => Ok(Visit { url, method, more, verb: Some(verb) }),
            Err(code) => {
                self.tell(verb, None, Some(code)).await?;
                Err(failed(code, base))
            }
        }
    }

    /// Plays, says or waits; the key that cut it short where keys are wanted. One that is cut short
    /// before its sound was there is not told of: it never began.
    pub(super) async fn prompt(
        &mut self,
        prompt: &Prompt,
        base: Option<&Url>,
        keys: Keys,
    ) -> Result<Option<char>, Halt> {
        let (verb, url, times) = match prompt {
            Prompt::Pause { seconds } => {
                let pause = time::sleep(Duration::from_secs(u64::from(*seconds)));
                let key = self.meanwhile(pause, keys).await?.key();
                self.tell("pause", None, None).await?;
                return Ok(key);
            }
            Prompt::Play { url, times } => ("play", resolve(base, url), *times),
            Prompt::Say { text, times } => {
                let mut url = self.platform.settings.get().speech_url.clone();
                url.query_pairs_mut().append_pair("text", text);
                ("say", Ok(url), *times)
            }
        };
        let fetched = match &url {
            Ok(url) => match self.meanwhile(self.platform.sound(url), keys).await? {
                Meanwhile::Done(fetched) => fetched,
                Meanwhile::Key(key) => return Ok(Some(key)),
            },
            Err(code) => Err(*code),
        };
        match fetched {
            Ok(sound) => {
                let octets = u32::try_from(sound.bytes).unwrap_or(u32::MAX);
                let playing = time::sleep(OCTET.saturating_mul(octets).saturating_mul(times));
                let key = self.meanwhile(playing, keys).await?.key();
                self.tell(verb, Some(sound), None).await?;
                Ok(key)
            }
            Err(code) => {
                self.tell(verb, None, Some(code)).await?;
                Err(failed(code, url.ok().as_ref().or(base)))
            }
        }
    }

    /// Tells the handset, and the counters, of a verb that is over.
    pub(super) async fn tell(
        &mut self,
        verb: &'static str,
        sound: Option<Sound>,
        code: Option<u32>,
    ) -> Result<(), Halt> {
        self.platform.counts.verb(verb, code);
        let (bytes, sha256) = sound.map(|sound| (sound.bytes, sound.sha256)).unzip();
        let code = code.map(|code| code.to_string());
        let heard = Heard { verb: verb.to_owned(), bytes, sha256, code };
        let until = self.until;
        // A handset that does not answer outlasts neither the call nor the platform.
        tokio::select! {
            biased;
            () = self.stopping.asked() => Err(Halt::Asked),
            taken = self.dialog.heard(&heard) => taken.map_err(Halt::Gone),
            () = time::sleep_until(until) => Err(Halt::TimeLimit),
        }
    }

    /// Waits for `work` while the call lasts, whatever is pressed.
    async fn last<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Halt> {
        let mut work = pin!(work);
        loop {
            if let Meanwhile::Done(done) = self.meanwhile(work.as_mut(), Keys::Ignored).await? {
                return Ok(done);
            }
        }
    }

    /// Waits for `work`, or for a key where keys are wanted.
    pub(super) async fn meanwhile<T>(
        &mut self,
        work: impl Future<Output = T>,
        keys: Keys,
    ) -> Result<Meanwhile<T>, Halt> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                () = self.stopping.asked() => return Err(Halt::Asked),
                done = &mut work => return Ok(Meanwhile::Done(done)),
                () = time::sleep_until(self.until) => return Err(Halt::TimeLimit),
                key = self.dialog.key() => {
                    let key = key.map_err(Halt::Gone)?;
                    if keys.want(key) {
                        return Ok(Meanwhile::Key(key));
                    }
                }
            }
        }
    }
}

impl<T> Meanwhile<T> {
    pub(super) fn key(self) -> Option<char> {
        match self {
            Meanwhile::Done(_) => None,
            Meanwhile::Key(key) => Some(key),
        }
    }
}

fn failed(code: u32, url: Option<&Url>) -> Halt {
    Halt::Failed(Failure { code, url: url.map(Url::to_string).unwrap_or_default() })
}
