//! Import of training histories: files of Strong, Hevy and `FitNotes`, and this server's own export.
//!
//! - `table`, `columns`, `number`, `when`: a CSV file as rows, values, numbers and times. `format` and a file for each format
//!   (`strong`, `hevy`, `fitnotes`, `own`): their columns. `rows`, `quantities`, `workouts`, `copies`: rows to `record`s, which know no app.
//! - `units`, `evidence`, `names`, `create`, `sets`, `convert`: records to workouts of the log.
//! - `prepare`: all of these, and the report. `merge`, `candidates`: which of them are there already, and
//!   `version`, `parts`, `versions`: what becomes of these. [`report`]: what is done, or would be.

mod candidates;
mod columns;
mod convert;
mod copies;
mod create;
mod evidence;
mod fitnotes;
mod format;
mod hevy;
mod merge;
mod names;
mod number;
mod own;
mod parse;
mod parts;
mod prepare;
mod quantities;
mod record;
pub mod report;
mod rows;
mod sets;
mod strong;
mod table;
mod units;
mod version;
mod versions;
mod when;
mod words;
mod workouts;

use std::collections::BTreeMap;

use super::{
    catalogue::Exercise,
    context::{ToolContext, UserData, Write},
    dates,
    error::ToolError,
    figures::units::Unit,
    model::Workout,
};
pub use format::{FORMATS, Format};
use merge::{Merge, merge};
pub use own::HEADER;
pub use parse::{Parsed, parse};
use prepare::{Prepared, Settled, prepare};
use report::ImportReport;
pub use table::MAX_FILE_BYTES;
pub use words::{ARGUMENTS, OPTIONS, Words};

/// Workouts written between two reports of progress.
const BATCH: usize = 100;
/// Lines that a refusal names.
const NAMED_LINES: usize = 10;

/// How a file is imported.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only report.
    pub dry_run: bool,
    /// Refuse a file with a line that is wrong, in place of leaving the line out.
    pub refuse: bool,
    /// The unit of weights of which the file says none.
    pub weight_unit: Option<Unit>,
    /// Create own exercises for names that are not matched.
    pub create: bool,
    /// Exercises for names of the file.
    pub names: BTreeMap<String, String>,
}

/// Imports what a file says, all or nothing. `progress` is told how many of how many workouts are written.
pub async fn import(
    ctx: &ToolContext<'_>,
    parsed: Parsed,
    options: &Options,
    progress: &(dyn Fn(usize, usize) + Send + Sync),
) -> Result<ImportReport, ToolError> {
    let mut user = ctx.read().await?;
    let own = user.tx.own_exercises().await?;
    let words = parsed.words;
    if options.dry_run {
        let Prepared {
            mut report,
            imported,
            ..
        } = prepared(ctx, &mut user, own, parsed, options).await?;
        check_lines(&report, options, words)?;
        let merge = merge(&mut user.tx, imported).await?;
        count(&mut report, &merge, &user);
        return Ok(report);
    }
    // Nobody waits for the preparation.
    let mut prepared = prepared(ctx, &mut user, own.clone(), parsed.clone(), options).await?;
    if prepared.needs_unit {
        let what = format!("is needed: {}", prepared.report.weights);
        return Err(ToolError::at(words.weight_unit, what));
    }
    check_lines(&prepared.report, options, words)?;
    drop(user);
    let (mut user, is_repeated) = match ctx.write().await? {
        Write::First(user) => (user, false),
        // The report says what is there.
        Write::Repeated(user, _) => (user, true),
    };
    let now_own = user.tx.own_exercises().await?;
    if now_own != own {
        // Another call has created exercises that this one would create again.
        prepared = self::prepared(ctx, &mut user, now_own, parsed, options).await?;
    }
    let Prepared {
        mut report,
        imported,
        created,
        ..
    } = prepared;
    let mut merge = merge(&mut user.tx, imported).await?;
    if is_repeated {
        let others = merge.new.drain(..).count() + merge.changed.drain(..).count();
        merge.other_units.clear();
        count(&mut report, &merge, &user);
        if others > 0 {
            report.note(&format!(
                "this call was carried out before, and is not again: {others} of its workouts were deleted or changed since"
            ));
        }
        return Ok(report);
    }
    count(&mut report, &merge, &user);
    write(user, &created, &merge, progress).await?;
    Ok(report)
}

/// The file, prepared for the user's log and own exercises.
async fn prepared(
    ctx: &ToolContext<'_>,
    user: &mut UserData,
    own: Vec<Exercise>,
    parsed: Parsed,
    options: &Options,
) -> Result<Prepared, ToolError> {
    let settled = Settled {
        unit: user.settings.units.unit(),
        logged: user.tx.import_units().await?,
        log: user.tx.logged_units().await?.nearly_all,
        zone: user.zone.clone(),
        now: user.now,
    };
    prepare(&ctx.shared.with_own(own), &settled, parsed, options).await
}

fn count(report: &mut ImportReport, merge: &Merge, user: &UserData) {
    report.added = merge.new.len();
    report.added_sets = merge.new.iter().map(|new| count_sets(&new.workout)).sum();
    report.changed = merge.changed.len();
    report.already_there = merge.same;
    report.kept = merge.kept.len();
    if let Some(example) = merge.other_units.first() {
        report.note(&format!(
            "of the workouts that are updated, {} have the same numbers in another unit ({example})",
            merge.other_units.len()
        ));
    }
    let kept = merge.kept.iter().map(|(workout, why)| {
        let at = dates::local(workout.performed_at, &user.zone);
        let name = workout.name.as_deref().unwrap_or_default();
        format!("{}: {why}", format!("{at} {name}").trim_end())
    });
    report.kept_workouts = kept.collect();
    if report.kept > 0 {
        report.note(&format!(
            "{} workouts are in the log with other sets or notes and stay as they are there (kept_workouts says why)",
            report.kept
        ));
    }
}

async fn write(
    mut user: UserData,
    created: &[Exercise],
    merge: &Merge,
    progress: &(dyn Fn(usize, usize) + Send + Sync),
) -> Result<(), ToolError> {
    let now = user.now;
    let all = merge.new.len() + merge.changed.len();
    let mut done = 0;
    for exercise in created {
        user.tx.insert_exercise(exercise, now).await?;
    }
    for batch in merge.new.chunks(BATCH) {
        user.tx.insert_imported(batch, now).await?;
        done += batch.len();
        progress(done, all);
    }
    for changed in &merge.changed {
        user.tx.replace_imported(changed, now).await?;
        done += 1;
        progress(done, all);
    }
    user.commit("").await
}

fn count_sets(workout: &Workout) -> usize {
    workout.exercises.iter().map(|e| e.sets.len()).sum()
}

/// Refuses wrong lines, if they are not to be left out.
fn check_lines(report: &ImportReport, options: &Options, words: Words) -> Result<(), ToolError> {
    if !options.refuse || report.skipped_lines == 0 {
        return Ok(());
    }
    let named = report.skipped.iter().take(NAMED_LINES);
    let named: Vec<String> = named.map(ToString::to_string).collect();
    let more = report.skipped_lines.saturating_sub(named.len());
    let more = if more == 0 {
        String::new()
    } else {
        format!("; and {more} more")
    };
    Err(ToolError::Input(format!(
        "nothing was imported: {}{more}; correct them, or leave them out ({} skip)",
        named.join("; "),
        words.on_error
    )))
}
