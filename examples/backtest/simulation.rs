//! Synthetic lifters who follow a programme.
//!
//! A lifter has a true maximum, which rises more and more slowly and differs a little from day to day. A set is done until its
//! repetitions are complete or the maximum allows no more, by the inverse of the formula of estimates; each set before costs a
//! share of a repetition.

use prog_strength_agent::workout::figures::{
    e1rm::{Effort, reps_at},
    progression::{RepRange, Rule, Session, from_log, next},
};

/// In kg, of all exercises here.
pub(crate) const STEP: f64 = 2.5;
const LIFTERS: u32 = 25;
const SESSIONS: u32 = 60;
/// A planned light week is no decision that anybody asks for.
const DELOAD: f64 = 0.6;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Programme {
    /// Three sets of five, a step more each time, 10 % down after two misses.
    Linear,
    /// Five sets of five, 10 % down after three misses.
    FiveByFive,
    /// Three sets of eight to twelve.
    Double,
    /// Weeks of 5, 3 and 1, the last set with all the repetitions that go, and a light week; a step more for each cycle.
    FiveThreeOne,
    /// As [`Programme::Linear`], with every fifth week at 60 %.
    Deloads,
}

pub(crate) const PROGRAMMES: [Programme; 5] = [
    Programme::Linear,
    Programme::FiveByFive,
    Programme::Double,
    Programme::FiveThreeOne,
    Programme::Deloads,
];

/// Where a suggestion has its target from.
#[derive(Clone, Copy)]
pub(crate) enum Aim {
    Given(RepRange),
    Log,
}

/// The share of suggestions within one step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    pub(crate) decisions: u32,
    pub(crate) within_a_step: u32,
}

impl Share {
    pub(crate) fn add(&mut self, other: Self) {
        self.decisions += other.decisions;
        self.within_a_step += other.within_a_step;
    }

    pub(crate) fn percent(self) -> f64 {
        f64::from(self.within_a_step) * 100.0 / f64::from(self.decisions.max(1))
    }
}

/// A session as the programme has it.
struct Prescription {
    /// Weights and repetitions; the last set of some has no upper end.
    sets: Vec<(f64, u32)>,
    open_ended: bool,
    /// Of the heaviest sets.
    range: RepRange,
    /// A planned light week.
    light: bool,
}

/// What a programme remembers.
struct Progress {
    programme: Programme,
    session: u32,
    /// The working weight, or the training maximum.
    weight: f64,
    misses: u32,
}

/// The suggestion for the log, newest session first.
pub(crate) fn suggested(log: &[Session], aim: Aim) -> f64 {
    let rule = Rule {
        step: STEP,
        limit: None,
        lowest: 0.0,
        body: Some(0.0),
        as_entered: true,
    };
    let range = match aim {
        Aim::Given(range) => Some(range),
        Aim::Log => from_log(log, &rule),
    };
    let next = range.and_then(|range| next(log, &rule, range));
    next.and_then(|next| next.weight).unwrap_or_default()
}

/// How often the suggestions for this programme are within one step of its loads.
pub(crate) fn share(programme: Programme, suggest: impl Fn(&[Session], RepRange) -> f64) -> Share {
    let mut share = Share::default();
    for lifter in 0..LIFTERS {
        let mut progress = Progress::new(programme, lifter);
        let mut log: Vec<Session> = Vec::new();
        for session in 0..SESSIONS {
            let planned = progress.prescribe();
            let load = planned.sets.iter().map(|set| set.0).fold(0.0, f64::max);
            if !log.is_empty() && !planned.light {
                share.decisions += 1;
                let off = (suggest(&log, planned.range) - load).abs();
                share.within_a_step += u32::from(off <= STEP + 1e-6);
            }
            let done = train(&planned, lifter, session);
            progress.record(&planned, &done);
            log.insert(0, done);
            log.truncate(20);
        }
    }
    share
}

/// From 0 to 1, the same for the same numbers.
fn noise(lifter: u32, session: u32) -> f64 {
    let mixed = (lifter * 7919 + session * 104_729 + 13).wrapping_mul(2_654_435_761);
    f64::from(mixed >> 16) / 65536.0
}

