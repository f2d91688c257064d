//! Database file of `dev`: a temporary one, or the one named by `--data`. Opens it and fills it with the `demo` training.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use jiff::{Timestamp, tz::TimeZone};
use secrecy::SecretString;
use tempfile::TempDir;

use super::demo;
use crate::workout::db::{self, Database};

/// The file, and its lifetime.
pub(super) enum DataFile {
    /// Removed when dropped.
    Temporary {
        folder: TempDir,
        file: PathBuf,
    },
    Named(PathBuf),
}

/// The open database, with the demo user's training in it.
pub(super) struct Opened {
    pub(super) db: Database,
    pub(super) state: TrainingState,
}

/// The origin of the demo user's training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrainingState {
    /// Created by this start.
    Filled,
    /// Replaced, because of `--fresh`.
    Reset,
    /// From an earlier start.
    Resumed,
}

/// A temporary folder for this user only: the machine may be shared.
pub(super) fn private_folder() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("prog-strength-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

impl DataFile {
    pub(super) fn new(file: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(file) = file {
            let text = file.to_str().context("--data takes a name in UTF-8")?;
            let scheme = ["sqlite:", "postgres:", "postgresql:", ":memory:"];
            let is_url = scheme.iter().any(|scheme| text.starts_with(scheme));
            ensure!(!is_url, "--data takes the name of a file, not a URL");
            return Ok(Self::Named(file));
        }
        let folder = private_folder()
            .context("cannot make a folder for the training data; name a file with --data FILE")?;
        Ok(Self::Temporary {
            file: folder.path().join("demo.db"),
            folder,
        })
    }

    /// Removes the temporary folder; for an exit that runs no destructors.
    pub(super) fn cleanup(&self) -> impl FnOnce() + Send + 'static + use<> {
        let folder = match self {
            Self::Temporary { folder, .. } => Some(folder.path().to_owned()),
            Self::Named(_) => None,
        };
        move || drop(folder.map(std::fs::remove_dir_all))
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Temporary { file, .. } | Self::Named(file) => file,
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Named(_))
    }

    /// Opens the database at `url`, which is this file's, and fills it if needed.
    pub(super) async fn open(&self, url: &SecretString, fresh: bool) -> anyhow::Result<Opened> {
        let opened = db::open(url).await;
        let context = || format!("cannot keep the training data in {}", self.shown());
        let db = opened.with_context(context)?;
        let state = self.fill(&db, fresh).await?;
        Ok(Opened { db, state })
    }

    async fn fill(&self, db: &Database, fresh: bool) -> anyhow::Result<TrainingState> {
        let (now, zone) = (Timestamp::now(), TimeZone::system());
        let state = if fresh {
            let reset = demo::reset(db, now, &zone).await;
            reset.map(|()| TrainingState::Reset)
        } else {
            demo::fill(db, now, &zone).await.map(|filled| {
                if filled {
                    TrainingState::Filled
                } else {
                    TrainingState::Resumed
                }
            })
        };
        state.with_context(|| format!("cannot write the training data to {}", self.shown()))
    }

    fn shown(&self) -> std::path::Display<'_> {
        self.path().display()
    }
}
