//! A file to workouts, without a database: reads its rows, and keeps what is wrong with which line.

use std::collections::BTreeMap;

use super::{
    columns::{Cells, Column, Columns, Problem},
    format::{Format, detect},
    record::FileWorkout,
    rows,
    table::{Row, Table},
    when::{DateOrder, Slashes},
    words::Words,
    workouts::Workouts,
};
use crate::workout::error::ToolError;

/// Most problems that are kept; more are counted.
pub(super) const MAX_PROBLEMS: usize = 1000;

/// What a file says.
#[derive(Clone)]
pub struct Parsed {
    pub(super) format: Format,
    pub(super) workouts: Vec<FileWorkout>,
    pub(super) rows: usize,
    pub(super) problems: Problems,
    /// What was passed over or not taken as it stands, and how often.
    pub(super) remarks: BTreeMap<&'static str, usize>,
    /// About the header.
    pub(super) notices: Vec<String>,
    /// What the column of weights is called.
    pub(super) weight_column: String,
    /// For messages.
    pub(super) words: Words,
}

/// What is wrong with lines: the first ones, and how many there are.
#[derive(Clone, Default)]
pub(super) struct Problems {
    pub first: Vec<Problem>,
    pub count: usize,
}

impl Problems {
    pub(super) fn extend(&mut self, problem: Option<Problem>) {
        if let Some(problem) = problem {
            self.push(problem);
        }
    }

    pub(super) fn push(&mut self, problem: Problem) {
        self.count += 1;
        if self.first.len() < MAX_PROBLEMS {
            self.first.push(problem);
        }
    }
}

/// Reads a file, in the given format or in that of its header. `order` is that of dates such as `03/04/2026`, which the file's
/// dates decide if they can.
pub fn parse(
    file: Vec<u8>,
    format: Option<Format>,
    order: Option<&str>,
    words: Words,
) -> Result<Parsed, ToolError> {
    let table = Table::new(file)?;
    let (format, columns) = detect(&table.header, format)?;
    let dates = table.rows().map(|row| {
        let date = cells(&table, &columns, &row).get(Column::Start);
        date.unwrap_or_default().to_owned()
    });
    let order = date_order(order, dates, words)?;
    let mut parsed = Parsed {
        format,
        workouts: Vec::new(),
        rows: 0,
        problems: Problems::default(),
        remarks: BTreeMap::new(),
        notices: Vec::new(),
        weight_column: [Column::WeightKg, Column::WeightLb, Column::WeightUnit]
            .into_iter()
            .find(|column| columns.has(*column))
            .map_or_else(String::new, |column| columns.name(column).to_owned()),
        words,
    };
    let mut workouts = Workouts::default();
    for row in table.rows() {
        parsed.rows += 1;
        let part = row.part;
        match rows::read(cells(&table, &columns, &row), format, order) {
            Ok(Some(row)) => {
                for remark in &row.remarks {
                    *parsed.remarks.entry(remark).or_default() += 1;
                }
                parsed.problems.extend(row.problem.clone());
                workouts.add(row, part);
            }
            Ok(None) => *parsed.remarks.entry("rests between sets").or_default() += 1,
            Err(problem) => parsed.problems.push(problem),
        }
    }
    if workouts.cut_notes > 0 {
        let what = "rows with notes that there was no room for";
        parsed.remarks.insert(what, workouts.cut_notes);
    }
    let (all, repeated) = workouts.finish();
    parsed.workouts = all;
    if repeated > 0 {
        let what = "rows of workouts that the file has twice, which count once";
        parsed.remarks.insert(what, repeated);
    }
    for (names, what) in [
        (&columns.unknown, "are not known and were not read"),
        (&columns.repeated, "are there twice; the first one was read"),
    ] {
        if !names.is_empty() {
            let names: Vec<&str> = names.iter().take(10).map(String::as_str).collect();
            parsed
                .notices
                .push(format!("columns {} {what}", names.join(", ")));
        }
    }
    Ok(parsed)
}

fn cells<'a>(table: &Table, columns: &'a Columns, row: &'a Row) -> Cells<'a> {
    Cells {
        line: row.line,
        columns,
        values: &row.values,
        has_decimal_commas: table.has_decimal_commas(),
    }
}

fn date_order(
    given: Option<&str>,
    dates: impl Iterator<Item = String>,
    words: Words,
) -> Result<DateOrder, ToolError> {
    match given.map(str::trim).filter(|given| !given.is_empty()) {
        Some(given) if given.eq_ignore_ascii_case("dmy") => return Ok(DateOrder::DayFirst),
        Some(given) if given.eq_ignore_ascii_case("mdy") => return Ok(DateOrder::MonthFirst),
        Some(_) => return Err(ToolError::at(words.date_order, "must be dmy or mdy")),
        None => {}
    }
    match Slashes::of(dates) {
        Slashes::Clear(order) => Ok(order),
        Slashes::Ambiguous => Err(ToolError::at(
            words.date_order,
            "is needed: the file's dates may be day/month/year (dmy) or month/day/year (mdy)",
        )),
    }
}
