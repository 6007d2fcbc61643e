//! Everything that can go wrong with a script: its code, how long it takes to be found, and the
//! fallback.

use super::stage::{Page, Stage, sound, twiml};
use super::with;
use bytes::Bytes;
use squall_wire::twilio::{CallStatus, CreateCall};
use std::time::Duration;

fn page(status: u16, kind: &'static str, body: &str) -> Page {
    Page { status, kind, body: Bytes::copy_from_slice(body.as_bytes()), delay: Duration::ZERO }
}

/// URL of a script, its code, and the seconds until it is given up.
const SCRIPTS: [(&str, u32, u64); 16] = [
    ("http://scripts/malformed", 12_100, 0),
    ("http://scripts/empty", 12_100, 0),
    ("http://scripts/unknown", 12_200, 0),
    ("http://scripts/plain", 12_300, 0),
    ("http://scripts/untyped", 11_200, 0),
    ("http://scripts/missing", 11_200, 0),
    ("http://scripts/error", 11_200, 0),
    ("http://scripts/moved", 11_200, 0),
    ("http://scripts/slow", 11_205, 15),
    ("http://scripts/large", 11_750, 0),
    ("http://elsewhere/call", 11_205, 0),
    ("http://nobody/call", 11_205, 0),
    ("http://broken/silence", 11_205, 15),
    ("http://broken/cut", 11_200, 0),
    ("http://broken/drip", 11_200, 15),
    ("http://broken/endless", 11_750, 0),
];

/// The same of a sound.
const SOUNDS: [(&str, u32, u64); 11] = [
    ("http://media/missing", 11_200, 0),
    ("http://media/error", 11_200, 0),
    ("http://media/xml", 12_300, 0),
    ("http://media/slow", 11_205, 15),
    ("http://elsewhere/a", 11_205, 0),
    ("http://nobody/a", 11_205, 0),
    ("https://media/a", 11_100, 0),
    ("http://broken/silence-sound", 11_205, 15),
    ("http://broken/cut-sound", 11_200, 0),
    ("http://broken/drip-sound", 11_200, 15),
    ("http://broken/endless-sound", 11_200, 2),
];

fn furnish(stage: &Stage) {
    let slow = Duration::from_secs(16);
    for (path, page) in [
        ("/malformed", page(200, "text/xml", "<Response><Say>hello</Response>")),
        ("/empty", page(200, "text/xml", "")),
        ("/unknown", twiml("<Dance/>")),
        ("/plain", page(200, "text/plain", "<Response/>")),
        ("/untyped", page(200, "", "<Response/>")),
        ("/error", page(500, "text/xml", "<Response/>")),
        ("/moved", page(302, "text/xml", "<Response/>")),
        ("/slow", Page { delay: slow, ..twiml("") }),
        ("/large", twiml(&" ".repeat(70_000))),
        ("/fallback", twiml("<Pause/>")),
    ] {
        stage.scripts.page(path, page);
    }
    stage.media.page("/error", page(503, "audio/basic", "x"));
    stage.media.page("/xml", page(200, "text/xml", "<Response/>"));
    stage.media.page("/slow", Page { delay: slow, ..sound(10) });
}

/// Places a call that fails with `code`; how many seconds that took.
async fn fails(stage: &Stage, create: &CreateCall, code: u32) -> u64 {
    let began = squall_platform::time::Instant::now();
    let ended = stage.complete(create).await;
    assert_eq!((ended.status, ended.error_code), (CallStatus::Failed, Some(code)), "{create:?}");
    began.elapsed().as_secs()
}

#[test]
fn a_script_that_cannot_be_run_drops_the_call_with_its_code() {
    with(&[], async |stage: Stage| {
        furnish(&stage);
        for (m, (url, code, seconds)) in SCRIPTS.iter().enumerate() {
            let create = CreateCall { url: Some((*url).into()), ..stage.create(m as u64, "") };
            let took = fails(&stage, &create, *code).await;
            let told = stage.phones.told(&create.from);
            assert_eq!(told.end, Some((41, code.to_string())), "{url}");
            assert!(told.heard.is_empty(), "{url}");
            // A second of ringing, and what a test waits for at most.
            assert!((seconds + 1..=seconds + 2).contains(&took), "{url} took {took} s");
        }
        assert_eq!(stage.metric("calls_fetches_total{kind=\"twiml\",code=\"11205\"} ").await, 4);
    });
}

