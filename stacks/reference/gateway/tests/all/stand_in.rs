//! A Redis of a few commands, for what a real one cannot be asked to do at a given moment.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Holds entries, hands none out and refuses new ones.
pub struct StandIn {
    pub address: String,
    shared: Arc<Shared>,
}

struct Shared {
    entries: Vec<Vec<u8>>,
    connections: Mutex<Vec<TcpStream>>,
    gone: AtomicBool,
}

impl StandIn {
    pub fn start(entries: Vec<Vec<u8>>) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (connections, gone) = (Mutex::default(), AtomicBool::default());
        let shared = Arc::new(Shared { entries, connections, gone });
        let serving = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.gone.load(Ordering::Relaxed) {
                    return;
                }
                serving.connections.lock().unwrap().push(stream.try_clone().unwrap());
                let shared = serving.clone();
                std::thread::spawn(move || shared.converse(stream));
            }
        });
        StandIn { address, shared }
    }

    /// Its port is closed, its connections break.
    pub fn leave(&self) {
        self.shared.gone.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(&self.address));
        for stream in self.shared.connections.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Shared {
    fn converse(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(words) = command(&mut reader) {
            if stream.write_all(&self.answer(&words)).is_err() {
                return;
            }
        }
    }

    fn answer(&self, words: &[String]) -> Vec<u8> {
        match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["XLEN", ..] => format!(":{}\r\n", self.entries.len()).into_bytes(),
            ["XADD", ..] => {
                b"-OOM command not allowed when used memory > 'maxmemory'.\r\n".to_vec()
            }
            ["XRANGE", _, from, _, _, count] => self.range(from, count.parse().unwrap()),
            ["XAUTOCLAIM", ..] => b"*3\r\n$3\r\n0-0\r\n*0\r\n*0\r\n".to_vec(),
            ["XREADGROUP", ..] => {
                // As a read that blocks.
                std::thread::sleep(Duration::from_millis(200));
                b"*-1\r\n".to_vec()
            }
            _ => b"+OK\r\n".to_vec(),
        }
    }

    /// Entries from one on, or from behind one: `-`, `(7-0`.
    fn range(&self, from: &str, count: usize) -> Vec<u8> {
        let first = match from.strip_prefix('(') {
            Some(id) => id.strip_suffix("-0").unwrap().parse::<usize>().unwrap() + 1,
            None => 0,
        };
        let taken: Vec<_> = self.entries.iter().enumerate().skip(first).take(count).collect();
        let mut answer = format!("*{}\r\n", taken.len()).into_bytes();
        for (index, payload) in taken {
            let id = format!("{index}-0");
            let head =
                format!("*2\r\n${}\r\n{id}\r\n*2\r\n$1\r\nm\r\n${}\r\n", id.len(), payload.len());
            answer.extend([head.as_bytes(), payload, b"\r\n"].concat());
        }
        answer
    }
}

/// One array of strings.
fn command(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let number = |reader: &mut dyn BufRead| {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        line.trim_end().get(1..)?.parse::<usize>().ok()
    };
    let words = number(reader)?;
    (0..words)
        .map(|_| {
            let mut word = vec![0; number(reader)? + 2];
            reader.read_exact(&mut word).ok()?;
            word.truncate(word.len() - 2);
            Some(String::from_utf8_lossy(&word).into_owned())
        })
        .collect()
}
