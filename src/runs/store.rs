//! The queries of runs, for `SQLite` and `PostgreSQL`.
