//! Callbacks: signed requests that tell a run's end (Standard Webhooks), and the task that delivers them.

pub mod deliverer;
mod event;
mod retry;
pub mod signature;
