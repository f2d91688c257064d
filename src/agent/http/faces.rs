//! Other faces of `POST /chat`: the same turn in the words of widespread frontends.
//!
//! A face reads its requests as requests to `/chat`, so that the checks, the limits and the validation of the history are the same,
//! and renders the events of the turn. Its clients keep the history as they were shown it: what a face renders, it reads back as
//! the messages that Claude was given.

pub mod agui;
mod calls;
mod messages;
pub mod ui;

#[cfg(test)]
mod tests;
