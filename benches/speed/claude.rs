//! Fake Claude (Messages API): the marker in the user's last message selects its reply.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use memchr::memmem;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
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
    /// Replies of the kind `q` wait while it is held; how many do.
    held: watch::Sender<bool>,
    waiting: AtomicUsize,
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
            held: watch::Sender::new(false),
            waiting: AtomicUsize::new(0),
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

    /// Lets replies of the kind `q` wait until this is dropped.
    pub fn hold(&self) -> Held<'_> {
        self.held.send_replace(true);
        Held(self)
    }

    /// How many replies wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    async fn wait_while_held(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut held = self.held.subscribe();
        let _ = held.wait_for(|held| !held).await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
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
                Some(marker) => {
                    if marker.kind == b'q' {
                        self.wait_while_held().await;
                    }
                    self.answer(&marker, wire.body(), &mut out);
                }
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

/// While it exists, some replies wait.
pub struct Held<'a>(&'a Claude);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.held.send_replace(false);
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
