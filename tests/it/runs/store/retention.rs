//! Retention: an old run goes with everything that belongs to it, and nothing else goes.

use prog_strength_agent::runs::{
    model::{NewReply, Overlap, Status, Usage},
    store::OldRun,
};

use super::{
    fencing::{completed, file},
    skills::{self, schedule},
    world::{World, at, named, on_both, user, with_callback},
};

const TABLES: [&str; 8] = [
    "run",
    "run_input",
    "run_entry",
    "run_reply",
    "run_file",
    "run_dispatch",
    "delivery",
    "delivery_dispatch",
];

/// A run with a row in every table, ended at that time.
async fn ended(world: &World, owner: &str, seconds: i64) -> OldRun {
    let run = world.create(owner, with_callback(), at(0)).await;
    let claim = world.claim(run.id, at(1)).await.claim;
    let reply = NewReply {
        step: 0,
        message: "{}".to_owned(),
        usage: Usage::default(),
    };
    world
        .store
        .add_reply(&claim, &reply, &[], || at(2))
        .await
        .unwrap();
    for name in ["b", "a"] {
        world
            .store
            .add_file(&claim, &file(name, 1), || at(2))
            .await
            .unwrap();
    }
    world
        .store
        .finish(&claim, completed("x"), || at(seconds))
        .await
        .unwrap();
    let file_keys = ["runs/x/b", "runs/x/a"].map(str::to_owned).to_vec();
    OldRun {
        run: run.id,
        owner: user(owner),
        file_keys,
    }
}

on_both!(
    an_old_run_is_removed_with_everything_of_it,
    async |world: World| {
        let old = [
            ended(&world, "ann", 10).await,
            ended(&world, "bob", 20).await,
        ];
        let young = ended(&world, "ann", 30).await;
        world.queued("ann", at(0)).await;
        assert_eq!(world.store.ended_before(at(30), 9, 0).await.unwrap(), old);
        assert_eq!(
            world.store.ended_before(at(30), 1, 0).await.unwrap(),
            old[..1]
        );
        assert_eq!(world.store.ended_before(at(10), 9, 0).await.unwrap(), []);
        let mut before = Vec::new();
        for table in TABLES {
            before.push(world.count(&format!("SELECT COUNT(*) FROM {table}")).await);
        }
        for run in &old {
            world.store.remove(run).await.unwrap();
            world.store.remove(run).await.unwrap();
            assert_eq!(world.store.run(&run.owner, run.run).await.unwrap(), None);
        }
        let queued = |table: &str| i64::from(matches!(table, "run" | "run_input" | "run_dispatch"));
        for (table, before) in TABLES.into_iter().zip(before) {
            let left = world.count(&format!("SELECT COUNT(*) FROM {table}")).await;
            assert_eq!(
                (left - queued(table)) * 3,
                before - queued(table),
                "{table}"
            );
        }
        assert_eq!(
            world.store.ended_before(at(99), 9, 0).await.unwrap(),
            [young]
        );
    }
);

on_both!(
    old_cancellations_and_planned_times_are_forgotten,
    async |world: World| {
        let store = &world.store;
        for (owner, seconds) in [("ann", 1), ("bob", 2), ("carl", 50)] {
            store
                .cancel_by_request(&user(owner), "a", at(seconds))
                .await
                .unwrap();
        }
        let skill = store
            .create_skill(&user("ann"), schedule(Overlap::Queue), at(0))
            .await
            .unwrap();
        skills::fire(store, &skill, at(60), None).await;
        assert_eq!(store.forget(at(50)).await.unwrap(), 2);
        assert_eq!(store.forget(at(50)).await.unwrap(), 0);
        assert_eq!(
            world.create("ann", named("a"), at(51)).await.status,
            Status::Queued
        );
        assert_eq!(
            world.create("carl", named("a"), at(51)).await.status,
            Status::Cancelled
        );
        assert_eq!(store.forget(at(61)).await.unwrap(), 2);
    }
);
