//! The demo user under the bar: what strength there is on the day decides how many reps a weight allows, and the reps
//! decide when the weight rises: once all sets have reached the highest aim in two sessions in a row, or easily in one.

use std::collections::HashMap;

use super::{
    calendar::Day,
    program::{Course, Lift},
    random::Random,
};
use crate::{
    workout::figures::units::{Unit, convert, step_in},
    workout::model::{WorkoutExercise, WorkoutSet},
};

/// What is left of the weights after the holiday, and in the deload.
const BACK: f64 = 0.92;
const DELOAD: f64 = 0.875;
/// Sessions at the highest aim that earn a step.
const HITS: u32 = 2;
/// Reps in reserve after the last set that make a session an easy one.
const EASY: f64 = 2.0;
/// How far one day's strength is from the other's, and one set's reps.
const FORM: f64 = 0.018;
const LUCK: f64 = 0.35;
/// Share of the sets with an RPE, besides the last of the heavy lift.
const RATED: f64 = 0.3;
const BAR_LB: f64 = 45.0;
const WARM_UPS: [(f64, u32); 2] = [(0.5, 8), (0.75, 4)];

struct Load {
    weight: f64,
    hits: u32,
}

pub(super) struct Lifter {
    random: Random,
    loads: HashMap<&'static str, Load>,
}

/// A set: the reps done, and those that would have been possible.
struct Effort {
    reps: u32,
    possible: f64,
}

impl Lifter {
    pub(super) fn new(random: Random) -> Self {
        Self {
            random,
            loads: HashMap::new(),
        }
    }

    pub(super) fn trained(&mut self, day: &Day) -> Vec<WorkoutExercise> {
        if day.is_back() {
            self.loads.values_mut().for_each(Load::set_back);
        }
        // The stalled lift rests altogether in the deload.
        let rests = |lift: &Lift| day.is_deload() && lift.course == Course::Stalled;
        let lifts = day.session.lifts.iter().enumerate();
        let lifts = lifts.filter(|(_, lift)| !rests(lift));
        let done = lifts.map(|(place, lift)| self.exercise(lift, day, place == 0));
        done.collect()
    }

    fn exercise(&mut self, lift: &'static Lift, day: &Day, heavy: bool) -> WorkoutExercise {
        let (weight, unit) = self.load(lift, day);
        let mut sets = if heavy { warm_ups(weight) } else { vec![] };
        let planned = lift.sets(day.is_new_block());
        if day.is_deload() {
            let set = working(lift.reps.0, weight, unit, None);
            sets.extend((0..planned.div_ceil(2)).map(|_| set.clone()));
        } else {
            let efforts = self.efforts(lift, day, convert(weight, unit, lift.unit), planned);
            sets.extend(self.written(lift, &efforts, heavy, (weight, unit)));
            if unit == lift.unit {
                self.learn(lift, &efforts);
            }
        }
        WorkoutExercise {
            exercise_id: lift.slug.to_owned(),
            superset_group: None,
            notes: None,
            sets,
        }
    }

    /// The efforts as they are logged: some with their RPE.
    fn written(
        &mut self,
        lift: &Lift,
        efforts: &[Effort],
        heavy: bool,
        (weight, unit): (f64, Unit),
    ) -> Vec<WorkoutSet> {
        let mut written = Vec::new();
        for (place, effort) in (1..).zip(efforts) {
            let rated = (heavy && place == efforts.len()) || self.random.happens(RATED);
            let rpe = rated.then(|| effort.rpe(lift));
            written.push(working(effort.reps, weight, unit, rpe));
        }
        written
    }

