//! Fetching from servers that nobody here answers for: what they send is bounded in time and octets and
//! handed on piece by piece, so that a body of any length costs no memory.

use super::{Client, Message, Sender};
use crate::http::Request;
use bytes::Bytes;
use http::response::Parts;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use squall_platform::time::{self, Instant};
use std::time::Duration;

/// How much patience a fetch has, and how much it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetching {
    /// For one try at a connection.
    pub connect: Duration,
    /// At a connection.
    pub tries: u32,
    /// From the first try to the last octet.
    pub total: Duration,
    /// Octets of the body.
    pub most: u64,
    /// The whole URL is asked for, as a proxy wants it (RFC 9112, section 3.2.2).
    pub absolute: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The request went out, and no head of an answer came back.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The body did not come to its end, or not in time.
    #[error("the answer was cut off: {0}")]
    CutOff(String),
    #[error("the answer is longer than {0} octets")]
    TooLong(u64),
}

/// An answer whose body is still to come. Dropped before its end, it closes the connection.
#[derive(Debug)]
pub struct Answer {
    pub head: Parts,
    body: Incoming,
    taken: u64,
    most: u64,
    deadline: Instant,
    /// Goes back to the pool with the last octet.
    home: Option<(Client, String, Sender)>,
}

impl Client {
    /// Sends `request`, whose URI is a whole URL, to `address` and waits for the head of the answer. `Host`
    /// is that URL's.
    ///
    /// # Errors
    /// [`FetchError::NoConnection`], [`FetchError::NoAnswer`].
    pub async fn fetch(
        &self,
        address: &str,
        request: Request,
        how: &Fetching,
    ) -> Result<Answer, FetchError> {
        let deadline = Instant::now() + how.total;
        let mut message = self.whole(address, request, how.absolute)?;
        loop {
            let (mut sender, pooled) = match self.take(address, deadline).await {
                Some(sender) => (sender, true),
                None => (self.knock(address, how, deadline).await?, false),
            };
            let no_answer =
                |why: &dyn std::fmt::Display| FetchError::NoAnswer(format!("{address}: {why}"));
            match time::timeout_at(deadline, sender.half.try_send_request(message)).await {
                Ok(Ok(response)) => {
                    let (head, body) = response.into_parts();
                    let home = Some((self.clone(), address.to_owned(), sender));
                    return Ok(Answer { head, body, taken: 0, most: how.most, deadline, home });
                }
                Ok(Err(mut error)) => match error.take_message() {
                    Some(back) if pooled => message = back,
                    Some(_) => {
                        let why = format!("{address}: {}", error.into_error());
                        return Err(FetchError::NoConnection(why));
                    }
                    None => return Err(no_answer(&error.into_error())),
                },
                Err(_) => return Err(no_answer(&"it took too long")),
            }
        }
    }

    fn whole(
        &self,
        address: &str,
        request: Request,
        absolute: bool,
    ) -> Result<Message, FetchError> {
        let message = self.for_its_host(address, request).and_then(|request| match absolute {
            true => Ok(request.map(Full::new)),
            false => self.prepare(address, request),
        });
        message.map_err(|why| FetchError::NoConnection(why.to_string()))
    }

    /// Tries at a connection, each for its time.
    async fn knock(
        &self,
        address: &str,
        how: &Fetching,
        deadline: Instant,
    ) -> Result<Sender, FetchError> {
        let mut last = FetchError::NoConnection(format!("{address}: never tried"));
        for _ in 0..how.tries {
            match self.connect(address, deadline.min(Instant::now() + how.connect)).await {
                Ok(sender) => return Ok(sender),
                Err(error) => last = FetchError::NoConnection(error.to_string()),
            }
        }
        Err(last)
    }
}

