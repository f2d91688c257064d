//! Latency of every tool, over an in-memory MCP session, with the most expensive realistic arguments.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use prog_strength_agent::{
    workout::db::{Database, UserId},
    workout::handler::{Handler, ServerState},
    workout::store::new_id,
};
use rmcp::{RoleClient, ServiceExt, model::CallToolRequestParams, service::RunningService};
use serde_json::{Value, json};

use super::fill::LIFT;

const WARM_UP: usize = 10;
const CALLS: usize = 200;
/// User plans beside those created while measuring; the maximum is 200.
const PLANS: usize = 150;
/// Own exercises of the user, each with two other names.
const OWN_EXERCISES: usize = 100;
/// As Strong names exercises.
const IMPORTED: [&str; 5] = [
    "Bench Press (Barbell)",
    "Squat (Barbell)",
    "Lat Pulldown (Cable)",
    "Leg Press",
    "Bicep Curl (Dumbbell)",
];

/// Sorted latencies of one kind of call.
pub(super) struct Row {
    pub(super) name: &'static str,
    times: Vec<Duration>,
}

impl Row {
    /// In milliseconds.
    pub(super) fn percentile(&self, percent: usize) -> f64 {
        self.times[(self.times.len() - 1) * percent / 100].as_secs_f64() * 1000.0
    }
}

struct Caller {
    session: RunningService<RoleClient, ()>,
    rows: Vec<Row>,
}

pub(super) async fn measure(db: &Database, user: &UserId) -> Vec<Row> {
    let workouts = ServerState::new(db.clone(), 0).await.expect("a catalogue");
    let handler = Handler::new(workouts, Some(user.clone()));
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    tokio::spawn(async move {
        let session = handler.serve(theirs).await.expect("serves");
        session.waiting().await
    });
    let session = ().serve(ours).await.expect("a session");
    let rows = vec![];
    let mut caller = Caller { session, rows };
    caller.exercises(db, user).await;
    caller.reads(db, user).await;
    caller.workouts().await;
    caller.plans(db, user).await;
    // Last: it makes the log longer.
    caller.imports().await;
    caller.rows
}

impl Caller {
    /// Before the others, which read the own exercises where they name any.
    async fn exercises(&mut self, db: &Database, user: &UserId) {
        let exercise = |name: &str| {
            json!({"name": name, "aliases": [format!("Own {name}"), format!("My {name}")], "primary_muscles": ["back"],
                   "equipment": "machine"})
        };
        let name = |n: usize| format!("Gym{n} Row");
        for n in 0..OWN_EXERCISES {
            self.call("create_exercise", exercise(&name(n))).await;
        }
        self.run("create_exercise", "create_exercise", async |_| {
            let mut tx = db.write(user).await.expect("begins");
            let (connection, user) = tx.parts();
            let sql = "DELETE FROM user_exercise WHERE user_id = $1 AND name = 'Fresh Row'";
            let forget = sqlx::query(sql).bind(user).execute(connection);
            forget.await.expect("sound SQL");
            tx.commit().await.expect("commits");
            exercise("Fresh Row")
        })
        .await;
        self.run(
            "update_exercise",
            "update_exercise",
            async |n| json!({"exercise_id": name(n % OWN_EXERCISES), "step_increment": 5}),
        )
        .await;
    }

    async fn reads(&mut self, db: &Database, user: &UserId) {
        self.same("list_exercises", json!({})).await;
        self.same("list_workouts", json!({"limit": 100})).await;
        let old = {
            let mut tx = db.read(user).await.expect("begins");
            let (db, user) = tx.parts();
            let sql = "SELECT id FROM workout WHERE user_id = $1 ORDER BY performed_at LIMIT 1 OFFSET 150";
            let id = sqlx::query_scalar::<_, String>(sql)
                .bind(user)
                .fetch_one(db);
            id.await.expect("a workout")
        };
        let page = json!({"limit": 100, "before": old});
        self.run("list_workouts", "list_workouts, oldest", async |_| {
            page.clone()
        })
        .await;
        let year = json!({"exercise": LIFT, "days": 365});
        self.same("get_exercise_history", year.clone()).await;
        self.same("analyze_progress", year).await;
        self.same("suggest_next_weight", json!({"exercise": LIFT}))
            .await;
        let last_week = jiff::Zoned::now()
            .date()
            .saturating_sub(jiff::Span::new().weeks(1));
        let last_week = json!({"week": last_week.to_string()});
        self.same("check_volume_landmarks", last_week).await;
        self.same("export_workouts", json!({})).await;
        self.same("get_settings", json!({})).await;
        self.run(
            "update_settings",
            "update_settings",
            async |n| json!({"include_notes": n % 2 == 0}),
        )
        .await;
    }

