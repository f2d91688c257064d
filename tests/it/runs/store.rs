//! The store of the runs, on both databases.

mod connections;
mod creation;
mod deliveries;
mod dispatch;
mod fencing;
mod isolation;
mod offers;
mod retention;
mod skills;
mod speed;
mod world;
