//! Schedules: planned times make runs, once, over processes.

use std::time::Duration;

use ::http::Method;
use Status::{Cancelled, Queued, Running};
use jiff::{SignedDuration, Timestamp};
use prog_strength_agent::runs::{
    engine::Role,
    model::{NewSkill, Overlap, Run, Skill, SkillContent, SkillId, Status, Trigger, TriggerConfig},
    skills::{next_run, scheduler::Scheduler},
    store::{RunQuery, Store},
};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection, Executor};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{
    stores::{both, step, user},
    support::{RunsApp, on_both},
};
use crate::support::{answer::Answer, fake_claude::Reply, wait::within};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

type Told = fn(&Run);

fn scheduler(store: &Store) -> Scheduler<Told, Told> {
    Scheduler {
        store: store.clone(),
        max_queued: 100,
        created: |_| {},
        ended: |_| {},
    }
}

async fn skill(store: &Store, owner: &str, cron: &str, overlap: Overlap, now: Timestamp) -> Skill {
    let content = SkillContent {
        name: "weekly review".to_owned(),
        description: String::new(),
        steps: vec![step("read the week"), step("write it down")],
        trigger: TriggerConfig::Schedule {
            cron: cron.to_owned(),
            timezone: "Europe/Berlin".to_owned(),
            overlap,
        },
        callback_url: None,
        is_active: true,
    };
    let new = NewSkill {
        id: SkillId::new(),
        next_at: next_run(&content, now).expect("a schedule"),
        content,
        secret: None,
    };
    let created = store.create_skill(&user(owner), new, now).await;
    created.expect("created")
}

/// Oldest first.
async fn runs(store: &Store, skill: &Skill) -> Vec<Run> {
    let query = RunQuery {
        skill: Some(skill.id),
        ..RunQuery::default()
    };
    let mut runs = store.runs(&skill.owner, &query).await.expect("read");
    runs.reverse();
    runs
}

async fn read(store: &Store, skill: &Skill) -> Skill {
    let found = store.skill(&skill.owner, skill.id).await.expect("read");
    found.expect("the skill")
}

#[tokio::test]
async fn a_planned_time_makes_a_run_of_the_owner_and_plans_the_next() {
    for db in both().await {
        let monday = time("2026-01-05T06:00Z");
        let made = skill(
            &db.store,
            "ann",
            "0 7 * * MON",
            Overlap::Skip,
            time("2026-01-01T00:00Z"),
        )
        .await;
        assert_eq!(made.next_at, Some(monday));
        let scheduler = scheduler(&db.store);
        scheduler
            .fire_due(monday - SignedDuration::from_secs(1))
            .await
            .expect("fired");
        assert!(
            runs(&db.store, &made).await.is_empty(),
            "{}: too early",
            db.name
        );
        for _ in 0..2 {
            scheduler.fire_due(monday).await.expect("fired");
        }
        let [run] = &runs(&db.store, &made).await[..] else {
            panic!("{}: not one run", db.name);
        };
        assert_eq!(
            (run.trigger, run.status),
            (Trigger::Schedule, Status::Queued)
        );
        let input = db.store.input(&made.owner, run.id).await.expect("read");
        assert_eq!(input.expect("an input").steps, made.content.steps);
        let after = read(&db.store, &made).await;
        assert_eq!((after.run_count, after.last_run_at), (1, Some(monday)));
        assert_eq!(after.next_at, Some(time("2026-01-12T06:00Z")));
        assert!(
            db.store
                .run(&user("bob"), run.id)
                .await
                .expect("read")
                .is_none()
        );
    }
}

