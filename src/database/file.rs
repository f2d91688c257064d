//! The file of an `SQLite` database: readable and writable by its owner alone.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{Error, ErrorKind},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    str::FromStr,
};

use sqlx::sqlite::SqliteConnectOptions;

const PRIVATE: u32 = 0o600;

/// Creates the file, if the URL allows that. `SQLite` gives the files beside it (`-wal`, `-shm`) the same mode.
pub(super) fn create_private(url: &str) -> Result<(), sqlx::Error> {
    if url.contains("mode=rwc") {
        let options = SqliteConnectOptions::from_str(url)?;
        let mut creation = OpenOptions::new();
        creation.write(true).create_new(true).mode(PRIVATE);
        // SQLite reports why a file cannot be created.
        let _ = creation.open(options.get_filename());
    }
    Ok(())
}

/// Takes away what the group and others may do with the files of an open database.
pub(super) fn make_private(url: &str) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::from_str(url)?;
    for suffix in ["", "-wal", "-shm"] {
        let mut name = options.get_filename().as_os_str().to_owned();
        name.push(suffix);
        restrict(Path::new(&name));
    }
    Ok(())
}

/// A file that cannot be changed, as one of another owner, can be used all the same.
fn restrict(path: &Path) {
    let restricted = fs::metadata(path).and_then(|found| {
        let open = found.permissions().mode() & 0o077 != 0;
        if open {
            fs::set_permissions(path, Permissions::from_mode(PRIVATE))?;
        }
        Ok::<_, Error>(open)
    });
    let file = path.file_name();
    match restricted {
        Ok(true) => tracing::warn!(
            ?file,
            "a database file was open to other users of this machine; now it is not"
        ),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(?file, %error, "a database file may be open to other users of this machine");
        }
        _ => {}
    }
}
