//! Scripts that run: what the handset hears and when, keys, where documents lead.

use super::phone::Manners;
use super::stage::{Stage, sound, twiml};
use super::with;
use sha2::{Digest, Sha256};
use squall_platform::sim::World;
use squall_wire::sip::Heard;
use squall_wire::twilio::{CallStatus, CreateCall};
use squall_wire::twiml::Method;
use std::time::Duration;

fn heard(verb: &str) -> Heard {
    Heard { verb: verb.to_owned(), ..Heard::default() }
}

fn heard_sound(verb: &str, octets: usize) -> Heard {
    let sha256 = format!("{:x}", Sha256::digest(vec![0x55; octets]));
    Heard { bytes: Some(octets as u64), sha256: Some(sha256), ..heard(verb) }
}

fn presses(keys: &[(u64, char)]) -> Manners {
    let keys = keys.iter().map(|(ms, key)| (Duration::from_millis(*ms), *key)).collect();
    Manners { keys, ..Manners::default() }
}

#[test]
fn a_call_is_heard_verb_by_verb_in_the_time_it_takes() {
    with(&[], async |stage: Stage| {
        let script = "<Play>http://media/a.ulaw</Play><Pause length='3'/>\
                      <Say loop='2'>Kode &amp; 1 2 3</Say><Play>/own.ulaw</Play><Hangup/><Say>not this</Say>";
        stage.scripts.page("/call", twiml(script));
        stage.scripts.page("/own.ulaw", sound(800));
        stage.media.page("/a.ulaw", sound(16_000));
        stage.media.page("/speech", sound(4_000));
        let create = stage.create(7, "/call");
        let ended = stage.complete(&create).await;
        assert_eq!((ended.status, ended.error_code), (CallStatus::Completed, None));
        let told = stage.phones.told(&create.from);
        let wanted = vec![
            heard_sound("play", 16_000),
            heard("pause"),
            heard_sound("say", 4_000),
            heard_sound("play", 800),
            heard("hangup"),
        ];
        assert_eq!(told.heard, wanted);
        let at: Vec<u128> = told.at.iter().map(Duration::as_millis).collect();
        assert_eq!(at, [2_000, 5_000, 6_000, 6_100, 6_100]);
        assert_eq!(told.end, Some((16, "completed".to_owned())));
        assert_eq!(stage.media.asked("/speech")[0]["text"], "Kode & 1 2 3");
        // Sound is fetched without the parameters of the call.
        assert!(stage.media.asked("/a.ulaw")[0].is_empty());
        let asked = &stage.scripts.asked("/call")[0];
        assert_eq!(asked["From"], create.from);
        assert_eq!((&*asked["CallStatus"], &*asked["Direction"]), ("in-progress", "outbound-api"));
        assert_eq!(stage.metric("calls_verbs_total{kind=\"play\",code=\"ok\"} ").await, 2);
        assert_eq!(stage.metric("calls_ended_total{kind=\"completed\",code=\"ok\"} ").await, 1);
        assert!(stage.pending().await.is_empty());
    });
}

#[test]
fn sound_goes_through_the_balancer_where_there_is_one() {
    World::run(11, super::START_US, async |world: World| {
        let balancer =
            super::stage::Web::serve(world.harness_node("balancer"), "balancer:80").await;
        let links = [("balancer", "balancer:80")];
        let stage = Stage::wired(&world, &[("speech_url", "http://tts/speak?v=2")], &links).await;
        stage.scripts.page("/call", twiml("<Play>http://any.where/a</Play><Say>hello</Say>"));
        balancer.page("/a", sound(800));
        balancer.page("/speak", sound(80));
        let create = stage.create(1, "/call");
        assert_eq!(stage.complete(&create).await.status, CallStatus::Completed);
        let asked = balancer.asked.lock().unwrap().clone();
        let targets: Vec<&str> = asked.iter().map(|(_, target, _)| target.as_str()).collect();
        assert_eq!(targets, ["http://any.where/a", "http://tts/speak?v=2&text=hello"]);
    });
}

#[test]
fn a_script_may_come_with_the_call_and_is_asked_for_by_post_where_nothing_is_said() {
    with(&[], async |stage: Stage| {
        stage.media.page("/speech", sound(800));
        let told = "<Response><Say>hello</Say><Redirect>http://scripts/next</Redirect></Response>";
        let create = CreateCall { url: None, twiml: told.into(), ..stage.create(1, "") };
        stage.scripts.page("/next", twiml(""));
        assert_eq!(stage.complete(&create).await.status, CallStatus::Completed);
        let verbs: Vec<String> =
            stage.phones.told(&create.from).heard.into_iter().map(|heard| heard.verb).collect();
        assert_eq!(verbs, ["say", "redirect"]);
        let asked = stage.scripts.asked.lock().unwrap().clone();
        let (method, target, form) = &asked[0];
        assert_eq!((method.as_str(), target.as_str()), ("POST", "/next"));
        assert!(form.contains("CallStatus=in-progress"), "{form}");
    });
}