#[tokio::test]
async fn missed_times_are_made_up_by_one_run_unless_all_are_an_hour_ago() {
    for db in both().await {
        let begin = time("2026-01-05T00:00Z");
        let often = skill(&db.store, "ann", "*/10 * * * *", Overlap::Skip, begin).await;
        let daily = skill(&db.store, "ann", "0 7 * * *", Overlap::Skip, begin).await;
        let now = time("2026-01-05T09:35Z");
        scheduler(&db.store).fire_due(now).await.expect("fired");
        assert_eq!(runs(&db.store, &often).await.len(), 1, "{}", db.name);
        assert_eq!(
            read(&db.store, &often).await.next_at,
            Some(time("2026-01-05T09:40Z"))
        );
        assert_eq!(runs(&db.store, &daily).await.len(), 0, "{}", db.name);
        let daily = read(&db.store, &daily).await;
        assert_eq!(
            (daily.next_at, daily.run_count),
            (Some(time("2026-01-06T06:00Z")), 0)
        );
    }
}

#[tokio::test]
async fn a_run_that_goes_on_is_skipped_queued_behind_or_cancelled() {
    for db in both().await {
        let begin = time("2026-01-05T00:00Z");
        let hour = |hours| begin + SignedDuration::from_hours(hours);
        let scheduler = scheduler(&db.store);
        let mut skills = Vec::new();
        for overlap in [Overlap::Skip, Overlap::Queue, Overlap::CancelOther] {
            skills.push(skill(&db.store, "ann", "0 * * * *", overlap, begin).await);
        }
        scheduler.fire_due(hour(1)).await.expect("fired");
        for _ in &skills {
            let claimed = db.store.claim_next(10, hour(1)).await.expect("claimed");
            assert!(claimed.is_some());
        }
        for hours in [2, 3] {
            scheduler.fire_due(hour(hours)).await.expect("fired");
        }
        let mut statuses = Vec::new();
        for skill in &skills {
            let all = runs(&db.store, skill).await;
            statuses.push(all.iter().map(|run| run.status).collect::<Vec<_>>());
        }
        let expected = [
            vec![Running],
            vec![Running, Queued],
            vec![Running, Cancelled, Queued],
        ];
        assert_eq!(statuses, expected, "{}", db.name);
        let skipped = read(&db.store, &skills[0]).await.last_skipped_at;
        assert_eq!(skipped, Some(hour(3)));
        assert_eq!(
            read(&db.store, &skills[1]).await.last_skipped_at,
            Some(hour(3))
        );
        assert_eq!(read(&db.store, &skills[2]).await.last_skipped_at, None);
        assert!(runs(&db.store, &skills[2]).await[0].cancel_requested);
        // What waits behind a run is not begun while that goes on.
        assert!(
            db.store
                .claim_next(10, hour(3))
                .await
                .expect("asked")
                .is_none()
        );
    }
}

#[tokio::test]
async fn two_processes_fire_each_planned_time_once() {
    for db in both().await {
        let begin = time("2026-01-05T00:00Z");
        let mut skills = Vec::new();
        for number in 0..10 {
            let owner = format!("user-{}", number % 3);
            skills.push(skill(&db.store, &owner, "0 * * * *", Overlap::CancelOther, begin).await);
        }
        let other = db.another().await;
        let (one, two) = (scheduler(&db.store), scheduler(&other));
        for hours in 1..=3 {
            let now = begin + SignedDuration::from_hours(hours);
            let (first, second) = tokio::join!(one.fire_due(now), two.fire_due(now));
            first.and(second).expect("fired");
        }
        for skill in &skills {
            assert_eq!(runs(&db.store, skill).await.len(), 3, "{}", db.name);
        }
    }
}

#[tokio::test]
async fn a_standby_fires_nothing_until_it_is_active() {
    let [db, _] = both().await;
    let now = Timestamp::now();
    let minutely = skill(
        &db.store,
        "ann",
        "* * * * *",
        Overlap::Skip,
        now - SignedDuration::from_mins(5),
    )
    .await;
    let (made, mut runs_made) = mpsc::unbounded_channel();
    let scheduler = Scheduler {
        store: db.store.clone(),
        max_queued: 100,
        created: move |run: &Run| made.send(run.id).expect("the test waits"),
        ended: |_: &Run| {},
    };
    let (role, roles) = watch::channel(Role::Standby);
    let stopping = CancellationToken::new();
    let task = tokio::spawn(scheduler.run(roles, stopping.clone()));
    // Longer than the scheduler waits between two looks.
    tokio::time::sleep(Duration::from_millis(1300)).await;
    assert!(runs(&db.store, &minutely).await.is_empty());
    role.send_replace(Role::Active);
    let made = within("a planned run", runs_made.recv()).await;
    assert_eq!(made, Some(runs(&db.store, &minutely).await[0].id));
    stopping.cancel();
    within("the scheduler stops", task).await.expect("no panic");
}

