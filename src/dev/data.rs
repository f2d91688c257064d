//! Where the demo user's training is: in a file that stays, or in one that goes with the process.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use jiff::{Timestamp, tz::TimeZone};
use secrecy::SecretString;
use tempfile::TempDir;

use super::demo;
use crate::workout::db::Database;

pub(super) enum Data {
    /// Removed when dropped.
    ThrownAway {
        folder: TempDir,
        file: PathBuf,
    },
    Kept(PathBuf),
}

/// The database, ready.
pub(super) struct Opened {
    pub(super) db: Database,
    pub(super) begun: Begun,
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
            let text = file.to_str().context("--data takes a name in UTF-8")?;
            let scheme = ["sqlite:", "postgres:", "postgresql:", ":memory:"];
            let is_url = scheme.iter().any(|scheme| text.starts_with(scheme));
            ensure!(!is_url, "--data takes the name of a file, not a URL");
            return Ok(Self::Kept(file));
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix("prog-strength-");
        // Nobody else's business on a machine that is shared.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder
            .tempdir()
            .context("cannot make a folder for the training data; name a file with --data FILE")?;
        Ok(Self::ThrownAway {
            file: folder.path().join("demo.db"),
            folder,
        })
    }

    /// What is to be done where the process ends without dropping anything.
    pub(super) fn last_act(&self) -> impl FnOnce() + Send + 'static + use<> {
        let folder = match self {
            Self::ThrownAway { folder, .. } => Some(folder.path().to_owned()),
            Self::Kept(_) => None,
        };
        move || drop(folder.map(std::fs::remove_dir_all))
    }

    pub(super) fn file(&self) -> &Path {
        match self {
            Self::ThrownAway { file, .. } | Self::Kept(file) => file,
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Kept(_))
    }

    /// Opens the file, which `url` names, and sees that the demo user has training in it.
    pub(super) async fn open(&self, url: &SecretString, fresh: bool) -> anyhow::Result<Opened> {
        let opened = Database::open(url).await;
        let place = || format!("cannot keep the training data in {}", self.shown());
        let db = opened.with_context(place)?;
        let begun = self.begin(&db, fresh).await?;
        Ok(Opened { db, begun })
    }

    /// What there was, or, if there was nothing or it shall be `fresh`, the first day's.
    async fn begin(&self, db: &Database, fresh: bool) -> anyhow::Result<Begun> {
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
