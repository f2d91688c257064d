//! Filling and resetting a database.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Row};
use tempfile::TempDir;

use super::*;

/// A database of its own, gone with the folder.
pub(super) async fn database() -> (Database, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/log.db", folder.path().display());
    (crate::workout::db::open(&url.into()).await.unwrap(), folder)
}

pub(super) fn noon(today: Date) -> Timestamp {
    let noon = today.at(12, 0, 0, 0).to_zoned(denver()).unwrap();
    noon.timestamp()
}

fn now() -> Timestamp {
    noon(date(2026, 11, 20))
}

async fn texts(db: &Database, sql: String) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(db.pool());
    rows.await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Every row of this user's in whatever table has users' rows.
async fn rows(db: &Database, user: &str) -> Vec<String> {
    let tables = "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
                  WHERE m.type = 'table' AND c.name = 'user_id' ORDER BY m.name";
    let mut all = Vec::new();
    for table in texts(db, tables.to_owned()).await {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns = texts(db, columns).await.into_iter();
        let columns = columns.map(|c| format!("COALESCE(CAST({c} AS TEXT), '~')"));
        let row = columns.collect::<Vec<_>>().join(" || '|' || ");
        let rows = format!("SELECT '{table}: ' || {row} FROM {table} WHERE user_id = '{user}'");
        all.extend(texts(db, rows + " ORDER BY 1").await);
    }
    all
}

async fn stored(db: &Database, user: &str) -> Vec<Workout> {
    let mut tx = db.read(&UserId::parse(user).unwrap()).await.unwrap();
    let mut stored = tx
        .workouts(&Page::newest(Timestamp::MIN, 1000))
        .await
        .unwrap();
    stored.reverse();
    without_ids(stored)
}

#[tokio::test]
async fn filling_stores_training_plan_and_zone_within_two_seconds() {
    let (db, _folder) = database().await;
    let began = Instant::now();
    assert!(fill(&db, now(), &denver()).await.unwrap());
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    let today = date(2026, 11, 20);
    assert_eq!(
        stored(&db, USER).await,
        without_ids(training(today, &denver()))
    );
    let mut tx = db.read(&user().unwrap()).await.unwrap();
    let settings = tx.settings().await.unwrap();
    assert_eq!(settings.time_zone.as_deref(), Some("America/Denver"));
    let plan = tx.plans().await.unwrap().remove(0);
    assert!(plan.is_active && plan.based_on_plan_id.as_deref() == Some("upper-lower-4-days"));
    assert_eq!(plan.starts_on, Some(date(2026, 10, 5)));
    assert_eq!(plan.ends_on, Some(date(2026, 11, 29)));
    assert_eq!(plan.sessions, DATA.plan.sessions);
}

#[tokio::test]
async fn create_workout_plan_accepts_the_demo_plan() {
    let (db, _folder) = database().await;
    fill(&db, now(), &denver()).await.unwrap();
    let sessions = serde_json::json!(&DATA.plan.sessions);
    let plan = serde_json::json!({"name": "Copy", "duration_weeks": 8, "sessions": sessions});
    let made = tool_results::call(&db, now(), "create_workout_plan", plan).await;
    assert_eq!(made["sessions"], sessions);
}

#[tokio::test]
async fn filling_twice_changes_nothing() {
    let (db, _folder) = database().await;
    assert!(fill(&db, now(), &denver()).await.unwrap());
    let before = rows(&db, USER).await;
    let later = noon(date(2026, 12, 24));
    assert!(!fill(&db, later, &TimeZone::UTC).await.unwrap());
    assert_eq!(rows(&db, USER).await, before);
}

#[tokio::test]
async fn fill_changes_nothing_when_the_user_has_a_workout() {
    let (db, _folder) = database().await;
    log(&db, USER).await;
    let before = rows(&db, USER).await;
    assert!(!fill(&db, now(), &denver()).await.unwrap());
    assert_eq!(rows(&db, USER).await, before);
}

#[tokio::test]
async fn reset_restores_the_training_and_changes_no_other_user() {
    let (db, _folder) = database().await;
    log(&db, "ann").await;
    fill(&db, now(), &denver()).await.unwrap();
    let (anns, before) = (rows(&db, "ann").await, stored(&db, USER).await);
    let filled = rows(&db, USER).await.len();
    let tables: BTreeSet<&str> = anns
        .iter()
        .filter_map(|row| row.split(':').next())
        .collect();
    assert_eq!(tables.len(), 5, "a row in every table: {tables:?}");
    spoil(&db).await;
    log(&db, USER).await;
    assert_ne!(stored(&db, USER).await, before);
    reset(&db, now(), &denver()).await.unwrap();
    assert_eq!(stored(&db, USER).await, before);
    assert_eq!(rows(&db, USER).await.len(), filled, "nothing is left over");
    let mut tx = db.read(&user().unwrap()).await.unwrap();
    assert_eq!(tx.settings().await.unwrap().units.unit(), None);
    assert_eq!(rows(&db, "ann").await, anns);
}

#[tokio::test]
async fn failed_reset_changes_nothing() {
    let (db, _folder) = database().await;
    fill(&db, now(), &denver()).await.unwrap();
    let before = rows(&db, USER).await;
    let broken =
        "CREATE TRIGGER broken BEFORE INSERT ON user_plan BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::query(broken).execute(db.pool()).await.unwrap();
    assert!(reset(&db, now(), &denver()).await.is_err());
    assert_eq!(rows(&db, USER).await, before);
}

/// A workout, a plan and a setting.
async fn log(db: &Database, user: &str) {
    let mut tx = db.write(&UserId::parse(user).unwrap()).await.unwrap();
    let workout = training(date(2020, 2, 20), &TimeZone::UTC).remove(0);
    tx.insert_workout(&workout, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    insert_plan(&mut tx, date(2020, 2, 20), Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    let settings = Settings {
        units: crate::workout::model::Units::Kg,
        ..Settings::default()
    };
    tx.save_settings(&settings, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// One workout less, and one that is another.
async fn spoil(db: &Database) {
    let mut tx = db.write(&user().unwrap()).await.unwrap();
    let mut newest = tx.workouts(&Page::newest(Timestamp::MIN, 2)).await.unwrap();
    let gone = newest.remove(0);
    assert!(tx.delete_workout(&gone.id).await.unwrap());
    newest[0].exercises.truncate(1);
    tx.replace_workout(&newest[0], true, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}
