//! `SYSTEM_PROMPT`, `USER_PROMPT_PREFIX`, `PROMPTS_DIR`: the prompts of runs that bring none.

use std::{io::ErrorKind, path::Path};

use crate::config::{reader::Reader, variables as var};

/// The prompts of the operator: from a variable, else from a file.
#[derive(Debug, Default, Clone)]
pub struct Prompts {
    /// `None`: the built-in one.
    pub system: Option<String>,
    /// Put before each prompt, with a blank line between.
    pub prefix: Option<String>,
}

impl Prompts {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let folder = reader.text(&var::PROMPTS_DIR).unwrap_or_default();
        let folder = Path::new(folder).to_owned();
        if folder != Path::new(var::PROMPTS_DIR.default) && !folder.is_dir() {
            reader.fault(
                var::PROMPTS_DIR.name,
                "names no folder that can be read; create it or unset it",
            );
        }
        let system = reader.text(&var::SYSTEM_PROMPT).map(str::to_owned);
        let prefix = reader.text(&var::USER_PROMPT_PREFIX).map(str::to_owned);
        Self {
            system: system
                .and_then(trimmed)
                .or_else(|| file(reader, &folder, "system.md")),
            prefix: prefix
                .and_then(trimmed)
                .or_else(|| file(reader, &folder, "user.md")),
        }
    }
}

/// The text of a file, if there is one and it is not blank.
fn file(reader: &mut Reader, folder: &Path, name: &str) -> Option<String> {
    match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => trimmed(text),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            None
        }
        Err(error) => {
            let kind = error.kind();
            let what = format!("has a {name} that cannot be read as UTF-8 text ({kind})");
            reader.fault(var::PROMPTS_DIR.name, what);
            None
        }
    }
}

fn trimmed(text: impl AsRef<str>) -> Option<String> {
    let text = text.as_ref().trim();
    (!text.is_empty()).then(|| text.to_owned())
}
