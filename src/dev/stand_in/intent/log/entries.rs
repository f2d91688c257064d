//! Which sets belong to which exercise, and in which unit their weights are. Pure.

use super::{Entry, Missing, sets, tokens::Token};
use crate::{dev::stand_in::names::Names, workout::figures::units::Unit};

/// What belongs to an exercise, in groups as commas part them.
pub(super) struct Named {
    name: String,
    pub(super) groups: Groups,
}

type Groups = Vec<Vec<Token>>;

/// An exercise stands before its sets everywhere, or after them everywhere.
pub(super) fn of(tokens: Vec<Token>) -> Result<Vec<Named>, Missing> {
    let name_first = matches!(
        tokens.iter().find(|t| **t != Token::Comma),
        Some(Token::Name(_))
    );
    let mut entries: Vec<(Option<String>, Groups)> = vec![(None, vec![vec![]])];
    for token in tokens {
        let last = entries.last_mut().ok_or(Missing::Sense)?;
        match token {
            Token::Name(name) if name_first && last.0.is_some() => {
                entries.push((Some(name), vec![vec![]]));
            }
            Token::Name(name) if last.0.is_none() => last.0 = Some(name),
            Token::Name(_) => return Err(Missing::Sense),
            Token::Comma if !name_first && last.0.is_some() => entries.push((None, vec![vec![]])),
            Token::Comma => last.1.push(vec![]),
            token => last.1.last_mut().ok_or(Missing::Sense)?.push(token),
        }
    }
    let mut whole: Vec<Named> = Vec::new();
    for (name, mut groups) in entries {
        groups.retain(|group| !group.is_empty());
        match (name, whole.last_mut()) {
            (Some(name), _) => whole.push(Named { name, groups }),
            (None, Some(last)) => last.groups.extend(groups),
            (None, None) if groups.is_empty() => {}
            (None, None) => return Err(Missing::Sense),
        }
    }
    Ok(whole)
}

/// The exercises with their sets. A weight without a unit has the one of its exercise, or else the only one before it;
/// `said` is what the user said when asked.
pub(super) fn read(
    all: &[Named],
    said: Option<Unit>,
    names: &Names,
) -> Result<Vec<Entry>, Missing> {
    let mut before: Vec<Unit> = Vec::new();
    let mut entries = Vec::new();
    for named in all {
        let own = own_unit(&named.groups)?;
        let earlier = match before[..] {
            [first, ..] if before.iter().all(|unit| *unit == first) => Some(first),
            _ => None,
        };
        let unit = match (own, said, earlier) {
            (Own::One(unit), ..) => Some(unit),
            (_, Some(said), Some(earlier)) if said != earlier => return Err(Missing::Unit),
            (Own::Two, said, _) => said,
            (Own::None, said, earlier) => said.or(earlier),
        };
        entries.push(entry(named, unit, names)?);
        before.extend(units(&named.groups));
    }
    Ok(entries)
}

enum Own {
    None,
    One(Unit),
    Two,
}

fn units(groups: &Groups) -> impl Iterator<Item = Unit> {
    groups.iter().flatten().filter_map(|token| match token {
        Token::Unit(unit) => Some(*unit),
        _ => None,
    })
}

/// The unit of an exercise's weights. One that stands alone is that of all of them, so there cannot be another.
fn own_unit(groups: &Groups) -> Result<Own, Missing> {
    let Some(first) = units(groups).next() else {
        return Ok(Own::None);
    };
    if units(groups).all(|unit| unit == first) {
        return Ok(Own::One(first));
    }
    let alone = |group: &Vec<Token>| matches!(group[..], [Token::Unit(_)]);
    if groups.iter().any(alone) {
        return Err(Missing::Sense);
    }
    Ok(Own::Two)
}

fn entry(named: &Named, unit: Option<Unit>, names: &Names) -> Result<Entry, Missing> {
    let known = names.fitting(&named.name);
    if known.is_some_and(|exercise| exercise.description.contains("seconds held")) {
        return Err(Missing::Time);
    }
    let bodyweight = known.is_some_and(|exercise| exercise.equipment == "bodyweight");
    let sets = sets::of(&named.groups, bodyweight, unit)?;
    let exercise = known.map_or_else(|| named.name.clone(), |exercise| exercise.id.clone());
    Ok(Entry { exercise, sets })
}
