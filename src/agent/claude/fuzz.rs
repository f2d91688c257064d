//! Fuzz target: Claude's event stream, in chunks of any size, and the bodies of its other answers.

mod planned;

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{
    Block, ClaudeError, Progress, Reply, models::Models, reply::ReplyStream, sse::Decoder,
};
use crate::{
    agent::{history, metrics::Metrics, turn::history_message},
    fuzz::{Choices, without_halves},
    telemetry::Span,
};

/// The first bytes say how the stream is split into chunks, and whether the rest is the stream or choices for one.
pub fn sse(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let cuts: Vec<usize> = (0..=choices.below(4))
        .map(|_| choices.below(24) + 1)
        .collect();
    match choices.below(3) {
        0 => {
            let text = choices.rest();
            any_stream(text, &cuts);
            any_answer(text);
        }
        1 => any_stream(&planned::events(&mut choices), &cuts),
        _ => {
            let plan = planned::Plan::new(&mut choices);
            let (text, expected) = plan.written(&mut choices);
            assert_eq!(
                outcome(&[Bytes::from(text.clone())])
                    .last()
                    .map(String::as_str),
                Some(&*format!("{:?}", Ok::<_, String>(Progress::End(expected)))),
                "what was written is not what is read"
            );
            any_stream(&text, &cuts);
        }
    }
}

fn any_stream(text: &[u8], cuts: &[usize]) {
    let whole = [Bytes::copy_from_slice(text)];
    let events = decoded(&whole);
    assert_eq!(events, by_the_book(text), "not the events of the standard");
    let pieces = cut(text, cuts);
    assert_eq!(decoded(&pieces), events, "other events in other pieces");

    let progress = outcome(&whole);
    assert_eq!(outcome(&pieces), progress, "another reply in other pieces");
    let slow: Vec<u8> = events.iter().flat_map(|event| rewritten(event)).collect();
    if !events.is_empty() {
        assert_eq!(
            outcome(&[slow.into()]),
            progress,
            "another reply when spaced otherwise"
        );
    }
    // Halves of two deltas are joined.
    if let Ok(text) = std::str::from_utf8(text)
        && !text.contains("content_block_delta")
    {
        let mended = without_halves(text).into();
        assert_eq!(outcome(&[mended]), progress, "a half is not U+FFFD");
    }
}

/// Any bytes as the body of an error, and as a list of models.
fn any_answer(body: &[u8]) {
    let error = |body: &str| {
        let status = StatusCode::BAD_REQUEST;
        ClaudeError::from_response(status, &HeaderMap::new(), body.as_bytes())
    };
    let body = String::from_utf8_lossy(body);
    let mended = without_halves(&body);
    let shown = error(&body).to_string();
    assert!(shown.is_ascii() && shown.len() < 128, "{shown}");
    assert_eq!(
        format!("{:?}", error(&body)),
        format!("{:?}", error(&mended))
    );
    let models = |body: &str| {
        let models = Models::parse(Bytes::copy_from_slice(body.as_bytes()));
        models.ok().map(|models| format!("{models:?}"))
    };
    assert_eq!(models(&body), models(&mended), "other models in {body}");
}

/// `text` in pieces of these sizes, repeated; the first piece is empty.
fn cut(mut text: &[u8], cuts: &[usize]) -> Vec<Bytes> {
    let mut pieces = vec![Bytes::new()];
    for cut in cuts.iter().cycle() {
        if text.is_empty() {
            break;
        }
        let (piece, rest) = text.split_at(text.len().min(*cut));
        pieces.push(Bytes::copy_from_slice(piece));
        text = rest;
    }
    pieces
}

fn decoded(pieces: &[Bytes]) -> Vec<Bytes> {
    let (mut decoder, mut events) = (Decoder::default(), Vec::new());
    for piece in pieces {
        decoder.push(piece, &mut events).expect("is not large");
    }
    events
}

/// Reference implementation: the steps of the standard, over the whole text.
fn by_the_book(text: &[u8]) -> Vec<Bytes> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let (mut events, mut data, mut rest) = (Vec::new(), Vec::new(), text);
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        let line = &rest[..end];
        let length = if rest[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        rest = &rest[end + length..];
        if line.is_empty() {
            if data.pop().is_some() {
                events.push(std::mem::take(&mut data).into());
            }
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = match colon {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &b""[..]),
        };
        if field == b"data" {
            data.extend(value.strip_prefix(b" ").unwrap_or(value));
            data.push(b'\n');
        }
    }
    events
}

