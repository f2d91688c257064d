//! The workout server over HTTP: who gets in, from where, into which session, and how it ends.

mod bodies;
mod callers;
mod ending;
mod origins;
mod pages;
mod sessions;

const DOCUMENT: &str = "/.well-known/oauth-protected-resource/mcp";
