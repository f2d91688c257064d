//! The sets of one exercise, out of its groups. Pure.

use super::{
    Missing, Set,
    group::{Group, Weight},
    tokens::Token,
};
use crate::workout::figures::units::Unit;

/// The sets; `unit` is that of weights without one.
pub(super) fn of(
    tokens: &[Vec<Token>],
    bodyweight: bool,
    unit: Option<Unit>,
) -> Result<Vec<Set>, Missing> {
    let groups = groups(tokens, bodyweight)?;
    let mut used = vec![false; groups.len()];
    let mut sets = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        if group.sets == 0 {
            continue;
        }
        let weight = weight_of(&groups, at, bodyweight, &mut used)?;
        let unit = match weight.unit.or(unit) {
            Some(unit) => unit,
            None if weight.bodyweight => Unit::default(),
            None => return Err(Missing::Unit),
        };
        let set = Set {
            reps: group.reps,
            weight: weight.value,
            unit,
            rpe: group.rpe,
        };
        sets.extend(std::iter::repeat_n(set, group.sets as usize));
    }
    if sets.is_empty() {
        return Err(Missing::Sets);
    }
    // A weight that nothing was waiting for.
    if used.contains(&false) {
        return Err(Missing::Sense);
    }
    Ok(sets)
}

fn groups(tokens: &[Vec<Token>], bodyweight: bool) -> Result<Vec<Group>, Missing> {
    let mut groups: Vec<Group> = Vec::new();
    for tokens in tokens {
        let (tokens, rpe) = without_rpe(tokens)?;
        // A unit of its own is that of all the groups, an RPE that of the group before.
        if matches!(tokens[..], [] | [Token::Unit(_)]) {
            if rpe.is_some() {
                let last = groups.last_mut().filter(|last| last.rpe.is_none());
                last.ok_or(Missing::Sense)?.rpe = rpe;
            }
            continue;
        }
        let mut group = Group::read(&tokens, bodyweight).ok_or(Missing::Sense)?;
        group.rpe = rpe;
        groups.push(group);
    }
    let of_no_set = |group: &Group| group.sets == 0 && group.rpe.is_some();
    if groups.iter().any(of_no_set) {
        return Err(Missing::Sense);
    }
    Ok(groups)
}

/// Its own weight; else that of the groups before and after, if these agree; else the body's. What it is taken from is
/// marked as used.
fn weight_of(
    groups: &[Group],
    at: usize,
    bodyweight: bool,
    used: &mut [bool],
) -> Result<Weight, Missing> {
    let given = |at: &usize| groups[*at].weight.is_some();
    used[at] = true;
    let from = if given(&at) {
        [Some(at), None]
    } else {
        [(0..at).rev().find(given), (at..groups.len()).find(given)]
    };
    let mut weights = from.into_iter().flatten().filter_map(|at| {
        used[at] = true;
        groups[at].weight
    });
    let weight = weights.next();
    if weights.any(|other| Some(other) != weight) {
        return Err(Missing::Sense);
    }
    match weight {
        // Nothing is the body's weight only where that is said.
        Some(weight) if weight.value == 0.0 && !weight.bodyweight => Err(Missing::Weight),
        Some(weight) => Ok(weight),
        None if bodyweight => Ok(Weight::BODY),
        None => Err(Missing::Weight),
    }
}

fn without_rpe(tokens: &[Token]) -> Result<(Vec<Token>, Option<f64>), Missing> {
    let Some(at) = tokens.iter().position(|token| *token == Token::Rpe) else {
        return Ok((tokens.to_vec(), None));
    };
    let Some(Token::Number(rpe)) = tokens.get(at + 1) else {
        return Err(Missing::Sense);
    };
    if matches!(tokens.get(at + 2), Some(Token::Unit(_))) {
        return Err(Missing::Sense);
    }
    let mut rest = tokens.to_vec();
    rest.drain(at..at + 2);
    if at > 0 && rest[at - 1] == Token::At {
        rest.remove(at - 1);
    }
    Ok((rest, Some(*rpe)))
}
