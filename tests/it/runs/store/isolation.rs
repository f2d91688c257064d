//! Isolation of users: through the store, and on `PostgreSQL` by row-level security against SQL of the application's role.

use std::collections::BTreeMap;

use prog_strength_agent::runs::{
    model::{NewConnection, NewReply, NewRun, Overlap, RunId, Usage},
    store::RunQuery,
};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use super::{
    fencing::{add_blob, completed, file},
    skills::schedule,
    world::{World, at, on_both, user, with_callback},
};

type Tx = Transaction<'static, Any>;

/// The tables with users' rows.
const PERSONAL: [&str; 10] = [
    "cancelled_request",
    "connection",
    "delivery",
    "run",
    "run_blob",
    "run_entry",
    "run_file",
    "run_input",
    "run_reply",
    "skill",
];
/// The tables without contents.
const DISPATCH: [&str; 5] = [
    "delivery_dispatch",
    "run_dispatch",
    "run_owner",
    "skill_dispatch",
    "skill_fired",
];

/// Rows of the user's in every table; returns the run.
async fn fill(world: &World, owner: &str) -> RunId {
    let store = &world.store;
    let owner_id = user(owner);
    let new = NewRun {
        request_id: Some("mine".to_owned()),
        ..with_callback()
    };
    let run = world.create(owner, new, at(0)).await;
    let claim = world.claim(run.id, at(1)).await.claim;
    let reply = NewReply {
        step: 0,
        message: "{}".to_owned(),
        usage: Usage::default(),
    };
    store
        .add_reply(&claim, &reply, &[], || at(2))
        .await
        .unwrap();
    store
        .add_file(&claim, &file("a", 1), || at(2))
        .await
        .unwrap();
    store
        .finish(&claim, completed("secret"), || at(3))
        .await
        .unwrap();
    store
        .create_skill(&owner_id, schedule(Overlap::Skip), at(0))
        .await
        .unwrap();
    let connection = NewConnection {
        name: "files".to_owned(),
        url: "https://example.com/".to_owned(),
        headers: BTreeMap::new(),
    };
    store
        .save_connection(&owner_id, &connection, None, at(0))
        .await
        .unwrap();
    store
        .cancel_by_request(&owner_id, "later", at(0))
        .await
        .unwrap();
    // It goes with the end of a run.
    let going_on = world.running(owner, at(4)).await;
    add_blob(store, &going_on.claim).await.unwrap();
    run.id
}

on_both!(another_users_run_does_not_exist, async |world: World| {
    let run = fill(&world, "ann").await;
    let (store, bob) = (&world.store, user("bob"));
    assert_eq!(store.run(&bob, run).await.unwrap(), None);
    assert_eq!(store.run_by_request(&bob, "mine").await.unwrap(), None);
    assert_eq!(store.runs(&bob, &RunQuery::default()).await.unwrap(), []);
    assert_eq!(store.input(&bob, run).await.unwrap(), None);
    assert_eq!(store.journal(&bob, run, 0, 9).await.unwrap(), []);
    assert_eq!(store.replies(&bob, run).await.unwrap(), []);
    assert_eq!(store.blobs(&bob, run).await.unwrap(), []);
    assert_eq!(store.file(&bob, run, "a").await.unwrap(), None);
    assert_eq!(store.progress(&bob, run).await.unwrap(), None);
    assert_eq!(store.cancel(&bob, run, at(9)).await.unwrap(), None);
    assert_eq!(store.skills(&bob).await.unwrap(), []);
    assert_eq!(store.connections(&bob).await.unwrap(), []);
    assert_eq!(store.sealed_rows(&bob).await.unwrap(), []);
    assert_eq!(
        store
            .run(&user("ann"), run)
            .await
            .unwrap()
            .unwrap()
            .response
            .as_deref(),
        Some("secret")
    );
});

/// A transaction of the application's role, with this user set.
async fn begin(world: &World, user: Option<&str>) -> Tx {
    let mut tx = world.store.database().pool().begin().await.expect("begins");
    if let Some(user) = user {
        let set = sqlx::query("SELECT set_config('app.user_id', $1, true)").bind(user);
        set.execute(&mut *tx).await.expect("set");
    }
    tx
}

async fn texts(tx: &mut Tx, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut **tx).await;
    rows.expect("sound SQL")
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// The number of changed rows, or the error.
async fn changed(world: &World, user: Option<&str>, sql: &str) -> Result<u64, String> {
    let mut tx = begin(world, user).await;
    let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await;
    done.map(|done| done.rows_affected())
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn sql_of_the_applications_role_reaches_one_users_rows_alone() {
    let world = World::postgres().await;
    for owner in ["ann", "bob"] {
        fill(&world, owner).await;
    }
    for table in PERSONAL {
        let sql = format!("SELECT user_id FROM {table}");
        for user in ["ann", "bob"] {
            let mut seen = texts(&mut begin(&world, Some(user)).await, &sql).await;
            seen.dedup();
            assert_eq!(seen, [user], "{table}");
        }
        for unset in [None, Some("")] {
            assert_eq!(
                texts(&mut begin(&world, unset).await, &sql).await,
                [""; 0],
                "{table}"
            );
        }
        let ann = Some("ann");
        for others in [
            format!("UPDATE {table} SET user_id = user_id WHERE user_id = 'bob'"),
            format!("DELETE FROM {table} WHERE user_id = 'bob'"),
        ] {
            assert_eq!(changed(&world, ann, &others).await, Ok(0), "{table}");
        }
        let give = format!("UPDATE {table} SET user_id = 'bob'");
        let error = changed(&world, ann, &give).await.expect_err("refused");
        assert!(error.contains("row-level security"), "{table}: {error}");
        let all = format!("UPDATE {table} SET user_id = user_id");
        assert_eq!(changed(&world, None, &all).await, Ok(0), "{table}");
    }
}

#[tokio::test]
async fn every_table_is_protected_or_without_contents() {
    let world = World::postgres().await;
    let mut tx = begin(&world, None).await;
    let tables = |condition: &str| {
        format!(
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'prog_strength_runs'::regnamespace
             AND relkind IN ('r', 'p') AND relname <> '_sqlx_migrations' AND {condition} ORDER BY relname COLLATE \"C\""
        )
    };
    let protected = tables("relrowsecurity AND relforcerowsecurity");
    assert_eq!(texts(&mut tx, &protected).await, PERSONAL);
    assert_eq!(
        texts(&mut tx, &tables("NOT relrowsecurity")).await,
        DISPATCH
    );
    // What may stand there: ids, owners, states, times, counts.
    let columns = "SELECT DISTINCT column_name::text FROM information_schema.columns
                   WHERE table_schema = 'prog_strength_runs' AND data_type = 'text' AND table_name IN
                       ('delivery_dispatch', 'run_dispatch', 'run_owner', 'skill_dispatch', 'skill_fired') ORDER BY 1";
    let columns = texts(&mut tx, columns).await;
    let known = [
        "after_run",
        "delivery_id",
        "owner",
        "retry_reason",
        "run_id",
        "skill_id",
        "state",
    ];
    assert_eq!(columns, known);
}
