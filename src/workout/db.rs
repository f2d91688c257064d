//! The workout server's database: its schema, migrations and seed data, on the shared [`crate::database`].

use futures_util::{FutureExt, future::BoxFuture};
use secrecy::SecretString;
use sqlx::{AnyConnection, Executor};

use super::catalogue::seed;
pub use crate::database::{Database, Kind, OpenError, UserId, UserTransaction};
use crate::database::{Profile, Seed};

/// There is no migration 6, and there never was one: the next one is 9.
static PROFILE: Profile = Profile {
    sqlite: &[
        (
            1,
            "training",
            include_str!("migrations/sqlite/0001_training.sql"),
        ),
        (
            2,
            "completed calls",
            include_str!("migrations/sqlite/0002_completed_calls.sql"),
        ),
        (
            3,
            "measures",
            include_str!("migrations/sqlite/0003_measures.sql"),
        ),
        (
            4,
            "own exercises",
            include_str!("migrations/sqlite/0004_own_exercises.sql"),
        ),
        (
            5,
            "set kinds",
            include_str!("migrations/sqlite/0005_set_kinds.sql"),
        ),
        (
            7,
            "imports",
            include_str!("migrations/sqlite/0007_imports.sql"),
        ),
        (
            8,
            "import rows",
            include_str!("migrations/sqlite/0008_import_rows.sql"),
        ),
    ],
    postgres: &[
        (
            1,
            "training",
            include_str!("migrations/postgres/0001_training.sql"),
        ),
        (
            2,
            "completed calls",
            include_str!("migrations/postgres/0002_completed_calls.sql"),
        ),
        (
            3,
            "measures",
            include_str!("migrations/postgres/0003_measures.sql"),
        ),
        (
            4,
            "own exercises",
            include_str!("migrations/postgres/0004_own_exercises.sql"),
        ),
        (
            5,
            "set kinds",
            include_str!("migrations/postgres/0005_set_kinds.sql"),
        ),
        (
            7,
            "imports",
            include_str!("migrations/postgres/0007_imports.sql"),
        ),
        (
            8,
            "import rows",
            include_str!("migrations/postgres/0008_import_rows.sql"),
        ),
    ],
    schema: "prog_strength_workouts",
    // Also moves the tables of earlier versions there.
    create_schema: include_str!("migrations/postgres/schema.sql"),
    search_path: "SET search_path = prog_strength_workouts",
    seed: Some(Seed {
        what: "the exercise catalogue",
        write: ship,
    }),
    connections: 16,
    writers: 12,
    statement_timeout: "10s",
};

/// Connects to `sqlite:FILE` (created if missing) or `postgres://…`, and updates schema and seed data.
pub async fn open(url: &SecretString) -> Result<Database, OpenError> {
    Database::open(url, &PROFILE).await
}

/// Writes the seed data; on `PostgreSQL`, its policies ask for `app.shipping`.
fn ship(kind: Kind, connection: &mut AnyConnection) -> BoxFuture<'_, Result<(), sqlx::Error>> {
    async move {
        if kind == Kind::Postgres {
            connection
                .execute("SELECT set_config('app.shipping', 'on', true)")
                .await?;
        }
        seed::seed(connection).await
    }
    .boxed()
}
