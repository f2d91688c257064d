//! Serves one connection of the fake.

use std::{sync::Arc, time::Instant};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{Asked, Inner, Reply, Script, checks, script};
use crate::support::raw_http::{Request, read_request};

pub(super) async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    while let Ok((socket, _)) = listener.accept().await {
        let inner = inner.clone();
        tokio::spawn(async move { drop(serve(socket, &inner).await) });
    }
}

/// Serves the requests of one connection.
async fn serve(socket: TcpStream, inner: &Inner) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let (reader, mut writer) = socket.into_split();
    let mut reader = BufReader::new(reader);
    while let Some(request) = read_request(&mut reader).await? {
        let reply = inner.reply_to(&request);
        if !inner.answer(&reply, &mut reader, &mut writer).await? {
            break;
        }
    }
    Ok(())
}

impl Inner {
    fn reply_to(&self, request: &Request) -> Reply {
        if request.method == "GET" && matches!(&*request.path, "/v1/models" | "/v1/models?limit=1")
        {
            return Reply::status(
                200,
                r#"{"data":[{"id":"claude-sonnet-4-6"}],"has_more":false}"#,
            );
        }
        let mut script = self.script.lock().unwrap();
        match checks::check(request, &script.paused) {
            Ok(body) => self.accepted(request, body, &mut script),
            Err((status, kind, message)) => self.refused(status, kind, &message),
        }
    }

    fn accepted(&self, request: &Request, body: Value, script: &mut Script) -> Reply {
        keep(&body);
        let next = script
            .queue
            .pop_front()
            .or_else(|| Some(script.answerer.as_ref()?(&body)))
            .map(|reply| reply.for_request(&body));
        let asked = Asked {
            headers: request.headers.clone(),
            body,
            at: Instant::now(),
        };
        self.state.send_modify(|state| state.asked.push(asked));
        let Some(reply) = next else {
            return self.refused(400, "unexpected", "no reply was scripted for this request");
        };
        if reply.stop_reason() == "pause_turn" {
            script.paused.push(
                reply
                    .content
                    .iter()
                    .map(|block| block.whole.clone())
                    .collect(),
            );
        }
        reply
    }

    fn refused(&self, status: u16, kind: &str, message: &str) -> Reply {
        self.state
            .send_modify(|state| state.refusals.push(message.to_owned()));
        Reply::error(status, kind, message)
    }

    /// Sends the reply and detects a client that disconnects.
    async fn answer(
        &self,
        reply: &Reply,
        reader: &mut BufReader<OwnedReadHalf>,
        writer: &mut OwnedWriteHalf,
    ) -> std::io::Result<bool> {
        self.state.send_modify(|state| state.open += 1);
        // Biased: the next request may follow directly after the last byte, and is not a disconnect.
        let (kept, hung_up) = tokio::select! {
            biased;
            played = script::play(reply.script(), writer) => (played.as_ref().is_ok_and(|kept| *kept), played.is_err()),
            _ = reader.fill_buf() => (false, true),
        };
        self.state.send_modify(|state| {
            state.open -= 1;
            state.hung_up += usize::from(hung_up);
        });
        Ok(kept)
    }
}

/// Saves the body for inspection, if a directory is configured.
fn keep(body: &Value) {
    if let Ok(directory) = std::env::var("CLAUDE_REQUESTS_DIR") {
        let path = std::path::Path::new(&directory).join(format!("{}.json", uuid::Uuid::now_v7()));
        std::fs::write(path, body.to_string())
            .expect("the directory for Claude's requests can be written to");
    }
}
