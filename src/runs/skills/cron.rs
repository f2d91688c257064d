//! Cron expressions of five fields, as POSIX and Vixie's cron read them.

use croner::parser::CronParser;
use jiff::civil::DateTime;

use super::field::{FIELDS, Values};

/// The longest month in any year, January first.
const MONTH_DAYS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// No expression that comes is longer.
const MAX_LEN: usize = 1000;

/// A cron expression that comes at some time.
#[derive(Debug, Clone)]
pub struct Cron(Box<croner::Cron>);

/// Why a text is no cron expression. `Display` is for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCron {
    #[error(
        "must have the five fields minute, hour, day of month, month and day of week; it has {0}"
    )]
    Fields(usize),
    #[error("must have five fields; names such as @daily are not known")]
    Nickname,
    #[error("is longer than {MAX_LEN} characters")]
    Length,
    #[error("{field}: {why}")]
    Field { field: &'static str, why: String },
    #[error("never comes: no such month has that day")]
    Never,
}

impl Cron {
    /// `minute hour day-of-month month day-of-week`. A time comes on either kind of day when both are given, that is, not `*`.
    pub fn parse(text: &str) -> Result<Self, InvalidCron> {
        if text.len() > MAX_LEN {
            return Err(InvalidCron::Length);
        }
        let parts: Vec<_> = text.split_ascii_whitespace().collect();
        if parts.first().is_some_and(|first| first.starts_with('@')) {
            return Err(InvalidCron::Nickname);
        }
        if parts.len() != FIELDS.len() {
            return Err(InvalidCron::Fields(parts.len()));
        }
        let values = FIELDS.iter().zip(&parts).map(|(field, part)| {
            field.parse(part).map_err(|why| InvalidCron::Field {
                field: field.name,
                why,
            })
        });
        let values: Vec<Values> = values.collect::<Result<_, _>>()?;
        if never_comes(&values) {
            return Err(InvalidCron::Never);
        }
        // In numbers and ranges alone, of which croner makes what Vixie's cron does.
        let texts: Vec<_> = values.iter().map(|values| values.text.as_str()).collect();
        let parsed = CronParser::builder().build().parse(&texts.join(" "));
        let cron = parsed.map_err(|error| InvalidCron::Field {
            field: "expression",
            why: error.to_string(),
        })?;
        Ok(Self(Box::new(cron)))
    }

    /// The first planned local time after this one.
    pub(super) fn next(&self, after: DateTime) -> Option<DateTime> {
        self.0.find_next_occurrence(&after, false).ok()
    }
}

/// True if no month in it has a day in it.
fn never_comes(values: &[Values]) -> bool {
    let [_, _, days, months, weekdays] = values else {
        return true;
    };
    let comes = |month: u8, length: u8| months.has(month) && (1..=length).any(|day| days.has(day));
    weekdays.is_any()
        && !(1..)
            .zip(MONTH_DAYS)
            .any(|(month, length)| comes(month, length))
}

#[cfg(test)]
mod tests;
