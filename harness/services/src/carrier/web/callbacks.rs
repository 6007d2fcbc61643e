//! Receipts over HTTP: sent when due, and again until they are answered with 2xx.
//!
//! Vendors give up sooner; here a receipt is lost by a behaviour or not at all.

use super::Front;
use crate::carrier::desk::instant;
use crate::carrier::promises::Key;
use squall_platform::running::{Done, Stopping};
use squall_platform::time::sleep_until;
use squall_wire::http::{Client, Request};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Callbacks under way at once.
const WINDOW: usize = 64;

/// For one callback's answer, as Twilio's (its error 11205).
const TIMEOUT: Duration = Duration::from_secs(15);

/// A callback that failed is due again after this.
const AGAIN_US: u64 = 5_000_000;

pub(super) async fn run(front: Arc<dyn Front>, mut stopping: Stopping, done: Done) {
    let client = Client::new(front.carrier().node.clone(), WINDOW);
    let places = Arc::new(Semaphore::new(WINDOW));
    loop {
        let look_us = dispatch(&front, &client, &places);
        let now_us = front.carrier().node.unix_us();
        tokio::select! {
            biased;
            () = stopping.asked() => break,
            () = front.carrier().wake.notified() => {}
            () = sleep_until(instant(now_us, look_us)) => {}
        }
    }
    drop(done);
}

/// Starts what is due and has a place; returns when to look again.
fn dispatch(front: &Arc<dyn Front>, client: &Client, places: &Arc<Semaphore>) -> u64 {
    let now_us = front.carrier().node.unix_us();
    let mut desk = front.carrier().desk();
    loop {
        let Ok(place) = places.clone().try_acquire_owned() else {
            desk.looking_us = 0;
            return u64::MAX;
        };
        let Some((key, owed)) = desk.promises.take(now_us) else {
            desk.looking_us = desk.promises.next_due_us().unwrap_or(u64::MAX);
            return desk.looking_us;
        };
        let request = front.receipt(owed);
        let (front, client) = (front.clone(), client.clone());
        front.carrier().node.clone().spawn(async move {
            post(&*front, &client, key, request).await;
            drop(place);
            front.carrier().wake.notify_one();
        });
    }
}

async fn post(front: &dyn Front, client: &Client, key: Key, request: Option<(String, Request)>) {
    // A URL that cannot be called is nobody's receipt.
    let answered = match request {
        Some((address, request)) => {
            let answer = client.send(dial(front, &address), request, TIMEOUT).await;
            answer.is_ok_and(|answer| answer.status().is_success())
        }
        None => true,
    };
    let now_us = front.carrier().node.unix_us();
    let mut desk = front.carrier().desk();
    if answered {
        desk.acknowledged(key);
        // Lost with a kill it costs a repeated callback, nothing else.
        let _ = desk.write();
    } else {
        desk.promises.failed(key, now_us + AGAIN_US);
    }
}

/// Where `host:port` of a callback URL is reached: a node of the stack over its own link, any other
/// host as it stands.
fn dial<'a>(front: &'a dyn Front, address: &'a str) -> &'a str {
    let host = address.split(':').next().unwrap_or(address);
    front.carrier().links.get(host).map_or(address, String::as_str)
}
