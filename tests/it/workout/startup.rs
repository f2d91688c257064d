//! Opening the database: fresh, concurrently by several processes, and again.

use futures_util::future::join_all;
use prog_strength_agent::workout::db::{self, Kind};
use serde_json::json;
use sqlx::{
    AnyConnection, Connection, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::support::{
    postgres::Postgres,
    wait::within,
    world::{World, on_both},
};

/// Of `exercise`, in version 0.2.
const COLUMNS: &str = "id, name, aliases, description, primary_muscles, secondary_muscles, equipment, movement_pattern, \
    bilateral, step_increment, progression_limit";

/// Starts several servers on a fresh database; all must see the same catalogue.
async fn opened_at_once(url: &str, servers: usize) {
    let opening = (0..servers).map(|_| {
        let url = url.to_owned();
        tokio::spawn(async move { db::open(&url.as_str().into()).await })
    });
    for opened in within("the servers", join_all(opening)).await {
        let db = opened.expect("no panic").expect("opens");
        let rows = sqlx::query("SELECT id FROM exercise")
            .fetch_all(db.pool())
            .await;
        assert!(rows.expect("a catalogue").len() >= 400);
        db.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_can_start_concurrently_on_a_fresh_sqlite_file() {
    for servers in [2, 2, 2, 8, 8] {
        let folder = tempfile::tempdir().expect("a folder");
        opened_at_once(
            &format!("sqlite:{}/log.db", folder.path().display()),
            servers,
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_can_start_concurrently_on_a_fresh_postgres() {
    for servers in [2, 2, 8] {
        let url = tokio::task::spawn_blocking(|| Postgres::shared().database());
        opened_at_once(&url.await.expect("a database"), servers).await;
    }
}

on_both!(a_restart_keeps_the_data, async |world: World| {
    let ann = world.user("ann").await;
    ann.lifted("squat", 3, "kg", &[(5, 100.0)]).await;
    let (stored, list) = (
        world.stored().await,
        ann.call("list_workouts", json!({})).await,
    );
    drop(ann);
    let again = world.with_limit(0).await;
    assert_eq!(again.stored().await, stored);
    assert_eq!(
        again
            .user("ann")
            .await
            .call("list_workouts", json!({}))
            .await,
        list
    );
});

on_both!(
    seed_data_is_written_again_only_after_a_change,
    async |world: World| {
        let shipped = async |world: &World, table: &str, id: &str| {
            world
                .count(&format!(
                    "SELECT COUNT(*) FROM {table} WHERE name = 'x' AND id = '{id}'"
                ))
                .await
                == 0
        };
        world
            .run("UPDATE exercise SET name = 'x' WHERE id = 'pull-up'")
            .await;
        world
            .run("UPDATE plan SET name = 'x' WHERE id = 'novice-5x5'")
            .await;
        let world = world.with_limit(0).await;
        assert!(
            !shipped(&world, "exercise", "pull-up").await,
            "nothing has changed"
        );
        world
            .run("UPDATE shipped SET digest = 'another' WHERE name = 'exercises'")
            .await;
        let world = world.with_limit(0).await;
        assert!(shipped(&world, "exercise", "pull-up").await);
        assert!(!shipped(&world, "plan", "novice-5x5").await);
        world.run("DELETE FROM shipped").await;
        let world = world.with_limit(0).await;
        assert!(shipped(&world, "plan", "novice-5x5").await);
        assert_eq!(
            world
                .count("SELECT COUNT(*) FROM shipped WHERE digest <> 'another'")
                .await,
            2
        );
    }
);

on_both!(
    exercises_added_by_an_operator_are_kept_and_found,
    async |world: World| {
        let yes = if world.db.kind() == Kind::Sqlite {
            "1"
        } else {
            "TRUE"
        };
        let row = format!(
            "('zercher-carry', 'Zercher Carry', '[]', 'Walk.', '[\"abs\"]', '[]', 'barbell', 'carry', {yes}, 5, 0)"
        );
        world
            .run(&format!("INSERT INTO exercise ({COLUMNS}) VALUES {row}"))
            .await;
        // Later versions ship an exercise of this name.
        world
            .run("UPDATE exercise SET id = 'my-crunch' WHERE id = 'bicycle-crunch'")
            .await;
        world.run("DELETE FROM shipped").await;
        let world = world.with_limit(0).await;
        let ann = world.user("ann").await;
        let crunches = json!({"exercise": "Bicycle Crunch"});
        let crunches = ann.call("get_exercise_history", crunches).await.unwrap();
        assert_eq!(crunches["exercise_id"], "my-crunch");
        ann.lifted("zercher CARRY", 0, "kg", &[(5, 100.0)]).await;
        let week = ann
            .call("check_volume_landmarks", json!({"muscle_group": "abs"}))
            .await
            .unwrap();
        assert_eq!(week["muscles"][0]["direct"], 1);
    }
);

#[tokio::test]
async fn a_sqlite_file_of_version_0_1_keeps_every_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}/log.db", folder.path().display());
    sqlx::any::install_default_drivers();
    let mut old = AnyConnection::connect(&format!("{url}?mode=rwc"))
        .await
        .expect("a file");
    let first = Migration::new(
        1,
        "training".into(),
        MigrationType::Simple,
        include_str!("../../../src/workout/migrations/sqlite/0001_training.sql").into_sql_str(),
        false,
    );
    let migrator = Migrator::with_migrations(vec![first]);
    migrator
        .run_direct(None, &mut old, false)
        .await
        .expect("migrates");
    let rows = "INSERT INTO exercise VALUES
            ('pull-up', 'Pull-Up', '[]', 'x', '[\"back\"]', '[]', 'bodyweight', 'vertical_pull', 1, 2.5, 100),
            ('my-dip', 'My Dip', '[]', 'x', '[\"chest\"]', '[]', 'bodyweight', 'horizontal_push', 1, 0, 0),
            ('my-walk', 'My Walk', '[]', 'x', '[\"abs\"]', '[]', 'plate', 'carry', 1, 0, 0);
        INSERT INTO workout VALUES ('w', 'ann', 'Back', NULL, 1760000000000, NULL, 1, 1, 'call');
        INSERT INTO workout_exercise VALUES ('ann', 'w', 0, 'pull-up', NULL, NULL), ('ann', 'w', 1, 'my-dip', NULL, NULL);
        INSERT INTO workout_set VALUES ('ann', 'w', 0, 0, 5, 10, 'kg', NULL, 0), ('ann', 'w', 1, 0, 8, 0, 'kg', NULL, 0)";
    sqlx::raw_sql(rows).execute(&mut old).await.expect("rows");
    old.close().await.expect("closes");

    let world = World::on(url, Some(folder), 0).await;

    assert_eq!(world.stored().await.len(), 5);
    for (row, measure, load) in [
        ("pull-up", "reps", "added"),
        ("my-dip", "reps", "added"),
        ("my-walk", "metres", "external"),
    ] {
        let row = format!(
            "SELECT COUNT(*) FROM exercise WHERE id = '{row}' AND measure = '{measure}' AND load = '{load}'"
        );
        assert_eq!(world.count(&row).await, 1, "{row}");
    }
    let ann = world.user("ann").await;
    let workouts = ann.call("list_workouts", json!({})).await.unwrap();
    let logged = &workouts["workouts"][0]["exercises"];
    assert_eq!(
        json!([logged[0]["name"], logged[1]["name"]]),
        json!(["Pull-Up", "My Dip"])
    );
}

#[tokio::test]
async fn invalid_database_urls_are_errors_without_the_password() {
    for url in [
        "",
        "mysql://u:secret@host/db",
        "sqlite::memory:",
        "postgres://u:secret@127.0.0.1:1/db",
    ] {
        let error = db::open(&url.into()).await.err().expect("refused");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
