//! A CSV file as rows with the numbers of their lines: encoding, line ends, delimiter, quotes.

use csv::{ReaderBuilder, StringRecord};

use crate::workout::error::{ToolError, quoted};

/// The largest file that is read.
pub const MAX_FILE_BYTES: usize = 20_000_000;
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A decoded file.
#[derive(Debug)]
pub(super) struct Table {
    text: String,
    delimiter: u8,
    /// Lines before the header: spreadsheets write `sep=;`.
    lines_before: u64,
    pub header: StringRecord,
}

/// A row after the header.
#[derive(Debug)]
pub(super) struct Row {
    /// The line it begins at; the first line of the file is 1.
    pub line: u64,
    /// How often the header is repeated before it: files that are put together keep theirs.
    pub part: usize,
    pub values: StringRecord,
}

impl Table {
    /// Decodes the file. An error names what no row of it could be read for.
    pub(super) fn new(file: Vec<u8>) -> Result<Self, ToolError> {
        if file.len() > MAX_FILE_BYTES {
            return Err(refused(format!(
                "it has {:.1} MB; at most {} MB are read; split it by date",
                megabytes(file.len()),
                MAX_FILE_BYTES / 1_000_000
            )));
        }
        let mut text = decode(file)?;
        if !text.contains('\n') {
            text = text.replace('\r', "\n");
        }
        let lines_before = u64::from(text.starts_with("sep=") || text.starts_with("SEP="));
        if lines_before == 1 {
            let end = text.find('\n').map_or(text.len(), |at| at + 1);
            text.drain(..end);
        }
        let delimiter = delimiter(&text);
        let mut table = Self {
            text,
            delimiter,
            lines_before,
            header: StringRecord::new(),
        };
        let first = table.records().next();
        table.header = first.map(|row| row.values).unwrap_or_default();
        if table.header.iter().all(|name| name.trim().is_empty()) {
            return Err(refused("it is empty"));
        }
        table.check_last_quote()?;
        Ok(table)
    }

    /// True if a comma within a number is its decimal point.
    pub(super) fn has_decimal_commas(&self) -> bool {
        self.delimiter != b','
    }

    /// The rows after the header, without blank ones and repetitions of the header.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row> {
        let is_blank = |row: &Row| row.values.iter().all(|value| value.trim().is_empty());
        let mut part = 0;
        self.records().skip(1).filter_map(move |mut row| {
            if row.values == self.header {
                part += 1;
                return None;
            }
            row.part = part;
            (!is_blank(&row)).then_some(row)
        })
    }

    fn records(&self) -> impl Iterator<Item = Row> {
        let mut reader = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(self.text.as_bytes());
        let mut values = StringRecord::new();
        std::iter::from_fn(move || {
            let before = reader.position().clone();
            let is_row = reader.read_record(&mut values).unwrap_or(false);
            let blank = self.blank_lines(before.byte());
            is_row.then(|| Row {
                line: before.line() + blank + self.lines_before,
                part: 0,
                values: values.clone(),
            })
        })
    }

    /// How many blank lines there are from this byte on; they are no records.
    fn blank_lines(&self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().get(byte..).unwrap_or_default();
        let blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
        blank.filter(|b| **b == b'\n').count() as u64
    }

    /// A quote that is never closed makes one value of the rest of the file.
    fn check_last_quote(&self) -> Result<(), ToolError> {
        let Some(last) = self.records().last() else {
            return Ok(());
        };
        let lines = usize::try_from(last.line - self.lines_before).unwrap_or(usize::MAX);
        let raw = self.text.split('\n').skip(lines.saturating_sub(1));
        let raw: Vec<&str> = raw.collect();
        let quotes: usize = raw.iter().map(|line| line.matches('"').count()).sum();
        if last.values.iter().any(|value| value.contains('\n')) && quotes % 2 == 1 {
            return Err(refused(format!(
                "a quote (\") in the record of line {} is not closed",
                last.line
            )));
        }
        Ok(())
    }
}

fn refused(what: impl std::fmt::Display) -> ToolError {
    ToolError::Input(format!("the file cannot be read: {what}"))
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// UTF-8 or, with a byte order mark, UTF-16.
fn decode(mut file: Vec<u8>) -> Result<String, ToolError> {
    match file[..] {
        [0xef, 0xbb, 0xbf, ..] => drop(file.drain(..3)),
        [0xff, 0xfe, ..] => return utf16(&file[2..], u16::from_le_bytes),
        [0xfe, 0xff, ..] => return utf16(&file[2..], u16::from_be_bytes),
        [b'P', b'K', 3, 4, ..] => {
            return Err(refused(
                "it is a ZIP archive or a spreadsheet; give the CSV file in it",
            ));
        }
        _ => {}
    }
    String::from_utf8(file).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|b| *b == b'\n').count();
        refused(format!("line {line} is not UTF-8; save it as CSV in UTF-8"))
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, ToolError> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).map_err(|_| refused("it is neither UTF-8 nor UTF-16"))
}

