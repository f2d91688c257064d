//! The schema and the seed data: migrations under a lock.

use sqlx::{
    AnyConnection, Connection, Executor, Row, SqlSafeStr,
    migrate::{Migrate, Migration, MigrationType, Migrator},
};

use super::error::OpenError;
use crate::workout::catalogue::seed;

/// A migration: version, description, SQL.
type Script = (i64, &'static str, &'static str);

/// The migrations of a database, oldest first. `sqlx::migrate!` does the same from the file names, but builds sqlx and
/// `SQLite` a second time, for the compiler.
const SQLITE: [Script; 2] = [
    (
        1,
        "training",
        include_str!("../migrations/sqlite/0001_training.sql"),
    ),
    (
        2,
        "completed calls",
        include_str!("../migrations/sqlite/0002_completed_calls.sql"),
    ),
];
const POSTGRES: [Script; 2] = [
    (
        1,
        "training",
        include_str!("../migrations/postgres/0001_training.sql"),
    ),
    (
        2,
        "completed calls",
        include_str!("../migrations/postgres/0002_completed_calls.sql"),
    ),
];
/// Creates the schema on `PostgreSQL`, and moves the tables of earlier versions there.
const OWN_SCHEMA: &str = include_str!("../migrations/postgres/schema.sql");
/// The code (`object_not_in_prerequisite_state`) by which `schema.sql` says that an earlier version has tables beside that schema.
const TWO_SCHEMAS: &str = "55000";
const PRIVILEGES: &str = include_str!("../migrations/postgres/privileges.sql");
/// For each connection to `PostgreSQL`: queries name no schema.
pub(super) const SEARCH_PATH: &str = "SET search_path = prog_strength_workouts";

fn migrator(scripts: &[Script]) -> Migrator {
    let migrations = scripts.iter().map(|&(version, description, sql)| {
        let kind = MigrationType::Simple;
        Migration::new(version, description.into(), kind, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// An immediate transaction is the lock, since `SQLite` has one writer at a time.
pub(super) async fn prepare_sqlite(connection: &mut AnyConnection) -> Result<(), OpenError> {
    let begun = connection.begin_with("BEGIN IMMEDIATE").await;
    let mut tx = begun.map_err(OpenError::Connect)?;
    let migrated = migrator(&SQLITE).run_direct(None, &mut *tx, false).await;
    migrated.map_err(OpenError::Migrate)?;
    seed::seed(&mut tx).await.map_err(OpenError::Seed)?;
    tx.commit().await.map_err(OpenError::Seed)
}

/// Works under the migrator's advisory lock, which one session can take twice. A failure ends the session, and so the lock.
pub(super) async fn prepare_postgres(connection: &mut AnyConnection) -> Result<(), OpenError> {
    let checked = warn_if_row_security_is_bypassed(connection).await;
    checked.map_err(OpenError::Connect)?;
    connection.lock().await.map_err(OpenError::Migrate)?;
    let moved = connection.execute(OWN_SCHEMA).await;
    moved.map_err(|error| match error.as_database_error() {
        Some(database) if database.code().as_deref() == Some(TWO_SCHEMAS) => {
            OpenError::Connect(error)
        }
        _ => OpenError::Schema(error),
    })?;
    let migrated = migrator(&POSTGRES)
        .run_direct(None, connection, false)
        .await;
    migrated.map_err(OpenError::Migrate)?;
    let revoked = connection.execute(PRIVILEGES).await;
    revoked.map_err(OpenError::Schema)?;
    let mut tx = connection.begin().await.map_err(OpenError::Seed)?;
    tx.execute("SELECT set_config('app.shipping', 'on', true)")
        .await
        .map_err(OpenError::Seed)?;
    seed::seed(&mut tx).await.map_err(OpenError::Seed)?;
    tx.commit().await.map_err(OpenError::Seed)?;
    connection.unlock().await.map_err(OpenError::Migrate)
}

/// Warns if row-level security does not apply to the role.
async fn warn_if_row_security_is_bypassed(
    connection: &mut AnyConnection,
) -> Result<(), sqlx::Error> {
    let role = "SELECT CASE WHEN rolsuper OR rolbypassrls THEN 1 ELSE 0 END FROM pg_roles WHERE rolname = current_user";
    let row = connection.fetch_one(role).await?;
    if row.try_get::<i32, _>(0)? == 1 {
        tracing::warn!(
            "the role of DATABASE_URL is a superuser or has BYPASSRLS: row-level security does not hold for it; use another"
        );
    }
    Ok(())
}
