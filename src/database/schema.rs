//! The schema and the seed data: migrations under a lock.

use sqlx::{
    AnyConnection, Connection, Executor, Row, SqlSafeStr,
    migrate::{Migrate, Migration, MigrationType, Migrator},
};

use super::{
    Kind,
    error::OpenError,
    profile::{Profile, Script},
};

/// The code (`object_not_in_prerequisite_state`) by which the creation of a schema says what must be done first.
const NOT_READY: &str = "55000";
/// Revokes what default privileges grant on the schema that is the search path.
const PRIVILEGES: &str = include_str!("privileges.sql");

fn migrator(scripts: &[Script]) -> Migrator {
    let migrations = scripts.iter().map(|&(version, description, sql)| {
        let kind = MigrationType::Simple;
        Migration::new(version, description.into(), kind, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// An immediate transaction is the lock, since `SQLite` has one writer at a time.
pub(super) async fn prepare_sqlite(
    connection: &mut AnyConnection,
    profile: &Profile,
) -> Result<(), OpenError> {
    let begun = connection.begin_with("BEGIN IMMEDIATE").await;
    let mut tx = begun.map_err(OpenError::Connect)?;
    let migrated = migrator(profile.sqlite)
        .run_direct(None, &mut *tx, false)
        .await;
    migrated.map_err(OpenError::Migrate)?;
    seed(profile, Kind::Sqlite, &mut tx).await?;
    tx.commit().await.map_err(OpenError::Connect)
}

/// Works under the migrator's advisory lock, which one session can take twice. A failure ends the session, and so the lock.
pub(super) async fn prepare_postgres(
    connection: &mut AnyConnection,
    profile: &Profile,
) -> Result<(), OpenError> {
    let checked = warn_if_row_security_is_bypassed(connection).await;
    checked.map_err(OpenError::Connect)?;
    connection.lock().await.map_err(OpenError::Migrate)?;
    let no_schema = |error| OpenError::Schema(profile.schema, error);
    let created = connection.execute(profile.create_schema).await;
    created.map_err(|error| match error.as_database_error() {
        Some(database) if database.code().as_deref() == Some(NOT_READY) => {
            OpenError::Connect(error)
        }
        _ => no_schema(error),
    })?;
    let migrated = migrator(profile.postgres)
        .run_direct(None, connection, false)
        .await;
    migrated.map_err(OpenError::Migrate)?;
    connection.execute(PRIVILEGES).await.map_err(no_schema)?;
    let mut tx = connection.begin().await.map_err(OpenError::Connect)?;
    seed(profile, Kind::Postgres, &mut tx).await?;
    tx.commit().await.map_err(OpenError::Connect)?;
    connection.unlock().await.map_err(OpenError::Migrate)
}

async fn seed(
    profile: &Profile,
    kind: Kind,
    connection: &mut AnyConnection,
) -> Result<(), OpenError> {
    match &profile.seed {
        Some(seed) => (seed.write)(kind, connection)
            .await
            .map_err(|error| OpenError::Seed(seed.what, error)),
        None => Ok(()),
    }
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
