//! Sender of slow streams: each gets 20 tokens per second, and each token has its due time in it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use memchr::memmem;
use tokio::{
    net::TcpStream,
    time::{MissedTickBehavior, interval_at},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{replies, wire::number};

/// One slot per millisecond; a round takes 50 ms.
const SLOTS: usize = 50;
const STEP: Duration = Duration::from_millis(1);
pub const STAMP: usize = 12;

pub struct Wheel {
    epoch: Instant,
    slots: Mutex<Slots>,
    /// Tokens written.
    pub written: AtomicU64,
    ending: AtomicBool,
}

struct Slots {
    streams: [Vec<TcpStream>; SLOTS],
    next: usize,
}

impl Wheel {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            epoch: Instant::now(),
            slots: Mutex::new(Slots {
                streams: std::array::from_fn(|_| Vec::new()),
                next: 0,
            }),
            written: AtomicU64::new(0),
            ending: AtomicBool::new(false),
        })
    }

    /// Runs until the handle is dropped, so that its ticks do not disturb other scenarios.
    pub fn turning(self: &Arc<Self>) -> AbortOnDropHandle<()> {
        self.ending.store(false, Ordering::Relaxed);
        AbortOnDropHandle::new(tokio::spawn(turn(self.clone())))
    }

    /// Takes over a stream after the head of its answer has been sent.
    pub fn take(&self, stream: TcpStream) {
        let mut slots = self.slots.lock().expect("no panic");
        let slot = slots.next % SLOTS;
        slots.streams[slot].push(stream);
        slots.next += 1;
    }

    /// Ends every stream in place of its next token.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    pub fn streams(&self) -> usize {
        let slots = self.slots.lock().expect("no panic");
        slots.streams.iter().map(Vec::len).sum()
    }

    /// The delay of a token, from its due time.
    pub fn lateness(&self, stamp: &[u8]) -> Duration {
        let micros = u64::try_from(number(stamp)).unwrap_or(u64::MAX);
        let due = self.epoch + Duration::from_micros(micros);
        Instant::now().saturating_duration_since(due)
    }

    fn step(&self, at: u32, piece: &mut [u8], place: usize, closing: &[u8]) {
        let due = STEP * at;
        let stamp = format!("{:0STAMP$}", due.as_micros());
        piece[place..place + STAMP].copy_from_slice(stamp.as_bytes());
        let ending = self.ending.load(Ordering::Relaxed);
        let mut slots = self.slots.lock().expect("no panic");
        let streams = &mut slots.streams[at as usize % SLOTS];
        if ending {
            for stream in streams.drain(..) {
                let _ = stream.try_write(closing);
            }
            return;
        }
        streams.retain(|stream| {
            // Otherwise its peer has disconnected, or does not read.
            let whole = matches!(stream.try_write(piece), Ok(bytes) if bytes == piece.len());
            self.written.fetch_add(u64::from(whole), Ordering::Relaxed);
            whole
        });
    }
}

async fn turn(wheel: Arc<Wheel>) {
    let (mut piece, closing) = (replies::tick(), replies::closing());
    let place = memmem::find(&piece, &[b'#'; STAMP]).expect("a place for the stamp");
    let first = u32::try_from(wheel.epoch.elapsed().as_millis()).expect("a short run") + 1;
    let mut ticks = interval_at((wheel.epoch + STEP * first).into(), STEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for at in first.. {
        ticks.tick().await;
        wheel.step(at, &mut piece, place, &closing);
    }
}
