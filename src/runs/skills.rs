//! Skills: cron schedules, and the task that begins the runs of skills at their planned times.

pub mod cron;
mod field;
pub mod schedule;
