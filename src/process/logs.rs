//! Log lines: JSON, or pretty on a terminal. Never message texts, tool inputs or tool results.

use std::{io::IsTerminal, panic};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    Layer,
    filter::{FilterFn, Targets},
    fmt::writer::BoxMakeWriter,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Libraries whose log lines repeat the data that passes through them, at any level.
const VERBOSE_LIBRARIES: [&str; 4] = ["rmcp", "hyper", "reqwest", "h2"];

#[derive(Debug)]
pub struct LogConfig {
    /// `None`: pretty on a terminal, else JSON.
    pub format: Option<LogFormat>,
    pub targets: Targets,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LogFormat {
    Json,
    Pretty,
}

/// The destination of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    Stdout,
    /// Standard output belongs to the MCP client.
    Stderr,
}

impl To {
    fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => std::io::stdout().is_terminal(),
            Self::Stderr => std::io::stderr().is_terminal(),
        }
    }

    fn writer(self) -> BoxMakeWriter {
        match self {
            Self::Stdout => BoxMakeWriter::new(std::io::stdout),
            Self::Stderr => BoxMakeWriter::new(std::io::stderr),
        }
    }
}

/// Starts logging, for the whole process.
pub fn start(config: &LogConfig, to: To) {
    let json = match config.format {
        Some(format) => format == LogFormat::Json,
        None => !to.is_terminal(),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(to.writer());
    let lines = if json {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed()
    } else {
        lines.with_ansi(to.is_terminal()).boxed()
    };
    let filter = FilterFn::new({
        let targets = config.targets.clone();
        move |line| is_enabled(&targets, line)
    });
    let lines = lines
        .with_filter(filter)
        .with_filter(config.targets.clone());
    // Fails only when the process has a logger already.
    let _ = tracing_subscriber::registry().with(lines).try_init();
    panic::set_hook(Box::new(|panic| {
        // Without the message, which may quote a text.
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panic: a bug in this service");
    }));
}

/// Lines of [`VERBOSE_LIBRARIES`] count as `trace`.
fn is_enabled(targets: &Targets, line: &Metadata<'_>) -> bool {
    let library = line.target().split("::").next().unwrap_or_default();
    !VERBOSE_LIBRARIES.contains(&library) || targets.would_enable(line.target(), &Level::TRACE)
}
