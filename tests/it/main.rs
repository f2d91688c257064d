//! The service from outside: real sockets, a fake Claude that is as strict as the real one, a real MCP server.

mod chat;
mod claude_faults;
mod dev;
mod dev_stand_in;
mod helpers;
mod http;
mod identity;
mod lifecycle;
mod limits;
mod load;
mod mcp_faults;
mod page;
mod process;
mod slow_readers;
mod stream;
mod support;
mod tls;
mod workout;
mod workout_cases;
mod workout_http;
mod workout_oauth;
