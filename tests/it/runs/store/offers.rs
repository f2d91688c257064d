//! Dispatch by an engine of several machines: offers, and claims of offered runs.

use prog_strength_agent::runs::{
    model::{RetryReason, RunId, Status},
    store::Taken,
};

use super::world::{World, at, on_both, user};

/// The owners whose runs are offered next, in order, if none is claimed.
async fn offered(world: &World, per_user: u32) -> Vec<RunId> {
    let mut offered = Vec::new();
    while let Some(run) = world
        .store
        .next_offer(u32::MAX, per_user, &offered)
        .await
        .unwrap()
    {
        offered.push(run);
    }
    offered
}

on_both!(
    offers_are_in_turn_and_count_as_running,
    async |world: World| {
        let mut ann = Vec::new();
        for n in 0..4 {
            ann.push(world.queued("ann", at(n)).await.id);
        }
        let bob = world.queued("bob", at(10)).await.id;
        assert_eq!(offered(&world, 2).await, [ann[0], bob, ann[1]]);
        world.claim(ann[0], at(20)).await;
        // One of hers runs, none of his.
        assert_eq!(offered(&world, 2).await, [bob, ann[1]]);
        let first = world.store.next_offer(0, 2, &[]).await.unwrap();
        assert_eq!(first, None);
    }
);

on_both!(states_of_several_runs_are_told, async |world: World| {
    let queued = world.queued("ann", at(0)).await.id;
    let running = world.running("bob", at(0)).await.run.id;
    let ended = world.queued("carl", at(0)).await.id;
    world
        .store
        .cancel(&user("carl"), ended, at(1))
        .await
        .unwrap();
    let all = [queued, running, ended];
    assert_eq!(world.store.queued_among(&all).await.unwrap(), [queued]);
    assert_eq!(world.store.queued_among(&[]).await.unwrap(), []);
    let mut unfinished = world.store.unfinished_among(&all).await.unwrap();
    unfinished.sort();
    assert_eq!(unfinished, [queued, running]);
    assert_eq!(world.store.running().await.unwrap(), [running]);
    assert_eq!(world.store.attempts(queued).await.unwrap(), Some(0));
    assert_eq!(world.store.attempts(running).await.unwrap(), Some(1));
    assert_eq!(world.store.attempts(ended).await.unwrap(), None);
});

on_both!(a_run_over_its_owners_limit_waits, async |world: World| {
    let running = world.running("ann", at(0)).await;
    let run = world.queued("ann", at(1)).await;
    let taken = world.store.take(run.id, 1, 3, at(2)).await.unwrap();
    assert!(matches!(taken, Taken::Waits), "{taken:?}");
    assert_eq!(world.run(&run).await.status, Status::Queued);
    world.store.hand_back(&running.claim, at(3)).await.unwrap();
    let taken = world.store.take(run.id, 1, 3, at(4)).await.unwrap();
    assert!(matches!(taken, Taken::Claimed(_)), "{taken:?}");
});

on_both!(
    a_running_run_is_taken_over_until_its_attempts_are_spent,
    async |world: World| {
        let first = world.running("ann", at(0)).await;
        let id = first.run.id;
        // The limit is no obstacle: it counts already.
        let Taken::Claimed(second) = world.store.take(id, 1, 2, at(1)).await.unwrap() else {
            panic!("not claimed");
        };
        assert_eq!(second.retried, Some(RetryReason::Interrupted));
        assert_eq!(second.run.attempt, 2);
        assert!(world.store.hand_back(&first.claim, at(2)).await.is_err());
        let Taken::Ended(run) = world.store.take(id, 1, 2, at(3)).await.unwrap() else {
            panic!("not ended");
        };
        let code = run.error.as_ref().map(|error| &*error.code);
        assert_eq!(
            (run.status, code),
            (Status::Failed, Some("attempts_exhausted"))
        );
        assert_eq!(world.journal(&run).await, ["started", "retried", "failed"]);
        let taken = world.store.take(id, 1, 2, at(4)).await.unwrap();
        assert!(matches!(taken, Taken::Gone), "{taken:?}");
    }
);

on_both!(
    a_cancel_of_a_run_whose_worker_is_gone_ends_it,
    async |world: World| {
        let claimed = world.running("ann", at(0)).await;
        world
            .store
            .cancel(&user("ann"), claimed.run.id, at(1))
            .await
            .unwrap();
        let taken = world.store.take(claimed.run.id, 4, 3, at(2)).await.unwrap();
        let Taken::Ended(run) = taken else {
            panic!("{taken:?}");
        };
        assert_eq!((run.status, run.attempt), (Status::Cancelled, 1));
    }
);
