//! `Content-Disposition` of downloads (RFC 6266, RFC 8187).

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 8187 escapes: all but `attr-char`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `attachment` with the last part of a file's name.
pub fn attachment(name: &str) -> HeaderValue {
    HeaderValue::from_str(&text(name)).unwrap_or(HeaderValue::from_static("attachment"))
}

/// The header as ASCII text. A name that needs escapes is there twice: old clients read the plain one.
pub(super) fn text(name: &str) -> String {
    let name = last_part(name);
    // Some clients read escapes in a quoted name, some do not.
    let plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%');
    let fallback: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    if fallback == name {
        return format!("attachment; filename=\"{name}\"");
    }
    let escaped = utf8_percent_encode(name, ESCAPED);
    format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{escaped}")
}

/// A name without its folders.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_quoted_and_escaped() {
        assert_eq!(text("plots/a b.png"), "attachment; filename=\"a b.png\"");
        assert_eq!(
            text("Größe \"1\" 100%.csv"),
            "attachment; filename=\"Gr__e _1_ 100_.csv\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22%20100%25.csv"
        );
        assert_eq!(
            text("a\r\nX: y"),
            "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"
        );
    }

    proptest! {
        #[test]
        fn any_name_gives_a_header(name in "(?s).{0,60}") {
            let header = attachment(&name);
            prop_assert_eq!(header.to_str().unwrap(), text(&name));
        }
    }
}
