//! Logging: JSON lines, or pretty ones on a terminal. Logs never contain message texts, tool inputs or tool results.

use std::{io::IsTerminal, panic};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    Layer,
    filter::{FilterFn, Targets},
    fmt::writer::BoxMakeWriter,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Libraries that log the data that passes through them, at any level.
const VERBOSE_LIBRARIES: [&str; 4] = ["rmcp", "hyper", "reqwest", "h2"];

/// Modules that log secrets: values of unknown parameters of a database URL, lines of PostgreSQL's password file.
const SECRET_MODULES: &str = "sqlx_postgres::options";

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

/// The destination of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Stdout,
    /// For `mcp --stdio`: standard output carries MCP.
    Stderr,
}

impl Output {
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
pub fn start(config: &LogConfig, output: Output) {
    let json = match config.format {
        Some(format) => format == LogFormat::Json,
        None => !output.is_terminal(),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(output.writer());
    let lines = if json {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed()
    } else {
        lines.with_ansi(output.is_terminal()).boxed()
    };
    let filter = FilterFn::new({
        let targets = config.targets.clone();
        move |line| is_enabled(&targets, line)
    });
    let lines = lines
        .with_filter(filter)
        .with_filter(config.targets.clone());
    // Fails only if the process has a logger.
    let _ = tracing_subscriber::registry().with(lines).try_init();
    panic::set_hook(Box::new(|panic| {
        // The message is left out: it may quote a message text.
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panic: a bug in this service");
    }));
}

/// Lines of [`VERBOSE_LIBRARIES`] count as `trace`; those of [`SECRET_MODULES`] are never written.
fn is_enabled(targets: &Targets, line: &Metadata<'_>) -> bool {
    if line.target().starts_with(SECRET_MODULES) {
        return false;
    }
    let library = line.target().split("::").next().unwrap_or_default();
    !VERBOSE_LIBRARIES.contains(&library) || targets.would_enable(line.target(), &Level::TRACE)
}
