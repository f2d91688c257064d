//! The binary itself: settings, exit codes, signals, the small commands, and what it logs.

mod commands;
mod config_check;
mod database_secrets;
mod env_file;
mod log_spans;
mod logs;
mod mcp;
mod models;
mod no_session;
mod settings;
mod signals;
mod standard_output;
mod workout_server;

use std::process::Command;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};

use crate::support::{
    answer::{now, token},
    fake_claude::Reply,
    process::{Directory, Ended, Process, Written, run, run_in},
    service::{API_KEY, LEFT_OUT, Service, sams_token},
    sse::Sse,
    test_app::{JWT_KEY, user},
    wait::{Gate, until, within},
};

fn as_json(lines: &[String]) -> Vec<Value> {
    let parse = |line: &String| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in the line {line}"))
    };
    lines.iter().map(parse).collect()
}

fn chat_lines(lines: &[String]) -> Vec<Value> {
    let mut lines = as_json(lines);
    lines.retain(|line| line["message"] == "chat");
    lines
}

/// Those of the token that was printed.
fn claims(ended: &Ended) -> Value {
    assert_eq!((ended.code, &ended.err), (Some(0), &vec![]));
    let [token] = &ended.out[..] else {
        panic!("not one line: {:?}", ended.out)
    };
    let part = token.split('.').nth(1).expect("three parts");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}
