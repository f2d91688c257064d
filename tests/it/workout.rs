//! The workout server: its tools on both databases, its resources and prompts.

mod log;
