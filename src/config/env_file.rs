//! Parser of `.env` files: the format that Docker, systemd and the dotenv libraries share, without substitution.
//!
//! A line is `NAME=value`, perhaps after `export`; other lines are skipped, and a byte order mark before a line (files may
//! be concatenated). White space around names and values is not part of them. ` #` begins a comment. Single and double
//! quotes around a value are removed; in double quotes `\n`, `\"` and `\\` are escapes.

const BYTE_ORDER_MARK: char = '\u{feff}';
const BLANKS: [char; 2] = [' ', '\t'];
const TRIMMED: &str = "ends in white space in .env, which is not part of it; quote it if it is";
const OPEN_QUOTE: &str = "begins with a quote that its line in .env does not close: the value is the rest of this line, quote included";

/// One setting of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Setting<'a> {
    pub(super) name: &'a str,
    pub(super) value: String,
    /// What the author of the line may have meant otherwise.
    pub(super) doubt: Option<&'static str>,
}

/// The settings in the order of their lines.
pub(super) fn settings(file: &str) -> impl Iterator<Item = Setting<'_>> {
    let lines = file.lines().map(|line| line.trim_end_matches('\r'));
    lines.filter_map(|line| setting(line.trim_start_matches(BYTE_ORDER_MARK)))
}

fn setting(line: &str) -> Option<Setting<'_>> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_matches(BLANKS);
    let exported = name
        .strip_prefix("export")
        .filter(|it| it.starts_with(BLANKS));
    let name = exported.unwrap_or(name).trim_start_matches(BLANKS);
    let (value, doubt) = match quoted(value.trim_start_matches(BLANKS)) {
        Some(value) => (value, None),
        None => (unquoted(value), doubt(value)),
    };
    is_name(name).then_some(Setting { name, value, doubt })
}

fn doubt(unquoted: &str) -> Option<&'static str> {
    if unquoted.trim_start_matches(BLANKS).starts_with(['\'', '"']) {
        return Some(OPEN_QUOTE);
    }
    let is_trimmed = unquoted.ends_with(BLANKS) && comment(unquoted).is_none();
    is_trimmed.then_some(TRIMMED)
}

fn is_name(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().all(is_word)
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && !text.is_empty()
}

fn unquoted(text: &str) -> String {
    let value = &text[..comment(text).unwrap_or(text.len())];
    value.trim_matches(BLANKS).to_owned()
}

/// Where the comment begins.
fn comment(text: &str) -> Option<usize> {
    let mut signs = text.match_indices('#').map(|(at, _)| at);
    signs.find(|at| text[..*at].ends_with(BLANKS))
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
