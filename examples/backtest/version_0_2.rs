//! The rule of version 0.2, for comparison: ten repetitions for everybody, and all sets count.

use prog_strength_agent::workout::figures::progression::Session;

use super::simulation::STEP;

pub(crate) fn suggested(log: &[Session]) -> f64 {
    let met = |session: &Session| session.sets.iter().all(|set| set.reps >= 10);
    let weights = log[0].sets.iter().map(|set| set.weight);
    let from = weights.fold(0.0, f64::max);
    if met(&log[0]) {
        from + STEP
    } else if log.get(1).is_some_and(|before| !met(before)) {
        (from * 0.9 / STEP).round() * STEP
    } else {
        from
    }
}
