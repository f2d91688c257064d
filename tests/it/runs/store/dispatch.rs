//! Dispatch: turns by owner, attempts, hand-backs, recovery, cancels, expiry.

use std::time::Duration;

use futures_util::future::join_all;
use prog_strength_agent::runs::{
    model::{EntryKind, Overlap, RetryReason, RunId, Status},
    store::Turn,
};

use super::{
    fencing::completed,
    skills::{self, schedule},
    world::{World, at, on_both, user, with_callback},
};

/// The owners whose runs are taken next, in order.
async fn taken(world: &World, per_user: u32) -> Vec<String> {
    let mut owners = Vec::new();
    let mut now = 100;
    while let Some(claimed) = world.store.claim_next(per_user, at(now)).await.unwrap() {
        owners.push(claimed.claim.owner.as_str().to_owned());
        now += 1;
    }
    owners
}

on_both!(
    a_claimed_run_is_running_and_its_attempt_counted,
    async |world: World| {
        let run = world.queued("ann", at(0)).await;
        let claimed = world.store.claim_next(4, at(3)).await.unwrap().unwrap();
        assert_eq!(claimed.run, world.run(&run).await);
        assert_eq!(
            (
                claimed.run.status,
                claimed.run.attempt,
                claimed.run.started_at
            ),
            (Status::Running, 1, Some(at(3)))
        );
        assert_eq!((claimed.worked, claimed.retried), (Duration::ZERO, None));
        assert_eq!(claimed.input.steps[0].prompt, "Say hello.");
        assert_eq!(world.journal(&run).await, ["started"]);
        assert!(world.store.claim_next(4, at(4)).await.unwrap().is_none());
    }
);

on_both!(
    owners_take_turns_whatever_they_have_queued,
    async |world: World| {
        for n in 0..4 {
            world.queued("ann", at(n)).await;
        }
        world.queued("bob", at(10)).await;
        world.queued("carl", at(11)).await;
        world.queued("bob", at(12)).await;
        // Fewest running first, then served longest ago, then arrival.
        let owners = taken(&world, 2).await;
        assert_eq!(owners, ["ann", "bob", "carl", "ann", "bob"]);
        // Two of Ann's are running, and two wait.
        let counts = world.store.counts().await.unwrap();
        assert_eq!((counts.queued, counts.running), (2, 5));
    }
);

on_both!(
    runs_of_one_owner_are_taken_in_their_order,
    async |world: World| {
        let mut runs = Vec::new();
        for n in 0..4 {
            runs.push(world.queued("ann", at(n)).await.id);
        }
        let mut order = Vec::new();
        while let Some(claimed) = world.store.claim_next(9, at(50)).await.unwrap() {
            order.push(claimed.run.id);
        }
        assert_eq!(order, runs);
    }
);

on_both!(processes_never_take_one_run_twice, async |world: World| {
    for n in 0..30 {
        world.queued(["ann", "bob", "carl"][n % 3], at(0)).await;
    }
    let other = world.another().await;
    let claiming = (0..8).map(async |n| {
        let store = if n % 2 == 0 { &world.store } else { &other };
        let mut ids: Vec<RunId> = Vec::new();
        while ids.len() < 30
            && let Some(claimed) = store.claim_next(100, at(1)).await.unwrap()
        {
            ids.push(claimed.run.id);
        }
        ids
    });
    let mut ids: Vec<RunId> = join_all(claiming).await.into_iter().flatten().collect();
    // Processes that collide may stop early.
    while let Some(claimed) = world.store.claim_next(100, at(1)).await.unwrap() {
        ids.push(claimed.run.id);
    }
    ids.sort();
    let taken = ids.len();
    ids.dedup();
    assert_eq!((ids.len(), taken), (30, 30));
    assert_eq!(world.count("SELECT COUNT(*) FROM run_entry").await, 30);
});

