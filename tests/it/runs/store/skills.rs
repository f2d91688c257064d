//! Skills: changes, counts, planned times and overlaps.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::Timestamp;
use prog_strength_agent::runs::{
    model::{
        DueSkill, End, NewRun, NewSkill, Overlap, Run, SecretChange, Skill, SkillContent, SkillId,
        Status, Step, Trigger, TriggerConfig,
    },
    store::{Created, Fire, Fired, RunQuery, Saved, SkillUpdate, Store},
};

use super::world::{MANY, World, at, on_both, run, user};

fn content(trigger: TriggerConfig) -> SkillContent {
    SkillContent {
        name: "Review".to_owned(),
        description: String::new(),
        steps: vec![Step {
            prompt: "Review the week.".to_owned(),
            connections: None,
            allowed_tools: None,
        }],
        trigger,
        callback_url: None,
        is_active: true,
    }
}

/// A schedule whose first planned time is `at(60)`.
pub(super) fn schedule(overlap: Overlap) -> NewSkill {
    let trigger = TriggerConfig::Schedule {
        cron: "* * * * *".to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        overlap,
    };
    NewSkill {
        id: SkillId::new(),
        content: content(trigger),
        secret: None,
        next_at: Some(at(60)),
    }
}

/// Ann's skill with that schedule.
async fn scheduled(world: &World, overlap: Overlap) -> Skill {
    let new = schedule(overlap);
    let made = world.store.create_skill(&user("ann"), new, at(0)).await;
    made.unwrap()
}

async fn next_at(world: &World, skill: &Skill) -> Option<Timestamp> {
    let found = world.store.skill(&skill.owner, skill.id).await;
    found.unwrap().unwrap().next_at
}

fn of_skill(id: SkillId) -> NewRun {
    NewRun {
        skill_id: Some(id),
        trigger: Trigger::Schedule,
        ..run()
    }
}

async fn try_fire(
    store: &Store,
    skill: &Skill,
    planned: Timestamp,
    next: Option<Timestamp>,
) -> Fired {
    let due = DueSkill {
        id: skill.id,
        owner: skill.owner.clone(),
        planned_at: planned,
    };
    let TriggerConfig::Schedule { overlap, .. } = skill.content.trigger else {
        panic!("no schedule");
    };
    let fire = Fire {
        run: of_skill(skill.id),
        overlap,
        next_at: next,
    };
    store.fire(&due, fire, MANY, planned).await.unwrap()
}

/// Fires a planned time that makes a run.
pub(super) async fn fire(
    store: &Store,
    skill: &Skill,
    planned: Timestamp,
    next: Option<Timestamp>,
) -> Run {
    match try_fire(store, skill, planned, next).await {
        Fired::Run(planned) => planned.run,
        other => panic!("{other:?}"),
    }
}

