//! The prompt of the command `run`: its argument, and text files.

use std::{
    fmt::Write,
    io::Read,
    path::{Path, PathBuf},
};

use super::{UsageError, standard_input};

/// What the server takes.
const MAX_CHARS: usize = 100_000;

/// The prompt, then each file between tags with its name.
pub(super) fn build(prompt: &str, files: &[PathBuf]) -> Result<String, UsageError> {
    let mut text = if prompt == "-" {
        standard_input()?
    } else {
        prompt.to_owned()
    };
    for path in files {
        let content = file(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.replace(['"', '<', '>', '\n'], "_");
        let _ = write!(text, "\n\n<file name=\"{name}\">\n{content}\n</file>");
    }
    let chars = text.chars().count();
    if chars > MAX_CHARS {
        let what = format!(
            "the prompt with its files has {chars} characters; at most {MAX_CHARS} are taken"
        );
        return Err(UsageError(what));
    }
    Ok(text)
}

fn file(path: &Path) -> Result<String, UsageError> {
    let fault = |what: String| UsageError(format!("--file {}: {what}", path.display()));
    let opened = std::fs::File::open(path);
    let opened = opened.map_err(|error| fault(format!("cannot be read: {error}")))?;
    let mut bytes = Vec::new();
    // Four bytes a character at most.
    let mut limited = opened.take(4 * MAX_CHARS as u64 + 1);
    let read = limited.read_to_end(&mut bytes);
    read.map_err(|error| fault(format!("cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|_| fault("is not UTF-8 text".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_follow_the_prompt_between_tags_with_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("week.csv");
        std::fs::write(&path, "day,kg\n").unwrap();
        let text = build("sum it up", &[path]).unwrap();
        assert_eq!(
            text,
            "sum it up\n\n<file name=\"week.csv\">\nday,kg\n\n</file>"
        );
    }

    #[test]
    fn a_file_that_is_missing_no_text_or_too_long_is_a_usage_error() {
        let folder = tempfile::tempdir().unwrap();
        let fault = |path: &Path| build("x", &[path.to_owned()]).unwrap_err().to_string();
        let path = folder.path().join("x");
        assert!(fault(&path).contains("cannot be read"));
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(fault(&path).contains("is not UTF-8 text"));
        std::fs::write(&path, "x".repeat(MAX_CHARS)).unwrap();
        assert!(fault(&path).contains("at most 100000"));
    }
}
