//! A client that posts prompts, or chats, over one connection.

use std::{io, time::Instant};

use memchr::memmem;

use crate::{
    agent::{Agent, Bench},
    bytes::{Marker, Template},
    load::{Asker, Timing},
    stats::ms,
    wire::Wire,
};

pub struct Poster<'a> {
    bench: &'a Bench,
    rider: u32,
    wire: Wire,
    request: Template,
    /// What is in a good answer.
    good: &'static str,
    out: Vec<u8>,
}

impl<'a> Poster<'a> {
    /// `kind`: how the fake Claude replies.
    pub async fn chats(bench: &'a Bench, agent: &Agent, kind: char) -> io::Result<Self> {
        let words = Marker::text(kind, "########");
        let body = format!(r#"{{"messages":[{{"role":"user","content":"{words}"}}]}}"#);
        Self::new(bench, agent, 0, ("/chat", &body), "\"end_turn\"").await
    }

    /// Waits for the end of each run.
    pub async fn waits(bench: &'a Bench, agent: &Agent, kind: char) -> io::Result<Self> {
        let body = prompt(kind, false);
        Self::new(bench, agent, 0, ("/webhook", &body), "\"completed\"").await
    }

    /// Does not wait.
    pub async fn queues(
        bench: &'a Bench,
        agent: &Agent,
        kind: char,
        rider: u32,
    ) -> io::Result<Self> {
        let body = prompt(kind, true);
        Self::new(bench, agent, rider, ("/webhook", &body), "\"processing\"").await
    }

    async fn new(
        bench: &'a Bench,
        agent: &Agent,
        rider: u32,
        (path, body): (&str, &str),
        good: &'static str,
    ) -> io::Result<Self> {
        Ok(Self {
            bench,
            rider,
            wire: Wire::connect(agent.address).await?,
            request: bench.post_to(path, rider, body),
            good,
            out: Vec::new(),
        })
    }

    /// The body of the last answer.
    pub fn answer(&self) -> &[u8] {
        self.wire.body()
    }
}

impl Asker for Poster<'_> {
    async fn turn(&mut self) -> io::Result<Timing> {
        self.out.clear();
        let number = self.bench.numbers.next(self.rider);
        self.request.fill(number, &mut self.out);
        let began = Instant::now();
        self.wire.send(&self.out).await?;
        assert!(self.wire.receive().await?, "no answer");
        let whole = ms(began.elapsed());
        let is_good = memmem::find(self.wire.body(), self.good.as_bytes()).is_some();
        assert!(is_good, "{}", String::from_utf8_lossy(self.wire.whole()));
        Ok(Timing { first: None, whole })
    }
}

fn prompt(kind: char, is_async: bool) -> String {
    let words = Marker::text(kind, "########");
    format!(r#"{{"prompt":"{words}","async":{is_async}}}"#)
}
