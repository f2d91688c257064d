//! The weight where no session was about the target.

use super::{
    RECENT_SESSIONS, Reason, RepRange, Rule, STALE_DAYS, Session, Suggestion, loads, reps,
};
use crate::workout::figures::units::round2;

/// Repetitions that a first weight, taken from the estimated maximum, leaves in reserve.
const RESERVE: u32 = 2;

/// The weight that the best estimated maximum of the latest sessions carries for the bottom of the range, with some repetitions in
/// reserve; rounded down to a step, and none if that is less than can be loaded. Where there is no estimate, the heaviest weight of
/// the last session, or less of it after two sessions that fell short with it; none if that is the lightest weight already.
pub(super) fn suggest(sessions: &[Session], rule: &Rule, range: RepRange) -> Option<Suggestion> {
    let is_done = |session: &Session| session.sets.iter().any(|set| set.reps > 0);
    let done = sessions.iter().enumerate();
    let mut done = done.filter(|(_, session)| is_done(session)).peekable();
    let (place, last) = *done.peek()?;
    let recent = done.filter(|(_, session)| last.day - session.day <= STALE_DAYS);
    let recent: Vec<(usize, &Session)> = recent.take(RECENT_SESSIONS).collect();
    if let Some(estimated) = estimated(&recent, rule, range) {
        return Some(estimated);
    }
    let from = loads::heaviest(last);
    let suggestion = |weight: Option<f64>, reason: Reason, based_on: Vec<usize>| Suggestion {
        weight: weight.map(round2),
        from: round2(from),
        reason,
        reserve: 0,
        based_on,
    };
    let is_lightest = |session: &Session| loads::heaviest(session) <= rule.lowest;
    let at_lightest = recent.iter().all(|(_, session)| is_lightest(session));
    let most = recent.iter().map(|it| reps::most_reps(it.1, from)).max();
    if at_lightest && most.is_some_and(|most| most < range.min) {
        return Some(suggestion(None, Reason::OutOfReach, vec![place]));
    }
    let easier = missed_before(sessions, place, from, range)
        .and_then(|before| Some((before, loads::back_off(from, rule)?)));
    Some(match easier {
        Some((before, down)) => suggestion(Some(down), Reason::BackOff, vec![place, before]),
        None => suggestion(Some(from), Reason::Repeat, vec![place]),
    })
}

/// The weight that the best estimate of the sessions, newest first, carries, and the session that it is from. `None` without one.
fn estimated(recent: &[(usize, &Session)], rule: &Rule, range: RepRange) -> Option<Suggestion> {
    let maximum = rule.best(recent.iter().map(|(_, session)| *session))?;
    let shows_it = |session: &Session| {
        let mut shown = session.sets.iter().filter_map(|set| rule.maximum(set));
        shown.any(|shown| shown.total_cmp(&maximum).is_eq())
    };
    let (place, session) = recent.iter().find(|(_, session)| shows_it(session))?;
    let weight = loads::down_to_loadable(rule.weight_for(maximum, range.min + RESERVE), rule);
    let can_be_lifted = loads::can_be_lifted(weight, rule);
    Some(Suggestion {
        weight: can_be_lifted.then(|| round2(weight)),
        from: round2(loads::heaviest(session)),
        reason: if can_be_lifted {
            Reason::Estimate
        } else {
            Reason::OutOfReach
        },
        reserve: RESERVE,
        based_on: vec![*place],
    })
}

/// The place of the session before, if the repetitions of both it and the one at `place` fell off below the range with the weight.
fn missed_before(
    sessions: &[Session],
    place: usize,
    weight: f64,
    range: RepRange,
) -> Option<usize> {
    let is_miss = |session: &Session| {
        let fewest = reps::fewest_reps(session, weight);
        let fell = fewest == 0 || !reps::are_straight(session, weight);
        loads::same(loads::heaviest(session), weight) && fewest < range.min && fell
    };
    let mut older = sessions.iter().enumerate().skip(place + 1);
    let (before, session) = older.find(|(_, session)| !session.sets.is_empty())?;
    (is_miss(&sessions[place]) && is_miss(session)).then_some(before)
}
