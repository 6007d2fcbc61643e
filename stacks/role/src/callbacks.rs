//! Callbacks: somebody outside hears of an end, in one of a bounded number of tries.

use crate::backoff;
use squall_model::stack::SENDER;
use squall_platform::rng::Draw;
use squall_platform::running::Stopping;
use squall_platform::{Node, Rng, time};
use squall_wire::http::{Client, Request};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Who calls back, where to, and with how much patience.
#[derive(Debug)]
pub struct Callbacks {
    pub client: Client,
    /// Node → address: where callbacks are dialled, by the host that their URL names.
    pub links: BTreeMap<String, String>,
    pub tries: u32,
    /// For one try.
    pub patience: Duration,
    /// First and longest pause between two tries.
    pub pauses: (Duration, Duration),
    pub rng: Mutex<Rng>,
    pub stopping: Stopping,
}

/// What became of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Answered, and not with a fault of the other side's.
    Taken,
    /// No try was answered so.
    GivenUp,
    /// The service stops before anybody has taken it.
    Stopped,
}

impl Callbacks {
    /// The generator of pauses, as all callbacks of a node share it.
    pub fn rng(node: &Node) -> Mutex<Rng> {
        Mutex::new(node.rng("callbacks"))
    }

    /// Sends `request` to `host:port` until it is answered with anything but 5xx; `failed` is told of
    /// each try that was not. A service that stops tries once, and no pause delays its stop.
    pub async fn tell(&self, (host, request): (String, Request), failed: impl Fn()) -> Told {
        let mut stopping = self.stopping.clone();
        let (first, longest) = self.pauses;
        for tries in 1..=self.tries {
            let answer = self.client.send(self.dial(&host), request.clone(), self.patience).await;
            if answer.is_ok_and(|answer| !answer.status().is_server_error()) {
                return Told::Taken;
            }
            failed();
            if tries == self.tries {
                break;
            }
            let pause = backoff::pause(tries, first, longest, self.draw());
            tokio::select! {
                biased;
                () = stopping.asked() => return Told::Stopped,
                () = time::sleep(pause) => {}
            }
        }
        Told::GivenUp
    }

    /// Over the link to a node of that name, over the link to the sender where it names none, as it
    /// stands where there is neither.
    fn dial<'a>(&'a self, address: &'a str) -> &'a str {
        let host = address.split(':').next().unwrap_or(address);
        let link = self.links.get(host).or_else(|| self.links.get(SENDER));
        link.map_or(address, String::as_str)
    }

    /// 0–99.
    fn draw(&self) -> u32 {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..100)
    }
}
