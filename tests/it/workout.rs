//! The workout server: its tools on both databases, its resources and prompts.

mod bad_input;
mod catalogue;
mod corrections;
mod hostile;
mod http;
mod isolation;
mod limit;
mod log;
mod next_weight;
mod oauth;
mod paging;
mod plan_errors;
mod plans;
mod progress;
mod prompts;
mod repeated;
mod resources;
mod row_security;
mod schemas;
mod settings;
mod start;
mod texts;
mod together;
mod volume;
mod with_agent;
