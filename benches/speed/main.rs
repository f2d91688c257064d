//! Benchmark of the agent: throughput, added latency, CPU, memory, cold start, prompt-caching cost.
//! `cargo bench --bench speed`.
//!
//! The release binary runs alone on one core; a fake Claude, a fake MCP server and a load generator share another. The
//! generator alternates between the agent and the upstream servers themselves: the cost without the agent is the floor. No
//! network.
//!
//! After `--`: `--short` (under a minute), `--only text,tools`, `--json FILE`, `--compare OLD.json`,
//! `--against RECORDED.json` (exit code 1 if the agent is much slower),
//! `--runs` (asynchronous runs), `--soak` (up to ten minutes, with faults), `--overload`, `--hostile` (memory under hostile
//! requests). `AGENT_BIN` names another binary.

#![allow(clippy::disallowed_methods, reason = "AGENT_BIN names another binary")]
#![expect(unreachable_pub, reason = "a program has no users inside of Rust")]

mod agent;
mod billing;
mod bytes;
mod claude;
mod cold;
mod faults;
mod hostile;
mod load;
mod machine;
mod mcp;
mod replies;
mod report;
mod runs;
mod scenario;
mod soak;
mod stats;
mod streams;
mod tape;
mod wheel;
mod wire;

use std::{io, process::ExitCode, time::Instant};

use clap::Parser;

use agent::Bench;
use machine::{Cores, raise_files};
use report::Report;
use stats::Figure;

const PARTS: [&str; 10] = [
    "text",
    "tools",
    "parallel3",
    "history",
    "json",
    "ui",
    "agui",
    "streams",
    "cold",
    "billing",
];

#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
struct Options {
    /// Fewer and shorter rounds: under a minute.
    #[arg(long)]
    short: bool,
    /// Only these scenarios.
    #[arg(long, value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,
    /// Writes the figures to this file.
    #[arg(long)]
    json: Option<String>,
    /// Prints the differences from the figures in this file.
    #[arg(long)]
    compare: Option<String>,
    /// Fails if the agent needs much more CPU, relative to the floor, than in this file.
    #[arg(long)]
    against: Option<String>,
    /// Measures instead asynchronous runs.
    #[arg(long)]
    runs: bool,
    /// Runs instead the soak: this many turns (100,000) with faults, then an overload.
    #[arg(long, num_args = 0..=1, default_missing_value = "100000")]
    soak: Option<u32>,
    /// Runs instead the overload alone.
    #[arg(long)]
    overload: bool,
    /// Runs instead the hostile requests, all or those with one of these words in their names: `serve` and `mcp`, each
    /// process with 192 MB more address space than at its start.
    #[arg(long, num_args = 0.., value_delimiter = ',')]
    hostile: Option<Vec<String>>,
    /// Passed by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

/// Runs the selected scenarios; prints each figure as soon as it is measured.
async fn measure(options: &Options, bench: &Bench) -> io::Result<Vec<Figure>> {
    let mut all = Vec::new();
    let mut note = |figures: Vec<Figure>| {
        figures.iter().for_each(report::line);
        all.extend(figures);
    };
    if options.runs {
        runs::figures(bench, note).await?;
        return Ok(all);
    }
    if options.wants("billing") {
        note(billing::figures(bench).await);
    }
    if options.wants("cold") {
        note(cold::figures(bench).await?);
    }
    for scenario in scenario::all() {
        if options.wants(scenario.name) {
            note(scenario.figures(bench).await?);
        }
    }
    if options.wants("streams") {
        let sizes: &[usize] = if bench.short { &[500] } else { &[2000, 3000] };
        for streams in sizes {
            note(streams::figures(bench, *streams).await?);
        }
    }
    Ok(all)
}

/// True if the guarded figure is within the tolerance of the recorded one. Measures again twice, since the machine may have
/// been busy.
async fn holds(bench: &Bench, report: &Report, recorded: &Report) -> bool {
    let mut figures = report.figures.clone();
    for _ in 0..2 {
        if recorded.guards(&figures) {
            return true;
        }
        let tools = &scenario::all()[1];
        figures = tools.figures(bench).await.expect("no failure");
    }
    recorded.guards(&figures)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (options, began) = (Options::parse(), Instant::now());
    raise_files();
    let cores = Cores::choose();
    let binary = std::env::var("AGENT_BIN")
        .unwrap_or_else(|_| env!("CARGO_BIN_EXE_prog-strength-agent").to_owned());
    let bench = Bench::new(binary, cores, options.short).await;
    println!("{}\n", cores.said());
    if let Some(words) = &options.hostile {
        return hostile::run(&bench, words).await;
    }
    if options.overload {
        return soak::overload(&bench).await;
    }
    if let Some(turns) = options.soak {
        return soak::run(&bench, turns).await;
    }
    report::head();
    let figures = measure(&options, &bench).await.expect("no failure");
    let report = Report {
        short: options.short,
        figures,
    };
    println!(
        "\n{} targets missed; {} s",
        report.misses(),
        began.elapsed().as_secs()
    );
    if let Some(file) = &options.json {
        report.write(file);
    }
    if let Some(file) = &options.compare {
        report.compare(&Report::read(file));
    }
    match &options.against {
        Some(file) if !holds(&bench, &report, &Report::read(file)).await => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}
