//! Callbacks: taken once while leased, tried again, given up, delivered again.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use prog_strength_agent::runs::model::{
    Delivery, DeliveryId, DeliveryOutcome, DeliveryState, DueDelivery, NewRun, Overlap, Run, RunId,
    Status,
};
use sqlx::{AssertSqlSafe, Executor};

use super::{
    fencing::completed,
    skills::schedule,
    world::{World, at, on_both, user, with_callback},
};

const LEASE: Duration = Duration::from_secs(30);

async fn ended(world: &World, owner: &str) -> Run {
    let run = world.create(owner, with_callback(), at(0)).await;
    let claim = world.claim(run.id, at(1)).await.claim;
    world
        .store
        .finish(&claim, completed("x"), || at(2))
        .await
        .unwrap()
}

async fn due(world: &World, seconds: i64) -> Vec<DueDelivery> {
    world
        .store
        .due_deliveries(10, LEASE, at(seconds))
        .await
        .unwrap()
}

/// Whether it was recorded.
async fn record(
    world: &World,
    due: &DueDelivery,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> bool {
    let recorded = world.store.record_delivery(due, outcome, now).await;
    recorded.unwrap()
}

/// The only delivery of Ann's run.
async fn delivery(world: &World, run: &Run) -> Delivery {
    let known = world.store.deliveries(&user("ann"), run.id).await;
    known.unwrap().unwrap().remove(0)
}

on_both!(
    a_due_delivery_is_taken_by_one_process_at_a_time,
    async |world: World| {
        let run = ended(&world, "ann").await;
        assert_eq!(due(&world, 1).await, []);
        let other = world.another().await;
        let taking = (0..6).map(|n| {
            let store = if n % 2 == 0 { &world.store } else { &other };
            store.due_deliveries(10, LEASE, at(2))
        });
        let taken: Vec<DueDelivery> = join_all(taking)
            .await
            .into_iter()
            .flat_map(Result::unwrap)
            .collect();
        assert_eq!(taken.len(), 1);
        let first = &taken[0];
        assert_eq!(
            (first.run, &first.request_id, first.status),
            (run.id, &run.request_id, run.status)
        );
        assert_eq!(
            (first.url.as_str(), first.attempts, first.ended_at),
            ("https://example.com/done", 0, at(2))
        );
        assert_eq!(due(&world, 31).await, []);
        // The lease is over: its process is gone, or too slow.
        let second = due(&world, 32).await.remove(0);
        assert_eq!(second.id, first.id);
        let delivered = DeliveryOutcome::Delivered { status: 204 };
        assert!(!record(&world, first, &delivered, at(33)).await);
        assert!(record(&world, &second, &delivered, at(33)).await);
        assert!(!record(&world, &second, &delivered, at(33)).await);
        assert_eq!(due(&world, 9999).await, []);
        let known = delivery(&world, &run).await;
        assert_eq!(
            (known.state, known.attempts, known.last_status),
            (DeliveryState::Delivered, 1, Some(204))
        );
        assert_eq!((known.last_attempt_at, known.next_at), (Some(at(33)), None));
    }
);

on_both!(
    a_failed_delivery_is_tried_again_and_given_up,
    async |world: World| {
        let run = ended(&world, "ann").await;
        let first = due(&world, 2).await.remove(0);
        let again = DeliveryOutcome::Again {
            at: at(60),
            status: Some(500),
            error: "no\0".to_owned(),
        };
        assert!(record(&world, &first, &again, at(3)).await);
        assert_eq!(due(&world, 59).await, []);
        let second = due(&world, 60).await.remove(0);
        assert_eq!((second.id, second.attempts), (first.id, 1));
        let given_up = DeliveryOutcome::GivenUp {
            status: None,
            error: "gone".to_owned(),
        };
        assert!(record(&world, &second, &given_up, at(61)).await);
        let known = delivery(&world, &run).await;
        assert_eq!(
            (known.state, known.attempts, known.next_at),
            (DeliveryState::Failed, 2, None)
        );
        assert_eq!(
            (known.last_status, known.last_error.as_deref()),
            (None, Some("gone"))
        );
        assert_eq!(due(&world, 9999).await, []);
        // By hand, with the same id.
        let asked = world
            .store
            .redeliver(&user("ann"), run.id, first.id, at(70))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (asked.id, asked.state, asked.attempts, asked.next_at),
            (first.id, DeliveryState::Pending, 0, Some(at(70)))
        );
        let third = due(&world, 70).await.remove(0);
        assert_eq!((third.id, third.attempts), (first.id, 0));
    }
);

