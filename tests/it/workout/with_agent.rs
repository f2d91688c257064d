//! The agent and the workout server together, as people use them: what Claude is told, whose data it is, and what is
//! left when something breaks.

mod asks;
mod house;
mod kills;
mod lines;
mod once;
mod process;
mod recovery;
mod start;
mod stdio;
mod whose;
