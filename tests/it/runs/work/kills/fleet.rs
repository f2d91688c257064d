//! The processes of one database.

use std::{sync::Arc, time::Duration};

use rand::seq::IteratorRandom;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    super::world::{World, kill},
    outside::Moment,
};
use crate::support::{process::Process, wait::DEADLINE};

/// Who dispatches the runs, and in how many processes. The settings for it are the world's.
#[derive(Clone, Copy)]
pub(super) struct Engine {
    processes: usize,
    /// What a process logs when it begins to work on runs.
    works: &'static str,
}

impl Engine {
    /// One process works, the others stand by.
    pub(super) fn embedded(processes: usize) -> Self {
        Self {
            processes,
            works: "this process works on the runs of the database",
        }
    }
}

pub(super) type Urls = Arc<watch::Sender<Vec<String>>>;

struct Member {
    process: Process,
    url: String,
}

pub(super) struct Fleet<'a> {
    world: &'a World,
    engine: Engine,
    members: Vec<Member>,
    urls: Urls,
}

impl<'a> Fleet<'a> {
    pub(super) async fn start(world: &'a World, engine: Engine) -> Self {
        let mut fleet = Self {
            world,
            engine,
            members: Vec::new(),
            urls: Urls::default(),
        };
        for _ in 0..engine.processes {
            fleet.start_one().await;
        }
        fleet
    }

    /// The addresses of the processes that are alive.
    pub(super) fn urls(&self) -> Urls {
        self.urls.clone()
    }

    async fn start_one(&mut self) {
        let process = self.world.process();
        let listening = process.logged("listening").await;
        let address = listening["address"].as_str().expect("an address");
        let url = format!("http://{address}");
        self.members.push(Member { process, url });
        self.tell();
    }

    fn tell(&self) {
        let urls = self.members.iter().map(|member| member.url.clone());
        self.urls.send_replace(urls.collect());
    }

    /// Waits until a process works on runs.
    pub(super) async fn works(&self) {
        let started = Instant::now();
        while self.working().next().is_none() {
            assert!(started.elapsed() < DEADLINE, "no process works on the runs");
            sleep(Duration::from_millis(5)).await;
        }
    }

    fn working(&self) -> impl Iterator<Item = usize> {
        let works = |process: &Process| {
            let written = process.out.borrow();
            let mut lines = written.lines.iter();
            lines.any(|line| line.contains(self.engine.works))
        };
        let members = self.members.iter().enumerate();
        members.filter_map(move |(at, member)| works(&member.process).then_some(at))
    }

    /// Kills a process that works on runs, or any one if any moment will do, and starts another.
    pub(super) async fn replace_one(&mut self, moment: Moment) {
        let mut rng = rand::rng();
        let chosen = match moment {
            Moment::Any => (0..self.members.len()).choose(&mut rng),
            _ => self.working().choose(&mut rng),
        };
        let Member { process, .. } = self.members.remove(chosen.expect("one works"));
        kill(process);
        self.tell();
        self.start_one().await;
    }
}
