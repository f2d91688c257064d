//! Folders and processes that attempts of ended processes have left on this machine, while others may be in progress here.

use std::path::PathBuf;

use tokio::fs;

use super::{Worker, ending::remove};
use crate::runs::model::{Claim, RunId};

/// The folder of an attempt.
pub struct Leftover {
    pub run: RunId,
    /// The number of its claim.
    pub claim: i64,
    folder: PathBuf,
}

impl Worker {
    /// The folders of attempts, those in progress among them.
    pub async fn leftovers(&self) -> Vec<Leftover> {
        let Ok(mut folders) = fs::read_dir(&self.parts.folder).await else {
            return Vec::new();
        };
        let mut found = Vec::new();
        while let Ok(Some(folder)) = folders.next_entry().await {
            let claim = folder.file_name().to_str().and_then(parse);
            found.extend(claim.map(|(run, claim)| Leftover {
                run,
                claim,
                folder: folder.path(),
            }));
        }
        found
    }

    /// Ends the processes and removes the folder of an attempt that is not in progress.
    pub async fn clear(&self, leftover: &Leftover) {
        remove(&leftover.folder).await;
    }

    /// Does so for all earlier attempts at the run.
    pub async fn clear_before(&self, claim: &Claim) {
        for leftover in self.leftovers().await {
            if leftover.run == claim.run && leftover.claim < claim.number {
                self.clear(&leftover).await;
            }
        }
    }
}

/// See [`Worker::folder_of`].
fn parse(name: &str) -> Option<(RunId, i64)> {
    let (run, claim) = name.rsplit_once('-')?;
    Some((RunId::parse(run)?, claim.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_attempts_are_leftovers() {
        let run = RunId::new();
        assert_eq!(parse(&format!("{run}-12")), Some((run, 12)));
        for other in [
            run.to_string(),
            format!("{run}-"),
            format!("{run}-x"),
            "files-1".to_owned(),
        ] {
            assert_eq!(parse(&other), None, "{other}");
        }
    }
}