    /// What is on the bar today, and in which unit.
    fn load(&mut self, lift: &'static Lift, day: &Day) -> (f64, Unit) {
        let first = || Load {
            weight: lift.first,
            hits: 0,
        };
        let load = self.loads.entry(lift.slug).or_insert_with(first);
        if lift.is_bodyweight() {
            return (0.0, lift.unit);
        }
        // It may come from the holiday.
        load.weight = nearest(load.weight, lift.step);
        if day.is_deload() {
            return (nearest(load.weight * DELOAD, lift.step), lift.unit);
        }
        if day.is_away() && lift.unit == Unit::Kg {
            let weight = convert(load.weight, Unit::Kg, Unit::Lb);
            return (nearest(weight, step_in(lift.step, Unit::Lb)), Unit::Lb);
        }
        (load.weight, lift.unit)
    }

    fn efforts(&mut self, lift: &Lift, day: &Day, weight: f64, sets: u32) -> Vec<Effort> {
        let form = 1.0 + FORM * self.random.swing();
        let fresh = lift.possible(weight, day.progress(lift.course), form);
        let effort = |place: u32| {
            let possible = fresh - lift.fatigue() * f64::from(place) + LUCK * self.random.swing();
            Effort {
                reps: lift.stops_at(possible),
                possible,
            }
        };
        (0..sets).map(effort).collect()
    }

    /// The weight for next time.
    fn learn(&mut self, lift: &'static Lift, efforts: &[Effort]) {
        let Some(load) = self.loads.get_mut(lift.slug) else {
            return;
        };
        let hit = efforts.iter().all(|effort| effort.reps >= lift.reps.1);
        let easy = efforts.last().is_some_and(|last| last.reserve() >= EASY);
        load.hits = if hit { load.hits + 1 } else { 0 };
        if load.hits == HITS || (hit && easy) {
            load.weight += lift.step;
            load.hits = 0;
        }
    }
}

impl Load {
    fn set_back(&mut self) {
        self.weight *= BACK;
        self.hits = 0;
    }
}

impl Lift {
    /// Reps that each further set costs.
    fn fatigue(&self) -> f64 {
        0.1 + f64::from(self.reps.1) / 20.0
    }

    /// Reps that the weight allows when fresh. Brzycki's formula backwards, from the maximum that made the first session
    /// reach the middle of the aim.
    fn possible(&self, weight: f64, progress: f64, form: f64) -> f64 {
        let (low, high) = (f64::from(self.reps.0), f64::from(self.reps.1));
        if self.is_bodyweight() {
            return (low + (high - low) * progress) * form;
        }
        let last_set = self.fatigue() * f64::from(self.sets(false) - 1);
        let first_maximum = self.first * 36.0 / (37.0 - f64::midpoint(low, high) - last_set);
        37.0 - 36.0 * weight / (first_maximum * (1.0 + self.gain * progress) * form)
    }

    /// At the highest aim, or when no further rep goes up.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few reps"
    )]
    fn stops_at(&self, possible: f64) -> u32 {
        let most = if self.is_bodyweight() {
            u32::MAX
        } else {
            self.reps.1
        };
        (possible.max(1.0) as u32).min(most)
    }
}

impl Effort {
    /// 10 less the reps in reserve, in halves. Who stays below the lowest aim has given everything.
    fn rpe(&self, lift: &Lift) -> f64 {
        if self.reps < lift.reps.0 {
            return 10.0;
        }
        ((10.0 - self.reserve().clamp(0.0, 4.0)) * 2.0).round() / 2.0
    }

    fn reserve(&self) -> f64 {
        self.possible - f64::from(self.reps)
    }
}

fn warm_ups(weight: f64) -> Vec<WorkoutSet> {
    let set = |(share, reps): (f64, u32)| WorkoutSet {
        is_warmup: true,
        ..working(
            reps,
            nearest(weight * share, 5.0).max(BAR_LB),
            Unit::Lb,
            None,
        )
    };
    WARM_UPS.into_iter().map(set).collect()
}

fn working(reps: u32, weight: f64, unit: Unit, rpe: Option<f64>) -> WorkoutSet {
    WorkoutSet {
        reps,
        weight,
        unit,
        rpe,
        is_warmup: false,
    }
}

/// What can be loaded.
fn nearest(weight: f64, step: f64) -> f64 {
    (weight / step).round() * step
}
