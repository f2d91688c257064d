//! Recorder of the agent's upstream requests in one turn, which the floor replays exactly.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

#[derive(Clone, Copy, PartialEq)]
pub enum Upstream {
    Claude,
    Mcp,
}

#[derive(Default)]
pub struct Tape {
    running: AtomicBool,
    sent: Mutex<Vec<(Upstream, Vec<u8>)>>,
}

impl Tape {
    pub fn start(&self) {
        self.running.store(true, Ordering::Relaxed);
    }

    /// A request, with its head.
    pub fn note(&self, to: Upstream, request: &[u8]) {
        if self.running.load(Ordering::Relaxed) {
            let mut sent = self.sent.lock().expect("no panic");
            sent.push((to, request.to_vec()));
        }
    }

    pub fn stop(&self) -> Vec<(Upstream, Vec<u8>)> {
        self.running.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.sent.lock().expect("no panic"))
    }
}
