//! Weights that can be loaded: multiples of the step.

use super::{Rule, Session};
use crate::workout::figures::units::round2;

/// The share of a weight after two misses.
const BACK_OFF: f64 = 0.9;
/// The rounding step where the exercise has none, or one that is too coarse.
const FINEST_STEP: f64 = 0.5;
/// The step is too coarse if rounding changes the weight by more than this share.
const TOO_FAR: f64 = 0.0499;
/// Weights that differ by less than this share are the same: they were entered in two units.
const SAME: f64 = 0.005;

/// True if the weights differ by no more than converting between units makes them.
pub(super) fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * a.abs().max(b.abs()) + 1e-9
}

/// The weight of the heaviest set that was done, or else tried.
pub(super) fn heaviest(session: &Session) -> f64 {
    let heaviest = |done: bool| {
        let sets = session.sets.iter().filter(|set| (set.reps > 0) == done);
        sets.map(|set| set.weight).max_by(f64::total_cmp)
    };
    heaviest(true).or_else(|| heaviest(false)).unwrap_or(0.0)
}

fn nearest(weight: f64, step: f64) -> f64 {
    (weight / step).round() * step
}

/// One step above the nearest loadable weight, as far as the limit; a weight above the limit stays. A weight that plates make was
/// loaded, unless the log has weights in the other unit: converted ones may look like it, and are rounded to a step.
pub(super) fn up(from: f64, rule: &Rule) -> f64 {
    if rule.step <= 0.0 {
        return from;
    }
    let shown = round2(from);
    let was_loaded = rule.as_entered && (shown - nearest(shown, FINEST_STEP)).abs() < 1e-6;
    let loadable = if was_loaded {
        from
    } else {
        nearest(from, rule.step)
    };
    let up = loadable + rule.step;
    up.min(rule.limit.unwrap_or(f64::INFINITY)).max(from)
}

/// The nearest loadable weight that is not heavier. It may be below the lowest: see [`can_be_lifted`].
pub(super) fn down_to_loadable(weight: f64, rule: &Rule) -> f64 {
    let step = if rule.step > 0.0 {
        rule.step
    } else {
        FINEST_STEP
    };
    // A weight that misses its step by a rounding error is on it.
    let loadable = (weight / step + 1e-9).floor() * step;
    loadable.min(rule.limit.unwrap_or(f64::INFINITY))
}

/// True if the weight is not below the lowest, and something is lifted with it.
pub(super) fn can_be_lifted(weight: f64, rule: &Rule) -> bool {
    weight >= rule.lowest && weight + rule.body.unwrap_or_default() > 0.0
}

/// Nine tenths of what is lifted, rounded to the step, or to the finest step where the own one is too coarse (more than a
/// twentieth off); less than before in any case. Where the weight of the body is not known, at least a step less. `None` at the
/// lowest weight.
pub(super) fn back_off(from: f64, rule: &Rule) -> Option<f64> {
    let body = rule.body.unwrap_or_default();
    // Assistance of a lifter of unknown weight: a tenth more of it.
    let lifted = if from + body >= 0.0 {
        from + body
    } else {
        -from
    };
    let target = from - lifted * (1.0 - BACK_OFF);
    let near = |weight: f64| (weight - target).abs() <= lifted * TOO_FAR && weight < from;
    let own = (rule.step > 0.0)
        .then(|| nearest(target, rule.step))
        .filter(|weight| near(*weight));
    let weight = if rule.body.is_none() && rule.step > 0.0 {
        nearest(target, rule.step).min(from - rule.step)
    } else {
        own.unwrap_or_else(|| nearest(target, FINEST_STEP).min(from - FINEST_STEP))
    };
    let weight = weight.max(rule.lowest);
    (weight < from).then_some(weight)
}