on_both!(
    a_redelivery_during_an_attempt_takes_its_lease,
    async |world: World| {
        let run = ended(&world, "ann").await;
        let first = due(&world, 2).await.remove(0);
        world
            .store
            .redeliver(&user("ann"), run.id, first.id, at(3))
            .await
            .unwrap()
            .unwrap();
        let delivered = DeliveryOutcome::Delivered { status: 200 };
        assert!(!record(&world, &first, &delivered, at(4)).await);
        assert_eq!(due(&world, 5).await.len(), 1);
    }
);

on_both!(deliveries_are_the_owners_alone, async |world: World| {
    let run = ended(&world, "ann").await;
    let id = due(&world, 2).await.remove(0).id;
    let bob = user("bob");
    assert_eq!(world.store.deliveries(&bob, run.id).await.unwrap(), None);
    assert_eq!(
        world
            .store
            .deliveries(&user("ann"), RunId::new())
            .await
            .unwrap(),
        None
    );
    for (owner, run, id) in [
        ("bob", run.id, id),
        ("ann", RunId::new(), id),
        ("ann", run.id, DeliveryId::new()),
    ] {
        assert_eq!(
            world
                .store
                .redeliver(&user(owner), run, id, at(3))
                .await
                .unwrap(),
            None
        );
    }
    // A run without a callback has no deliveries.
    let plain = world.queued("ann", at(0)).await;
    assert_eq!(
        world
            .store
            .deliveries(&user("ann"), plain.id)
            .await
            .unwrap(),
        Some(vec![])
    );
});

on_both!(
    a_run_does_not_end_without_its_callback_nor_begin_uncounted,
    async |world: World| {
        let (store, ann) = (&world.store, user("ann"));
        let skill = store
            .create_skill(&ann, schedule(Overlap::Skip), at(0))
            .await
            .unwrap();
        let mut raw = world.raw().await;
        let mut rename = async |from: &str, to: &str| {
            let sql = format!("ALTER TABLE {from} RENAME TO {to}");
            raw.execute(AssertSqlSafe(sql)).await.unwrap();
        };
        let running = world.create("ann", with_callback(), at(0)).await;
        let claim = world.claim(running.id, at(1)).await.claim;
        let queued = world.create("ann", with_callback(), at(1)).await;
        rename("delivery", "away").await;
        store
            .finish(&claim, completed("x"), || at(2))
            .await
            .unwrap_err();
        store.cancel(&ann, queued.id, at(2)).await.unwrap_err();
        rename("away", "delivery").await;
        let statuses = [
            world.run(&running).await.status,
            world.run(&queued).await.status,
        ];
        assert_eq!(statuses, [Status::Running, Status::Queued]);
        assert_eq!(world.journal(&running).await, ["started"]);
        assert_eq!(world.journal(&queued).await, [""; 0]);
        let ended = store
            .finish(&claim, completed("x"), || at(3))
            .await
            .unwrap();
        assert_eq!(ended.status, Status::Completed);
        assert_eq!(
            store
                .deliveries(&ann, running.id)
                .await
                .unwrap()
                .unwrap()
                .len(),
            1
        );

        let of_skill = || NewRun {
            skill_id: Some(skill.id),
            ..with_callback()
        };
        rename("run_input", "away").await;
        store.create(&ann, of_skill(), 9, at(4)).await.unwrap_err();
        rename("away", "run_input").await;
        assert_eq!(
            store
                .skill(&ann, skill.id)
                .await
                .unwrap()
                .unwrap()
                .run_count,
            0
        );
        world.create("ann", of_skill(), at(5)).await;
        assert_eq!(
            store
                .skill(&ann, skill.id)
                .await
                .unwrap()
                .unwrap()
                .run_count,
            1
        );
    }
);
