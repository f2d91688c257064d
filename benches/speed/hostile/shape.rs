//! A shape of hostile requests, and what its sender may get.

use std::{cell::RefCell, time::Duration};

use futures_util::future::LocalBoxFuture;

use super::{
    post::{Answer, Tally},
    target::Target,
    tool_server::ToolServer,
};

/// The command under test.
#[derive(Clone, Copy, PartialEq)]
pub enum Service {
    Serve,
    Mcp,
}

impl Service {
    pub fn command(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Mcp => "mcp",
        }
    }
}

/// What the sender may get.
#[derive(Clone, Copy)]
pub enum Expects {
    /// A refusal of every request: 4xx, 503, or 504 where the body did not arrive.
    Refusals,
    /// Answers of any kind, but none of the server's own failures.
    Answers,
    /// As `Answers`, and some of them are refusals by a limit.
    SomeRefusals,
    /// Success of every request, at least when it is repeated.
    Success,
    /// Anything, a closed connection or silence included.
    Anything,
}

impl Expects {
    /// What is wrong with these answers.
    pub fn fault(self, answers: &Tally) -> Option<String> {
        let kinds: Vec<&str> = answers.0.keys().map(String::as_str).collect();
        let is_success = |kind: &str| matches!(kind, "200" | "202");
        let is_refusal = |kind: &str| {
            kind.starts_with('4') && !kind.contains("without")
                || matches!(kind, "200 error" | "200 limit" | "503" | "504")
        };
        let is_limit = |kind: &&str| matches!(*kind, "429" | "503" | "200 limit");
        let all_are = |wanted: &dyn Fn(&str) -> bool| kinds.iter().all(|kind| wanted(kind));
        let is_met = match self {
            Self::Refusals => all_are(&is_refusal),
            Self::Answers => all_are(&|kind| is_success(kind) || is_refusal(kind)),
            Self::SomeRefusals => {
                all_are(&|kind| is_success(kind) || is_refusal(kind)) && kinds.iter().any(is_limit)
            }
            Self::Success => all_are(&is_success),
            Self::Anything => return None,
        };
        (!is_met).then(|| {
            let wanted = match self {
                Self::Refusals => "refusals alone",
                Self::Answers => "an answer to each",
                Self::SomeRefusals => "some refusals by a limit",
                Self::Success => "success",
                Self::Anything => "anything",
            };
            format!("its sender should get {wanted}")
        })
    }
}

/// What the requests of a shape are sent with.
pub struct Scene<'a> {
    pub target: &'a Target,
    pub answers: &'a RefCell<Tally>,
    /// How long an answer is waited for.
    pub patience: Duration,
}

impl Scene<'_> {
    pub fn note(&self, answer: &Answer) {
        self.answers.borrow_mut().add(answer.kind());
    }
}

type Send = Box<dyn for<'a> Fn(&'a Scene<'a>) -> LocalBoxFuture<'a, ()>>;

pub struct Shape {
    pub service: Service,
    pub name: String,
    pub expects: Expects,
    /// Enough users to exhaust what all share: others may be refused meanwhile.
    pub is_crowd: bool,
    /// Part of a `--short` run.
    pub short: bool,
    pub patience: Duration,
    /// In place of the usual tool server.
    pub tool_server: Option<fn() -> ToolServer>,
    pub send: Send,
}

impl Shape {
    pub fn new<S>(service: Service, name: impl Into<String>, expects: Expects, send: S) -> Self
    where
        S: for<'a> Fn(&'a Scene<'a>) -> LocalBoxFuture<'a, ()> + 'static,
    {
        Self {
            service,
            name: name.into(),
            expects,
            is_crowd: false,
            short: true,
            patience: Duration::from_secs(60),
            tool_server: None,
            send: Box::new(send),
        }
    }

    pub fn crowd(mut self) -> Self {
        self.is_crowd = true;
        self
    }

    pub fn long(mut self) -> Self {
        self.short = false;
        self
    }

    pub fn full_name(&self) -> String {
        format!("{}: {}", self.service.command(), self.name)
    }

    pub fn others_may_get(&self, kind: &str) -> bool {
        kind == "200" || self.is_crowd && kind == "503"
    }
}
