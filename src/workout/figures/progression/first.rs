//! The weight where no session was about the target.

use super::{
    RECENT_SESSIONS, Reason, RepRange, Rule, STALE_DAYS, Session, Suggestion, loads, reps,
};
use crate::workout::figures::{e1rm, units::round2};

/// Repetitions that a first weight, taken from the estimated maximum, leaves in reserve.
const RESERVE: f64 = 2.0;

/// The weight that the estimated maximum of the latest sessions carries for the bottom of the range, with some repetitions in
/// reserve; rounded down to a step, and none if that is less than can be loaded. Where there is no estimate, the heaviest weight of the last session, or less of it after two
/// sessions that fell short with it.
pub(super) fn suggest(sessions: &[Session], rule: &Rule, range: RepRange) -> Option<Suggestion> {
    let done = |session: &&Session| session.sets.iter().any(|set| set.reps > 0);
    let (place, last) = (sessions.iter().enumerate()).find(|(_, session)| done(session))?;
    let from = loads::heaviest(last);
    let recent = |session: &&Session| last.day - session.day <= STALE_DAYS;
    let recent = sessions.iter().filter(done).filter(recent);
    let suggestion = |weight: f64, reason: Reason, based_on: Vec<usize>| Suggestion {
        weight: (reason != Reason::OutOfReach).then(|| round2(weight)),
        from: round2(from),
        reason,
        based_on,
    };
    if let Some(maximum) = rule.best(recent.take(RECENT_SESSIONS)) {
        let reps = f64::from(range.min) + RESERVE;
        let carried = e1rm::weight_for(maximum, reps);
        let weight = loads::down_to_loadable(carried - rule.body.unwrap_or_default(), rule);
        let reason = if loads::can_be_lifted(weight, rule) {
            Reason::Estimate
        } else {
            Reason::OutOfReach
        };
        return Some(suggestion(weight, reason, vec![place]));
    }
    let easier = missed_before(sessions, place, from, range)
        .and_then(|before| Some((before, loads::back_off(from, rule)?)));
    Some(match easier {
        Some((before, down)) => suggestion(down, Reason::BackOff, vec![place, before]),
        None => suggestion(from, Reason::Repeat, vec![place]),
    })
}

/// The place of the session before, if both it and the one at `place` fell short of the range with the weight.
fn missed_before(
    sessions: &[Session],
    place: usize,
    weight: f64,
    range: RepRange,
) -> Option<usize> {
    let is_miss = |session: &Session| {
        loads::same(loads::heaviest(session), weight)
            && reps::fewest_reps(session, weight) < range.min
    };
    let mut older = sessions.iter().enumerate().skip(place + 1);
    let (before, session) = older.find(|(_, session)| !session.sets.is_empty())?;
    (is_miss(&sessions[place]) && is_miss(session)).then_some(before)
}
