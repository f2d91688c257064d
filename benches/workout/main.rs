//! Latency benchmark of the workout tools, for a lifter with five years of training: `cargo bench --bench workout`.
//!
//! Fills a fresh `SQLite` file and a `PostgreSQL` server of its own (both keep every commit on the disk), calls every
//! tool, and fails when 1 call in 20 takes longer than [`LIMIT_MS`].

#![allow(
    clippy::disallowed_methods,
    reason = "the server's place comes from the environment"
)]

mod calls;
mod fill;
#[path = "../../tests/it/support/postgres.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
mod postgres;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use prog_strength_agent::workout::db::{self, Database, Kind};

use self::{calls::Row, postgres::Postgres};

const LIMIT_MS: f64 = 20.0;

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Current and peak resident memory of this process.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |what: &str| {
        let line = status.lines().find(|line| line.starts_with(what));
        let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
        kb.unwrap_or_default() / 1024.0
    };
    format!("{:.0} MB, at most {:.0} MB", of("VmRSS"), of("VmHWM"))
}

async fn size(db: &Database) -> f64 {
    let sql = match db.kind() {
        Kind::Sqlite => "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        Kind::Postgres => "SELECT pg_database_size(current_database())",
    };
    let bytes = sqlx::query_scalar::<_, i64>(sql).fetch_one(db.pool());
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let bytes = bytes.await.expect("a size") as f64;
    bytes / 1e6
}

async fn open(url: &str) -> Database {
    db::open(&url.into()).await.expect("opens")
}

/// The median time of opening the filled database.
async fn opening(url: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..11 {
        let began = Instant::now();
        let db = open(url).await;
        times.push(began.elapsed());
        db.close().await;
    }
    times.sort();
    times[times.len() / 2]
}

async fn rows(name: &str, url: &str) -> Vec<Row> {
    let began = Instant::now();
    let db = open(url).await;
    println!("{name}: created in {:.0} ms", ms(began.elapsed()));
    let began = Instant::now();
    fill::fill(&db).await;
    let (filled, size) = (began.elapsed().as_secs_f64(), size(&db).await);
    println!("{name}: filled in {filled:.0} s, {size:.0} MB");
    db.close().await;
    println!("{name}: opened in {:.1} ms", ms(opening(url).await));
    let db = open(url).await;
    let rows = calls::measure(&db, &fill::user(0)).await;
    db.close().await;
    println!("{name}: memory of this process {}", memory());
    rows
}

#[tokio::main]
async fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}/log.db", folder.path().display());
    let sqlite = rows("SQLite", &url).await;
    let server = Postgres::start(true);
    let postgres = rows("PostgreSQL", &server.database()).await;

    println!("\nmilliseconds            |     SQLite      |   PostgreSQL");
    println!("tool                    |   p50     p95   |   p50     p95");
    println!("------------------------|-----------------|----------------");
    let mut slow = 0;
    for (one, other) in sqlite.iter().zip(&postgres) {
        let [a, b, c, d] = [(one, 50), (one, 95), (other, 50), (other, 95)]
            .map(|(row, percent)| row.percentile(percent));
        let verdict = if b.max(d) > LIMIT_MS { " too slow" } else { "" };
        slow += usize::from(!verdict.is_empty());
        println!(
            "{:<23} | {a:6.2} {b:7.2}  | {c:6.2} {d:7.2} {verdict}",
            one.name
        );
    }
    if slow > 0 {
        println!("\n{slow} above {LIMIT_MS} ms");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