#[test]
fn keys_cut_prompts_short_and_lead_on() {
    with(&[], async |stage: Stage| {
        let script = "<Gather numDigits='2' action='/keys?a=b' method='GET'>\
                      <Say>press</Say><Play>http://media/long</Play><Pause length='60'/></Gather><Say>never</Say>";
        stage.scripts.page("/call", twiml(script));
        stage.scripts.page("/keys", twiml("<Hangup/>"));
        stage.media.page("/speech", sound(8_000));
        stage.media.page("/long", sound(80_000));
        let create = stage.create(1, "/call");
        stage.phones.of(&create.to, presses(&[(3_000, '1'), (6_000, '#'), (7_000, '2')]));
        assert_eq!(stage.complete(&create).await.status, CallStatus::Completed);
        // The first key is in the second prompt, and the # ends it with one digit.
        let told = stage.phones.told(&create.from);
        let verbs: Vec<&str> = told.heard.iter().map(|heard| heard.verb.as_str()).collect();
        assert_eq!(verbs, ["say", "play", "gather", "hangup"]);
        let at: Vec<u128> = told.at.iter().map(Duration::as_millis).collect();
        assert_eq!(at, [1_000, 3_000, 6_000, 6_000]);
        let asked = &stage.scripts.asked("/keys")[0];
        assert_eq!((&*asked["Digits"], &*asked["a"]), ("1", "b"));
    });
}

#[test]
fn a_gather_ends_by_number_by_key_by_silence_or_falls_through() {
    for (gather, keys, digits, ms) in [
        ("numDigits='2'", &[(500, '1'), (2_000, '2'), (9_000, '3')][..], Some("12"), 2_000),
        (
            "finishOnKey='*'",
            &[(1_000, '*'), (2_000, '7'), (3_000, '#'), (4_000, '*')],
            Some("7#"),
            4_000,
        ),
        ("finishOnKey='' timeout='2'", &[(1_000, '#'), (2_000, '*')], Some("#*"), 4_000),
        ("timeout='3'", &[(2_500, '9')], Some("9"), 5_500),
        ("timeout='3'", &[(4_000, '9')], None, 3_000),
        ("timeout='3' actionOnEmptyResult='true'", &[], Some(""), 3_000),
        ("", &[(1_000, '#')], None, 5_000),
    ] {
        with(&[], async |stage: Stage| {
            let script = format!("<Gather action='keys' {gather}/><Pause length='0'/>");
            stage.scripts.page("/call", twiml(&script));
            stage.scripts.page("/keys", twiml(""));
            let create = stage.create(1, "/call");
            stage.phones.of(&create.to, presses(keys));
            assert_eq!(stage.complete(&create).await.status, CallStatus::Completed);
            let asked = stage.scripts.asked("/keys");
            let got = asked.first().map(|asked| asked["Digits"].clone());
            assert_eq!(got.as_deref(), digits, "{gather}");
            let told = stage.phones.told(&create.from);
            assert_eq!(
                (told.heard[0].verb.as_str(), told.at[0].as_millis()),
                ("gather", ms),
                "{gather}"
            );
            assert_eq!(told.heard.len(), if digits.is_some() { 1 } else { 2 });
        });
    }
}

#[test]
fn a_gather_without_an_action_asks_its_own_document_again() {
    with(&[], async |stage: Stage| {
        stage.scripts.page("/call", twiml("<Gather numDigits='1' timeout='2'/>"));
        let create = CreateCall { method: Method::Post, ..stage.create(1, "/call?x=1") };
        stage.phones.of(&create.to, presses(&[(1_000, '1'), (2_000, '2')]));
        assert_eq!(stage.complete(&create).await.status, CallStatus::Completed);
        let asked = stage.scripts.asked("/call");
        let digits: Vec<Option<&String>> = asked.iter().map(|asked| asked.get("Digits")).collect();
        assert_eq!(digits, [None, Some(&"1".to_owned()), Some(&"2".to_owned())]);
        assert!(asked.iter().all(|asked| asked["x"] == "1"));
    });
}

#[test]
fn a_sound_for_ever_is_played_a_thousand_times_and_a_call_has_an_end() {
    with(&[], async |stage: Stage| {
        stage.scripts.page("/call", twiml("<Play loop='0'>http://media/a</Play>"));
        stage.media.page("/a", sound(800));
        let create = stage.create(1, "/call");
        stage.complete(&create).await;
        assert_eq!(stage.phones.told(&create.from).at[0], Duration::from_secs(100));
        assert_eq!(stage.media.asked("/a").len(), 1);
    });
    with(&[("time_limit_s", "60")], async |stage: Stage| {
        stage.scripts.page("/call", twiml("<Play loop='0'>http://media/a</Play>"));
        stage.media.page("/a", sound(800));
        let create = stage.create(1, "/call");
        let ended = stage.complete(&create).await;
        let told = stage.phones.told(&create.from);
        assert_eq!(
            (ended.status, told.end),
            (CallStatus::Completed, Some((16, "time limit".into())))
        );
        assert!(told.heard.is_empty());
    });
}
