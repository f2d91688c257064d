//! Dispatch by an engine of several machines: offers, and claims of offered runs.

use std::time::Duration;

use prog_strength_agent::runs::{
    model::{RetryReason, RunId, Status},
    store::{Taken, Turn},
};

use super::world::{World, at, on_both, user};

fn turn(per_user: u32) -> Turn {
    Turn {
        per_user,
        attempts_below: u32::MAX,
        queue_ttl: Duration::MAX,
    }
}

/// The runs that are offered next, in order, if none is claimed.
async fn offered(world: &World, per_user: u32) -> Vec<RunId> {
    let (mut offered, turn) = (Vec::new(), turn(per_user));
    while let Some(run) = world
        .store
        .next_offer(&turn, &offered, at(30))
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
        // Claimed meanwhile, it counts once.
        let next = world.store.next_offer(&turn(3), &ann[..2], at(30)).await;
        assert_eq!(next.unwrap(), Some(bob));
    }
);

on_both!(
    what_may_not_begin_is_neither_offered_nor_claimed,
    async |world: World| {
        let run = world.queued("ann", at(0)).await.id;
        let spent = Turn {
            attempts_below: 0,
            ..turn(2)
        };
        let late = Turn {
            queue_ttl: Duration::from_secs(5),
            ..turn(2)
        };
        let none = turn(0);
        for turn in [spent, late, none] {
            let offer = world.store.next_offer(&turn, &[], at(5)).await.unwrap();
            assert_eq!(offer, None, "{turn:?}");
            let taken = world.store.take(run, &turn, 3, at(5)).await.unwrap();
            assert!(matches!(taken, Taken::Not), "{turn:?} {taken:?}");
        }
        let offer = world.store.next_offer(&late, &[], at(4)).await.unwrap();
        assert_eq!(offer, Some(run));
        let taken = world.store.take(run, &late, 3, at(4)).await.unwrap();
        assert!(matches!(taken, Taken::Claimed(_)), "{taken:?}");
    }
);

on_both!(queued_runs_are_told_from_others, async |world: World| {
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
});

on_both!(a_run_over_its_owners_limit_waits, async |world: World| {
    let running = world.running("ann", at(0)).await;
    let run = world.queued("ann", at(1)).await;
    let taken = world.store.take(run.id, &turn(1), 3, at(2)).await.unwrap();
    assert!(matches!(taken, Taken::Not), "{taken:?}");
    assert_eq!(world.run(&run).await.status, Status::Queued);
    world.store.hand_back(&running.claim, at(3)).await.unwrap();
    let taken = world.store.take(run.id, &turn(1), 3, at(4)).await.unwrap();
    assert!(matches!(taken, Taken::Claimed(_)), "{taken:?}");
});

on_both!(
    a_running_run_is_taken_over_until_its_attempts_are_spent,
    async |world: World| {
        let first = world.running("ann", at(0)).await;
        let (id, one) = (first.run.id, turn(1));
        let Taken::Claimed(second) = world.store.take(id, &one, 2, at(1)).await.unwrap() else {
            panic!("not claimed");
        };
        assert_eq!(second.retried, Some(RetryReason::Interrupted));
        assert_eq!(second.run.attempt, 2);
        assert!(world.store.hand_back(&first.claim, at(2)).await.is_err());
        let Taken::Ended(run) = world.store.take(id, &one, 2, at(3)).await.unwrap() else {
            panic!("not ended");
        };
        let code = run.error.as_ref().map(|error| &*error.code);
        assert_eq!(
            (run.status, code),
            (Status::Failed, Some("attempts_exhausted"))
        );
        assert_eq!(world.journal(&run).await, ["started", "retried", "failed"]);
        let taken = world.store.take(id, &one, 2, at(4)).await.unwrap();
        assert!(matches!(taken, Taken::Not), "{taken:?}");
    }
);

on_both!(
    a_running_run_whose_turn_it_is_not_is_queued_again,
    async |world: World| {
        let claimed = world.running("ann", at(0)).await;
        let last = Turn {
            attempts_below: 1,
            ..turn(1)
        };
        let taken = world.store.take(claimed.run.id, &last, 2, at(1)).await;
        assert!(matches!(taken, Ok(Taken::Not)), "{taken:?}");
        let run = world.run(&claimed.run).await;
        assert_eq!((run.status, run.attempt), (Status::Queued, 1));
        let offer = world.store.next_offer(&turn(1), &[], at(2)).await.unwrap();
        assert_eq!(offer, Some(run.id));
    }
);

on_both!(
    a_cancel_of_a_run_whose_worker_is_gone_ends_it,
    async |world: World| {
        let claimed = world.running("ann", at(0)).await;
        let id = claimed.run.id;
        world.store.cancel(&user("ann"), id, at(1)).await.unwrap();
        let taken = world.store.take(id, &turn(4), 3, at(2)).await.unwrap();
        let Taken::Ended(run) = taken else {
            panic!("{taken:?}");
        };
        assert_eq!((run.status, run.attempt), (Status::Cancelled, 1));
    }
);
