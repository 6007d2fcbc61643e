//! Two thousand calls at once.

use super::phone::Manners;
use super::stage::{START_US, Stage, sound, twiml, until};
use squall_platform::sim::World;
use squall_wire::twilio::CallStatus;
use std::time::Duration;

const CALLS: u64 = 2_000;

/// The page of metrics after all calls, and how many were in progress together.
fn play() -> (String, usize) {
    World::run(3, START_US, async |world: World| {
        let stage = Stage::raise(&world, &[]).await;
        let script = "<Say>press</Say><Gather numDigits='1' timeout='30' action='/keys'/>";
        stage.scripts.page("/call", twiml(script));
        stage.scripts.page("/keys", twiml("<Play>http://media/a</Play><Pause length='20'/>"));
        stage.media.page("/a", sound(40_000));
        stage.media.page("/speech", sound(16_000));
        for m in 0..CALLS {
            let create = stage.create(m, "/call");
            let keys = vec![(Duration::from_secs(4), '1')];
            stage.phones.of(&create.to, Manners { keys, ..Manners::default() });
            stage.call(&create).await;
        }
        let together = async || stage.phones.count(|told| told.answered.is_some()) == 2_000;
        assert!(until(together).await);
        let most = stage.phones.count(|told| told.answered.is_some() && told.end.is_none());
        let over = async || stage.heard.lock().unwrap().len() as u64 == CALLS;
        assert!(until(over).await);
        for callbacks in stage.heard.lock().unwrap().values() {
            assert_eq!(callbacks.len(), 1);
            assert_eq!(callbacks[0].status, CallStatus::Completed);
        }
        assert_eq!(stage.phones.count(|told| told.heard.len() == 4), 2_000);
        assert!(stage.pending().await.is_empty());
        let page = stage.admin("/metrics").await.1;
        (String::from_utf8(page.to_vec()).unwrap(), most)
    })
}

#[test]
fn two_thousand_calls_at_once_all_come_to_their_end_the_same_in_every_play() {
    let (page, most) = play();
    assert_eq!(most, 2_000);
    assert!(page.contains("calls_ended_total{kind=\"completed\",code=\"ok\"} 2000"), "{page}");
    assert_eq!(play().0, page);
}
