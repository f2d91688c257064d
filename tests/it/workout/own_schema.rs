//! The schema on `PostgreSQL` against the public roles of Supabase, and the move of older databases into it.

use futures_util::future::join_all;
use prog_strength_agent::workout::db;
use serde_json::json;
use sqlx::{
    AnyConnection, AssertSqlSafe, Connection, Row, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::support::{postgres::Postgres, wait::within, world::World};

/// The first version's schema, which it created in `public`.
const VERSION_0_2: &str =
    include_str!("../../../src/workout/migrations/postgres/0001_training.sql");

const OURS: &str =
    "SELECT relname::text FROM pg_class WHERE relnamespace = 'prog_strength_workouts'::regnamespace
    AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f') ORDER BY 1";

async fn run(connection: &mut AnyConnection, sql: &str) -> Result<(), String> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
    done.map(drop).map_err(|error| error.to_string())
}

async fn texts(connection: &mut AnyConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await;
    let rows = rows.expect("sound SQL");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn connect(url: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(url).await.expect("a connection")
}

/// A database's URL for its owner, and a connection of the superuser.
async fn database() -> (String, AnyConnection) {
    let url = tokio::task::spawn_blocking(|| Postgres::shared().database());
    let url = url.await.expect("a database");
    let superuser = connect(&Postgres::shared().workouts_url(&url)).await;
    (url, superuser)
}

/// What Supabase grants, for the role of the URL, and more.
async fn grant_defaults(url: &str, superuser: &mut AnyConnection) {
    for role in ["anon", "authenticated"] {
        // Roles belong to all databases of the server.
        let create = format!(
            "DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        run(superuser, &create).await.expect("a role");
    }
    let (_, owner) = url.rsplit_once('/').expect("a database");
    let grants = format!(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON TABLES TO anon, authenticated, PUBLIC;
         ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON SEQUENCES TO anon, authenticated;
         ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON SCHEMAS TO anon, authenticated;
         GRANT USAGE ON SCHEMA public TO anon, authenticated"
    );
    run(superuser, &grants).await.expect("granted");
}

/// A database as version 0.2.0 leaves it, with a workout, a plan and the settings of Ann.
async fn old_database(url: &str) {
    let mut connection = connect(url).await;
    let sql = VERSION_0_2.into_sql_str();
    let first = Migration::new(1, "training".into(), MigrationType::Simple, sql, false);
    let migrator = Migrator::with_migrations(vec![first]);
    migrator
        .run_direct(None, &mut connection, false)
        .await
        .expect("migrates");
    let rows = "BEGIN;
        SELECT set_config('app.shipping', 'on', true), set_config('app.user_id', 'ann', true);
        INSERT INTO exercise VALUES ('squat', 'Old', '[]', 'x', '[\"quads\"]', '[]', 'barbell', 'squat', TRUE, 5, 0);
        INSERT INTO workout VALUES ('w', 'ann', 'Legs', NULL, 1760000000000, NULL, 1, 1, 'call');
        INSERT INTO workout_exercise VALUES ('ann', 'w', 0, 'squat', NULL, NULL);
        INSERT INTO workout_set VALUES ('ann', 'w', 0, 0, 5, 100, 'kg', NULL, FALSE), ('ann', 'w', 0, 1, 8, 40, 'lb', 9, TRUE);
        INSERT INTO user_plan VALUES ('p', 'ann', NULL, 'Mine', NULL, 'private', 'ai', 1, 1, NULL, NULL, FALSE, 4, '[]', 'c');
        INSERT INTO user_settings VALUES ('ann', 100, TRUE, TRUE, 'kg', 'UTC', 1);
        COMMIT";
    run(&mut connection, rows).await.expect("rows");
    connection.close().await.expect("closes");
}

/// Nobody but the owner reaches anything, and the server starts again after they tried.
async fn is_closed_to_others(url: &str, superuser: &mut AnyConnection) {
    let open = "SELECT relname::text FROM pg_class WHERE relnamespace = 'prog_strength_workouts'::regnamespace
        AND NOT CASE WHEN relkind = 'v' THEN 'security_invoker=true' = ANY (reloptions)
                     WHEN relkind IN ('i', 'I') THEN TRUE
                     ELSE relrowsecurity AND relforcerowsecurity END";
    assert_eq!(texts(superuser, open).await, [""; 0]);
    let relations = texts(superuser, OURS).await;
    assert_eq!(relations.len(), 13, "{relations:?}");
    for role in ["anon", "authenticated"] {
        let privileges = format!(
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'prog_strength_workouts'::regnamespace
             AND relkind IN ('r', 'v') AND has_table_privilege('{role}', oid,
                 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
        );
        assert_eq!(texts(superuser, &privileges).await, [""; 0], "{role}");
        for relation in &relations {
            for statement in ["SELECT * FROM", "DELETE FROM", "INSERT INTO", "TRUNCATE"] {
                let rest = if statement == "INSERT INTO" {
                    "DEFAULT VALUES"
                } else {
                    ""
                };
                let attack = format!(
                    "SET ROLE {role}; {statement} prog_strength_workouts.{relation} {rest}"
                );
                let error = run(superuser, &attack).await.expect_err("refused");
                assert!(error.contains("permission denied"), "{attack}: {error}");
                run(superuser, "RESET ROLE").await.expect("reset");
            }
        }
    }
    let elsewhere =
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(texts(superuser, elsewhere).await, [""; 0]);
    db::open(&url.into())
        .await
        .expect("opens again")
        .close()
        .await;
}

#[tokio::test]
async fn public_roles_with_default_privileges_reach_nothing() {
    let (url, mut superuser) = database().await;
    grant_defaults(&url, &mut superuser).await;
    db::open(&url.as_str().into())
        .await
        .expect("opens")
        .close()
        .await;
    is_closed_to_others(&url, &mut superuser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_version_0_2_moves_with_its_data() {
    let (url, mut superuser) = database().await;
    grant_defaults(&url, &mut superuser).await;
    old_database(&url).await;
    let opening = (0..4).map(|_| {
        let url = url.clone();
        tokio::spawn(async move { db::open(&url.as_str().into()).await })
    });
    for opened in within("the servers", join_all(opening)).await {
        opened.expect("no panic").expect("opens").close().await;
    }
    let world = World::on(url.clone(), None, 0).await;
    let ann = world.user("ann").await;
    let updated = json!({"workout_id": "w", "name": "Leg day"});
    let updated = ann.call("update_workout", updated).await.expect("found");
    assert_eq!(
        updated["workout"]["exercises"][0]["sets"],
        json!([{"reps": 5, "weight": 100.0, "unit": "kg"},
               {"reps": 8, "weight": 40.0, "unit": "lb", "rpe": 9.0, "is_warmup": true}])
    );
    let failed = json!({"exercises": [{"exercise_id": "squat", "sets": [
        {"reps": 0, "weight": 100, "unit": "kg", "kind": "failed_attempt"}]}]});
    ann.call("create_workout", failed).await.expect("logged");
    let plans = ann.call("list_plans", json!({})).await.expect("plans");
    assert_eq!(plans["plans"][0]["plan_id"], "p", "{plans}");
    let settings = ann.call("get_settings", json!({})).await.expect("settings");
    assert_eq!(settings["max_history_days"], 100);
    let unset = "SELECT COUNT(*) FROM prog_strength_workouts.user_settings WHERE time_zone IS NULL";
    assert_eq!(world.count(unset).await, 1, "UTC was written for all");
    let versions = "SELECT description FROM _sqlx_migrations ORDER BY version";
    assert_eq!(
        texts(&mut superuser, versions).await,
        [
            "training",
            "completed calls",
            "measures",
            "own exercises",
            "set kinds",
            "imports",
            "import rows"
        ]
    );
    is_closed_to_others(&url, &mut superuser).await;
}

#[tokio::test]
async fn tables_of_an_earlier_version_beside_the_schema_are_not_ignored() {
    let (url, mut superuser) = database().await;
    let opened = db::open(&url.as_str().into()).await;
    opened.expect("opens").close().await;
    old_database(&url).await;
    let error = db::open(&url.as_str().into()).await.err();
    assert_eq!(
        error.expect("refused").to_string(),
        "cannot open the database: there are tables of the workout server both in the schema prog_strength_workouts and, of an \
         earlier version, in the schema public: stop the earlier version, move the rows that are needed, and drop or rename its tables"
    );
    run(&mut superuser, "ALTER SCHEMA public RENAME TO earlier")
        .await
        .expect("renamed");
    let opened = db::open(&url.as_str().into()).await;
    opened.expect("opens").close().await;
}

#[tokio::test]
async fn tables_of_another_application_stay_where_they_are() {
    let (url, mut superuser) = database().await;
    let mut owner = connect(&url).await;
    let others = "CREATE TABLE _sqlx_migrations (version BIGINT); CREATE TABLE workout (id TEXT)";
    run(&mut owner, others).await.expect("created");
    db::open(&url.as_str().into())
        .await
        .expect("opens")
        .close()
        .await;
    let left =
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1";
    assert_eq!(
        texts(&mut superuser, left).await,
        ["_sqlx_migrations", "workout"]
    );
}

#[tokio::test]
async fn a_role_that_may_not_create_schemas_is_told_what_it_needs() {
    let (url, mut superuser) = database().await;
    let (_, name) = url.rsplit_once('/').expect("a database");
    let disown = format!("ALTER DATABASE {name} OWNER TO postgres");
    run(&mut superuser, &disown).await.expect("disowned");
    let error = db::open(&url.as_str().into()).await.err().expect("refused");
    assert_eq!(
        error.to_string(),
        format!(
            "its role needs a schema of its own (permission denied for database {name}): as the database's owner, \
             CREATE SCHEMA prog_strength_workouts AUTHORIZATION <the role>; tables of an earlier version must belong to the role"
        )
    );
    let grant = format!("CREATE SCHEMA prog_strength_workouts AUTHORIZATION {name}");
    run(&mut superuser, &grant).await.expect("granted");
    db::open(&url.as_str().into())
        .await
        .expect("opens")
        .close()
        .await;
}
