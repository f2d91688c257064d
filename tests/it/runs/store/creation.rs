//! Creation: once for each `requestId`; limits; cancels before a run exists; reading.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use prog_strength_agent::runs::{
    model::{InlineConnection, NewRun, Run, RunId, Status, Step, Trigger, Usage},
    store::{Created, RunQuery},
};
use serde_json::json;

use super::world::{MANY, World, at, named, on_both, run, user};

on_both!(
    a_created_run_is_read_as_it_was_given,
    async |world: World| {
        let mut new = run();
        new.metadata = json!({"b": [1, {"c": null}], "a": "\u{0}é"})
            .as_object()
            .cloned();
        new.callback_url = Some("https://example.com/".to_owned());
        new.input.system_prompt = Some("Be\0brief.".to_owned());
        new.input.model = Some("claude".to_owned());
        new.input.max_tokens = Some(7);
        new.input.input = Some(json!([1, "x"]));
        new.input.steps.push(Step {
            prompt: "And\0more".to_owned(),
            connections: Some(vec!["files".to_owned()]),
            allowed_tools: Some(vec![]),
        });
        let headers = BTreeMap::from([("authorization".to_owned(), "v1.k.sealed".to_owned())]);
        let inline = InlineConnection {
            url: "https://example.com/mcp".to_owned(),
            headers,
        };
        new.input.inline_connections = BTreeMap::from([("own".to_owned(), inline)]);
        let made = world.create("ann", new.clone(), at(1)).await;
        let expected = Run {
            id: new.id,
            owner: user("ann"),
            request_id: new.id.to_string(),
            status: Status::Queued,
            trigger: Trigger::Api,
            skill_id: None,
            attempt: 0,
            metadata: new.metadata,
            callback_url: new.callback_url,
            response: None,
            stop_reason: None,
            error: None,
            usage: Usage::default(),
            rounds: 0,
            files: vec![],
            cancel_requested: false,
            last_seq: 0,
            created_at: at(1),
            started_at: None,
            completed_at: None,
        };
        assert_eq!(made, expected);
        assert_eq!(world.run(&made).await, expected);
        let input = world.store.input(&made.owner, made.id).await.unwrap();
        assert_eq!(input, Some(new.input));
    }
);

on_both!(the_same_request_is_the_same_run, async |world: World| {
    let ann = user("ann");
    let first = world.create("ann", named("a"), at(0)).await;
    let again = world.store.create(&ann, named("a"), MANY, at(5)).await;
    assert_eq!(again.unwrap(), Created::Replayed(Box::new(first.clone())));
    let other = NewRun {
        body: json!({"prompt": "Another."}),
        ..named("a")
    };
    let other = world.store.create(&ann, other, MANY, at(5)).await.unwrap();
    assert_eq!(other, Created::OtherBody);
    // Of another user, it is another run.
    let bobs = world.create("bob", named("a"), at(5)).await;
    assert_ne!(bobs.id, first.id);
    let found = world.store.run_by_request(&ann, "a").await.unwrap();
    assert_eq!(found, Some(first));
    for unknown in ["b", "", "a\0"] {
        let found = world.store.run_by_request(&ann, unknown).await.unwrap();
        assert_eq!(found, None, "{unknown:?}");
    }
});

on_both!(
    fifty_clients_with_one_request_make_one_run,
    async |world: World| {
        let other = world.another().await;
        let ann = user("ann");
        let creating = (0..50).map(|n| {
            let store = if n % 2 == 0 { &world.store } else { &other };
            store.create(&ann, named("a"), MANY, at(0))
        });
        let mut ids = Vec::new();
        let mut new = 0;
        for created in join_all(creating).await {
            match created.unwrap() {
                Created::New(run) => {
                    new += 1;
                    ids.push(run.id);
                }
                Created::Replayed(run) => ids.push(run.id),
                other => panic!("{other:?}"),
            }
        }
        ids.dedup();
        assert_eq!((new, ids.len()), (1, 1));
        assert_eq!(world.count("SELECT COUNT(*) FROM run").await, 1);
        assert_eq!(world.store.counts().await.unwrap().queued, 1);
    }
);

