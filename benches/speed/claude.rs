//! Fake Claude (Messages API): the marker in the user's last message selects its reply.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use memchr::memmem;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{
    billing::Till,
    bytes::{BLANK, Marker, Template},
    faults::Faults,
    hostile, replies,
    tape::{Tape, Upstream},
    wheel::Wheel,
    wire::{Wire, empty_answer},
};

pub struct Claude {
    pub address: SocketAddr,
    pub wheel: Arc<Wheel>,
    pub till: Till,
    tape: Arc<Tape>,
    text: Template,
    one_call: Template,
    three_calls: Template,
    write: Template,
    sixteen_calls: Template,
    many_keys: Template,
    huge: Template,
    opening: Vec<u8>,
    faults: Faults,
    conversations: Mutex<JoinSet<()>>,
}

impl Claude {
    pub async fn start(tape: Arc<Tape>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let claude = Arc::new(Self {
            address: listener.local_addr().expect("bound"),
            wheel: Wheel::new(),
            till: Till::default(),
            tape,
            text: Template::new(replies::text(), BLANK),
            one_call: Template::new(replies::one_call(), BLANK),
            three_calls: Template::new(replies::three_calls(), BLANK),
            write: Template::new(replies::one_write(), BLANK),
            sixteen_calls: Template::new(hostile::replies::sixteen_calls(), BLANK),
            many_keys: Template::new(hostile::replies::many_keys(), BLANK),
            huge: Template::new(hostile::replies::huge(), BLANK),
            opening: replies::opening(),
            faults: Faults::default(),
            conversations: Mutex::default(),
        });
        tokio::spawn(accept(listener, claude.clone()));
        claude
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes every connection, so that the agent's pool is empty.
    pub fn hang_up(&self) {
        self.conversations.lock().expect("no panic").abort_all();
    }

    async fn converse(&self, stream: TcpStream) -> io::Result<()> {
        let (mut wire, mut out) = (Wire::new(stream)?, Vec::new());
        while wire.receive().await? {
            self.tape.note(Upstream::Claude, wire.whole());
            out.clear();
            match Marker::find(wire.body()) {
                Some(marker) if marker.kind == b's' => {
                    wire.send(&self.opening).await?;
                    self.wheel.take(wire.into_stream());
                    return Ok(());
                }
                Some(marker) if let Some(fault) = self.faults.of(&marker) => {
                    wire.send(&fault.bytes).await?;
                    if fault.hangs_up {
                        return Ok(());
                    }
                    continue;
                }
                Some(marker) => self.answer(&marker, wire.body(), &mut out),
                None => out = empty_answer("400 Bad Request"),
            }
            wire.send(&out).await?;
        }
        Ok(())
    }

    fn answer(&self, marker: &Marker, body: &[u8], out: &mut Vec<u8>) {
        let is_answered = || memmem::find(&body[marker.at..], b"\"tool_result\"").is_some();
        let template = match marker.kind {
            b'b' => return out.extend(self.till.serve(marker, body)),
            b'u' if !is_answered() => &self.one_call,
            b'p' if !is_answered() => &self.three_calls,
            b'w' if !is_answered() => &self.write,
            b'g' if !is_answered() => &self.sixteen_calls,
            b'k' if !is_answered() => &self.many_keys,
            b'h' => &self.huge,
            _ => &self.text,
        };
        template.fill(marker.number, out);
    }
}

async fn accept(listener: TcpListener, claude: Arc<Claude>) {
    while let Ok((stream, _)) = listener.accept().await {
        let own = claude.clone();
        let mut conversations = claude.conversations.lock().expect("no panic");
        conversations.spawn(async move { drop(own.converse(stream).await) });
        while conversations.try_join_next().is_some() {}
    }
}
