//! The units of weights and distances that a file does not name: asked for, set by the user, or guessed, with the reason.

use std::collections::HashMap;

use super::{
    parse::Parsed,
    record::{FileSet, FileWorkout, Length},
};
use crate::workout::{error::quoted, figures::units::Unit};

/// Loads of a barbell of 45 lb with pairs of 45, 25 and 10 lb plates, which are rare in kilograms.
const POUNDS: [f64; 14] = [
    95.0, 115.0, 135.0, 155.0, 185.0, 205.0, 225.0, 245.0, 275.0, 315.0, 335.0, 365.0, 405.0, 455.0,
];
/// Below it, dumbbells and small plates have halves in both units.
const HALVES_FROM_KG: f64 = 20.0;
/// Hardly lifted in kilograms.
const RARE_KG: f64 = 350.0;

/// The units of what the file names none for.
pub(super) struct Units {
    weight: Unit,
    /// Those of the workouts that the log has already, by their keys.
    logged: HashMap<String, Unit>,
    /// Which units the weights are taken in, and why.
    pub weights: String,
    /// The same of distances, where the file has some without a unit.
    pub distances: Option<String>,
}

impl Units {
    /// `given` is asked for, `setting` the user's; `logged` has the units of imported workouts by their keys. What is asked for
    /// decides, then the log: the same file again is the same workouts.
    pub(super) fn settle(
        parsed: &Parsed,
        keys: &[String],
        given: Option<Unit>,
        setting: Option<Unit>,
        logged: &HashMap<String, Unit>,
    ) -> Self {
        let workouts = || parsed.workouts.iter().zip(keys);
        let known = workouts().filter(|(workout, _)| given.is_none() && says_no_unit(workout));
        let logged: HashMap<String, Unit> = known
            .filter_map(|(_, key)| Some((key.clone(), *logged.get(key)?)))
            .collect();
        let pounds = logged.values().filter(|unit| **unit == Unit::Lb).count();
        let (weight, why) = match (given, setting) {
            (Some(unit), _) => (unit, "as asked".to_owned()),
            _ if !logged.is_empty() => as_logged(logged.len(), pounds),
            (None, Some(unit)) => (unit, "the user's setting; the file does not say".to_owned()),
            (None, None) => guess(parsed.workouts.iter().flat_map(sets)),
        };
        let mut units = Self {
            weight,
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
            format!("{length}: guessed, as weights are in {weight}; the file does not say")
        });
        let words: Vec<String> = words.collect();
        units.distances = (!words.is_empty()).then(|| words.join(". "));
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
fn as_logged(workouts: usize, pounds: usize) -> (Unit, String) {
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
        "as in the log, which has {workouts} of these workouts{mixed}; the file does not say; weight_unit decides"
    );
    (unit, why)
}

fn guess<'a>(sets: impl Iterator<Item = &'a FileSet>) -> (Unit, String) {
    let (mut pounds, mut kilograms, mut all) = (0_usize, 0_usize, 0_usize);
    for weight in sets
        .filter(|set| set.unit.is_none())
        .filter_map(|set| set.weight)
    {
        let weight = weight.abs();
        all += usize::from(weight > 0.0);
        pounds +=
            usize::from(weight > RARE_KG || POUNDS.iter().any(|lb| (lb - weight).abs() < 0.01));
        kilograms += usize::from(weight.fract() != 0.0 && weight > HALVES_FROM_KG);
    }
    if pounds == 0 && kilograms == 0 {
        let why = format!(
            "none of {all} weights is typical of a unit, and the user has set none; the file does not say; weight_unit decides"
        );
        return (Unit::Kg, why);
    }
    let unit = if pounds > kilograms {
        Unit::Lb
    } else {
        Unit::Kg
    };
    let (like, of) = match unit {
        Unit::Lb => (pounds, "of pounds (135, 185, 225)"),
        Unit::Kg => (kilograms, "of kilograms (22.5, 62.5)"),
    };
    let why = format!(
        "guessed: {like} of {all} weights are typical {of}; the file does not say; weight_unit decides"
    );
    (unit, why)
}
