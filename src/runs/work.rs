//! One attempt at a run: the agent's turn with a journal.

pub mod workspace;
