//! Working weights: what the sessions of an exercise say of a target.

use super::{
    RepRange, Rule, STALE_DAYS, Session,
    attempt::{Attempt, Outcome},
    loads,
    reps::{about, are_straight, at, fewest_reps, most_reps},
    scheme::{is_ramp, main_reps},
};

/// A session lighter than this share of the one before is a deload, or the start of a new climb.
const LIGHTER: f64 = 0.925;
/// A new climb after a miss does not begin below this share.
const CLIMB: f64 = 0.8;
/// Sessions for exactly the target, of so many days, go before others.
const CYCLE_DAYS: f64 = 42.0;
/// Lighter sessions over more days than a week's are no deload.
const DELOAD_DAYS: f64 = 10.0;
/// What follows so many days without a session is a return, and no deload.
const BREAK_DAYS: f64 = 14.0;
/// Sets lighter than this share of the working weight do not show what the session was for.
const LIGHT_SET: f64 = 0.6;

/// Sessions that show the weights a lifter is used to, a light week among them.
const SESSIONS_BEFORE: usize = 4;

/// The sessions that were about the target, newest first, without deloads. Where they are none, or far lighter than what has been
/// done since for more repetitions, sessions with more repetitions count too: they met the target.
pub(super) fn attempts(sessions: &[Session], rule: &Rule, range: RepRange) -> Vec<Attempt> {
    let (fewest, most) = about(range);
    let close = attempts_within(sessions, rule, range, (fewest, most));
    let (close, exact) = without_other_schemes(close, sessions, rule, range);
    let finished = |found: Vec<Attempt>| {
        let mut found = without_deloads(found, rule);
        include_equal_weight(&mut found, sessions, range);
        found
    };
    let close = finished(close);
    if exact {
        return close;
    }
    let open = finished(attempts_within(sessions, rule, range, (fewest, u32::MAX)));
    let outdone = match (close.first(), open.first()) {
        (Some(close), Some(open)) => {
            open.place < close.place && is_lighter(close.weight, open.weight, LIGHTER, rule)
        }
        (close, _) => close.is_none(),
    };
    if outdone { open } else { close }
}

/// The sessions with working weights for these repetitions.
fn attempts_within(
    sessions: &[Session],
    rule: &Rule,
    range: RepRange,
    about: (u32, u32),
) -> Vec<Attempt> {
    let mut found: Vec<Attempt> = Vec::new();
    for (place, session) in sessions.iter().enumerate().rev() {
        let last = found.last();
        let before = last.map(|attempt| attempt.weight);
        let weight = working_weight(session, range.min, about, before, rule.step);
        let failed = || failed_weight(session, before?, rule.step);
        let weight = weight.or_else(failed);
        let attempt = weight.map(|weight| {
            let aim = last.and_then(|last| last.missed_aim(session, weight, rule));
            Attempt::new(place, session, weight, range, aim)
        });
        let other = |it: &Attempt| has_fewer_planned(it, &found, session, rule);
        let counting = attempt.filter(|it| !other(it));
        found.extend(counting);
    }
    found.reverse();
    found
}

/// The heaviest weight done for about the target. A weight whose sets all fell short is it only with as many sets as a lighter
/// one that reached it, before that one, or near the weight of the session before: a single after the working sets is none of it. `None` for a
/// session without a heavy set of repetitions from the fewest to the most that are about the target.
pub(super) fn working_weight(
    session: &Session,
    target: u32,
    (fewest, most): (u32, u32),
    before: Option<f64>,
    step: f64,
) -> Option<f64> {
    let mut weights: Vec<f64> = session.sets.iter().map(|set| set.weight).collect();
    weights.sort_by(|a, b| b.total_cmp(a));
    weights.dedup_by(|a, b| loads::same(*a, *b));
    weights.retain(|weight| most_reps(session, *weight) >= fewest);
    let sets = |weight: f64| at(session, weight).count();
    let reached = |weight: f64| most_reps(session, weight) >= target;
    let first = |weight: f64| {
        let mut sets = session.sets.iter();
        sets.position(|set| loads::same(set.weight, weight))
    };
    let chosen = weights.iter().copied().find(|weight| {
        let lighter = weights.iter().copied().filter(|other| other < weight);
        let mut lighter = lighter.filter(|other| reached(*other));
        let most_sets = lighter.clone().map(sets).max();
        let comes_first = lighter.all(|other| first(*weight) < first(other));
        let next_to_before = before
            .is_some_and(|before| *weight >= before - step * 0.5 && *weight <= before + step * 1.5);
        reached(*weight)
            || comes_first
            || sets(*weight) >= 2 && most_sets.is_some_and(|most| sets(*weight) >= most)
            || next_to_before
    })?;
    let about_it = session.sets.iter().any(|set| {
        let heavy = chosen <= 0.0 || set.weight >= chosen * LIGHT_SET;
        heavy && set.reps >= fewest && set.reps <= most
    });
    about_it.then_some(chosen)
}

