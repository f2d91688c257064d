//! Where the demo user's training is: in a file that stays, or in one that goes with the process.

use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::{Timestamp, tz::TimeZone};
use secrecy::SecretString;
use tempfile::TempDir;

use super::demo;
use crate::workout::db::Database;

pub(super) enum Data {
    /// Removed when dropped.
    ThrownAway {
        _folder: TempDir,
        file: PathBuf,
    },
    Kept(PathBuf),
}

/// What the file held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// Nothing of the demo user, until now.
    Filled,
    /// What is there now, after it was put back.
    Reset,
    /// Training, which was left as it is.
    GoneOn,
}

impl Data {
    pub(super) fn of(file: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(file) = file {
            return Ok(Self::Kept(file));
        }
        let folder = tempfile::Builder::new()
            .prefix("prog-strength-")
            .tempdir()
            .context("cannot make a folder for the training data; name a file with --data FILE")?;
        Ok(Self::ThrownAway {
            file: folder.path().join("demo.db"),
            _folder: folder,
        })
    }

    pub(super) fn file(&self) -> &Path {
        match self {
            Self::ThrownAway { file, .. } | Self::Kept(file) => file,
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Kept(_))
    }

    /// `url` names the file.
    pub(super) async fn open(&self, url: &SecretString) -> anyhow::Result<Database> {
        let opened = Database::open(url).await;
        opened.with_context(|| format!("cannot keep the training data in {}", self.shown()))
    }

    /// Sees that the demo user has training: what there was, or, if there was none or it shall be `fresh`, the first
    /// day's.
    pub(super) async fn begin(&self, db: &Database, fresh: bool) -> anyhow::Result<Begun> {
        let (now, zone) = (Timestamp::now(), TimeZone::system());
        let begun = if fresh {
            demo::reset(db, now, &zone).await.map(|()| Begun::Reset)
        } else {
            let filled = demo::fill(db, now, &zone).await;
            filled.map(|filled| if filled { Begun::Filled } else { Begun::GoneOn })
        };
        begun.with_context(|| format!("cannot write the training data to {}", self.shown()))
    }

    fn shown(&self) -> std::path::Display<'_> {
        self.file().display()
    }
}
