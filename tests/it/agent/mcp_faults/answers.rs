//! Unreadable answers, refusals and errors: which calls are repeated, and what Claude gets.

use futures_util::future::join_all;
use serde_json::Value;

use super::{BROKE, obedient, obedient_with};
use crate::{
    support::bad_mcp::{BadMcp, Quirk},
    support::helpers::{bad, good, metric, result_of, unknown},
};

/// Answers after which it is unknown whether the tool has run.
const UNREADABLE: [&str; 15] = [
    "http500",
    "http503",
    "bad_json",
    "html",
    "http202",
    "wrong_shape",
    "wrong_id",
    "cut",
    "partial",
    "sse_cut",
    "redirect",
    "input_required",
    "http500_result",
    "http500_plain",
    "http500_too_long",
];

/// Answers that exceed a limit, as they would again.
const OVERSIZED: [&str; 4] = ["too_long", "too_long_stream", "tree", "tree_stream"];

/// `(tool, how often it acted, the result)` for each of them, all called at once.
async fn outcomes(names: impl IntoIterator<Item = String>) -> Vec<(String, usize, Value)> {
    let server = BadMcp::start(Quirk::None).await;
    let app = obedient_with(&server).await;
    let calls = names.into_iter().map(async |name| {
        let result = result_of(&app, &name).await;
        (server.executions(&name), name, result)
    });
    let all = join_all(calls).await;
    all.into_iter()
        .map(|(n, name, result)| (name, n, result))
        .collect()
}

#[tokio::test]
async fn a_write_with_an_unreadable_answer_runs_once_and_its_outcome_is_unknown() {
    let expected: Vec<_> = UNREADABLE
        .iter()
        .map(|name| ((*name).to_owned(), 1, bad(&unknown(BROKE))))
        .collect();
    assert_eq!(outcomes(UNREADABLE.map(str::to_owned)).await, expected);
}

#[tokio::test]
async fn an_answer_that_exceeds_a_limit_is_final() {
    let unknown = unknown("its answer was too large to be read");
    let writes = OVERSIZED.map(str::to_owned);
    for (name, times, result) in outcomes(writes).await {
        assert_eq!((times, result), (1, bad(&unknown)), "{name}");
    }
    let told =
        "The tool answered with more than can be read. Ask for less, for example for fewer items.";
    let reads = OVERSIZED.map(|name| format!("ro_{name}"));
    for (name, times, result) in outcomes(reads).await {
        assert_eq!((times, result), (1, bad(told)), "{name}");
    }
}

#[tokio::test]
async fn a_read_with_an_unreadable_answer_is_repeated() {
    let names = UNREADABLE.map(|name| format!("ro_{name}_once"));
    let expected: Vec<_> = names
        .iter()
        .map(|name| (name.clone(), 2, good("ok")))
        .collect();
    assert_eq!(outcomes(names).await, expected);
}

#[tokio::test]
async fn an_idempotent_write_with_an_unreadable_answer_is_repeated() {
    let names = UNREADABLE.map(|name| format!("idem_{name}_once"));
    let expected: Vec<_> = names
        .iter()
        .map(|name| (name.clone(), 2, good("ok")))
        .collect();
    assert_eq!(outcomes(names).await, expected);
}

#[tokio::test]
async fn a_read_that_keeps_failing_is_given_up() {
    let names = UNREADABLE.map(|name| format!("ro_{name}"));
    // Four attempts at a long answer take long.
    let short = names.into_iter().filter(|name| !name.contains("too_long"));
    for (name, times, result) in outcomes(short).await {
        assert_eq!(times, 4, "{name}");
        assert_eq!(result, bad(&unknown(BROKE)), "{name}");
    }
}

#[tokio::test]
async fn a_refusal_before_execution_is_an_error_result_and_not_repeated() {
    let modes = [
        ("http400", 400),
        ("http401", 401),
        ("http401_plain", 401),
        ("http401_json", 401),
        ("http403", 403),
        ("http403_json", 403),
        ("http429", 429),
        ("http429_json", 429),
    ];
    let all = modes.iter().flat_map(|(mode, status)| {
        ["", "ro_", "idem_"].map(|kind| (format!("{kind}{mode}"), *status))
    });
    let (names, expected): (Vec<_>, Vec<_>) = all
        .map(|(name, status)| {
            let text = format!(
                "The tool server refused this call (HTTP {status}). Nothing was changed by it."
            );
            (name.clone(), (name, 1, bad(&text)))
        })
        .unzip();
    assert_eq!(outcomes(names).await, expected);
}

#[tokio::test]
async fn a_json_rpc_error_is_a_final_answer_whatever_its_status_and_id() {
    let modes = [
        "http400_json",
        "http500_json",
        "http500_no_id",
        "http500_other_id",
        "http400_other_id",
        "null_id",
        "other_id",
    ];
    let names: Vec<String> = modes
        .iter()
        .flat_map(|mode| ["", "ro_", "idem_"].map(|kind| format!("{kind}{mode}")))
        .collect();
    let text = "The tool server answered with error -32603: internal trouble";
    let expected: Vec<_> = names
        .iter()
        .map(|name| (name.clone(), 1, bad(text)))
        .collect();
    assert_eq!(outcomes(names).await, expected);
}

#[tokio::test]
async fn a_404_is_a_lost_session_and_the_call_is_made_in_the_next_one() {
    for name in ["http404_once", "ro_http404_once"] {
        let server = BadMcp::start(Quirk::None).await;
        let app = obedient_with(&server).await;
        assert_eq!(result_of(&app, name).await, good("ok"));
        assert_eq!(server.executions(name), 2);
        assert_eq!(server.sessions(), 2);
        assert_eq!(metric(&app, "mcp_reconnects_total").await, 1);
    }
}

#[tokio::test]
async fn json_and_event_stream_answers_may_alternate() {
    let server = BadMcp::start(Quirk::None).await;
    let app = obedient_with(&server).await;
    for name in ["ro_ok", "ro_stream", "idem_stream", "stream", "ro_ok"] {
        assert_eq!(result_of(&app, name).await, good("ok"), "{name}");
    }
    for name in ["ro_stream", "idem_stream", "stream"] {
        assert_eq!(server.executions(name), 1, "{name}");
    }
}

#[tokio::test]
async fn an_answer_may_be_long_and_name_its_charset() {
    for mode in ["long", "long_stream", "charset"] {
        let names = ["", "ro_"].map(|kind| format!("{kind}{mode}"));
        for (name, times, result) in outcomes(names).await {
            assert_eq!(
                (times, &result["is_error"]),
                (1, &Value::Null),
                "{name}: {result}"
            );
        }
    }
}

#[tokio::test]
async fn a_404_of_a_server_without_sessions_is_an_unknown_outcome() {
    let server = BadMcp::start(Quirk::Stateless).await;
    let app = obedient_with(&server).await;
    assert_eq!(result_of(&app, "ro_http404_once").await, good("ok"));
    assert_eq!(server.executions("ro_http404_once"), 2);
    assert_eq!(result_of(&app, "http404").await, bad(&unknown(BROKE)));
    assert_eq!(server.executions("http404"), 1);
    assert_eq!(server.sessions(), 1);
}

#[tokio::test]
async fn an_error_of_the_tool_or_the_protocol_is_final_and_passed_to_claude() {
    let app = obedient().await;
    assert_eq!(result_of(&app, "fail").await, bad("no such workout"));
    assert_eq!(
        result_of(&app, "rpc_error").await,
        bad("The tool server answered with error -32603: the database is away")
    );
    assert_eq!(app.mcp.called(), ["fail", "rpc_error"]);
}
