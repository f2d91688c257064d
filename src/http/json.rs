//! Request bodies as JSON text: checks that a body is UTF-8, and says where it is not JSON.

use super::problem::Problem;

/// The body as text, checked once for all strings in it.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Problem> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| {
        let valid = std::str::from_utf8(bytes).map_err(|error| error.valid_up_to());
        let before = &bytes[..valid.err().unwrap_or_default()];
        let lines = before.split(|byte| *byte == b'\n');
        let (line, column) = lines.fold((0, 0), |(line, _), text| (line + 1, text.len() + 1));
        not_json(line, column)
    })
}

/// `line` and `column` of the first byte that is wrong.
pub(crate) fn not_json(line: usize, column: usize) -> Problem {
    // serde_json's own message may quote the text.
    Problem::invalid_json(format!(
        "The body is not JSON in UTF-8 without a byte order mark (line {line}, column {column})."
    ))
}
