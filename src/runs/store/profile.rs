//! The schema of the runs, and the limits of their database.

use crate::database::Profile;

pub(super) static PROFILE: Profile = Profile {
    sqlite: &[(
        1,
        "runs",
        include_str!("../migrations/sqlite/0001_runs.sql"),
    )],
    postgres: &[(
        1,
        "runs",
        include_str!("../migrations/postgres/0001_runs.sql"),
    )],
    schema: "prog_strength_runs",
    create_schema: include_str!("../migrations/postgres/schema.sql"),
    search_path: "SET search_path = prog_strength_runs",
    seed: None,
    connections: 5,
    writers: 3,
    statement_timeout: "15s",
};
