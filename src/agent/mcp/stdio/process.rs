//! A child process, from its start to the end of its group.

use std::{ffi::OsStr, io, process::Stdio, time::Duration};

use secrecy::ExposeSecret;
use tokio::{
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{Life, Place, StdioCommand, group::Group, stderr::Tail};
use crate::agent::mcp::transport::fault::LastFault;

/// From the end of the standard input to SIGTERM.
const GRACE: Duration = Duration::from_secs(2);

pub(super) struct Process {
    child: Child,
    group: Group,
}

pub(super) struct Pipes {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

impl Process {
    pub(super) fn start(command: &StdioCommand, place: &Place) -> io::Result<(Self, Pipes)> {
        let mut child = self::command(command, place).spawn()?;
        let pid = child.id().ok_or(io::ErrorKind::NotFound)?;
        let group = Group::record(pid, place)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let pipes = Pipes {
            stdin,
            stdout,
            stderr,
        };
        Ok((Self { child, group }, pipes))
    }

    /// Waits for the process, or for `stop` and then a while for the process; then ends its group.
    pub(super) async fn run(mut self, life: Life, fault: LastFault, stderr: Tail) {
        let exited = tokio::select! {
            exited = self.child.wait() => Some(exited),
            // The writer has closed the standard input.
            () = life.stop.cancelled() => timeout(GRACE, self.child.wait()).await.ok(),
        };
        if let Some(Ok(status)) = exited
            && !life.stop.is_cancelled()
        {
            fault.note(Some(format!("the process has ended ({status})")));
            tracing::warn!(%status, "a stdio server has ended by itself");
        }
        life.exited.cancel();
        self.group.end(&mut self.child).await;
        life.gone.cancel();
        tracing::debug!("a stdio server is gone");
        // It may quote what the server was given.
        tracing::trace!(stderr = stderr.text(), "its standard error");
    }
}

/// Nothing of our own environment but what is named here.
fn command(command: &StdioCommand, place: &Place) -> Command {
    let own = command.env.iter();
    let own = own.map(|(name, value)| (OsStr::new(name), OsStr::new(value.expose_secret())));
    let mut started = Command::new(&command.command);
    started
        .args(&command.args)
        .env_clear()
        .env("PATH", &place.environment.path)
        .env("LANG", &place.environment.lang)
        .env("HOME", &place.folder)
        .envs(own)
        .current_dir(&place.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    started
}
