//! `PostgreSQL` row-level security against SQL that is not scoped to a user, run as the application's role.

use serde_json::json;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::support::world::{PERSONAL, World};

type Tx = Transaction<'static, Any>;

/// A world with rows of Ann and Bob in every table.
async fn world() -> World {
    let world = World::postgres().await;
    for user in ["ann", "bob"] {
        let client = world.user(user).await;
        let squats =
            json!([{"exercise_id": "squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}]);
        let ids =
            json!({"fitness.progstrength/turn_id": "t", "fitness.progstrength/tool_use_id": "c"});
        let squats = json!({"exercises": squats});
        let logged = client.result("create_workout", squats, ids).await;
        assert_ne!(logged.is_error, Some(true));
        for (tool, arguments) in [
            ("activate_plan", json!({"plan_id": "novice-5x5"})),
            ("update_settings", json!({"units": "kg", "body_weight": 80})),
            (
                "create_exercise",
                json!({"name": "Belt March", "primary_muscles": ["quads"]}),
            ),
        ] {
            client.call(tool, arguments).await.expect("done");
        }
    }
    world
}

/// A transaction of the application's role, with this user set.
async fn begin(world: &World, user: Option<&str>) -> Tx {
    let mut tx = world.db.pool().begin().await.expect("begins");
    if let Some(user) = user {
        let set = sqlx::query("SELECT set_config('app.user_id', $1, true)").bind(user);
        set.execute(&mut *tx).await.expect("set");
    }
    tx
}

async fn texts(tx: &mut Tx, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut **tx).await;
    let rows = rows.expect("sound SQL");
    rows.iter().map(|row| row.get(0)).collect()
}

/// The number of changed rows, or the error.
async fn changed(world: &World, user: Option<&str>, sql: &str) -> Result<u64, String> {
    let mut tx = begin(world, user).await;
    let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await;
    done.map(|done| done.rows_affected())
        .map_err(|error| error.to_string())
}

/// The tables with this column, or all tables.
async fn tables(world: &World, column: &str) -> Vec<String> {
    let sql = format!(
        "SELECT DISTINCT c.table_name::text FROM information_schema.columns c
         JOIN information_schema.tables t ON t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
         WHERE c.table_schema = 'prog_strength_workouts' AND c.column_name LIKE '{column}' ORDER BY 1"
    );
    texts(&mut begin(world, None).await, &sql).await
}

#[tokio::test]
async fn unscoped_select_returns_only_the_users_rows_in_every_table() {
    let world = world().await;
    let tables = tables(&world, "user_id").await;
    let mut known = PERSONAL.map(str::to_owned);
    known.sort();
    assert_eq!(tables, known);
    for table in tables {
        let sql = format!("SELECT user_id FROM {table}");
        for user in ["ann", "bob"] {
            let mut seen = texts(&mut begin(&world, Some(user)).await, &sql).await;
            seen.dedup();
            assert_eq!(seen, [user], "{table}");
        }
        for unset in [None, Some("")] {
            let seen = texts(&mut begin(&world, unset).await, &sql).await;
            assert_eq!(seen, [""; 0], "{table}");
        }
    }
    let sql = "SELECT owner_id FROM all_plans WHERE source = 'user'";
    assert_eq!(
        texts(&mut begin(&world, Some("ann")).await, sql).await,
        ["ann"]
    );
    assert_eq!(texts(&mut begin(&world, None).await, sql).await, [""; 0]);
    let system = "SELECT id FROM all_plans WHERE source = 'system'";
    assert!(texts(&mut begin(&world, None).await, system).await.len() >= 5);
}

#[tokio::test]
async fn the_user_setting_ends_with_its_transaction() {
    let world = world().await;
    for _ in 0..40 {
        begin(&world, Some("ann"))
            .await
            .commit()
            .await
            .expect("commits");
        let seen = texts(
            &mut begin(&world, None).await,
            "SELECT user_id FROM workout",
        )
        .await;
        assert_eq!(seen, [""; 0]);
    }
}

#[tokio::test]
async fn unscoped_update_and_delete_change_only_the_users_rows() {
    let world = world().await;
    for table in PERSONAL {
        let ann = Some("ann");
        let all = texts(
            &mut begin(&world, ann).await,
            &format!("SELECT user_id FROM {table}"),
        )
        .await;
        let all = Ok(u64::try_from(all.len()).expect("few"));
        let touch = format!("UPDATE {table} SET user_id = user_id");
        assert_eq!(changed(&world, ann, &touch).await, all, "{table}");
        assert_eq!(changed(&world, None, &touch).await, Ok(0), "{table}");
        let others = format!("UPDATE {table} SET user_id = user_id WHERE user_id = 'bob'");
        assert_eq!(changed(&world, ann, &others).await, Ok(0), "{table}");
        let delete = format!("DELETE FROM {table} WHERE user_id = 'bob'");
        assert_eq!(changed(&world, ann, &delete).await, Ok(0), "{table}");
        let give = format!("UPDATE {table} SET user_id = 'bob'");
        let error = changed(&world, ann, &give).await.expect_err("refused");
        assert!(error.contains("row-level security"), "{table}: {error}");
    }
}

#[tokio::test]
async fn rows_cannot_be_inserted_for_another_user() {
    let world = world().await;
    for (table, row) in [
        ("workout", "('w', 'USER', NULL, NULL, 1, NULL, 1, 1, NULL)"),
        (
            "workout_exercise",
            "('USER', (SELECT id FROM workout LIMIT 1), 9, 'pull-up', NULL, NULL)",
        ),
        (
            "workout_set",
            "('USER', (SELECT id FROM workout LIMIT 1), 0, 9, 5, 1, 'kg', NULL, FALSE)",
        ),
        (
            "user_plan",
            "('p', 'USER', NULL, 'x', NULL, 'private', 'ai', 1, 1, NULL, NULL, FALSE, 1, '[]', NULL)",
        ),
        ("completed_call", "('USER', 'c', 'x', 'x', 1)"),
        ("body_weight", "('USER', '2026-01-01', 80, 'kg')"),
        (
            "user_exercise",
            "('USER', 'e', 'x', '[]', '[]', '[]', 'other', 'reps', 'external', 1, 1, 1)",
        ),
        ("user_settings", "('USER', 1, TRUE, TRUE, NULL, NULL, 1)"),
    ] {
        let insert =
            |user: &str| format!("INSERT INTO {table} VALUES {}", row.replace("USER", user));
        for (user, other) in [(Some("ann"), "bob"), (None, "ann"), (Some(""), "ann")] {
            let error = changed(&world, user, &insert(other))
                .await
                .expect_err("refused");
            assert!(error.contains("row-level security"), "{table}: {error}");
        }
        let own = changed(&world, Some("carl"), &insert("carl")).await;
        assert!(
            own.as_ref()
                .map_or_else(|e| e.contains("constraint"), |n| *n == 1),
            "{table}: {own:?}"
        );
    }
}

#[tokio::test]
async fn seed_data_is_readable_and_not_writable_by_users() {
    let world = world().await;
    for (table, row) in [
        (
            "exercise",
            "('x', 'x', '[]', 'x', '[]', '[]', 'x', 'x', TRUE, 1, 1)",
        ),
        ("plan", "('x', 'x', 'x', TRUE, 'public', 1, '[]')"),
        ("shipped", "('x', 'x')"),
    ] {
        let column = if table == "shipped" { "digest" } else { "name" };
        let ann = Some("ann");
        let read = texts(
            &mut begin(&world, ann).await,
            &format!("SELECT {column} FROM {table}"),
        )
        .await;
        assert!(!read.is_empty(), "{table}");
        let update = format!("UPDATE {table} SET {column} = 'x'");
        assert_eq!(changed(&world, ann, &update).await, Ok(0), "{table}");
        assert_eq!(
            changed(&world, ann, &format!("DELETE FROM {table}")).await,
            Ok(0),
            "{table}"
        );
        let insert = format!("INSERT INTO {table} VALUES {row}");
        let error = changed(&world, ann, &insert).await.expect_err("refused");
        assert!(error.contains("row-level security"), "{table}: {error}");
    }
}

#[tokio::test]
async fn row_security_applies_to_the_role_and_every_table() {
    let world = world().await;
    let mut tx = begin(&world, None).await;
    let free = "SELECT rolname::text FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)";
    assert_eq!(texts(&mut tx, free).await, [""; 0]);
    let open = "SELECT relname::text FROM pg_class WHERE relnamespace = 'prog_strength_workouts'::regnamespace AND relkind IN ('r', 'p')
                AND NOT (relrowsecurity AND relforcerowsecurity)";
    assert_eq!(texts(&mut tx, open).await, [""; 0]);
    assert_eq!(tables(&world, "%").await.len(), 12);
}
