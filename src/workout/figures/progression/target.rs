//! The target that a log itself shows: the repetitions of the top sets, and those at which the lifter has gone up before.

use super::{
    RepRange, Rule, Session, loads,
    reps::{about, are_straight, fewest_reps, most_reps, total_reps},
    scheme::{main_reps, most_common_latest, weight_for},
    working::working_weight,
};

/// Sessions that are looked at.
const SESSIONS: usize = 12;
/// A session whose best set is below this share of that of the sessions before was a deload.
const DELOAD: f64 = 0.85;
/// A lifter who keeps a weight after so many sessions short of the top has not missed.
const STAYED: usize = 3;
const SESSIONS_BEFORE: usize = 3;
const DAYS_BEFORE: f64 = 21.0;

/// What a session was to be.
struct Aim<'a> {
    session: &'a Session,
    weight: f64,
    reps: u32,
    /// True if the session fell short of it.
    missed: bool,
}

/// The range of repetitions that the sessions, newest first, were done for. Where the weight has risen, its top is the
/// repetitions before, and its bottom those after; else it is the usual number. `None` without a set that was done.
pub fn from_log(sessions: &[Session], rule: &Rule) -> Option<RepRange> {
    let done: Vec<(&Session, u32)> = sessions
        .iter()
        .filter_map(|session| Some((session, main_reps(session, rule)?)))
        .collect();
    let is_planned = |(place, _): &(usize, &(&Session, u32))| is_deload(&done[*place..], rule);
    let places = done.iter().enumerate();
    let hard = places.filter(|session| !is_planned(session));
    let hard: Vec<(&Session, u32)> = hard.map(|(_, session)| *session).collect();
    let aims = aims(&hard, rule);
    let single = RepRange::single(aims.first()?.reps);
    let (fewest, most) = about(single);
    let alike = aims
        .iter()
        .filter(|aim| (fewest..=most).contains(&aim.reps));
    let alike: Vec<&Aim> = alike.take(SESSIONS).collect();
    let weighed: Vec<(&Session, f64)> = alike
        .iter()
        .filter_map(|aim| {
            let near = about(single);
            let weight = working_weight(aim.session, single.min, near, None, rule.step);
            let weight = weight.or(aim.missed.then_some(aim.weight))?;
            Some((aim.session, weight))
        })
        .collect();
    let range = range_of_rises(&weighed).or_else(|| {
        let usual = alike.iter().map(|aim| aim.reps);
        Some(RepRange::single(most_common(usual)?))
    })?;
    let tolerated = tolerated(&weighed, range).unwrap_or(range.min);
    Some(RepRange {
        min: range.min.min(tolerated).max(1),
        ..range
    })
}

/// What the repetitions of each session were to be, newest first. Fewer than those of the session before, with a weight near its
/// own, are a miss and change nothing; but a lifter who then goes up all the same has begun to do fewer.
fn aims<'a>(newest_first: &[(&'a Session, u32)], rule: &Rule) -> Vec<Aim<'a>> {
    let mut aims: Vec<Aim<'a>> = Vec::new();
    for &(session, reps) in newest_first.iter().rev() {
        let weight = weight_for(session, reps).unwrap_or_else(|| loads::heaviest(session));
        let missed = aims.last().filter(|before| {
            let same = loads::same(weight, before.weight);
            let from = before.weight - rule.step * 0.5;
            let near = same || (from..=before.weight + rule.step * 1.5).contains(&weight);
            let went_up = before.missed && weight > before.weight && !same;
            reps < before.reps && near && !went_up
        });
        aims.push(Aim {
            session,
            weight,
            reps: missed.map_or(reps, |before| before.reps),
            missed: missed.is_some(),
        });
    }
    aims.reverse();
    aims
}

/// The fewest repetitions below the range that are no miss: those of a session that was better than the one before with the same
/// weight, those that the lifter has stayed with, and, as long as no session has reached the top with straight sets, the most that
/// all sets of a session have reached with this weight.
fn tolerated(newest_first: &[(&Session, f64)], range: RepRange) -> Option<u32> {
    let total = |(session, weight): &(&Session, f64)| total_reps(session, *weight);
    let fewest = |(session, weight): &(&Session, f64)| fewest_reps(session, *weight);
    let same = |pair: &[(&Session, f64)]| loads::same(pair[0].1, pair[1].1);
    let latest = newest_first.get(..2).filter(|pair| same(pair));
    let better = latest.filter(|pair| total(&pair[0]) > total(&pair[1]));
    let better = better.map(|pair| fewest(&pair[0]));
    let proven = newest_first.iter().any(|(session, weight)| {
        fewest_reps(session, *weight) >= range.max && are_straight(session, *weight)
    });
    let unproven = latest.filter(|_| !proven).and_then(|latest| {
        let same = |other: &&(&Session, f64)| loads::same(other.1, latest[0].1);
        newest_first.iter().filter(same).map(fewest).max()
    });
    let stayed = newest_first.windows(STAYED + 1).filter(|window| {
        let short = window[1..]
            .iter()
            .all(|session| fewest(session) < range.max);
        short && window.windows(2).all(same)
    });
    let stayed = stayed.flat_map(|window| window[1..].iter().map(fewest));
    better.into_iter().chain(unproven).chain(stayed).min()
}

/// From the repetitions before and after each rise of the working weight. `None` without one.
fn range_of_rises(newest_first: &[(&Session, f64)]) -> Option<RepRange> {
    let mut weights = newest_first.to_vec();
    weights.reverse();
    let rises = weights
        .windows(2)
        .filter(|pair| pair[1].1 > pair[0].1 && !loads::same(pair[0].1, pair[1].1));
    let ends = rises.map(|pair| {
        let (before, after) = (pair[0], pair[1]);
        (fewest_reps(before.0, before.1), most_reps(after.0, after.1))
    });
    let (tops, bottoms): (Vec<u32>, Vec<u32>) = ends.unzip();
    let max = median(tops)?.max(1);
    let bottom = median(bottoms)?.max(1);
    // One repetition less after a step is a bad day, not a range.
    let min = if bottom + 1 < max { bottom } else { max };
    Some(RepRange { min, max })
}

/// Of equally common numbers, the highest.
fn most_common(numbers: impl Iterator<Item = u32>) -> Option<u32> {
    let mut numbers: Vec<u32> = numbers.collect();
    numbers.sort_unstable();
    most_common_latest(numbers.into_iter())
}

/// True if the first of the sessions, newest first, was much lighter than one of those before it.
fn is_deload(sessions: &[(&Session, u32)], rule: &Rule) -> bool {
    let Some(((session, _), before)) = sessions.split_first() else {
        return false;
    };
    let recent = before.iter().take(SESSIONS_BEFORE);
    let recent = recent.filter(|(earlier, _)| session.day - earlier.day <= DAYS_BEFORE);
    let then = rule.best(recent.map(|(earlier, _)| *earlier));
    match (rule.best([*session]), then) {
        (Some(now), Some(then)) => now < then * DELOAD,
        _ => false,
    }
}

fn median(mut values: Vec<u32>) -> Option<u32> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
