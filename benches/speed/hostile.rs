//! Hostile requests: what they cost a process whose address space is bounded, and what other users notice of them.
//!
//! Each shape has a process of its own. Its address space is limited to that of the idle process and 192 MB, then the
//! shape's requests are sent. Meanwhile another user asks something every 100 ms.

mod bodies;
mod post;
pub mod replies;
mod serve;
mod shape;
mod target;
mod tool_server;
mod tools;
mod workout;

use std::{process::ExitCode, time::Duration};

use crate::agent::Bench;
use shape::Shape;
use target::{Seen, Target};

/// How much memory a process may use, idle memory included, in MB.
const MAX_MEGABYTES: f64 = 200.0;
/// How long another user may wait.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// The same in a short run, which may have to share its machine.
const MAX_WAIT_SHORT: Duration = Duration::from_secs(3);

/// Runs the shapes, all or those with one of these words in their names; exit code 1 if one of them does harm.
pub async fn run(bench: &Bench, words: &[String]) -> ExitCode {
    let shapes = serve::shapes().into_iter();
    let shapes = shapes.chain(tools::shapes()).chain(workout::shapes());
    let is_wanted = |shape: &Shape| {
        let name = shape.full_name();
        words.is_empty() || words.iter().any(|word| name.contains(word.as_str()))
    };
    println!(
        "{:<72} {:>9} {:>8} {:>9}  answers",
        "hostile requests", "over idle", "peak", "others"
    );
    let mut misses = 0;
    for shape in shapes
        .filter(is_wanted)
        .filter(|it| !bench.short || it.short)
    {
        misses += usize::from(!row(bench, &shape).await);
    }
    println!("\n{misses} shapes do harm");
    ExitCode::from(u8::from(misses > 0))
}

/// Runs a shape and prints its row; true if it does no harm.
async fn row(bench: &Bench, shape: &Shape) -> bool {
    let mut target = Target::start(bench, shape).await;
    let idle = target.process().resident();
    let seen = target.under(bench, shape).await;
    let (peak, slowest) = (seen.others.peak, seen.others.slowest);
    let max_wait = if bench.short {
        MAX_WAIT_SHORT
    } else {
        MAX_WAIT
    };
    let faults = faults(shape, &mut target, &seen, max_wait);
    println!(
        "{:<72} {:>6.1} MB {peak:>5.1} MB {:>6} ms  {} {}",
        shape.full_name(),
        peak - idle,
        slowest.as_millis(),
        seen.answers.said(),
        if faults.is_empty() { "ok" } else { "MISS" },
    );
    for fault in &faults {
        println!("    {fault}");
    }
    faults.is_empty()
}

fn faults(shape: &Shape, target: &mut Target, seen: &Seen, max_wait: Duration) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(status) = target.ended() {
        faults.push(format!("the process has ended: {status}"));
    }
    if seen.others.peak > MAX_MEGABYTES {
        faults.push(format!("its peak is over {MAX_MEGABYTES} MB"));
    }
    let slowest = seen.others.slowest;
    if slowest > max_wait {
        faults.push(format!(
            "another user waited for {} ms",
            slowest.as_millis()
        ));
    }
    let unwelcome = seen.others.answers.0.iter();
    for (kind, count) in unwelcome.filter(|(kind, _)| !shape.others_may_get(kind)) {
        faults.push(format!("another user got {kind}, {count} times"));
    }
    if seen.afterwards != "200" {
        faults.push(format!("afterwards, another user gets {}", seen.afterwards));
    }
    faults.extend(shape.expects.fault(&seen.answers));
    faults
}
