//! The embedded engine: one process by lock works on the runs of a database.

/// What this process is to its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It works on the runs.
    Active,
    /// Another does.
    Standby,
}
