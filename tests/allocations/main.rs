//! Property: however hostile a message, reading and parsing it allocates at most three times its size and 24 MB.
//!
//! The allocator counts the bytes of the whole process: the server under test, what it calls, and a client that sends a
//! buffer made before.

#![expect(unreachable_pub, reason = "a program has no users inside of Rust")]

mod agent;
#[path = "../../benches/speed/hostile/bodies.rs"]
#[expect(dead_code, reason = "the benchmark uses all of it")]
mod bodies;
mod measure;
mod mutation;
mod workout;

use std::sync::{Mutex, MutexGuard, PoisonError};

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Of any one request, beside what grows with it.
const CONSTANT: usize = 24 << 20;
const FACTOR: usize = 3;

/// One test at a time: the counter is the process's.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
