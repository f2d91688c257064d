//! Parser of `.env` files: the format that Docker, systemd and the dotenv libraries share, without substitution.
//!
//! A line is `NAME=value`, perhaps after `export`; other lines are skipped. White space around names and values is not part
//! of them. ` #` begins a comment. Single and double quotes around a value are removed; in double quotes `\n`, `\"` and `\\`
//! are escapes.

const BYTE_ORDER_MARK: char = '\u{feff}';
const BLANKS: [char; 2] = [' ', '\t'];

/// One setting of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Setting<'a> {
    pub(super) name: &'a str,
    pub(super) value: String,
    /// The line ends in white space, which is not part of the value.
    pub(super) is_trimmed: bool,
}

/// The settings in the order of their lines.
pub(super) fn settings(file: &str) -> impl Iterator<Item = Setting<'_>> {
    let file = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    let lines = file.lines().map(|line| line.trim_end_matches('\r'));
    lines.filter_map(setting)
}

fn setting(line: &str) -> Option<Setting<'_>> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_matches(BLANKS);
    let exported = name
        .strip_prefix("export")
        .filter(|it| it.starts_with(BLANKS));
    let name = exported.unwrap_or(name).trim_start_matches(BLANKS);
    let quoted = quoted(value.trim_start_matches(BLANKS));
    let is_trimmed = quoted.is_none() && value.ends_with(BLANKS);
    is_name(name).then(|| Setting {
        name,
        value: quoted.unwrap_or_else(|| unquoted(value)),
        is_trimmed,
    })
}

fn is_name(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().all(is_word)
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && !text.is_empty()
}

fn unquoted(text: &str) -> String {
    let comment = text.match_indices('#').map(|(at, _)| at);
    let comment = comment.into_iter().find(|at| text[..*at].ends_with(BLANKS));
    let value = &text[..comment.unwrap_or(text.len())];
    value.trim_matches(BLANKS).to_owned()
}

/// The value between quotes, if the text begins with one, and nothing but a comment follows the closing one.
fn quoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut value = String::new();
    let mut rest = text[1..].chars();
    while let Some(c) = rest.next() {
        let escaped = match rest.as_str().chars().next() {
            Some(next) if quote == '"' && c == '\\' => escape(next),
            _ => None,
        };
        if escaped.is_some() {
            rest.next();
        } else if c == quote && unquoted(rest.as_str()).is_empty() {
            return Some(value);
        }
        value.push(escaped.unwrap_or(c));
    }
    None
}

fn escape(c: char) -> Option<char> {
    match c {
        'n' => Some('\n'),
        '"' | '\\' => Some(c),
        _ => None,
    }
}
