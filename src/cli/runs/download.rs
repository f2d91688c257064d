//! Saves the files of a run.

use std::{
    path::{Component, Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use aws_lc_rs::digest::{self, SHA256};
use serde_json::Value;
use tokio::{fs, io::AsyncWriteExt, time::timeout};
use url::Url;

use super::{
    client::Client,
    print::{line, printable, size},
};

/// Longest silence of a store.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// Saves all files of `run` in `folder`, which is made if there is none. Files of the same name are replaced. All are tried;
/// the error names those that are not saved.
pub(super) async fn save(client: &Client, run: &Value, folder: &Path) -> anyhow::Result<()> {
    let mut failed = Vec::new();
    for file in run["files"].as_array().into_iter().flatten() {
        let name = file["name"].as_str().unwrap_or_default();
        match save_one(client, file, name, folder).await {
            Ok((path, bytes)) => eprintln!("saved {} ({})", path.display(), size(bytes)),
            Err(error) => failed.push(format!("{}: {error:#}", line(name, 200))),
        }
    }
    ensure!(failed.is_empty(), "not saved: {}", failed.join("; "));
    Ok(())
}

async fn save_one(
    client: &Client,
    file: &Value,
    name: &str,
    folder: &Path,
) -> anyhow::Result<(PathBuf, u64)> {
    let Some(url) = file["url"].as_str() else {
        let error = file["error"].as_str().unwrap_or("it has no URL");
        bail!("{}", printable(error));
    };
    let url = Url::parse(url).context("its URL is none")?;
    let path = folder.join(relative(name).context("its name leads out of the folder")?);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).await?;
    }
    // Complete under its name, or not there.
    let part = path.with_file_name(format!(".{}.part", uuid::Uuid::now_v7()));
    let received = receive(client, url, &part).await;
    let checked = received.and_then(|(bytes, digest)| {
        let expected = file["sha256"].as_str();
        let same = expected.is_none_or(|expected| expected.eq_ignore_ascii_case(&digest));
        ensure!(same, "its content is not what the run has made");
        Ok(bytes)
    });
    match checked {
        Ok(bytes) => {
            fs::rename(&part, &path).await?;
            Ok((path, bytes))
        }
        Err(error) => {
            let _ = fs::remove_file(&part).await;
            Err(error)
        }
    }
}

/// Bytes, and their SHA-256 in hexadecimal.
async fn receive(client: &Client, url: Url, part: &Path) -> anyhow::Result<(u64, String)> {
    let sent = timeout(LONGEST_SILENCE, client.unsigned(url).send()).await;
    let response = sent
        .context("no answer")?
        .map_err(reqwest::Error::without_url)?;
    ensure!(
        response.status().is_success(),
        "the store answers {}",
        response.status()
    );
    let mut response = response;
    let mut file = fs::File::create(part).await?;
    let (mut hash, mut bytes) = (digest::Context::new(&SHA256), 0);
    loop {
        let chunk = timeout(LONGEST_SILENCE, response.chunk()).await;
        let chunk = chunk.context("the store is silent")?;
        let Some(chunk) = chunk.map_err(reqwest::Error::without_url)? else {
            break;
        };
        hash.update(&chunk);
        bytes += chunk.len() as u64;
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    let hex = hash.finish();
    let hex = hex.as_ref().iter().map(|byte| format!("{byte:02x}"));
    Ok((bytes, hex.collect()))
}

/// The name as a path that stays in its folder.
fn relative(name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    let stays = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (stays && path.file_name().is_some()).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        for name in ["a.csv", "reports/week.md", "a b.txt"] {
            assert_eq!(relative(name), Some(name.into()));
        }
        for name in ["", ".", "..", "../a", "a/../../b", "/etc/passwd", "./a"] {
            assert_eq!(relative(name), None, "{name}");
        }
    }
}
