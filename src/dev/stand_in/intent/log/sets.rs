//! The sets of one exercise, out of its groups. Pure.

use super::{
    Missing, Set,
    group::{Group, Weight},
    tokens::Token,
};
use crate::workout::figures::units::Unit;

pub(super) fn of(
    tokens: &[Vec<Token>],
    bodyweight: bool,
    unit: Option<Unit>,
) -> Result<Vec<Set>, Missing> {
    let groups = groups(tokens, bodyweight)?;
    let mut sets = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let weight = weight_of(&groups, at, bodyweight)?;
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
    Ok(sets)
}

fn groups(tokens: &[Vec<Token>], bodyweight: bool) -> Result<Vec<Group>, Missing> {
    let mut groups: Vec<Group> = Vec::new();
    for tokens in tokens {
        let (tokens, rpe) = without_rpe(tokens)?;
        // A unit of its own counts for all of the text.
        if matches!(tokens[..], [] | [Token::Unit(_)]) {
            if let Some(last) = groups.last_mut() {
                last.rpe = last.rpe.or(rpe);
            }
            continue;
        }
        let mut group = Group::read(&tokens, bodyweight).ok_or(Missing::Sense)?;
        group.rpe = rpe;
        // A weight that nothing was waiting for.
        let waiting = groups.is_empty() || groups.iter().any(|group| group.weight.is_none());
        if group.reps == 0 && !waiting {
            return Err(Missing::Sense);
        }
        groups.push(group);
    }
    Ok(groups)
}

/// Its own weight; else that of the groups before and after, if these agree; else the body's.
fn weight_of(groups: &[Group], at: usize, bodyweight: bool) -> Result<Weight, Missing> {
    if let Some(weight) = groups[at].weight {
        return Ok(weight);
    }
    let before = groups[..at].iter().rev().find_map(|group| group.weight);
    let after = groups[at..].iter().find_map(|group| group.weight);
    match (before, after) {
        (Some(before), Some(after)) if before != after => Err(Missing::Sense),
        (Some(weight), _) | (None, Some(weight)) => Ok(weight),
        (None, None) if bodyweight => Ok(Weight::BODY),
        (None, None) => Err(Missing::Weight),
    }
}

fn without_rpe(tokens: &[Token]) -> Result<(Vec<Token>, Option<f64>), Missing> {
    let Some(at) = tokens.iter().position(|token| *token == Token::Rpe) else {
        return Ok((tokens.to_vec(), None));
    };
    let Some(Token::Number(rpe)) = tokens.get(at + 1) else {
        return Err(Missing::Sense);
    };
    let mut rest = tokens.to_vec();
    rest.drain(at..at + 2);
    if at > 0 && rest[at - 1] == Token::At {
        rest.remove(at - 1);
    }
    Ok((rest, Some(*rpe)))
}