#[tokio::test]
async fn the_end_of_a_run_that_is_cancelled_for_another_is_told() {
    for db in both().await {
        let now = Timestamp::now();
        let before = now - SignedDuration::from_mins(5);
        let minutely = skill(&db.store, "ann", "* * * * *", Overlap::CancelOther, before).await;
        let (ended, mut told) = mpsc::unbounded_channel();
        let scheduler = Scheduler {
            store: db.store.clone(),
            max_queued: 100,
            created: |_: &Run| {},
            ended: move |run: &Run| ended.send((run.id, run.status)).expect("the test waits"),
        };
        scheduler.fire_due(now).await.expect("fired");
        assert!(told.try_recv().is_err());
        let first = runs(&db.store, &minutely).await[0].id;
        let later = now + SignedDuration::from_mins(2);
        scheduler.fire_due(later).await.expect("fired");
        assert_eq!(
            told.try_recv().ok(),
            Some((first, Status::Cancelled)),
            "{}",
            db.name
        );
    }
}

/// The test's own connection to the database of a service.
async fn database(app: &RunsApp) -> AnyConnection {
    let url = &app.env["DATABASE_URL"];
    let mut raw = AnyConnection::connect(url).await.expect("a connection");
    if url.starts_with("postgres") {
        let path = raw.execute("SET search_path = prog_strength_runs").await;
        path.expect("set");
    }
    raw
}

/// Makes the time the next planned one of all skills, and waits until it has been fired.
async fn fire_at(raw: &mut AnyConnection, time: Timestamp) {
    let plan = sqlx::query("UPDATE skill_dispatch SET next_at = $1");
    let planned = plan.bind(time.as_millisecond()).execute(&mut *raw).await;
    planned.expect("planned");
    within("the planned time is fired", async {
        loop {
            let due = sqlx::query("SELECT skill_id FROM skill_dispatch WHERE next_at <= $1");
            let due = due.bind(time.as_millisecond()).fetch_all(&mut *raw).await;
            if due.expect("read").is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

on_both!(
    each_planned_time_makes_one_run_of_two_services_and_over_a_takeover,
    async |app: RunsApp| {
        let mut app = app;
        app.claude.on(|_| Reply::text("done"));
        let (replica, mut raw) = (app.replica().await, database(&app).await);
        let yearly = json!({"type": "schedule", "cron": "0 0 1 1 *", "timezone": "UTC"});
        let body = json!({"name": "yearly", "steps": [{"prompt": "look"}], "trigger": yearly});
        for _ in 0..5 {
            let made = app.post("sam", "/skills", &body).await;
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let counts = async || -> Vec<Value> {
            let skills = Answer::of(replica.by("sam", Method::GET, "/skills")).await;
            let skills = skills.ok()["skills"].take();
            let skills = skills.as_array().expect("skills").iter();
            skills.map(|skill| skill["runCount"].clone()).collect()
        };
        let now = Timestamp::now();
        let before = now - SignedDuration::from_mins(2);
        fire_at(&mut raw, before).await;
        assert_eq!(counts().await, [1; 5]);
        within("the runs end", async {
            while app.get("sam", "/runs?status=completed").await.ok()["runs"]
                .as_array()
                .is_none_or(|runs| runs.len() < 5)
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        // The other one takes over. What was fired before is not fired again.
        app.stop();
        app.stopped().await;
        fire_at(&mut raw, before).await;
        assert_eq!(counts().await, [1; 5]);
        fire_at(&mut raw, now).await;
        assert_eq!(counts().await, [2; 5]);
    }
);