on_both!(
    one_failing_creation_does_not_fail_the_others,
    async |world: World| {
        let ann = user("ann");
        let taken = world.queued("ann", at(0)).await;
        // The id is taken: an error, not an answer.
        let same_id = NewRun {
            id: taken.id,
            ..named("other")
        };
        let mut creating: Vec<_> = (0..20)
            .map(|_| world.store.create(&ann, run(), MANY, at(1)))
            .collect();
        creating.insert(7, world.store.create(&ann, same_id, MANY, at(1)));
        let created = join_all(creating).await;
        let failed: Vec<usize> = (0..21).filter(|n| created[*n].is_err()).collect();
        assert_eq!(failed, [7]);
        assert_eq!(world.count("SELECT COUNT(*) FROM run").await, 21);
        assert_eq!(world.count("SELECT COUNT(*) FROM run_input").await, 21);
        assert_eq!(world.store.counts().await.unwrap().queued, 21);
    }
);

on_both!(
    a_full_queue_takes_no_run_and_keeps_nothing,
    async |world: World| {
        let ann = user("ann");
        for _ in 0..2 {
            world.queued("bob", at(0)).await;
        }
        let refused = world.store.create(&ann, named("a"), 2, at(0)).await;
        assert_eq!(refused.unwrap(), Created::QueueFull);
        assert_eq!(world.store.run_by_request(&ann, "a").await.unwrap(), None);
        // A run that has begun does not wait any more.
        world.store.claim_next(4, at(1)).await.unwrap().unwrap();
        let created = world.store.create(&ann, named("a"), 2, at(1)).await;
        assert!(matches!(created.unwrap(), Created::New(_)));
    }
);

on_both!(
    a_request_that_was_cancelled_before_it_came_never_begins,
    async |world: World| {
        let ann = user("ann");
        for _ in 0..2 {
            let none = world.store.cancel_by_request(&ann, "a", at(0)).await;
            assert_eq!(none.unwrap(), None);
        }
        let new = NewRun {
            callback_url: Some("https://example.com/".to_owned()),
            ..named("a")
        };
        let made = world.create("ann", new, at(1)).await;
        assert_eq!(made.status, Status::Cancelled);
        assert_eq!(made.completed_at, Some(at(1)));
        assert_eq!(world.journal(&made).await, ["cancelled"]);
        assert_eq!(
            world
                .store
                .claim_next(4, at(2))
                .await
                .unwrap()
                .map(|c| c.run),
            None
        );
        let deliveries = world
            .store
            .deliveries(&ann, made.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(deliveries.len(), 1);
        assert_eq!(deliveries[0].event, "run.cancelled");
        // Another user's request of that name is another.
        let bobs = world.create("bob", named("a"), at(1)).await;
        assert_eq!(bobs.status, Status::Queued);
    }
);

on_both!(
    runs_are_listed_newest_first_in_pages,
    async |world: World| {
        let ann = user("ann");
        let mut all = Vec::new();
        for n in 0..5 {
            all.push(world.queued("ann", at(n)).await.id);
            world.queued("bob", at(n)).await;
        }
        all.reverse();
        let ids = async |query: RunQuery| -> Vec<RunId> {
            let runs = world.store.runs(&ann, &query).await.unwrap();
            runs.iter().map(|run| run.id).collect()
        };
        assert_eq!(ids(RunQuery::default()).await, all);
        let page = RunQuery {
            limit: 2,
            ..RunQuery::default()
        };
        assert_eq!(ids(page).await, all[..2]);
        let next = RunQuery {
            before: Some(all[1]),
            ..page
        };
        assert_eq!(ids(next).await, all[2..4]);
        world.store.cancel(&ann, all[3], at(9)).await.unwrap();
        let cancelled = RunQuery {
            status: Some(Status::Cancelled),
            ..RunQuery::default()
        };
        assert_eq!(ids(cancelled).await, [all[3]]);
    }
);
