//! Names of files in a workspace: relative paths, as Claude writes them.

use std::path::Path;

use crate::runs::files::changes_direction;

/// The most folders above a file, and the file.
const MAX_DEPTH: usize = 8;
/// The most bytes of one part; file systems take 255.
const MAX_PART: usize = 120;
const MAX_LEN: usize = 400;

/// A relative path of plain names: no `..`, no hidden part, no character that a URL or a header could not carry escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(String);

impl Name {
    /// The error is for Claude. A leading `./` is dropped.
    pub(super) fn parse(path: &str) -> Result<Self, String> {
        let name = path.strip_prefix("./").unwrap_or(path);
        let refused = |why: &str| Err(format!("The path {path:?} cannot be used: {why}"));
        if name.starts_with('/') {
            return refused("it must be relative to the workspace, such as `report.md`.");
        }
        if name.len() > MAX_LEN || name.split('/').any(|part| part.len() > MAX_PART) {
            return Err(format!(
                "The path is too long: at most {MAX_LEN} bytes, and {MAX_PART} in each part. Use a shorter name."
            ));
        }
        if name.split('/').count() > MAX_DEPTH {
            return refused("at most 8 parts, the folders and the file, are allowed.");
        }
        match name.split('/').find_map(fault) {
            Some(why) => refused(why),
            None => Ok(Self(name.to_owned())),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// The folder of the file, if it is not the workspace itself.
    pub(super) fn folder(&self) -> Option<&Path> {
        let folder = self.path().parent();
        folder.filter(|folder| !folder.as_os_str().is_empty())
    }
}

fn fault(part: &str) -> Option<&'static str> {
    if part.is_empty() {
        Some("it has an empty part.")
    } else if part == ".." || part == "." {
        Some("`.` and `..` are not allowed; name the file from the top of the workspace.")
    } else if part.starts_with('.') {
        Some("names must not begin with a dot.")
    } else if part.trim() != part {
        Some("names must not begin or end with white space.")
    } else if part.contains(|c: char| c == '\\' || c.is_control() || changes_direction(c)) {
        Some("backslashes and control characters are not allowed.")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_relative_paths_are_names() {
        for path in [
            "a",
            "report.md",
            "plots/2026/a b.png",
            "größe.csv",
            "a..b",
            "a.b/c.d",
        ] {
            assert_eq!(Name::parse(path).unwrap().as_str(), path);
        }
        assert_eq!(Name::parse("./a/b").unwrap().as_str(), "a/b");
        assert_eq!(Name::parse("a/b").unwrap().folder(), Some(Path::new("a")));
        assert_eq!(Name::parse("a").unwrap().folder(), None);
    }

    #[test]
    fn other_paths_are_refused() {
        let deep = "a/".repeat(8) + "b";
        let (long_part, long) = ("a".repeat(121), "aaaaaaaaa/".repeat(7) + &"é".repeat(60));
        for path in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../a",
            "a/../b",
            "a/..",
            ".",
            "a/./b",
            "a//b",
            "a/",
            ".env",
            "a/.git/b",
            " a",
            "a /b",
            "a\\b",
            "a\0b",
            "a\nb",
            "\u{202e}gnp.a",
            ".//a",
            "././a",
            &deep,
            &long_part,
        ] {
            assert!(Name::parse(path).is_err(), "{path:?}");
        }
        assert!(Name::parse(&long).is_ok());
        assert!(Name::parse(&("a".repeat(120) + "/").repeat(4)[..481]).is_err());
    }
}
