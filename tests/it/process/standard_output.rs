//! Standard output that nobody reads, or that cannot be written.

use std::{
    fs::File,
    io::pipe,
    process::{Command, Stdio},
};

use super::*;

fn run_into(out: Stdio, arguments: &[&str]) -> (Option<i32>, String) {
    let directory = Directory::new();
    let command = Command::new(env!("CARGO_BIN_EXE_prog-strength-agent"))
        .args(arguments)
        .env_clear()
        .envs([("JWT_SIGNING_KEY", JWT_KEY), ("ANTHROPIC_API_KEY", "key")])
        .current_dir(&directory.0)
        .stdout(out)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let ended = command.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    (ended.status.code(), said)
}

#[test]
fn a_command_ends_well_when_nobody_reads_on_and_says_when_it_cannot_write() {
    for arguments in [
        &["completions", "bash"][..],
        &["token", "--sub", "sam"],
        &["config", "check"],
    ] {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        let ended = run_into(writer.into(), arguments);
        assert_eq!(ended, (Some(0), String::new()), "{arguments:?}");
        let full = File::options().write(true).open("/dev/full");
        let (code, said) = run_into(full.expect("a device").into(), arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {said}");
        let why = "standard output: No space left on device";
        assert!(said.starts_with(why), "{arguments:?}: {said}");
    }
}
