//! The workout server over HTTP: authentication, hosts, sessions and shutdown.

mod authentication;
mod bodies;
mod endpoints;
mod origins;
mod sessions;
mod shutdown;

const DOCUMENT: &str = "/.well-known/oauth-protected-resource/mcp";
