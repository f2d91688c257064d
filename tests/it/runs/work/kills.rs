//! Processes that are killed again and again, at chosen moments and at any, while clients post prompts: every run ends, and
//! nothing is done twice, lost, or reported falsely.
//!
//! The tests in `full_size` take minutes and run by name alone:
//! `cargo test --locked --test it -- --ignored --nocapture --test-threads 1 kills::full_size`

mod checks;
mod clients;
mod fleet;
mod outside;
mod recorder;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::world::World;
use clients::Clients;
use fleet::{Engine, Fleet};
use outside::{Moment, Outside};

struct Size {
    kills: usize,
    /// At least: while processes are killed, there are always runs to interrupt.
    runs: usize,
}

const SMALL: Size = Size {
    kills: 30,
    runs: 60,
};
const FULL: Size = Size {
    kills: 200,
    runs: 1000,
};

/// After the event of a moment; what is under way then takes longer.
const MAX_PAUSE: Duration = Duration::from_millis(15);

async fn kills(world: World, engine: Engine, size: Size) {
    let began = Instant::now();
    let outside = Arc::new(Outside::new(world).await);
    let mut fleet = Fleet::start(&outside.world, engine).await;
    let clients = Clients::start(&outside, fleet.urls(), size.runs);
    for kill in 0..size.kills {
        fleet.works().await;
        let moment = Moment::ALL[kill % Moment::ALL.len()];
        moment.comes(&outside).await;
        tokio::time::sleep(MAX_PAUSE.mul_f64(rand::random())).await;
        fleet.replace_one(moment).await;
    }
    let posted = clients.end().await;
    let tally = checks::check(&outside, &fleet, &posted).await;
    let (kills, secs) = (size.kills, began.elapsed().as_secs());
    println!("{kills} kills in {secs} s: {tally}");
    tally.covers_all_moments();
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_repeat_nothing_on_sqlite() {
    kills(World::sqlite().await, Engine::embedded(1), SMALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_of_two_processes_lose_and_repeat_nothing_on_postgres() {
    kills(World::postgres().await, Engine::embedded(2), SMALL).await;
}

mod full_size {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "takes minutes"]
    async fn kills_lose_and_repeat_nothing_on_sqlite() {
        kills(World::sqlite().await, Engine::embedded(1), FULL).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "takes minutes"]
    async fn kills_of_two_processes_lose_and_repeat_nothing_on_postgres() {
        kills(World::postgres().await, Engine::embedded(2), FULL).await;
    }
}