fn true_maximum(lifter: u32, session: u32) -> f64 {
    let start = 60.0 + 5.0 * f64::from(lifter % 15);
    let gain = 15.0 + 2.0 * f64::from(lifter % 11);
    let grown = start + gain * (1.0 - (-f64::from(session) / 25.0).exp());
    grown * (0.98 + 0.04 * noise(lifter, session))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few repetitions"
)]
fn train(planned: &Prescription, lifter: u32, session: u32) -> Session {
    let maximum = true_maximum(lifter, session);
    let last = planned.sets.len() - 1;
    let set = |(place, &(weight, wanted)): (usize, &(f64, u32))| {
        let tired = 0.4 * f64::from(u32::try_from(place).unwrap_or(0));
        let able = (reps_at(maximum, weight) - tired).max(0.0).floor() as u32;
        let open = planned.open_ended && place == last;
        Effort::new(weight, if open { able.min(20) } else { able.min(wanted) })
    };
    Session {
        day: f64::from(session) * 3.5,
        sets: planned.sets.iter().enumerate().map(set).collect(),
    }
}

fn loadable(weight: f64) -> f64 {
    (weight / STEP).round() * STEP
}

impl Programme {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear, 3x5",
            Self::FiveByFive => "5x5, three misses",
            Self::Double => "double progression, 3x8-12",
            Self::FiveThreeOne => "5/3/1",
            Self::Deloads => "linear with deload weeks",
        }
    }

    fn range(self) -> RepRange {
        match self {
            Self::Double => RepRange { min: 8, max: 12 },
            _ => RepRange::single(5),
        }
    }

    fn sets(self) -> usize {
        if self == Self::FiveByFive { 5 } else { 3 }
    }
}

impl Progress {
    fn new(programme: Programme, lifter: u32) -> Self {
        let share = match programme {
            Programme::FiveThreeOne => 0.85,
            Programme::Double => 0.6,
            _ => 0.7,
        };
        Self {
            programme,
            session: 0,
            weight: loadable(true_maximum(lifter, 0) * share),
            misses: 0,
        }
    }

    fn prescribe(&self) -> Prescription {
        if self.programme == Programme::FiveThreeOne {
            return self.wave();
        }
        let range = self.programme.range();
        // Two sessions a week.
        let light = self.programme == Programme::Deloads && self.session / 2 % 5 == 4;
        let weight = if light {
            loadable(self.weight * DELOAD)
        } else {
            self.weight
        };
        Prescription {
            sets: vec![(weight, range.max); self.programme.sets()],
            open_ended: false,
            range,
            light,
        }
    }

    fn wave(&self) -> Prescription {
        let (shares, reps) = match self.session % 4 {
            0 => ([0.65, 0.75, 0.85], [5, 5, 5]),
            1 => ([0.7, 0.8, 0.9], [3, 3, 3]),
            2 => ([0.75, 0.85, 0.95], [5, 3, 1]),
            _ => ([0.4, 0.5, 0.6], [5, 5, 5]),
        };
        let light = self.session % 4 == 3;
        let weights = shares.map(|share| loadable(self.weight * share));
        Prescription {
            sets: weights.into_iter().zip(reps).collect(),
            open_ended: !light,
            range: RepRange::single(reps[2]),
            light,
        }
    }

    /// Decides the next weight.
    fn record(&mut self, planned: &Prescription, done: &Session) {
        self.session += 1;
        if self.programme == Programme::FiveThreeOne {
            if self.session.is_multiple_of(4) {
                self.weight += STEP;
            }
            return;
        }
        if planned.light {
            return;
        }
        let fewest = done.sets.iter().map(|set| set.reps).min().unwrap_or(0);
        if fewest >= planned.range.max {
            self.weight += STEP;
            self.misses = 0;
        } else if fewest < planned.range.min {
            self.misses += 1;
        } else {
            self.misses = 0;
        }
        let most = if self.programme == Programme::FiveByFive {
            3
        } else {
            2
        };
        if self.misses == most {
            self.weight = loadable(self.weight * 0.9);
            self.misses = 0;
        }
    }
}
