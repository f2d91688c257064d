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

/// Creates the file, or takes away what the group and others may do with it. `SQLite` gives the files beside it (`-wal`,
/// `-shm`) the same mode when it creates them.
pub(super) fn make_private(url: &str) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::from_str(url)?;
    let path = options.get_filename();
    if url.contains("mode=rwc") {
        let mut creation = OpenOptions::new();
        creation.write(true).create_new(true).mode(PRIVATE);
        match creation.open(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
    }
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
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