/// The delimiter that is most frequent in the first line, quoted values left out.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let mut is_quoted = false;
    let mut counts = [0_usize; DELIMITERS.len()];
    for byte in first.unwrap_or_default().bytes() {
        is_quoted ^= byte == b'"';
        let at = DELIMITERS.iter().position(|d| *d == byte);
        if let Some(at) = at.filter(|_| !is_quoted) {
            counts[at] += 1;
        }
    }
    let best = (0..DELIMITERS.len()).rev().max_by_key(|at| counts[*at]);
    DELIMITERS[best.unwrap_or_default()]
}

/// The header, as an error message shows it.
pub(super) fn shown(header: &StringRecord) -> String {
    let names: Vec<String> = header.iter().take(20).map(quoted).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(file: &[u8]) -> Vec<(u64, Vec<String>)> {
        let table = Table::new(file.to_vec()).expect("readable");
        let row = |row: Row| (row.line, row.values.iter().map(str::to_owned).collect());
        table.rows().map(row).collect()
    }

    fn error(file: &[u8]) -> String {
        Table::new(file.to_vec()).expect_err("refused").to_string()
    }

    fn owned(rows: &[(u64, [&str; 2])]) -> Vec<(u64, Vec<String>)> {
        let row = |(line, values): &(u64, [&str; 2])| (*line, values.map(str::to_owned).to_vec());
        rows.iter().map(row).collect()
    }

    #[test]
    fn rows_have_the_number_of_their_first_line() {
        let expected = owned(&[(2, ["1", "x\ny"]), (5, ["2", ""]), (7, ["3", "z"])]);
        let file = "a,b\n1,\"x\ny\"\n\n2,\n , \n3,z";
        assert_eq!(rows(file.as_bytes()), expected);
        let crlf = file.replace('\n', "\r\n").replace("x\r\n", "x\n");
        assert_eq!(rows(crlf.as_bytes()), expected);
        let cr = owned(&[(2, ["1", "x"]), (3, ["2", "y"])]);
        assert_eq!(rows(b"a,b\r1,x\r2,y\r"), cr);
        assert_eq!(rows(b"sep=;\na;b\n1;x"), owned(&[(3, ["1", "x"])]));
    }

    #[test]
    fn encodings_with_and_without_a_byte_order_mark_are_decoded() {
        let expected = owned(&[(2, ["1", "é"])]);
        assert_eq!(rows("a;b\n1;é".as_bytes()), expected);
        assert_eq!(rows("\u{feff}a;b\n1;é".as_bytes()), expected);
        let utf16 = |swap: bool| -> Vec<u8> {
            let units = "\u{feff}a;b\n1;é".encode_utf16();
            let bytes = |u: u16| {
                if swap {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            };
            units.flat_map(bytes).collect()
        };
        assert_eq!(rows(&utf16(false)), expected);
        assert_eq!(rows(&utf16(true)), expected);
        assert!(error(b"a;b\n1;x\n2;\xe9\n").contains("line 3 is not UTF-8"));
    }

    #[test]
    fn the_delimiter_is_the_one_of_the_header() {
        for file in ["a,\"b;c;d\"\n1,x", "a;b\n1;x", "a\tb\n1\tx"] {
            assert_eq!(rows(file.as_bytes()), owned(&[(2, ["1", "x"])]), "{file}");
        }
    }

    #[test]
    fn repeated_headers_are_left_out_and_begin_a_part() {
        let table = Table::new(b"a,b\n1,x\na,b\n2,y".to_vec()).expect("readable");
        let parts: Vec<usize> = table.rows().map(|row| row.part).collect();
        assert_eq!(parts, [0, 1]);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_the_reason() {
        assert!(error(b"").contains("empty"));
        assert!(error(b"\n \n").contains("empty"));
        assert!(error(b"PK\x03\x04...").contains("ZIP"));
        assert!(error(b"a,b\n1,\"x\n2,y\n3,z\n").contains("line 2 is not closed"));
        assert!(error(&vec![b'a'; MAX_FILE_BYTES + 1]).contains("20.0 MB; at most 20 MB"));
        // Inches.
        assert_eq!(rows(b"a,b\n1,Box Jump 24\"\n").len(), 1);
    }
}