/// An event with a leading space: equivalent JSON that misses the fast path.
fn rewritten(event: &[u8]) -> Vec<u8> {
    let lines = event.split(|byte| *byte == b'\n');
    let mut text: Vec<u8> = b"data:  ".to_vec();
    text.extend(lines.collect::<Vec<_>>().join(&b"\ndata: "[..]));
    text.extend(b"\n\n");
    text
}

/// The progress that a reply reports for the stream, and the invariants of its order.
fn outcome(pieces: &[Bytes]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let pieces = stream::iter(pieces.iter().cloned().map(Ok));
    let timer = Metrics::new().claude_request(&Span::default());
    let mut progress: Vec<_> = runtime.block_on(async {
        let headers = HeaderMap::new();
        ReplyStream::new(&headers, pieces, Duration::from_secs(9), timer)
            .collect()
            .await
    });
    let (last, before) = progress.split_last_mut().expect("an end");
    assert!(
        matches!(last, Err(_) | Ok(Progress::End(_))),
        "no end: {last:?}"
    );
    // Announced calls, and their inputs.
    let mut calls: Vec<(u64, _, _, Option<&String>)> = Vec::new();
    for step in &*before {
        match step {
            Ok(Progress::ToolStart { index, id, name }) => {
                assert!(
                    calls.iter().all(|(known, ..)| *known != *index),
                    "{index} starts twice"
                );
                calls.push((*index, id, name, None));
            }
            Ok(Progress::ToolInput { index, input_json }) => {
                let call = calls.iter_mut().find(|(known, ..)| known == index);
                let (.., ready) = call.expect("ready before it started");
                assert!(ready.is_none(), "{index} is ready twice");
                *ready = Some(input_json);
            }
            Ok(Progress::Text(text) | Progress::Thinking(text)) => {
                assert!(!text.is_empty(), "empty text is shown");
            }
            Ok(Progress::Usage(_) | Progress::BlockEnd(_)) => {}
            Ok(Progress::End(_)) | Err(_) => panic!("something comes after the end"),
        }
    }
    if let Ok(Progress::End(reply)) = last {
        assert!(
            reply.blocks.is_sorted_by(|(a, _), (b, _)| a < b),
            "{:?}",
            reply.blocks
        );
        assert!(
            !reply.blocks.iter().any(|(_, block)| block.is_blank_text()),
            "blank text"
        );
        let announced = |index| calls.iter().find(|(known, ..)| *known == index);
        let mut count = 0;
        for (index, block) in &mut reply.blocks {
            let Block::ToolUse { id, name, input } = block else {
                continue;
            };
            let (_, known_id, known_name, complete) = announced(*index).expect("is announced");
            assert_eq!((&*id, &*name), (*known_id, *known_name));
            assert!(input.is_empty(), "an input is reported twice");
            *input = complete
                .and_then(|input| serde_json::from_str(input).ok())
                .unwrap_or_default();
            count += 1;
        }
        assert_eq!(count, calls.len(), "a call is missing in the message");
        returned(reply);
    }
    progress
        .iter()
        .map(|step| format!("{:?}", step.as_ref().map_err(ToString::to_string)))
        .collect()
}

/// What is returned of a reply is accepted as part of a history. The turn makes the calls acceptable.
fn returned(reply: &Reply) {
    let blocks = reply.blocks.iter().map(|(_, block)| block.clone());
    let others = blocks.filter(|block| !matches!(block, Block::ToolUse { .. }));
    if let Some(message) = history_message(others.collect()) {
        let question = json!({"role": "user", "content": "and now?"});
        let history = json!([question, message, question]);
        let left = history::fuzz::parse(&history).expect("it is accepted");
        let left = left.conversation.messages();
        history::fuzz::accepted(&left)
            .unwrap_or_else(|rule| panic!("Claude refuses this ({rule}): {left}"));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeds_pass() {
        crate::fuzz::replay("sse", super::sse);
    }
}
