//! Writes of workers: what they leave, and that a lost claim leaves nothing.

use std::collections::BTreeMap;

use bytes::Bytes;
use prog_strength_agent::runs::{
    model::{
        Blob, Claim, End, EntryKind, InlineConnection, NewReply, Reply, RunError, RunFile, Status,
        Usage,
    },
    store::{Progress, Store, WriteError},
};
use serde_json::json;

use super::world::{World, at, on_both, run, user, with_callback};

pub(super) fn completed(response: &str) -> End {
    End::Completed {
        response: response.to_owned(),
        stop_reason: Some("end_turn".to_owned()),
    }
}

pub(super) fn file(name: &str, size: u64) -> RunFile {
    RunFile {
        name: name.to_owned(),
        size,
        content_type: "text/plain".to_owned(),
        sha256: Some("ab".repeat(32)),
        error: None,
        key: Some(format!("runs/x/{name}")),
    }
}

pub(super) async fn add_blob(store: &Store, claim: &Claim) -> Result<u64, WriteError> {
    let result = EntryKind::ToolResult {
        id: "toolu_1".to_owned(),
        name: "draw".to_owned(),
        is_error: false,
        duration_ms: 1,
        content: json!([]),
    };
    let blobs = [blob()];
    store.add_result(claim, &result, &blobs, || at(4)).await
}

fn blob() -> Blob {
    let data = Bytes::from_static(b"\0\xff");
    Blob {
        name: "chart.png".to_owned(),
        data,
    }
}

fn text(text: &str) -> EntryKind {
    EntryKind::Text {
        text: text.to_owned(),
    }
}

fn reply(step: u32, message: &str) -> NewReply {
    NewReply {
        step,
        message: message.to_owned(),
        usage: Usage {
            input_tokens: 10,
            output_tokens: 3,
            thinking_tokens: Some(2),
            ..Usage::default()
        },
    }
}

