//! One attempt at a run: the agent's turn with a journal.

mod prompts;
pub mod workspace;