impl Answer {
    /// The next piece of the body; `None` after the last.
    ///
    /// # Errors
    /// [`FetchError::CutOff`], [`FetchError::TooLong`].
    pub async fn piece(&mut self) -> Result<Option<Bytes>, FetchError> {
        let cut = |why: &dyn std::fmt::Display| FetchError::CutOff(why.to_string());
        loop {
            let frame = time::timeout_at(self.deadline, self.body.frame()).await;
            let frame = match frame.map_err(|_| cut(&"it took too long"))? {
                Some(frame) => frame.map_err(|why| cut(&why))?,
                None => {
                    if let Some((client, address, sender)) = self.home.take() {
                        client.put_back(&address, sender);
                    }
                    return Ok(None);
                }
            };
            let Ok(piece) = frame.into_data() else { continue };
            self.taken = self.taken.saturating_add(piece.len() as u64);
            if self.taken > self.most {
                return Err(FetchError::TooLong(self.most));
            }
            return Ok(Some(piece));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Limits, Request, reply, serve};
    use ::http::StatusCode;
    use squall_platform::running::stop_pair;
    use squall_platform::sim::World;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const HOW: Fetching = Fetching {
        connect: Duration::from_secs(5),
        tries: 2,
        total: Duration::from_secs(15),
        most: 1_000,
        absolute: false,
    };

    fn get(url: &str) -> Request {
        http::Request::get(url).body(Bytes::new()).expect("a request")
    }

    async fn body(answer: &mut Answer) -> Result<Vec<u8>, FetchError> {
        let mut whole = Vec::new();
        while let Some(piece) = answer.piece().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    /// Answers each connection with `head`, and then octets for ever where `endless`.
    async fn raw(world: &World, head: &'static str, endless: bool) {
        let node = world.harness_node("raw");
        let mut listener = node.bind("raw:80").await.expect("a port");
        let spawner = node.clone();
        node.spawn(async move {
            while let Ok(mut stream) = listener.accept().await {
                spawner.spawn(async move {
                    let mut octets = [0; 4096];
                    let _ = stream.read(&mut octets).await;
                    let _ = stream.write_all(head.as_bytes()).await;
                    while endless && stream.write_all(b"x").await.is_ok() {
                        time::sleep(Duration::from_millis(100)).await;
                    }
                    // Open, and silent.
                    let _ = stream.read(&mut octets).await;
                });
            }
        });
    }

    #[test]
    fn a_url_is_asked_for_whole_or_by_its_path_and_connections_are_kept() {
        World::run(1, 0, |world| async move {
            let node = world.harness_node("web");
            let listener = node.bind("web:80").await.expect("a port");
            let (_stop, stopping, done, _stopped) = stop_pair();
            let echo = |request: Request| {
                let host = request.headers()[http::header::HOST].to_str().expect("text");
                let line = format!("{} {host}", request.uri());
                std::future::ready(reply::text(StatusCode::OK, &line))
            };
            serve(&node, listener, Limits::default(), stopping, done, Arc::new(echo));
            let client = Client::new(world.harness_node("client"), 4);
            for (absolute, line) in [(false, "/a?b media"), (true, "http://media/a?b media")] {
                for _ in 0..3 {
                    let how = Fetching { absolute, ..HOW };
                    let answer = client.fetch("web:80", get("http://media/a?b"), &how).await;
                    let mut answer = answer.expect("an answer");
                    assert_eq!(body(&mut answer).await, Ok(line.as_bytes().to_vec()));
                }
                assert_eq!(client.lock()["web:80"].idle.len(), 1);
            }
        });
    }

    #[test]
    fn each_way_to_fail_has_its_own_name_and_its_own_time() {
        World::run(1, 0, |world| async move {
            let client = Client::new(world.harness_node("client"), 4);
            let refused = client.fetch("nobody:80", get("http://a/"), &HOW).await;
            assert!(matches!(refused, Err(FetchError::NoConnection(_))), "{refused:?}");

            raw(&world, "", false).await;
            let began = Instant::now();
            let silent = client.fetch("raw:80", get("http://a/"), &HOW).await;
            assert!(matches!(silent, Err(FetchError::NoAnswer(_))), "{silent:?}");
            assert_eq!(began.elapsed().as_secs(), 15);
        });
        World::run(1, 0, |world| async move {
            raw(&world, "HTTP/1.1 200 OK\r\n\r\n", true).await;
            let client = Client::new(world.harness_node("client"), 4);
            let mut answer = client.fetch("raw:80", get("http://a/"), &HOW).await.expect("a head");
            let began = Instant::now();
            let slow = body(&mut answer).await;
            assert!(matches!(slow, Err(FetchError::CutOff(_))), "{slow:?}");
            assert_eq!(began.elapsed().as_secs(), 15);
            let how = Fetching { most: 100, ..HOW };
            let mut answer = client.fetch("raw:80", get("http://a/"), &how).await.expect("a head");
            assert_eq!(body(&mut answer).await, Err(FetchError::TooLong(100)));
        });
    }

    #[test]
    fn a_connection_is_tried_twice() {
        World::run(1, 0, |world| async move {
            let client = Client::new(world.harness_node("client"), 4);
            let node = world.node("web");
            let _listener = node.bind("web:80").await.expect("a port");
            world.cut("web");
            let began = Instant::now();
            let cut = client.fetch("web:80", get("http://a/"), &HOW).await;
            assert!(matches!(cut, Err(FetchError::NoConnection(_))), "{cut:?}");
            assert_eq!(began.elapsed().as_secs(), 10);
        });
    }
}
