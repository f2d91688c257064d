//! Settles the names, units and times of a file, and reports how.

use std::collections::HashMap;

use jiff::{Timestamp, tz::TimeZone};
use tokio::task::yield_now;

use super::{
    Options, Parsed,
    columns::Problem,
    convert::{Conversion, Imported, keys},
    count_sets, create,
    names::{Names, suggestions},
    report::{ImportReport, Matched, Skipped, Unmatched},
    units::{Said, Units},
    words::Words,
};
use crate::workout::{
    catalogue::{Catalogue, Exercise},
    dates,
    error::ToolError,
    figures::units::Unit,
};

/// Names for which suggestions are looked up.
const SUGGESTED_NAMES: usize = 30;

/// What the user's settings and the request say.
pub(super) struct Settled {
    pub unit: Option<Unit>,
    /// The units of the workouts that were imported before, by their keys.
    pub logged: HashMap<String, Unit>,
    /// That of the log.
    pub log: Option<Unit>,
    pub zone: TimeZone,
    pub now: Timestamp,
}

/// What is to be stored, and what it is.
pub(super) struct Prepared {
    pub report: ImportReport,
    /// Nothing tells the unit of weights: it must be asked for.
    pub needs_unit: bool,
    pub imported: Vec<Imported>,
    /// New own exercises.
    pub created: Vec<Exercise>,
}

/// Settles names, units and times.
pub(super) async fn prepare(
    catalogue: &Catalogue,
    of: &Settled,
    mut parsed: Parsed,
    options: &Options,
) -> Result<Prepared, ToolError> {
    let keys = keys(parsed.format, &parsed.workouts);
    let units = Units::settle(&parsed, &keys, said(of, options), &of.logged);
    let with_created;
    let mut names = Names::resolve(&parsed, &options.names, catalogue).await?;
    let mut created = Vec::new();
    if options.create {
        created = create::exercises(&names, &parsed.workouts, catalogue)?;
        with_created = catalogue.with_own(catalogue.own().chain(&created).cloned().collect());
        names = Names::resolve(&parsed, &options.names, &with_created).await?;
    }
    let conversion = Conversion {
        keys,
        names: &names,
        units: &units,
        zone: &of.zone,
        now: of.now,
        problems: &mut parsed.problems,
        remarks: &mut parsed.remarks,
        words: parsed.words,
    };
    let imported = conversion.run(&parsed.workouts);
    let needs_unit = units.is_unknown;
    let day = |imported: &Imported| dates::day(imported.workout.performed_at, &of.zone).to_string();
    let remarks = parsed.remarks.into_iter();
    let remarks = remarks.map(|(what, count)| format!("{count} {what}"));
    let unmatched = unmatched(&names, catalogue).await;
    let mut report = ImportReport {
        dry_run: options.dry_run,
        format: parsed.format.as_str(),
        rows: parsed.rows,
        workouts: imported.len(),
        sets: imported.iter().map(|i| count_sets(&i.workout)).sum(),
        first: imported.first().map(day),
        last: imported.last().map(day),
        time_zone: of.zone.iana_name().unwrap_or("UTC").to_owned(),
        weights: units.weights,
        distances: units.distances,
        created: created.iter().map(|created| created.name.clone()).collect(),
        matched_names: names.all().len() - unmatched.len(),
        matched: matched(&names),
        unmatched_names: unmatched.len(),
        unmatched,
        skipped_lines: parsed.problems.count,
        skipped: skipped(parsed.problems.first),
        remarks: remarks.chain(parsed.notices).collect(),
        ..ImportReport::default()
    };
    report.notice = notice(&report, needs_unit, parsed.words);
    Ok(Prepared {
        report,
        needs_unit,
        imported,
        created,
    })
}

/// What is said of the unit of weights, besides the file.
fn said(of: &Settled, options: &Options) -> Said {
    Said {
        asked: options.weight_unit,
        setting: of.unit,
        log: of.log,
    }
}

/// Names other than the exercises' own come first.
fn matched(names: &Names<'_>) -> Vec<Matched> {
    let matched = names.all().iter().filter_map(|name| {
        Some(Matched {
            name: name.text.clone(),
            exercise: name.exercise?.name.clone(),
            sets: name.sets,
        })
    });
    let mut matched: Vec<Matched> = matched.collect();
    matched.sort_by_key(|matched| matched.name == matched.exercise);
    matched
}

async fn unmatched(names: &Names<'_>, catalogue: &Catalogue) -> Vec<Unmatched> {
    let unmatched = names.all().iter().filter(|name| name.exercise.is_none());
    let mut shown = Vec::new();
    for name in unmatched {
        let is_suggested = shown.len() < SUGGESTED_NAMES;
        shown.push(Unmatched {
            name: name.text.clone(),
            sets: name.sets,
            suggestions: if is_suggested {
                suggestions(&name.text, catalogue)
            } else {
                Vec::new()
            },
        });
        yield_now().await;
    }
    shown
}

fn skipped(mut problems: Vec<Problem>) -> Vec<Skipped> {
    problems.sort_by_key(|problem| problem.line);
    let skipped = problems.into_iter().map(|problem| Skipped {
        line: problem.line,
        column: problem.column,
        reason: problem.what,
    });
    skipped.collect()
}

fn notice(report: &ImportReport, needs_unit: bool, words: Words) -> Option<String> {
    let mut notices = Vec::new();
    if report.unmatched_names > 0 {
        let sets: usize = report.unmatched.iter().map(|name| name.sets).sum();
        notices.push(format!(
            "{} names with {sets} sets are no known exercise and are left out; name their exercises ({}) or create them ({}), \
             and import the file again: what is there is not added twice, nor taken away",
            report.unmatched_names, words.names, words.create
        ));
    }
    if report.skipped_lines > 0 {
        notices.push(format!(
            "{} lines are wrong and are left out; corrected, they can be imported later",
            report.skipped_lines
        ));
    }
    if needs_unit {
        let unit = words.weight_unit;
        notices.push(format!("{unit} is needed: are the weights in kg or in lb?"));
    }
    (!notices.is_empty()).then(|| notices.join(". "))
}
