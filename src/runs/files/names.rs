//! Names of a run's files: unique in the run, and made for contents that came without one.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;

use super::content_type::extension;

/// The most bytes of a name that is made from a URI or a tool's name.
const MAX_NAME: usize = 100;

/// The names that the files of one run have so far.
#[derive(Debug, Default)]
pub struct Names(HashSet<String>);

impl Names {
    pub fn new() -> Self {
        Self::default()
    }

    /// The name itself for the first file of that name, `name-2.ext` for the second.
    pub fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        let mut number = 2_u32;
        while !self.0.insert(unique.clone()) {
            unique = numbered(name, number);
            number += 1;
        }
        unique
    }
}

/// True if `name` is one that [`Names::unique`] gives to a file called `given`.
pub fn is_numbered(name: &str, given: &str) -> bool {
    if name == given {
        return true;
    }
    let numbers = name.split(|c: char| !c.is_ascii_digit());
    let mut numbers = numbers.filter_map(|text| text.parse().ok());
    numbers.any(|number: u32| number > 1 && numbered(given, number) == name)
}

fn numbered(name: &str, number: u32) -> String {
    let start = name.rfind('/').map_or(0, |at| at + 1);
    match name[start..].rfind('.') {
        Some(dot) if dot > 0 => {
            let (stem, extension) = name.split_at(start + dot);
            format!("{stem}-{number}{extension}")
        }
        _ => format!("{name}-{number}"),
    }
}

/// The name of a content that a tool returned: the last segment of its URI, else the name of the tool without the prefix of
/// its server. An extension is added if there is none.
pub fn blob_name(uri: Option<&str>, tool: &str, content: &[u8], mime_type: Option<&str>) -> String {
    let plain_tool = tool.split_once("__").map_or(tool, |(_, name)| name);
    let stem = uri
        .and_then(last_segment)
        .unwrap_or_else(|| plain(plain_tool));
    let stem = if stem.is_empty() { "file" } else { &stem };
    let has_extension = stem
        .rsplit_once('.')
        .is_some_and(|(before, after)| !before.is_empty() && is_extension(after));
    if has_extension {
        stem.to_owned()
    } else {
        format!("{stem}.{}", extension(content, mime_type))
    }
}

fn is_extension(text: &str) -> bool {
    (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The last segment of a hierarchical URI, if it is fit for a name.
fn last_segment(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let path = rest.split(['?', '#']).next()?;
    let segment = path.trim_end_matches('/').rsplit('/').next()?;
    let name = plain(&percent_decode_str(segment).decode_utf8_lossy());
    Some(name).filter(|name| !name.is_empty())
}

/// True for characters that change the direction of what follows: they make a name look like another.
pub fn changes_direction(c: char) -> bool {
    matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One part of a path without characters that mean something in paths, not hidden, and cut.
fn plain(text: &str) -> String {
    let unfit = |c: char| c.is_control() || matches!(c, '/' | '\\') || changes_direction(c);
    let name: String = text
        .chars()
        .map(|c| if unfit(c) { '_' } else { c })
        .collect();
    // The end is kept: an extension stands there.
    let name = name.trim_end();
    let cut = name.len().saturating_sub(MAX_NAME);
    let from = (cut..name.len()).find(|at| name.is_char_boundary(*at));
    from.map_or(name, |from| &name[from..])
        .trim_start_matches(|c: char| c == '.' || c.is_whitespace())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn numbered_names_are_known() {
        for (name, given) in [
            ("a.txt", "a.txt"),
            ("a-2.txt", "a.txt"),
            ("x-1/a-12.txt", "x-1/a.txt"),
            ("a-3-4", "a-3"),
        ] {
            assert!(is_numbered(name, given), "{name} {given}");
        }
        for (name, given) in [
            ("a-1.txt", "a.txt"),
            ("a-2.md", "a.txt"),
            ("b-2.txt", "a.txt"),
        ] {
            assert!(!is_numbered(name, given), "{name} {given}");
        }
    }

    #[test]
    fn second_files_of_a_name_are_numbered() {
        let mut names = Names::new();
        let unique: Vec<_> = [
            "a.png", "a.png", "a-2.png", "a.png", "d.x/a", "d.x/a", ".b", ".b", "c.tar.gz",
            "c.tar.gz",
        ]
        .map(|name| names.unique(name))
        .into();
        let expected = [
            "a.png",
            "a-2.png",
            "a-2-2.png",
            "a-3.png",
            "d.x/a",
            "d.x/a-2",
            ".b",
            ".b-2",
            "c.tar.gz",
            "c.tar-2.gz",
        ];
        assert_eq!(unique, expected);
    }

    #[test]
    fn blobs_are_named_by_uri_or_tool() {
        let name = |uri| blob_name(uri, "charts__render_chart", PNG, None);
        assert_eq!(name(None), "render_chart.png");
        assert_eq!(
            name(Some("https://x.org/a/Volume%20M%C3%A4rz.png?x=/y.gif#z")),
            "Volume März.png"
        );
        assert_eq!(name(Some("chart://volume/")), "volume.png");
        assert_eq!(
            name(Some("file:///..%2f..%2fetc%2fpasswd")),
            "_.._etc_passwd.png"
        );
        assert_eq!(name(Some("x://..")), "render_chart.png");
        assert_eq!(name(Some("data:image/png;base64,AAAA")), "render_chart.png");
        assert_eq!(name(Some("x://a/v1.2 final")), "v1.2 final.png");
        let cut_before_a_dot = format!("x://a/{} .{}", "a".repeat(9), "b".repeat(98));
        assert_eq!(
            name(Some(&cut_before_a_dot)),
            format!("{}.png", "b".repeat(98))
        );
        assert_eq!(
            blob_name(None, "export", b"a,b", Some("text/csv")),
            "export.csv"
        );
        assert_eq!(blob_name(None, "", b"", None), "file.txt");
    }

    proptest! {
        #[test]
        fn made_names_are_one_visible_part(uri in "(?s).{0,150}", tool in "(?s).{0,150}") {
            for uri in [None, Some(format!("x://{uri}"))] {
                let name = blob_name(uri.as_deref(), &tool, PNG, None);
                prop_assert!(!name.is_empty() && !name.starts_with('.') && name.len() <= 111);
                prop_assert!(!name.contains(|c: char| c == '/' || c == '\\' || c.is_control()));
            }
        }

        #[test]
        fn unique_names_are_unique(list in prop::collection::vec("[ab](-[23])?(\\.c)?", 0..20)) {
            let mut names = Names::new();
            let unique: HashSet<_> = list.iter().map(|name| names.unique(name)).collect();
            prop_assert_eq!(unique.len(), list.len());
        }
    }
}