/// The heaviest weight near that of the session before, of a session in which everything fell far short.
fn failed_weight(session: &Session, before: f64, step: f64) -> Option<f64> {
    let weights = session.sets.iter().map(|set| set.weight);
    let near = weights.filter(|weight| (weight - before).abs() <= step * 1.5 + 1e-9);
    let heaviest = near.max_by(f64::total_cmp)?;
    let no_more = session.sets.iter().all(|set| set.weight <= heaviest);
    no_more.then_some(heaviest)
}

/// True if the session was for fewer repetitions: the same number in several sets, with far more weight than those before, oldest
/// first, of which the last was no miss.
fn has_fewer_planned(it: &Attempt, before: &[Attempt], session: &Session, rule: &Rule) -> bool {
    let far_more = |base: &Attempt| it.weight > base.weight + rule.step * 1.5;
    matches!(it.outcome, Outcome::Missed | Outcome::Fewer)
        && before
            .last()
            .is_some_and(|it| it.outcome != Outcome::Missed)
        && before.iter().rev().take(SESSIONS_BEFORE).all(far_more)
        && are_straight(session, it.weight)
        && at(session, it.weight).count() > 1
}

/// Without sessions that were lighter than one shortly before them that went well, as long as they are not more than a week's:
/// they were planned. After a miss, or with more repetitions to do, somewhat less weight is the start of a new climb, and after a break
/// that of a return.
fn without_deloads(mut attempts: Vec<Attempt>, rule: &Rule) -> Vec<Attempt> {
    attempts.reverse();
    let mut kept: Vec<Attempt> = Vec::new();
    let mut lighter: Vec<Attempt> = Vec::new();
    for attempt in attempts {
        let base = kept.last();
        let before = lighter.last().or(base).map_or(attempt.day, |it| it.day);
        let planned = base.is_some_and(|base| {
            let least = match base.outcome {
                Outcome::Missed | Outcome::Fewer => CLIMB,
                Outcome::Met | Outcome::Within => LIGHTER,
            };
            attempt.day - base.day <= STALE_DAYS
                && attempt.day - before <= BREAK_DAYS
                && is_lighter(attempt.weight, base.weight, least, rule)
        });
        if !planned {
            kept.push(attempt);
            lighter.clear();
            continue;
        }
        lighter.push(attempt);
        let first = lighter.first().map_or(attempt.day, |first| first.day);
        if attempt.day - first > DELOAD_DAYS {
            kept.append(&mut lighter);
        }
    }
    kept.reverse();
    kept
}

/// Without ramps that met the target, but were for another one, where there are sessions for it: a programme that changes the
/// repetitions from week to week loads by the last week of the same ones. True if there are.
fn without_other_schemes(
    mut attempts: Vec<Attempt>,
    sessions: &[Session],
    rule: &Rule,
    range: RepRange,
) -> (Vec<Attempt>, bool) {
    let reps = |attempt: &Attempt| main_reps(&sessions[attempt.place], rule).unwrap_or_default();
    let newest = attempts.first().map_or(0.0, |newest| newest.day);
    let exact = |attempt: &Attempt| {
        newest - attempt.day <= CYCLE_DAYS && (range.min..=range.max).contains(&reps(attempt))
    };
    let exact = attempts.iter().any(exact);
    if exact {
        attempts.retain(|attempt| {
            attempt.outcome != Outcome::Met
                || (range.min..=range.max).contains(&reps(attempt))
                || !is_ramp(&sessions[attempt.place], rule)
        });
    }
    (attempts, exact)
}

fn is_lighter(weight: f64, base: f64, share: f64, rule: &Rule) -> bool {
    let body = rule.body.unwrap_or_default();
    if base + body > 0.0 {
        weight + body < (base + body) * share
    } else {
        weight < base - rule.step * 1.5
    }
}

/// The session before the only attempt also counts if its heaviest weight is the same, and the attempt was no better: it fell far
/// short of the target.
fn include_equal_weight(found: &mut Vec<Attempt>, sessions: &[Session], range: RepRange) {
    let &[last] = found.as_slice() else { return };
    let mut older = sessions.iter().enumerate().skip(last.place + 1);
    let Some((place, session)) = older.find(|(_, session)| !session.sets.is_empty()) else {
        return;
    };
    let weight = loads::heaviest(session);
    let better = fewest_reps(&sessions[last.place], weight) > most_reps(session, weight);
    if loads::same(weight, last.weight) && !better {
        found.push(Attempt::new(place, session, weight, range, None));
    }
}
