//! Keys of objects: `runs/<execution id>/<number>-<safe name>`.

use std::fmt;

use uuid::Uuid;

use super::disposition::last_part;

const FOLDER: &str = "runs";
/// The most bytes of a name in a key.
const MAX_NAME: usize = 80;
/// The most bytes of an extension that is kept when a name is cut.
const MAX_EXTENSION: usize = 12;

/// The key of one file. It has only characters that every store and every URL takes: `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileKey {
    execution_id: Uuid,
    /// `1-report.md`
    part: String,
}

impl FileKey {
    /// The key of a run's file. `number` is unique in the run, and the same whenever the file is stored again.
    pub fn new(execution_id: Uuid, number: u32, name: &str) -> Self {
        let part = format!("{number}-{}", safe(name));
        Self { execution_id, part }
    }

    /// Reads the text of a key; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(FOLDER)?.strip_prefix('/')?;
        let (execution_id, part) = rest.split_once('/')?;
        Self::from_parts(execution_id, part)
    }

    /// From the execution id as hyphenated lower-case text, and the part after it.
    pub(super) fn from_parts(execution_id: &str, part: &str) -> Option<Self> {
        let id = Uuid::try_parse(execution_id).ok()?;
        let (number, name) = part.split_once('-')?;
        let canonical = id.to_string() == execution_id
            && number.parse().is_ok_and(|n: u32| n.to_string() == number)
            && !name.is_empty()
            && safe(name) == name;
        canonical.then(|| Self {
            execution_id: id,
            part: part.to_owned(),
        })
    }

    pub(super) fn execution_id(&self) -> Uuid {
        self.execution_id
    }

    pub(super) fn part(&self) -> &str {
        &self.part
    }

    /// The folder that all files of the run have in common.
    pub(super) fn folder(&self) -> String {
        Self::folder_of(self.execution_id)
    }

    pub(super) fn folder_of(execution_id: Uuid) -> String {
        format!("{FOLDER}/{execution_id}")
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FOLDER}/{}/{}", self.execution_id, self.part)
    }
}

/// The last part of a name with the safe characters alone, cut before its extension.
fn safe(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let text: String = last_part(name)
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    let cut = match text.rsplit_once('.') {
        _ if text.len() <= MAX_NAME => text,
        Some((stem, extension)) if extension.len() <= MAX_EXTENSION => {
            let stem = &stem[..stem.len().min(MAX_NAME - extension.len() - 1)];
            format!("{stem}.{extension}")
        }
        _ => text[..MAX_NAME].to_owned(),
    };
    if cut.is_empty() { "_".to_owned() } else { cut }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);

    fn part(name: &str) -> String {
        FileKey::new(ID, 3, name).part
    }

    #[test]
    fn keys_have_safe_characters_alone() {
        assert_eq!(
            FileKey::new(ID, 3, "plots/Volumen März.svg").to_string(),
            "runs/01920000-0000-7000-8000-000000000001/3-Volumen_M_rz.svg"
        );
        assert_eq!(part("../../etc/passwd"), "3-passwd");
        assert_eq!(part(".."), "3-..");
        assert_eq!(part(""), "3-_");
        assert_eq!(part(&("x".repeat(100) + ".tar.gz")).len(), 2 + 80);
        assert!(part(&("x".repeat(100) + ".gz")).ends_with("xxx.gz"));
        assert_eq!(part(&("x.".to_owned() + &"y".repeat(100))).len(), 2 + 80);
    }

    #[test]
    fn other_texts_are_no_keys() {
        let id = ID.to_string();
        for text in [
            "",
            "runs",
            "runs/x/1-a",
            &format!("runs/{id}"),
            &format!("runs/{id}/a"),
            &format!("runs/{id}/1-"),
            &format!("runs/{id}/01-a"),
            &format!("runs/{id}/1-a/b"),
            &format!("runs/{id}/../1-a"),
            &format!("runs/{}/1-a", id.replace('-', "")),
            &format!("/runs/{id}/1-a"),
            &format!("runs/{id}/1-ä"),
            &format!("runs/{id}/1-a%2f"),
        ] {
            assert_eq!(FileKey::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_name_gives_a_key_that_is_read_again(number: u32, name in ".{0,120}") {
            let key = FileKey::new(ID, number, &name);
            prop_assert_eq!(FileKey::parse(&key.to_string()), Some(key));
        }
    }
}