    async fn workouts(&mut self) {
        let sets = |reps: usize| vec![json!({"reps": reps, "weight": 100, "unit": "kg"}); 4];
        let lifts = [LIFT, "barbell-row", "dip", "leg-press", "face-pull"];
        let exercises = |reps: usize| -> Vec<Value> {
            let exercise = |id| json!({"exercise_id": id, "sets": sets(reps)});
            lifts.map(exercise).into()
        };
        let ids = self
            .run("create_workout", "create_workout", async |_| {
                json!({"exercises": exercises(8), "name": "Monday", "notes": "Felt good"})
            })
            .await;
        self.run(
            "add_sets",
            "add_sets",
            async |n| json!({"workout_id": ids[n], "exercise": LIFT, "sets": sets(7)}),
        )
        .await;
        self.run(
            "correct_set",
            "correct_set",
            async |n| json!({"workout_id": ids[n], "exercise": LIFT, "set": 8, "reps": 6}),
        )
        .await;
        self.run(
            "update_workout",
            "update_workout",
            async |n| json!({"workout_id": ids[n], "exercises": exercises(9)}),
        )
        .await;
        self.run(
            "delete_workout",
            "delete_workout",
            async |n| json!({"workout_id": ids[n]}),
        )
        .await;
    }

    async fn plans(&mut self, db: &Database, user: &UserId) {
        let lifts = [LIFT, "barbell-row", "dip", "leg-press", "face-pull"];
        let exercises =
            lifts.map(|id| json!({"exercise_id": id, "sets": 4, "reps_min": 6, "reps_max": 10}));
        let sessions: Vec<Value> = (1..=5)
            .map(|day| json!({"name": format!("Day {day}"), "day": day, "exercises": exercises}))
            .collect();
        let plan = |name| json!({"name": name, "duration_weeks": 8, "sessions": sessions});
        let mut own = Vec::new();
        for _ in 0..PLANS {
            let made = self.call("create_workout_plan", plan("Mine")).await;
            own.push(made["plan_id"].clone());
        }
        self.same("list_plans", json!({})).await;
        self.run("create_workout_plan", "create_workout_plan", async |_| {
            let mut tx = db.write(user).await.expect("begins");
            let (connection, user) = tx.parts();
            let sql = "DELETE FROM user_plan WHERE user_id = $1 AND name = 'New'";
            let forget = sqlx::query(sql).bind(user).execute(connection);
            forget.await.expect("sound SQL");
            tx.commit().await.expect("commits");
            plan("New")
        })
        .await;
        self.run("modify_plan", "modify_plan", async |n| {
            json!({"plan_id": own[n % PLANS], "name": "Mine, longer", "duration_weeks": 12, "sessions": sessions})
        })
        .await;
        self.run(
            "activate_plan",
            "activate_plan",
            async |n| json!({"plan_id": own[n % PLANS]}),
        )
        .await;
        self.run("delete_plan", "delete_plan", async |_| {
            let id = new_id();
            let mut tx = db.write(user).await.expect("begins");
            let (connection, user) = tx.parts();
            let sql = "INSERT INTO user_plan (id, user_id, name, created_at, updated_at, duration_weeks, sessions)
                 VALUES ($1, $2, 'Old', 0, 0, 8, '[]')";
            let insert = sqlx::query(sql).bind(&id).bind(user).execute(connection);
            insert.await.expect("sound SQL");
            tx.commit().await.expect("commits");
            json!({"plan_id": id})
        })
        .await;
    }

    /// Files of a week, five workouts of 20 sets: new ones, and one that is in the log.
    async fn imports(&mut self) {
        let file = |week: usize| {
            let mut csv = "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE\n".to_owned();
            let first = jiff::civil::date(2001, 1, 1);
            for day in 0..5 {
                let weeks = i64::try_from(week).expect("few weeks");
                let date = first + jiff::Span::new().weeks(weeks).days(day);
                for set in 0..20 {
                    let (lift, order) = (IMPORTED[set / 4], set % 4 + 1);
                    let _ = writeln!(
                        csv,
                        "{date} 18:00:00,Day {day},1h,{lift},{order},82.5,8,0,0,,,8"
                    );
                }
            }
            csv
        };
        let import = async |n| json!({"csv": file(n), "weight_unit": "kg", "dry_run": false});
        self.run("import_workouts", "import_workouts", import).await;
        self.run(
            "import_workouts",
            "import_workouts, again",
            async |_| json!({"csv": file(0), "weight_unit": "kg", "dry_run": false}),
        )
        .await;
    }

    async fn same(&mut self, tool: &'static str, arguments: Value) {
        self.run(tool, tool, async |_| arguments.clone()).await;
    }

    /// Ids of workouts used as arguments.
    async fn run(
        &mut self,
        tool: &'static str,
        name: &'static str,
        arguments: impl AsyncFn(usize) -> Value,
    ) -> Vec<Value> {
        let (mut times, mut ids) = (vec![], vec![]);
        for n in 0..WARM_UP + CALLS {
            let arguments = arguments(n).await;
            let began = Instant::now();
            let answer = self.call(tool, arguments).await;
            times.push(began.elapsed());
            ids.push(answer["workout"]["id"].clone());
        }
        let mut times = times.split_off(WARM_UP);
        times.sort();
        self.rows.push(Row { name, times });
        ids
    }

    async fn call(&self, tool: &'static str, arguments: Value) -> Value {
        let arguments = arguments.as_object().cloned().expect("an object");
        let request = CallToolRequestParams::new(tool).with_arguments(arguments);
        let result = self.session.peer().call_tool(request).await;
        let result = result.expect("an answer");
        assert_ne!(result.is_error, Some(true), "{tool}: {:?}", result.content);
        result.structured_content.expect("data")
    }
}