on_both!(a_skill_is_read_changed_and_deleted, async |world: World| {
    let (store, ann) = (&world.store, user("ann"));
    let new = NewSkill {
        id: SkillId::new(),
        content: content(TriggerConfig::Webhook),
        secret: Some("v1.k.one".to_owned()),
        next_at: None,
    };
    let made = store.create_skill(&ann, new.clone(), at(0)).await.unwrap();
    assert_eq!(
        (made.content.clone(), made.secret.clone()),
        (new.content, new.secret)
    );
    assert_eq!(
        (made.version, made.run_count, made.created_at),
        (1, 0, at(0))
    );
    assert_eq!(
        store.skill(&ann, made.id).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(
        store.skills(&ann).await.unwrap(),
        std::slice::from_ref(&made)
    );
    assert_eq!(store.skill_owner(made.id).await.unwrap(), Some(ann.clone()));
    let update = |secret| SkillUpdate {
        content: content(TriggerConfig::Manual),
        secret,
        next_at: Some(at(9)),
    };
    let kept = store
        .update_skill(&ann, made.id, 1, update(SecretChange::Keep), at(1))
        .await
        .unwrap();
    let Saved::Done(kept) = kept else {
        panic!("{kept:?}")
    };
    assert_eq!(
        (kept.version, kept.secret.as_deref(), kept.next_at),
        (2, Some("v1.k.one"), Some(at(9)))
    );
    assert_eq!(
        (kept.content.trigger.clone(), kept.updated_at),
        (TriggerConfig::Manual, at(1))
    );
    let stale = store
        .update_skill(&ann, made.id, 1, update(SecretChange::Forget), at(2))
        .await
        .unwrap();
    assert_eq!(stale, Saved::Changed);
    let set = store
        .update_skill(
            &ann,
            made.id,
            2,
            update(SecretChange::Set("v1.k.two".to_owned())),
            at(2),
        )
        .await
        .unwrap();
    assert!(matches!(set, Saved::Done(skill) if skill.secret.as_deref() == Some("v1.k.two")));
    let forgotten = store
        .update_skill(&ann, made.id, 3, update(SecretChange::Forget), at(3))
        .await
        .unwrap();
    assert!(matches!(forgotten, Saved::Done(skill) if skill.secret.is_none()));
    for (owner, id) in [("bob", made.id), ("ann", SkillId::new())] {
        let owner = user(owner);
        assert_eq!(store.skill(&owner, id).await.unwrap(), None);
        let gone = store
            .update_skill(&owner, id, 4, update(SecretChange::Keep), at(4))
            .await
            .unwrap();
        assert_eq!(gone, Saved::Gone);
        assert!(!store.delete_skill(&owner, id).await.unwrap());
    }
    assert!(store.delete_skill(&ann, made.id).await.unwrap());
    assert_eq!(store.skill(&ann, made.id).await.unwrap(), None);
    assert_eq!(store.skill_owner(made.id).await.unwrap(), None);
    assert_eq!(store.due_skills(9, at(99)).await.unwrap(), []);
});

on_both!(
    a_run_of_a_skill_is_counted_with_its_creation,
    async |world: World| {
        let (store, ann) = (&world.store, user("ann"));
        let skill = scheduled(&world, Overlap::Skip).await;
        let made = world.create("ann", of_skill(skill.id), at(5)).await;
        world.queued("ann", at(6)).await;
        let counted = store.skill(&ann, skill.id).await.unwrap().unwrap();
        assert_eq!(
            (counted.run_count, counted.last_run_at, counted.version),
            (1, Some(at(5)), 1)
        );
        let query = RunQuery {
            skill: Some(skill.id),
            ..RunQuery::default()
        };
        assert_eq!(store.runs(&ann, &query).await.unwrap(), [made]);
        // Another user's, or one that is deleted.
        let stolen = store
            .create(&user("bob"), of_skill(skill.id), MANY, at(7))
            .await
            .unwrap();
        assert_eq!(stolen, Created::NoSkill);
        store.delete_skill(&ann, skill.id).await.unwrap();
        let gone = store
            .create(&ann, of_skill(skill.id), MANY, at(8))
            .await
            .unwrap();
        assert_eq!(gone, Created::NoSkill);
        assert_eq!(store.runs(&ann, &query).await.unwrap().len(), 1);
    }
);

on_both!(
    a_planned_time_fires_once_over_all_processes,
    async |world: World| {
        let ann = user("ann");
        let skill = scheduled(&world, Overlap::Queue).await;
        assert_eq!(world.store.due_skills(9, at(59)).await.unwrap(), []);
        assert_eq!(next_at(&world, &skill).await, Some(at(60)));
        let due = world.store.due_skills(9, at(60)).await.unwrap();
        assert_eq!(
            due,
            [DueSkill {
                id: skill.id,
                owner: ann.clone(),
                planned_at: at(60)
            }]
        );
        let other = world.another().await;
        let firing = (0..8).map(|n| {
            let store = if n % 2 == 0 { &world.store } else { &other };
            try_fire(store, &skill, at(60), Some(at(120)))
        });
        let fired = join_all(firing).await;
        let runs = fired
            .iter()
            .filter(|fired| matches!(fired, Fired::Run(_)))
            .count();
        let already = fired
            .iter()
            .filter(|fired| **fired == Fired::Already)
            .count();
        assert_eq!((runs, already), (1, 7));
        assert_eq!(next_at(&world, &skill).await, Some(at(120)));
        // A change of the schedule names the time again.
        let update = SkillUpdate {
            content: skill.content.clone(),
            secret: SecretChange::Keep,
            next_at: Some(at(60)),
        };
        world
            .store
            .update_skill(&ann, skill.id, 1, update, at(61))
            .await
            .unwrap();
        assert_eq!(
            try_fire(&world.store, &skill, at(60), Some(at(120))).await,
            Fired::Already
        );
        assert_eq!(next_at(&world, &skill).await, Some(at(120)));
        assert_eq!(world.count("SELECT COUNT(*) FROM run").await, 1);
        let late = DueSkill {
            planned_at: at(120),
            ..due[0].clone()
        };
        assert!(world.store.pass_over(&late, None).await.unwrap());
        assert!(!world.store.pass_over(&late, None).await.unwrap());
        assert_eq!(next_at(&world, &skill).await, None);
    }
);

on_both!(
    a_full_queue_leaves_a_planned_time_for_later,
    async |world: World| {
        let skill = scheduled(&world, Overlap::Skip).await;
        let due = world.store.due_skills(9, at(60)).await.unwrap().remove(0);
        world.queued("bob", at(0)).await;
        let fire = Fire {
            run: of_skill(skill.id),
            overlap: Overlap::Skip,
            next_at: Some(at(120)),
        };
        let full = world
            .store
            .fire(&due, fire.clone(), 1, at(60))
            .await
            .unwrap();
        assert_eq!(full, Fired::QueueFull);
        assert_eq!(
            world.store.due_skills(9, at(60)).await.unwrap(),
            std::slice::from_ref(&due)
        );
        let fired = world.store.fire(&due, fire, 2, at(61)).await.unwrap();
        assert!(matches!(fired, Fired::Run(_)));
    }
);

on_both!(
    skip_leaves_a_planned_time_out_while_a_run_is_unfinished,
    async |world: World| {
        let (store, ann) = (&world.store, user("ann"));
        let skill = scheduled(&world, Overlap::Skip).await;
        let first = fire(store, &skill, at(60), Some(at(120))).await;
        assert_eq!(
            try_fire(store, &skill, at(120), Some(at(180))).await,
            Fired::Skipped
        );
        let skipped = store.skill(&ann, skill.id).await.unwrap().unwrap();
        assert_eq!(
            (skipped.last_skipped_at, skipped.run_count),
            (Some(at(120)), 1)
        );
        store.cancel(&ann, first.id, at(130)).await.unwrap();
        fire(store, &skill, at(180), None).await;
    }
);

on_both!(queue_holds_one_run, async |world: World| {
    let store = &world.store;
    let skill = scheduled(&world, Overlap::Queue).await;
    let first = fire(store, &skill, at(60), Some(at(120))).await;
    world.claim(first.id, at(61)).await;
    fire(store, &skill, at(120), Some(at(180))).await;
    assert_eq!(
        try_fire(store, &skill, at(180), Some(at(240))).await,
        Fired::Skipped
    );
});

on_both!(
    cancel_other_cancels_the_others_and_waits_for_their_end,
    async |world: World| {
        let store = &world.store;
        let skill = scheduled(&world, Overlap::CancelOther).await;
        let first = fire(store, &skill, at(60), Some(at(120))).await;
        let first = world.claim(first.id, at(61)).await;
        let second = fire(store, &skill, at(120), Some(at(180))).await;
        let Fired::Run(planned) = try_fire(store, &skill, at(180), None).await else {
            panic!("no run");
        };
        let third = planned.run;
        assert_eq!(planned.cancelled, [world.run(&second).await]);
        let statuses = [
            world.run(&first.run).await,
            world.run(&second).await,
            world.run(&third).await,
        ];
        let statuses = statuses.map(|run| (run.status, run.cancel_requested));
        assert_eq!(
            statuses,
            [
                (Status::Running, true),
                (Status::Cancelled, true),
                (Status::Queued, false)
            ]
        );
        assert!(store.claim_next(9, at(190)).await.unwrap().is_none());
        let cancelled = End::Cancelled { response: None };
        store
            .finish(&first.claim, cancelled, || at(191))
            .await
            .unwrap();
        let next = store.claim_next(9, at(192)).await.unwrap().unwrap();
        assert_eq!(next.run.id, third.id);
        let ids = BTreeSet::from([first.run.id, second.id, third.id]);
        assert_eq!(ids.len(), 3);
    }
);

on_both!(
    cancel_other_waits_for_every_run_of_the_skill,
    async |world: World| {
        let store = &world.store;
        let skill = scheduled(&world, Overlap::CancelOther).await;
        let mut running = Vec::new();
        for second in [50, 51] {
            let by_hand = world.create("ann", of_skill(skill.id), at(second)).await;
            running.push(world.claim(by_hand.id, at(second)).await);
        }
        let next = fire(store, &skill, at(60), None).await;
        // A later one is not waited for.
        let later = world.create("ann", of_skill(skill.id), at(70)).await;
        let claimed = store.claim_next(9, at(71)).await.unwrap().unwrap();
        assert_eq!(claimed.run.id, later.id);
        for (second, other) in running.iter().enumerate() {
            assert!(
                store.claim_next(9, at(80)).await.unwrap().is_none(),
                "{second}"
            );
            let cancelled = End::Cancelled { response: None };
            store
                .finish(&other.claim, cancelled, || at(81))
                .await
                .unwrap();
        }
        let claimed = store.claim_next(9, at(90)).await.unwrap().unwrap();
        assert_eq!(claimed.run.id, next.id);
    }
);
