//! Readers of the slow streams: count tokens and late tokens.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use memchr::memmem;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    agent::{Agent, Bench},
    bytes::{Marker, RIDERS},
    stats::float,
    wheel::{STAMP, Wheel},
    wire::Wire,
};

/// A token with a greater delay is late.
const LATE: Duration = Duration::from_millis(250);
const TICK: &[u8] = b"tick ";
/// The counts of all readers together.
#[derive(Default)]
pub struct Board {
    pub tokens: AtomicU64,
    pub late: AtomicU64,
    pub worst_micros: AtomicU64,
    /// Complete streams.
    pub ended: AtomicU64,
    pub failed: AtomicU64,
}

impl Board {
    fn token(&self, lateness: Duration) {
        self.tokens.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(lateness.as_micros()).unwrap_or(u64::MAX);
        self.worst_micros.fetch_max(micros, Ordering::Relaxed);
        self.late
            .fetch_add(u64::from(lateness > LATE), Ordering::Relaxed);
    }

    pub fn count(counter: &AtomicU64) -> f64 {
        float(usize::try_from(counter.load(Ordering::Relaxed)).unwrap_or(usize::MAX))
    }
}

/// The address of the agent, and the end of an answer.
pub struct Source {
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    end: &'static [u8],
}

impl Source {
    pub fn agent(bench: &Bench, agent: &Agent) -> Self {
        let words = Marker::text('s', "00000000");
        let body =
            json!({"messages": [{"role": "user", "content": words}], "stream": true}).to_string();
        let request = |rider| {
            let mut bytes = Vec::new();
            bench.post(rider, &body).fill(*b"00000000", &mut bytes);
            bytes
        };
        Self {
            address: agent.address,
            requests: (0..RIDERS).map(request).collect(),
            end: b"event: done\n",
        }
    }

    pub fn claude(bench: &Bench) -> Self {
        let body = Marker::text('s', "00000000");
        let request = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: claude\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Self {
            address: bench.claude.address,
            requests: vec![request.into_bytes()],
            end: b"event: message_stop\n",
        }
    }
}

/// Opens 1,000 streams per second until all are open, with a deadline.
pub async fn ramp(source: &Source, streams: usize, wheel: &Arc<Wheel>, board: &Arc<Board>) {
    for n in 0..streams {
        let request = source.requests[n % source.requests.len()].clone();
        let (address, end) = (source.address, source.end);
        let (wheel, board) = (wheel.clone(), board.clone());
        tokio::spawn(async move {
            if !read(address, &request, end, &wheel, &board)
                .await
                .is_ok_and(|ended| ended)
            {
                board.failed.fetch_add(1, Ordering::Relaxed);
            }
        });
        if n % 5 == 4 {
            sleep(Duration::from_millis(4)).await;
        }
    }
    wait(Duration::from_secs(10), || wheel.streams() == streams).await;
}

pub async fn wait(at_most: Duration, until: impl Fn() -> bool) {
    let began = Instant::now();
    while !until() && began.elapsed() < at_most {
        sleep(Duration::from_millis(10)).await;
    }
}

/// Reads one stream; true if it was complete.
async fn read(
    address: SocketAddr,
    request: &[u8],
    end: &[u8],
    wheel: &Wheel,
    board: &Board,
) -> io::Result<bool> {
    let mut wire = Wire::connect(address).await?;
    wire.send(request).await?;
    loop {
        if !wire.more().await? {
            return Ok(false);
        }
        let (ended, mut done) = (memmem::find(wire.whole(), end), 0);
        // The final event repeats the whole text, whose due times are past.
        let pieces = &wire.whole()[..ended.unwrap_or(wire.whole().len())];
        for at in memmem::find_iter(pieces, TICK) {
            let stamp = at + TICK.len();
            let Some(digits) = pieces.get(stamp..stamp + STAMP) else {
                break;
            };
            board.token(wheel.lateness(digits));
            done = stamp + STAMP;
        }
        if ended.is_some() {
            board.ended.fetch_add(1, Ordering::Relaxed);
            return Ok(true);
        }
        wire.take(done);
    }
}
