//! The embedded engine: one process by lock works on the runs of a database.
