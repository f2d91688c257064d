//! The units of weights and distances that a file does not name: asked for, set by the user, those of the log, or told by the
//! weights, with the reason. What nothing tells is not guessed.

use std::collections::HashMap;

use super::{
    evidence,
    parse::Parsed,
    record::{FileSet, FileWorkout, Length},
};
use crate::workout::{error::quoted, figures::units::Unit};

/// What says the unit beside the file.
#[derive(Clone, Copy)]
pub(super) struct Said {
    /// What is asked for.
    pub asked: Option<Unit>,
    /// The user's setting.
    pub setting: Option<Unit>,
    /// The unit of nearly all weights of the log.
    pub log: Option<Unit>,
}

/// The units of what the file names none for.
pub(super) struct Units {
    weight: Unit,
    /// Nothing says what it is, and weights need it.
    pub is_unknown: bool,
    /// Those of the workouts that the log has already, by their keys.
    logged: HashMap<String, Unit>,
    /// Which units the weights are taken in, and why.
    pub weights: String,
    /// The same of distances, where the file has some without a unit.
    pub distances: Option<String>,
}

impl Units {
    /// What is asked for decides, then the workouts of the file that the log has (`logged`, by keys: the same file again is the same
    /// workouts), the setting, the weights themselves, and the rest of the log.
    pub(super) fn settle(
        parsed: &Parsed,
        keys: &[String],
        said: Said,
        logged: &HashMap<String, Unit>,
    ) -> Self {
        let workouts = || parsed.workouts.iter().zip(keys);
        let known = workouts().filter(|(workout, _)| said.asked.is_none() && says_no_unit(workout));
        let logged: HashMap<String, Unit> = known
            .filter_map(|(_, key)| Some((key.clone(), *logged.get(key)?)))
            .collect();
        let pounds = logged.values().filter(|unit| **unit == Unit::Lb).count();
        let settled = match (said.asked, said.setting) {
            (Some(unit), _) => Ok((unit, "as asked".to_owned())),
            _ if !logged.is_empty() => {
                Ok(as_logged(logged.len(), pounds, parsed.words.weight_unit))
            }
            (None, Some(unit)) => {
                Ok((unit, "the user's setting; the file does not say".to_owned()))
            }
            (None, None) => judge(parsed, said.log),
        };
        let is_unknown = settled.is_err() && needs_unit(parsed);
        let (weight, why) = settled.unwrap_or_else(|why| (Unit::default(), why));
        let mut units = Self {
            weight,
            is_unknown,
            logged,
            weights: String::new(),
            distances: None,
        };
        units.weights = units.weights(parsed, &why);
        let taken = workouts().flat_map(|(workout, key)| {
            let unit = units.of(workout, key);
            let unsaid = sets(workout).filter(|set| set.distance.is_some() && set.length.is_none());
            unsaid.map(move |set| set.unit.unwrap_or(unit))
        });
        let taken: Vec<Unit> = taken.collect();
        let words = [Unit::Kg, Unit::Lb].into_iter();
        let words = words.filter(|unit| taken.contains(unit)).map(|unit| {
            let (length, weight) = (Length::beside(unit).as_str(), unit.as_str());
            format!("{length}: as weights are in {weight}; the file does not say")
        });
        let words: Vec<String> = words.collect();
        units.distances = (!words.is_empty()).then(|| {
            if is_unknown {
                "km or mi: as weights are in kg or lb".to_owned()
            } else {
                words.join(". ")
            }
        });
        units
    }

    /// The unit of the workout's weights for which the file says none.
    pub(super) fn of(&self, workout: &FileWorkout, key: &str) -> Unit {
        let logged = self.logged.get(key).filter(|_| says_no_unit(workout));
        logged.copied().unwrap_or(self.weight)
    }

    fn weights(&self, parsed: &Parsed, why: &str) -> String {
        let sets = || parsed.workouts.iter().flat_map(sets);
        let has_weight = |set: &&FileSet| set.weight.is_some_and(|weight| weight != 0.0);
        let said = |unit| sets().filter(has_weight).any(|set| set.unit == Some(unit));
        let column = match parsed.weight_column.as_str() {
            "" => String::new(),
            name => format!(" (column {})", quoted(name)),
        };
        match (said(Unit::Kg), said(Unit::Lb)) {
            _ if self.is_unknown => format!("kg or lb: {why}"),
            _ if sets().filter(has_weight).any(|set| set.unit.is_none()) => {
                format!("{}: {why}", self.weight.as_str())
            }
            (true, true) => format!("kg and lb: as the file says{column}"),
            (true, false) => format!("kg: as the file says{column}"),
            (false, true) => format!("lb: as the file says{column}"),
            (false, false) => "no weights".to_owned(),
        }
    }
}

fn sets(workout: &FileWorkout) -> impl Iterator<Item = &FileSet> {
    let exercises = workout.exercises.iter();
    exercises.flat_map(|exercise| &exercise.sets)
}

/// True if the log's unit of the workout is the one that was taken for it: no set of the file has one of its own.
fn says_no_unit(workout: &FileWorkout) -> bool {
    sets(workout).all(|set| set.unit.is_none())
}

/// The unit of most of the workouts that the log has, of which so many are in pounds.
fn as_logged(workouts: usize, pounds: usize, decides: &str) -> (Unit, String) {
    let unit = if 2 * pounds > workouts {
        Unit::Lb
    } else {
        Unit::Kg
    };
    let mixed = if (1..workouts).contains(&pounds) {
        format!(", {pounds} of them in lb")
    } else {
        String::new()
    };
    let why = format!(
        "as in the log, which has {workouts} of these workouts{mixed}; the file does not say; {decides} decides"
    );
    (unit, why)
}

/// True if a weight, or a distance that goes with it, has no unit.
fn needs_unit(parsed: &Parsed) -> bool {
    let mut sets = parsed.workouts.iter().flat_map(sets);
    sets.any(|set| {
        let weighs = set.weight.is_some_and(|weight| weight != 0.0);
        let is_far = set.distance.is_some() && set.length.is_none();
        set.unit.is_none() && (weighs || is_far)
    })
}

/// By the weights of the file, or else by those of the log.
fn judge(parsed: &Parsed, log: Option<Unit>) -> Result<(Unit, String), String> {
    let sets = parsed.workouts.iter().flat_map(sets);
    let weights = sets.filter(|set| set.unit.is_none());
    let weights = weights.filter_map(|set| set.weight.map(f64::abs));
    let weights: Vec<f64> = weights.filter(|weight| *weight > 0.0).collect();
    let judged = evidence::unit(&weights);
    let decides = parsed.words.weight_unit;
    match (judged, log) {
        (Ok((unit, why)), _) => Ok((
            unit,
            format!("{why}; the file does not say; {decides} decides"),
        )),
        (Err(_), Some(unit)) => Ok((
            unit,
            format!("as nearly all weights of the log; the file does not say; {decides} decides"),
        )),
        (Err(why), None) => Err(format!(
            "the file does not say, {why}, and neither the user's settings nor the log tell; {decides} does"
        )),
    }
}
