//! Creation under load: durable on `SQLite`, many at a time.

use std::time::Instant;

use futures_util::future::join_all;
use prog_strength_agent::runs::store::Created;

use super::world::{MANY, World, at, run, user};

/// Of a build without optimization, beside other tests; the figure itself is for a benchmark of the release build.
const PER_SECOND: f64 = 60.0;

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_create_runs_on_sqlite_faster_than_one_commit_each() {
    let world = World::sqlite().await;
    let started = Instant::now();
    let clients = (0..64).map(async |n| {
        let owner = user(&format!("user {}", n % 8));
        for _ in 0..32 {
            let created = world.store.create(&owner, run(), MANY, at(0)).await;
            assert!(matches!(created, Ok(Created::New(_))));
        }
    });
    join_all(clients).await;
    let rate = 64.0 * 32.0 / started.elapsed().as_secs_f64();
    println!("{rate:.0} runs a second");
    assert_eq!(world.store.counts().await.unwrap().queued, 64 * 32);
    assert!(rate > PER_SECOND, "{rate:.0} runs a second");
}