on_both!(
    a_hand_back_gives_the_attempt_and_the_place_back,
    async |world: World| {
        let claimed = world.running("ann", at(0)).await;
        let later = world.queued("ann", at(1)).await;
        world.store.hand_back(&claimed.claim, at(6)).await.unwrap();
        let run = world.run(&claimed.run).await;
        assert_eq!((run.status, run.attempt), (Status::Queued, 0));
        let again = world.store.claim_next(4, at(60)).await.unwrap().unwrap();
        assert_eq!(again.run.id, run.id);
        assert_ne!(again.run.id, later.id);
        assert_eq!(again.run.attempt, 1);
        assert_eq!(again.retried, Some(RetryReason::HandedBack));
        // Its time in the queue is no working time.
        assert_eq!(again.worked, Duration::from_secs(6));
        assert!(again.claim.number > claimed.claim.number);
        assert_eq!(world.journal(&run).await, ["started", "retried"]);
        world
            .store
            .hand_back(&claimed.claim, at(61))
            .await
            .expect_err("lost");
    }
);

on_both!(
    an_interrupted_run_is_taken_up_until_its_attempts_are_spent,
    async |world: World| {
        let run = world.create("ann", with_callback(), at(0)).await;
        for attempt in 1..=3 {
            let claimed = world
                .store
                .claim_next(4, at(attempt * 10))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(i64::from(claimed.run.attempt), attempt);
            let text = EntryKind::Text {
                text: "x".to_owned(),
            };
            world
                .store
                .append(&claimed.claim, &[text], || at(attempt * 10 + 2))
                .await
                .unwrap();
            let ended = world.store.recover(3, at(attempt * 10 + 5)).await.unwrap();
            assert_eq!(ended.len(), usize::from(attempt == 3), "{attempt}");
        }
        let failed = world.run(&run).await;
        assert_eq!(failed.status, Status::Failed);
        assert_eq!(failed.error.as_ref().unwrap().code, "attempts_exhausted");
        let journal = [
            "started", "text", "retried", "text", "retried", "text", "failed",
        ];
        assert_eq!(world.journal(&run).await, journal);
        let deliveries = world
            .store
            .deliveries(&user("ann"), run.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(deliveries[0].event, "run.failed");
        let counts = world.store.counts().await.unwrap();
        assert_eq!((counts.queued, counts.running), (0, 0));
    }
);

on_both!(
    working_time_is_kept_up_to_the_last_write,
    async |world: World| {
        let claimed = world.running("ann", at(0)).await;
        let text = EntryKind::Text {
            text: "x".to_owned(),
        };
        world
            .store
            .append(&claimed.claim, &[text], || at(7))
            .await
            .unwrap();
        world.store.recover(3, at(100)).await.unwrap();
        let again = world.store.claim_next(4, at(200)).await.unwrap().unwrap();
        assert_eq!(again.worked, Duration::from_secs(7));
        assert_eq!(again.retried, Some(RetryReason::Interrupted));
        world
            .store
            .append(&again.claim, &[], || at(203))
            .await
            .unwrap();
        world.store.recover(3, at(300)).await.unwrap();
        let third = world.store.claim_next(4, at(400)).await.unwrap().unwrap();
        assert_eq!(third.worked, Duration::from_secs(10));
    }
);

on_both!(a_queued_run_is_cancelled_at_once, async |world: World| {
    let run = world.create("ann", with_callback(), at(0)).await;
    for _ in 0..2 {
        let cancelled = world
            .store
            .cancel(&user("ann"), run.id, at(1))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(cancelled.status, Status::Cancelled);
        assert_eq!(cancelled.completed_at, Some(at(1)));
    }
    assert_eq!(world.journal(&run).await, ["cancelled"]);
    assert!(world.store.claim_next(4, at(2)).await.unwrap().is_none());
    assert_eq!(world.count("SELECT COUNT(*) FROM delivery").await, 1);
});

on_both!(a_cancel_of_a_running_run_is_a_flag, async |world: World| {
    let (first, second) = (
        world.running("ann", at(0)).await,
        world.running("bob", at(0)).await,
    );
    let ids = [first.run.id, second.run.id];
    assert_eq!(world.store.cancelled_among(&ids).await.unwrap(), []);
    let flagged = world
        .store
        .cancel(&user("ann"), ids[0], at(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (flagged.status, flagged.cancel_requested),
        (Status::Running, true)
    );
    assert_eq!(world.store.cancelled_among(&ids).await.unwrap(), [ids[0]]);
    assert_eq!(world.store.cancelled_among(&[]).await.unwrap(), []);
    // Its worker dies: nobody takes it up again.
    let ended = world.store.recover(3, at(2)).await.unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!((ended[0].id, ended[0].status), (ids[0], Status::Cancelled));
    // And it is not handed back into the queue.
    let third = world.running("carl", at(3)).await;
    let by_request = world
        .store
        .cancel_by_request(&user("carl"), &third.run.request_id, at(4))
        .await;
    assert!(by_request.unwrap().unwrap().cancel_requested);
    let ended_too = world.store.hand_back(&third.claim, at(5)).await.unwrap();
    assert_eq!(ended_too.unwrap().status, Status::Cancelled);
    assert_eq!(world.run(&third.run).await.status, Status::Cancelled);
    // What has ended stays as it is.
    let again = world
        .store
        .cancel(&user("ann"), ids[0], at(9))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again, ended[0]);
    assert_eq!(
        world
            .store
            .cancel(&user("ann"), RunId::new(), at(9))
            .await
            .unwrap(),
        None
    );
});

on_both!(a_run_that_waits_too_long_expires, async |world: World| {
    let ttl = Duration::from_secs(60);
    let old = world.create("ann", with_callback(), at(0)).await;
    let young = world.queued("ann", at(30)).await;
    let begun = world.queued("bob", at(0)).await;
    let claim = world.claim(begun.id, at(1)).await.claim;
    assert_eq!(world.store.hand_back(&claim, at(2)).await.unwrap(), None);
    assert_eq!(world.store.expire(ttl, 100, at(59)).await.unwrap(), []);
    let expired = world.store.expire(ttl, 100, at(60)).await.unwrap();
    assert_eq!(expired.len(), 1);
    assert_eq!(
        (expired[0].id, expired[0].status),
        (old.id, Status::Expired)
    );
    assert_eq!(world.journal(&old).await, ["expired"]);
    let deliveries = world
        .store
        .deliveries(&user("ann"), old.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(deliveries[0].event, "run.expired");
    for waiting in [young, begun] {
        assert_eq!(world.run(&waiting).await.status, Status::Queued);
    }
});

on_both!(
    a_run_after_another_waits_for_its_end,
    async |world: World| {
        let skill = world
            .store
            .create_skill(&user("ann"), schedule(Overlap::Queue), at(0))
            .await
            .unwrap();
        let first = skills::fire(&world.store, &skill, at(60), Some(at(120))).await;
        let first = world.claim(first.id, at(61)).await;
        let second = skills::fire(&world.store, &skill, at(120), Some(at(180))).await;
        // The owner's other runs do not wait behind it.
        let other = world.queued("ann", at(130)).await;
        let next = world.store.claim_next(9, at(131)).await.unwrap().unwrap();
        assert_eq!(next.run.id, other.id);
        assert!(world.store.claim_next(9, at(132)).await.unwrap().is_none());
        let end = completed("done");
        world
            .store
            .finish(&first.claim, end, || at(140))
            .await
            .unwrap();
        let next = world.store.claim_next(9, at(141)).await.unwrap().unwrap();
        assert_eq!(next.run.id, second.id);
    }
);

on_both!(
    a_run_that_was_claimed_since_it_was_found_is_not_interrupted,
    async |world: World| {
        let stale = world.running("ann", at(0)).await;
        let found = world.store.running_besides(&[]).await.unwrap();
        let later = world.claim(stale.run.id, at(1)).await;
        let ended = world.store.interrupt(&found, 1, at(2)).await.unwrap();
        assert_eq!(ended, []);
        assert_eq!(world.run(&later.run).await.status, Status::Running);
        let found = world.store.running_besides(&[later.run.id]).await.unwrap();
        assert!(found.is_empty());
    }
);

on_both!(
    a_run_that_has_waited_too_long_is_not_taken_unless_it_has_begun,
    async |world: World| {
        let turn = Turn {
            per_user: 9,
            attempts_below: u32::MAX,
            queue_ttl: Duration::from_secs(60),
        };
        world.queued("ann", at(0)).await;
        let young = world.queued("ann", at(30)).await;
        let begun = world.queued("bob", at(0)).await;
        let claim = world.claim(begun.id, at(1)).await.claim;
        world.store.hand_back(&claim, at(2)).await.unwrap();
        let mut taken = Vec::new();
        while let Some(claimed) = world.store.claim_in_turn(&turn, at(60)).await.unwrap() {
            taken.push(claimed.run.id);
        }
        taken.sort();
        let mut expected = [young.id, begun.id];
        expected.sort();
        assert_eq!(taken, expected);
    }
);
