//! The workout server: its tools on both databases, its resources and prompts.

mod bad_input;
mod catalogue;
mod concurrency;
mod http;
mod idempotency;
mod isolation;
mod limit;
mod next_weight;
mod oauth;
mod paging;
mod plan_errors;
mod plans;
mod progress;
mod prompts;
mod random_calls;
mod resources;
mod row_security;
mod schemas;
mod settings;
mod startup;
mod text_input;
mod updates;
mod volume;
mod with_agent;
mod workouts;
