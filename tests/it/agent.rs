//! The agent from outside: real sockets, a fake Claude that is as strict as the real one, a real MCP server.

mod approvals;
mod chat;
mod claude_faults;
mod http;
mod identity;
mod lifecycle;
mod limits;
mod load;
mod mcp_faults;
mod page;
mod proxies;
mod servers;
mod slow_readers;
mod stream;
mod title;
mod tls;
mod toolbox;
