//! An attempt: how a session that was about the target went.

use super::{
    RepRange, Rule, Session, loads,
    reps::{fewest_reps, most_reps},
};

/// How the sets at the working weight went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All reached the top of the range.
    Met,
    /// All reached its bottom.
    Within,
    /// All were done for the same, smaller number of repetitions.
    Fewer,
    /// One fell short of what the session was for.
    Missed,
}

/// A session that was about the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Attempt {
    /// The session's place.
    pub(super) place: usize,
    pub(super) day: f64,
    /// The working weight.
    pub(super) weight: f64,
    /// The repetitions that the session was for: the most of its sets at the working weight, or the aim that it fell short of.
    aim: u32,
    pub(super) outcome: Outcome,
}

impl Attempt {
    /// The session at the place, with its working weight. Less than the range is a miss if the session fell short of what it was
    /// for: a set had fewer repetitions than another one with the weight, or all had fewer than `missed_aim`. Efforts do not matter:
    /// sets that are alike were completed, however hard they were.
    pub(super) fn new(
        place: usize,
        session: &Session,
        weight: f64,
        range: RepRange,
        missed_aim: Option<u32>,
    ) -> Self {
        let aim = missed_aim.unwrap_or_else(|| most_reps(session, weight));
        let outcome = match fewest_reps(session, weight) {
            reps if reps >= range.max => Outcome::Met,
            reps if reps >= range.min => Outcome::Within,
            reps if reps >= aim.max(1) => Outcome::Fewer,
            _ => Outcome::Missed,
        };
        Self {
            place,
            day: session.day,
            weight,
            aim,
            outcome,
        }
    }

    /// What this attempt was for, if the next session has fewer repetitions with no more than a step more weight. A lifter who goes
    /// up after a miss has begun to do fewer.
    pub(super) fn missed_aim(&self, next: &Session, weight: f64, rule: &Rule) -> Option<u32> {
        let same = loads::same(weight, self.weight);
        let near = same || weight <= self.weight + rule.step * 1.5;
        let went_up = self.outcome == Outcome::Missed && weight > self.weight && !same;
        let fewer = most_reps(next, weight) < self.aim;
        (fewer && near && !went_up).then_some(self.aim)
    }
}
