//! Standard output of the commands, whose reader may leave before the end (`… | head`).

use std::{
    fmt,
    io::{self, ErrorKind, Write},
    process,
};

/// Writes a line, formatted as by `format!`. The process ends where standard output cannot be written: with success if its reader
/// has read enough.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::cli::output::line(format_args!($($text)*))
    };
}

pub(super) fn line(text: fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    match written.map_err(|error| (error.kind(), error)) {
        Ok(()) => {}
        Err((ErrorKind::BrokenPipe, _)) => process::exit(0),
        Err((_, error)) => {
            eprintln!("standard output: {error}");
            process::exit(1)
        }
    }
}
