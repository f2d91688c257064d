//! The type of a file by its content; of text, by its name.

/// Extensions of text, and the types that go with them.
const TEXTS: [(&str, &str); 19] = [
    ("csv", "text/csv; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("geojson", "application/geo+json"),
    ("gpx", "application/gpx+xml"),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ics", "text/calendar; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("jsonl", "application/jsonl"),
    ("markdown", "text/markdown; charset=utf-8"),
    ("md", "text/markdown; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("tcx", "application/vnd.garmin.tcx+xml"),
    ("toml", "application/toml"),
    ("tsv", "text/tab-separated-values; charset=utf-8"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
];
const TEXT: &str = "text/plain; charset=utf-8";
const BINARY: &str = "application/octet-stream";
/// The types whose files are all text but are no text to read.
const TEXT_FORMATS: [(&[u8], &str); 2] = [
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
];

/// The type of a file that begins with `head`. `is_text` tells whether the whole content is text ([`TextCheck`]).
pub(super) fn detect(name: &str, head: &[u8], is_text: bool) -> &'static str {
    if !is_text {
        // It takes some texts for pictures: "BM" begins a bitmap.
        return infer::get(head).map_or(BINARY, |found| found.mime_type());
    }
    let by_name = || {
        let extension = name.rsplit_once('.')?.1.to_ascii_lowercase();
        let known = TEXTS.iter().find(|(known, _)| *known == extension);
        known.map(|(_, found)| *found)
    };
    text_format(head).or_else(by_name).unwrap_or(TEXT)
}

/// The type of a text that is none to read.
fn text_format(head: &[u8]) -> Option<&'static str> {
    let mut formats = TEXT_FORMATS.iter();
    let found = formats.find(|(magic, _)| head.starts_with(magic));
    found.map(|(_, found)| *found)
}

/// The extension for a content without a name: by the content, else by the type that its sender gave.
pub(super) fn extension(content: &[u8], given: Option<&str>) -> &'static str {
    let mut check = TextCheck::default();
    check.add(content);
    if !check.is_text() {
        return infer::get(content).map_or("bin", |found| found.extension());
    }
    if let Some(found) = text_format(content) {
        return found.rsplit('/').next().unwrap_or_default();
    }
    let essence = |text: &'static str| text.split(';').next().unwrap_or_default();
    let given = given.unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    // The last one: `html`, `md` and `yml` are the usual ones of their types.
    let known = TEXTS
        .iter()
        .rfind(|(_, of)| essence(of).eq_ignore_ascii_case(given));
    known.map_or("txt", |(extension, _)| extension)
}

/// Checks piece by piece that a content is UTF-8 text without the control characters of binary files.
#[derive(Debug, Default)]
pub(super) struct TextCheck {
    is_binary: bool,
    /// The beginning of a character that the next piece ends.
    pending: Vec<u8>,
}

impl TextCheck {
    pub(super) fn add(&mut self, piece: &[u8]) {
        if self.is_binary {
            return;
        }
        let is_control =
            |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
        if piece.iter().any(is_control) {
            self.is_binary = true;
            return;
        }
        let mut rest = piece;
        while !self.pending.is_empty() && !rest.is_empty() {
            self.pending.push(rest[0]);
            rest = &rest[1..];
            match std::str::from_utf8(&self.pending) {
                Ok(_) => self.pending.clear(),
                Err(error) if error.error_len().is_some() => self.is_binary = true,
                Err(_) => {}
            }
            if self.is_binary {
                return;
            }
        }
        match std::str::from_utf8(rest) {
            Ok(_) => {}
            Err(error) if error.error_len().is_some() => self.is_binary = true,
            Err(error) => self.pending.extend(&rest[error.valid_up_to()..]),
        }
    }

    pub(super) fn is_text(&self) -> bool {
        !self.is_binary && self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(name: &str, content: &[u8]) -> &'static str {
        let mut check = TextCheck::default();
        check.add(content);
        detect(name, content, check.is_text())
    }

    #[test]
    fn binary_files_are_known_by_their_content() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        assert_eq!(of("a.txt", png), "image/png");
        assert_eq!(of("a", b"RIFF\0\0\0\0WAVEfmt "), "audio/x-wav");
        assert_eq!(of("a.png", b"\0\x01\x02\xff"), "application/octet-stream");
        assert_eq!(of("a.txt", b"%PDF-1.7\n"), "application/pdf");
        assert_eq!(of("a.md", b"latin-1: \xe4"), "application/octet-stream");
    }

    #[test]
    fn texts_are_known_by_their_names() {
        assert_eq!(of("a/b.CSV", b"a,b\n"), "text/csv; charset=utf-8");
        assert_eq!(of("a.json", b"{}"), "application/json");
        assert_eq!(
            of("notes.md", b"BM 22.4, gr\xc3\xb6\xc3\x9fer"),
            "text/markdown; charset=utf-8"
        );
        assert_eq!(of("a.png", b"no picture"), "text/plain; charset=utf-8");
        assert_eq!(of("a", b""), "text/plain; charset=utf-8");
    }

    #[test]
    fn extensions_follow_content_then_the_given_type() {
        assert_eq!(extension(b"\xff\xd8\xff\xe0", Some("image/png")), "jpg");
        assert_eq!(extension(b"a,b", Some("text/CSV; charset=x")), "csv");
        assert_eq!(extension(b"# a", Some("text/markdown")), "md");
        assert_eq!(extension(b"<p>", Some("text/html")), "html");
        assert_eq!(extension(b"x", None), "txt");
        assert_eq!(extension(b"%PDF-1.7", None), "pdf");
        assert_eq!(extension(b"\0", Some("application/x-foo")), "bin");
    }

    proptest! {
        #[test]
        fn pieces_give_the_same_as_the_whole(content: Vec<u8>, text in "[a-zäé😀\u{1}]{0,8}", cut: prop::sample::Index) {
            for content in [content.as_slice(), text.as_bytes()] {
                let mut whole = TextCheck::default();
                whole.add(content);
                let at = cut.index(content.len() + 1);
                let mut pieces = TextCheck::default();
                pieces.add(&content[..at]);
                for byte in &content[at..] {
                    pieces.add(&[*byte]);
                }
                prop_assert_eq!(pieces.is_text(), whole.is_text());
                let control = content.iter().any(|b| *b < 0x20 && !b"\t\n\r\x0c\x1b".contains(b));
                prop_assert_eq!(whole.is_text(), !control && std::str::from_utf8(content).is_ok());
            }
        }
    }
}