#[test]
fn a_sound_that_cannot_be_played_drops_the_call_with_its_code() {
    with(&[], async |stage: Stage| {
        furnish(&stage);
        for (m, (url, code, seconds)) in SOUNDS.iter().enumerate() {
            stage.scripts.page("/call", twiml(&format!("<Pause/><Play>{url}</Play><Pause/>")));
            let create = stage.create(m as u64, "/call");
            let took = fails(&stage, &create, *code).await;
            let told = stage.phones.told(&create.from);
            let last = told.heard.last().unwrap();
            assert_eq!((told.heard.len(), last.verb.as_str()), (2, "play"), "{url}");
            assert_eq!(last.code, Some(code.to_string()), "{url}");
            assert!((seconds + 2..=seconds + 4).contains(&took), "{url} took {took} s");
        }
        assert_eq!(stage.metric("calls_verbs_total{kind=\"play\",code=\"11200\"} ").await, 5);
    });
}

#[test]
fn the_fallback_is_asked_at_once_and_told_what_went_wrong() {
    with(&[], async |stage: Stage| {
        furnish(&stage);
        let fallback = Some("http://scripts/fallback".to_owned());
        stage.scripts.page("/call", twiml("<Play>http://media/missing</Play>"));
        let all = SCRIPTS.map(|(url, code, _)| (url, code, url));
        let media = [("http://scripts/call", 11_200, "http://media/missing")];
        for (m, (url, code, blamed)) in all.into_iter().chain(media).enumerate() {
            let create = CreateCall {
                url: Some(url.into()),
                fallback_url: fallback.clone(),
                ..stage.create(m as u64, "")
            };
            let ended = stage.complete(&create).await;
            assert_eq!((ended.status, ended.error_code), (CallStatus::Completed, None), "{url}");
            let asked = stage.scripts.asked("/fallback").pop().unwrap();
            assert_eq!((&*asked["ErrorCode"], &*asked["ErrorUrl"]), (&*code.to_string(), blamed));
            assert_eq!(asked["From"], create.from);
            let told = stage.phones.told(&create.from);
            assert_eq!(told.heard.last().unwrap().verb, "pause", "{url}");
            assert_eq!(told.end, Some((16, "completed".into())), "{url}");
        }
    });
}

#[test]
fn a_fallback_that_fails_too_ends_the_call_with_its_own_code() {
    with(&[], async |stage: Stage| {
        furnish(&stage);
        for (m, (fallback, code)) in
            [("http://scripts/malformed", 12_100), ("http://scripts/missing", 11_200)]
                .into_iter()
                .enumerate()
        {
            let create = CreateCall {
                fallback_url: Some(fallback.into()),
                ..stage.create(m as u64, "/unknown")
            };
            let ended = stage.complete(&create).await;
            assert_eq!((ended.status, ended.error_code), (CallStatus::Failed, Some(code)));
        }
    });
}

#[test]
fn documents_that_lead_to_themselves_come_to_an_end() {
    with(&[], async |stage: Stage| {
        stage.scripts.page("/loop", twiml("<Redirect method='GET'>/loop</Redirect>"));
        let create = stage.create(1, "/loop");
        let ended = stage.complete(&create).await;
        assert_eq!((ended.status, ended.error_code), (CallStatus::Failed, Some(11_215)));
        assert_eq!(stage.scripts.asked("/loop").len(), 100);
        let told = stage.phones.told(&create.from);
        assert_eq!(told.heard.len(), 100);
        assert_eq!(told.heard[99].code.as_deref(), Some("11215"));
        // A verb whose document is missing has failed, as has one with a URL that is none.
        for (m, script, verb) in [
            (2, "<Redirect>/missing</Redirect>", ("redirect", "11200")),
            (3, "<Redirect>tel:1</Redirect>", ("redirect", "11100")),
            (
                4,
                "<Gather timeout='0' actionOnEmptyResult='true' action='/missing'/>",
                ("gather", "11200"),
            ),
        ] {
            stage.scripts.page("/call", twiml(script));
            let create = stage.create(m, "/call");
            assert_eq!(stage.complete(&create).await.status, CallStatus::Failed);
            let told = stage.phones.told(&create.from);
            let last = told.heard.last().unwrap();
            assert_eq!((&*last.verb, last.code.as_deref()), (verb.0, Some(verb.1)));
        }
    });
}
