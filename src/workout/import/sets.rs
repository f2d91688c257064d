//! A set of a file to one of the log, for an exercise that counts reps, seconds or metres.

use super::record::{FileSet, Length};
use crate::workout::{
    catalogue::{Exercise, Load, Measure},
    figures::units::Unit,
    model::{SetKind, WorkoutSet},
};

/// Of a set that is not measured in seconds or metres.
const MAX_REPS: f64 = 1000.0;
const MAX_WEIGHT: f64 = 2000.0;

/// Why a set is not imported.
#[derive(Debug, PartialEq)]
pub(super) enum NoSet {
    /// It says nothing that could be stored.
    Nothing(&'static str),
    /// Something is wrong with it.
    Wrong(String),
}

/// The set as the log has it, and what of it is not stored. `unit` is that of a weight for which the file says none.
pub(super) fn convert(
    set: &FileSet,
    exercise: &Exercise,
    unit: Unit,
    lost: &mut Vec<&'static str>,
) -> Result<WorkoutSet, NoSet> {
    let unit = set.unit.unwrap_or(unit);
    let weight = weight(set, exercise, unit)?;
    let is_failed = is_failed(set, exercise, weight);
    let reps = if is_failed {
        0
    } else {
        count(set, exercise, unit)?
    };
    if let Some(rpe) = set.rpe.filter(|rpe| *rpe < 1.0) {
        return Err(NoSet::Wrong(format!("RPE {rpe} is not from 1 to 10")));
    }
    if set.seconds.is_some() && exercise.measure != Measure::Seconds {
        lost.push("times beside reps or a distance, which are not stored");
    }
    if set.distance.is_some() && exercise.measure != Measure::Metres {
        lost.push("distances beside reps or a time, which are not stored");
    }
    let kind = match set.kind {
        _ if is_failed => Some(SetKind::FailedAttempt),
        SetKind::Normal | SetKind::WarmUp => None,
        SetKind::Drop => Some(SetKind::Drop),
        SetKind::Failure | SetKind::FailedAttempt => Some(SetKind::Failure),
    };
    Ok(WorkoutSet {
        reps,
        weight,
        unit,
        rpe: set.rpe,
        rir: set.rir,
        kind,
        is_warmup: set.kind == SetKind::WarmUp,
    })
}

/// True if no repetition was completed: the file says so, or 0 reps with a weight.
fn is_failed(set: &FileSet, exercise: &Exercise, weight: f64) -> bool {
    let has_none = set.reps.is_none_or(|reps| reps == 0.0);
    let says_none = set.reps == Some(0.0) && weight > 0.0 && set.kind != SetKind::WarmUp;
    let counts_reps = exercise.measure == Measure::Reps;
    let counts_else = set.seconds.is_some() || set.distance.is_some();
    has_none && !counts_else && (set.kind == SetKind::FailedAttempt || says_none && counts_reps)
}

/// What the exercise counts: reps, whole seconds or whole metres; a distance without a unit is in that which goes with the weight's.
fn count(set: &FileSet, exercise: &Exercise, unit: Unit) -> Result<u32, NoSet> {
    let reps = set.reps.filter(|reps| *reps > 0.0);
    let metres = set.distance;
    let metres = metres.map(|d| d * set.length.unwrap_or(Length::beside(unit)).metres());
    let counted = match exercise.measure {
        Measure::Reps => reps,
        Measure::Seconds => set.seconds,
        Measure::Metres => metres,
    };
    let Some(counted) = counted else {
        return Err(missing(set, exercise));
    };
    let max = match exercise.measure {
        Measure::Reps => MAX_REPS,
        Measure::Seconds | Measure::Metres => 100_000.0,
    };
    let whole = match exercise.measure {
        Measure::Reps => counted,
        Measure::Seconds | Measure::Metres => counted.round(),
    };
    if whole.fract() != 0.0 || !(1.0..=max).contains(&whole) {
        let what = exercise.measure.as_str();
        return Err(NoSet::Wrong(format!(
            "{counted} {what}; a whole number from 1 to {max} is needed"
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds"
    )]
    let whole = whole as u32;
    Ok(whole)
}

fn missing(set: &FileSet, exercise: &Exercise) -> NoSet {
    let given = [
        (set.reps.filter(|reps| *reps > 0.0), "reps"),
        (set.seconds, "seconds"),
        (set.distance, "a distance"),
    ];
    let given: Vec<&str> = { given.iter() }
        .filter(|(value, _)| value.is_some())
        .map(|(_, what)| *what)
        .collect();
    let weight = set.weight.unwrap_or(0.0);
    if given.is_empty() && weight != 0.0 {
        return NoSet::Wrong(format!(
            "it has a weight of {weight}, and no reps, time or distance"
        ));
    }
    if given.is_empty() {
        return NoSet::Nothing("empty sets, left out");
    }
    NoSet::Wrong(format!(
        "it has {} only; {} is counted in {}",
        given.join(" and "),
        exercise.name,
        exercise.measure.as_str()
    ))
}

/// Assistance is less than nothing in some apps.
fn weight(set: &FileSet, exercise: &Exercise, unit: Unit) -> Result<f64, NoSet> {
    let weight = set.weight.unwrap_or(0.0);
    let weight = match exercise.load {
        Load::Assistance => weight.abs(),
        Load::External | Load::Added | Load::None => weight,
    };
    if !(0.0..=MAX_WEIGHT).contains(&weight) {
        let unit = unit.as_str();
        return Err(NoSet::Wrong(format!(
            "{weight} {unit} is not from 0 to {MAX_WEIGHT}"
        )));
    }
    // Not -0.
    Ok(weight + 0.0)
}
