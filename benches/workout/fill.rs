//! Test data: one lifter with five sessions a week for five years, among 200 users.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use prog_strength_agent::{
    workout::db::{Database, Kind, UserId},
    workout::store::new_id,
};
use sqlx::AssertSqlSafe;

const USERS: usize = 200;
/// The first user's weeks, with five sessions each; the others have fewer weeks, with three.
const WEEKS: i64 = 5 * 52;
const OTHERS_WEEKS: i64 = 52;
const SETS: i64 = 4;
/// Days before the week's last one.
const DAYS: [i64; 5] = [0, 3, 5, 1, 4];
/// In every session, so that its history has the maximum length.
pub(super) const LIFT: &str = "barbell-bench-press";
const OTHER_LIFTS: [[&str; 4]; 5] = [
    [
        "barbell-back-squat",
        "barbell-row",
        "leg-extension",
        "plank",
    ],
    [
        "barbell-deadlift",
        "pull-up",
        "lying-leg-curl",
        "barbell-curl",
    ],
    ["barbell-overhead-press", "lat-pulldown", "dip", "face-pull"],
    [
        "barbell-front-squat",
        "leg-press",
        "standing-calf-raise",
        "cable-crunch",
    ],
    [
        "dumbbell-shoulder-press",
        "seated-cable-row",
        "dumbbell-curl",
        "triceps-pushdown",
    ],
];

/// User 0 has five years.
pub(super) fn user(number: usize) -> UserId {
    UserId::parse(&format!("00000000-0000-4000-8000-{number:012}")).expect("a user id")
}

/// Week by week, the sessions of all users, so that rows lie on disk in the order of logging.
pub(super) async fn fill(db: &Database) {
    for weeks_ago in (0..WEEKS).rev() {
        let users = if weeks_ago < OTHERS_WEEKS { USERS } else { 1 };
        let mut sql = String::new();
        for number in 0..users {
            let user = user(number);
            if db.kind() == Kind::Postgres {
                let _ = writeln!(
                    sql,
                    "SELECT set_config('app.user_id', '{}', true);",
                    user.as_str()
                );
            }
            sql += &week(user.as_str(), weeks_ago, if number == 0 { 5 } else { 3 });
            if weeks_ago == 0 {
                sql += &plans(user.as_str());
            }
        }
        run(db, sql).await;
    }
    // PostgreSQL does so by itself, SQLite does not.
    if db.kind() == Kind::Postgres {
        run(db, "ANALYZE".to_owned()).await;
    }
}

async fn run(db: &Database, sql: String) {
    let mut tx = db.pool().begin().await.expect("begins");
    let sql = sqlx::raw_sql(AssertSqlSafe(sql));
    sql.execute(&mut *tx).await.expect("sound SQL");
    tx.commit().await.expect("commits");
}

fn week(user: &str, weeks_ago: i64, sessions: usize) -> String {
    let (mut workouts, mut exercises, mut sets) = (vec![], vec![], vec![]);
    for (day, others) in DAYS.iter().zip(OTHER_LIFTS).take(sessions) {
        let id = new_id();
        let began = Timestamp::now() - SignedDuration::from_hours(24 * (7 * weeks_ago + day) + 2);
        let (began, hour) = (began.as_millisecond(), 3_600_000);
        let ended = began + hour;
        workouts.push(format!(
            "('{id}', '{user}', 'Day {day}', 'Slept well, felt strong', {began}, {ended}, {ended}, {ended})"
        ));
        for (place, lift) in [LIFT].iter().chain(&others).enumerate() {
            exercises.push(format!("('{user}', '{id}', {place}, '{lift}', NULL, NULL)"));
            for set in 0..SETS {
                let (reps, weight) = (5 + (set + weeks_ago) % 6, 60 + (WEEKS - weeks_ago) / 4);
                let warmup = set == 0;
                sets.push(format!(
                    "('{user}', '{id}', {place}, {set}, {reps}, {weight}, 'kg', 8, {warmup})"
                ));
            }
        }
    }
    format!(
        "INSERT INTO workout (id, user_id, name, notes, performed_at, ended_at, created_at, updated_at) VALUES {};
         INSERT INTO workout_exercise (user_id, workout_id, position, exercise_id, superset_group, notes) VALUES {};
         INSERT INTO workout_set
             (user_id, workout_id, exercise_position, position, reps, weight, unit, rpe, is_warmup) VALUES {};",
        workouts.join(", "),
        exercises.join(", "),
        sets.join(", ")
    )
}

fn plans(user: &str) -> String {
    let row = || format!("('{}', '{user}', 'Old', 0, 0, 8, '[]')", new_id());
    format!(
        "INSERT INTO user_plan (id, user_id, name, created_at, updated_at, duration_weeks, sessions) VALUES {}, {}, {};",
        row(),
        row(),
        row()
    )
}