on_both!(
    a_workers_writes_are_read_in_their_order,
    async |world: World| {
        let claimed = world.running("ann", at(0)).await;
        let (claim, store) = (&claimed.claim, &world.store);
        let call = EntryKind::ToolCall {
            id: "toolu_1".to_owned(),
            name: "list".to_owned(),
            input: json!({"b": 1, "a": "\u{0}"}),
        };
        let last = store
            .add_reply(
                claim,
                &reply(0, r#"{"x":1}"#),
                &[text("Look\0ing"), call.clone()],
                || at(1),
            )
            .await;
        assert_eq!(last.unwrap(), 4);
        let result = EntryKind::ToolResult {
            id: "toolu_1".to_owned(),
            name: "list".to_owned(),
            is_error: false,
            duration_ms: 12,
            content: json!([{"type": "text", "text": "none"}]),
        };
        assert_eq!(
            store
                .append(claim, std::slice::from_ref(&result), || at(2))
                .await
                .unwrap(),
            5
        );
        assert_eq!(
            store
                .add_reply(claim, &reply(1, "{}"), &[], || at(3))
                .await
                .unwrap(),
            6
        );
        let entries = store
            .journal(&claim.owner, claim.run, 1, 100)
            .await
            .unwrap();
        let kinds: Vec<_> = entries.iter().map(|entry| entry.kind.clone()).collect();
        let usage = EntryKind::Usage(reply(0, "").usage);
        assert_eq!(
            kinds,
            [text("Look\0ing"), call, usage.clone(), result, usage]
        );
        assert_eq!(entries[3].at, at(2));
        let tail = store.journal(&claim.owner, claim.run, 4, 1).await.unwrap();
        assert_eq!(tail, entries[3..4]);
        let replies = store.replies(&claim.owner, claim.run).await.unwrap();
        let expected =
            [(1, 0, 4, r#"{"x":1}"#), (2, 1, 6, "{}")].map(|(number, step, seq, message)| Reply {
                number,
                step,
                seq,
                message: message.to_owned(),
            });
        assert_eq!(replies, expected);
        let run = world.run(&claimed.run).await;
        let sum = Usage {
            input_tokens: 20,
            output_tokens: 6,
            thinking_tokens: Some(4),
            ..Usage::default()
        };
        assert_eq!((run.usage, run.last_seq), (sum, 6));
        let progress = store.progress(&claim.owner, claim.run).await.unwrap();
        assert_eq!(
            progress,
            Some(Progress {
                status: Status::Running,
                last_seq: 6
            })
        );
    }
);

on_both!(
    entries_serialize_as_the_contract_shows_them,
    async |world: World| {
        let claimed = world.running("ann", at(0)).await;
        let failed = RunFile {
            sha256: None,
            key: None,
            error: Some("too large".to_owned()),
            ..file("b", 2)
        };
        world
            .store
            .add_file(&claimed.claim, &file("a.txt", 1), || at(1))
            .await
            .unwrap();
        world
            .store
            .add_file(&claimed.claim, &failed, || at(1))
            .await
            .unwrap();
        world
            .store
            .finish(&claimed.claim, completed("x"), || at(2))
            .await
            .unwrap();
        let entries = world
            .store
            .journal(&claimed.claim.owner, claimed.claim.run, 0, 9)
            .await
            .unwrap();
        let sha256 = "ab".repeat(32);
        assert_eq!(
            serde_json::to_value(entries).unwrap(),
            json!([
                {"seq": 1, "at": at(0).to_string(), "type": "started", "attempt": 1},
                {"seq": 2, "at": at(1).to_string(), "type": "file", "name": "a.txt", "size": 1, "contentType": "text/plain", "sha256": sha256},
                {"seq": 3, "at": at(1).to_string(), "type": "file", "name": "b", "size": 2, "contentType": "text/plain", "error": "too large"},
                {"seq": 4, "at": at(2).to_string(), "type": "completed", "stopReason": "end_turn"},
            ])
        );
    }
);

on_both!(
    files_are_listed_in_order_and_replaced_by_name,
    async |world: World| {
        let claimed = world.running("ann", at(0)).await;
        for (name, size) in [("b", 1), ("a", 2), ("b", 3)] {
            world
                .store
                .add_file(&claimed.claim, &file(name, size), || at(1))
                .await
                .unwrap();
        }
        let run = world.run(&claimed.run).await;
        assert_eq!(run.files, [file("b", 3), file("a", 2)]);
        let one = world.store.file(&run.owner, run.id, "a").await.unwrap();
        assert_eq!(one, Some(file("a", 2)));
        for unknown in ["c", "", "a\0"] {
            assert_eq!(
                world.store.file(&run.owner, run.id, unknown).await.unwrap(),
                None
            );
        }
    }
);

on_both!(
    what_a_tool_returned_is_kept_until_it_is_a_file_or_the_run_has_ended,
    async |world: World| {
        let store = &world.store;
        for ends in [false, true] {
            let claimed = world.running("ann", at(0)).await;
            let (claim, owner, run) = (&claimed.claim, &claimed.run.owner, claimed.run.id);
            add_blob(store, claim).await.unwrap();
            assert_eq!(store.blobs(owner, run).await.unwrap(), [blob()]);
            store
                .add_file(claim, &file("other", 1), || at(5))
                .await
                .unwrap();
            assert_eq!(store.blobs(owner, run).await.unwrap(), [blob()]);
            if ends {
                store.finish(claim, completed("x"), || at(6)).await.unwrap();
            } else {
                store
                    .add_file(claim, &file("chart.png", 2), || at(6))
                    .await
                    .unwrap();
            }
            assert_eq!(store.blobs(owner, run).await.unwrap(), []);
            let journal = world.journal(&claimed.run).await;
            assert_eq!(journal[..3], ["started", "tool_result", "file"]);
        }
    }
);

on_both!(a_run_ends_once_with_its_callback, async |world: World| {
    let mut new = with_callback();
    let headers = BTreeMap::from([("authorization".to_owned(), "v1.k.SEALED".to_owned())]);
    let inline = InlineConnection {
        url: "https://example.com/".to_owned(),
        headers,
    };
    new.input
        .inline_connections
        .insert("own".to_owned(), inline);
    let run = world.create("ann", new, at(0)).await;
    let claim = world.claim(run.id, at(1)).await.claim;
    let ended = world
        .store
        .finish(&claim, completed("Hel\0lo"), || at(2))
        .await
        .unwrap();
    assert_eq!(ended.status, Status::Completed);
    assert_eq!(ended.response.as_deref(), Some("Hel\u{fffd}lo"));
    assert_eq!(ended.stop_reason.as_deref(), Some("end_turn"));
    assert_eq!(ended.completed_at, Some(at(2)));
    assert_eq!(ended, world.run(&run).await);
    let again = world
        .store
        .finish(&claim, completed("other"), || at(3))
        .await;
    assert!(matches!(again, Err(WriteError::Lost)));
    assert_eq!(world.journal(&run).await, ["started", "completed"]);
    let deliveries = world
        .store
        .deliveries(&run.owner, run.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(deliveries.len(), 1);
    assert_eq!(
        (deliveries[0].event.as_str(), deliveries[0].next_at),
        ("run.completed", Some(at(2)))
    );
    // Nothing needs the secrets any more.
    assert_eq!(
        world
            .count("SELECT COUNT(*) FROM run_input WHERE inline_connections <> ''")
            .await,
        0
    );
});

on_both!(
    a_failed_or_cancelled_run_keeps_what_was_written,
    async |world: World| {
        let error = RunError {
            code: "timeout".to_owned(),
            message: "Time is over.".to_owned(),
        };
        let ends = [
            (
                End::Failed {
                    error: error.clone(),
                    response: Some("Half".to_owned()),
                    stop_reason: None,
                },
                Status::Failed,
                Some(error),
            ),
            (
                End::Cancelled {
                    response: Some("Half".to_owned()),
                },
                Status::Cancelled,
                None,
            ),
        ];
        for (end, status, error) in ends {
            let claimed = world.running("ann", at(0)).await;
            world
                .store
                .add_file(&claimed.claim, &file("a", 1), || at(1))
                .await
                .unwrap();
            let run = world
                .store
                .finish(&claimed.claim, end, || at(2))
                .await
                .unwrap();
            assert_eq!((run.status, run.error), (status, error));
            assert_eq!(run.response.as_deref(), Some("Half"));
            assert_eq!(run.files.len(), 1);
        }
    }
);

/// Every write of this claim, none of which may be done.
async fn is_lost(world: &World, claim: &Claim) {
    let store = &world.store;
    let lost = [
        store
            .append(claim, &[text("stale")], || at(50))
            .await
            .map(drop),
        store.append(claim, &[], || at(50)).await.map(drop),
        store
            .add_reply(claim, &reply(0, "stale"), &[], || at(50))
            .await
            .map(drop),
        store
            .add_file(claim, &file("stale", 1), || at(50))
            .await
            .map(drop),
        store
            .finish(claim, completed("stale"), || at(50))
            .await
            .map(drop),
        add_blob(store, claim).await.map(drop),
        store.hand_back(claim, at(50)).await.map(drop),
    ];
    for written in lost {
        assert!(matches!(written, Err(WriteError::Lost)), "{written:?}");
    }
}

on_both!(a_lost_claim_writes_nothing, async |world: World| {
    let first = world.running("ann", at(0)).await;
    // Another worker has it.
    let second = world.claim(first.run.id, at(5)).await;
    assert_eq!(second.run.attempt, 2);
    is_lost(&world, &first.claim).await;
    world
        .store
        .append(&second.claim, &[text("fresh")], || at(6))
        .await
        .unwrap();
    // It waits in the queue.
    world.store.recover(9, at(7)).await.unwrap();
    is_lost(&world, &first.claim).await;
    is_lost(&world, &second.claim).await;
    // It has ended.
    let third = world.claim(first.run.id, at(8)).await;
    world
        .store
        .finish(&third.claim, completed("x"), || at(9))
        .await
        .unwrap();
    for claim in [&first.claim, &second.claim, &third.claim] {
        is_lost(&world, claim).await;
    }
    assert_eq!(
        world
            .store
            .claim(first.run.id, at(10))
            .await
            .unwrap()
            .map(|c| c.run),
        None
    );
    // It is gone.
    let old = world.store.ended_before(at(100), 9, 0).await.unwrap();
    world.store.remove(&old[0]).await.unwrap();
    is_lost(&world, &third.claim).await;
    let fourth = world.create("ann", run(), at(20)).await;
    let fourth = world.claim(fourth.id, at(21)).await;
    // A claim of a run that is another owner's.
    let stolen = Claim {
        owner: user("bob"),
        ..fourth.claim.clone()
    };
    is_lost(&world, &stolen).await;
    assert_eq!(world.journal(&fourth.run).await, ["started"]);
    assert_eq!(world.count("SELECT COUNT(*) FROM run_reply").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM run_file").await, 0);
});
