//! The workout server over HTTP: authentication, hosts, sessions and shutdown.

mod authentication;
mod bodies;
mod cors;
mod endpoints;
mod limits;
mod memory;
mod origins;
mod request_ids;
mod sessions;
mod shutdown;

const DOCUMENT: &str = "/.well-known/oauth-protected-resource/mcp";
