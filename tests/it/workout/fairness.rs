//! A burst of one user's calls, and the wait of another user.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::{Either, join_all, select};
use serde_json::{Value, json};

use crate::support::world::{World, on_both};

fn workout() -> Value {
    json!({"exercises": [{"exercise_id": "squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}]})
}

on_both!(
    a_burst_of_writes_does_not_delay_another_user,
    async |world: World| {
        const BURST: usize = 200;
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let burst = join_all((0..BURST).map(|_| ann.call("create_workout", workout())));
        let other = async {
            // The burst is under way.
            while world.count("SELECT COUNT(*) FROM workout").await < 5 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let started = Instant::now();
            bob.call("create_workout", workout()).await.expect("logged");
            let written = started.elapsed();
            let list = bob.call("list_workouts", json!({})).await.expect("a list");
            assert_eq!(list["workouts"].as_array().map(Vec::len), Some(1));
            let all = world.count("SELECT COUNT(*) FROM workout").await;
            (written, started.elapsed().saturating_sub(written), all)
        };
        let (logged, (written, read, all)) = tokio::join!(burst, other);
        for logged in logged {
            logged.expect("logged");
        }
        println!("written in {written:?}, read in {read:?}, after {all} workouts");
        assert!(all < 200, "the burst was over");
        assert!(
            written + read < Duration::from_secs(1),
            "{written:?}, {read:?}"
        );
    }
);

on_both!(
    a_waiting_call_holds_no_connection_and_ends_without_having_run,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let id = prog_strength_agent::workout::db::UserId::parse("ann").expect("a user id");
        let writing = world.db.write(&id).await.expect("begins");
        let mut waiting = pin!(join_all(
            (0..40).map(|_| ann.call("create_workout", workout()))
        ));
        let reading = pin!(async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            bob.call("list_workouts", json!({})).await.expect("a list");
            ann.call("list_workouts", json!({})).await.expect("a list");
        });
        // The lists come while the writes wait, with fewer connections than writes.
        let read_first = matches!(select(reading, &mut waiting).await, Either::Left(_));
        assert!(read_first, "the lists waited for the writes");
        let waited = waiting.await;
        for error in waited {
            assert_eq!(
                error.expect_err("refused"),
                "the training database cannot be used at the moment; nothing was changed; try again in a minute"
            );
        }
        drop(writing);
        assert_eq!(world.count("SELECT COUNT(*) FROM workout").await, 0);
        ann.call("create_workout", workout()).await.expect("logged");
    }
);
