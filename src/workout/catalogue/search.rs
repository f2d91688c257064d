//! Search of the catalogue: by filters, and by words of a name, a muscle, or a kind of movement.

use std::collections::HashSet;

use super::{
    Catalogue, Exercise, MAX_VARIANTS,
    collection::Collection,
    names::{normalize, spelled_words},
    parsed::ParsedName,
    ranking::{KnownNames, Query, ranked},
    topic::Topic,
};

/// Most exercises that a search finds where none has all the words.
const MAX_NEAR: usize = 10;

type Named<'a> = (&'a Exercise, &'a KnownNames);

impl Catalogue {
    /// The exercises that pass all given filters. With a query, best first: those with all its words, and those of the muscle or
    /// the kind of movement that it names; or else those with its words spelled as the catalogue does; or else the nearest few.
    pub fn search(
        &self,
        muscles: Option<&[&'static str]>,
        equipment: Option<&str>,
        query: Option<&str>,
    ) -> Vec<&Exercise> {
        let equipment = equipment.map(normalize);
        let passes = |exercise: &Exercise| {
            muscles.is_none_or(|muscles| muscles.iter().any(|m| exercise.works(m)))
                && equipment
                    .as_ref()
                    .is_none_or(|equipment| normalize(&exercise.equipment) == *equipment)
        };
        let passing = self.with_names().filter(|(exercise, _)| passes(exercise));
        let passing: Vec<Named<'_>> = passing.collect();
        let text = query.unwrap_or_default();
        let query = self.query(text);
        if query.is_blank() {
            return passing.into_iter().map(|(exercise, _)| exercise).collect();
        }
        let meant = self
            .found(text, MAX_VARIANTS)
            .map(|meant| meant.id.as_str());
        let found = matching(&passing, &query, meant, &normalize(text));
        if !found.is_empty() {
            return found;
        }
        let spelled = self.spelled(text);
        let spelling = Query::new(&spelled.join(" "), ParsedName::new(&spelled));
        let mut found = matching(&passing, &spelling, None, &spelled.join(" "));
        if found.is_empty() {
            let near = passing.into_iter();
            found = ranked(&query, near.filter(|(_, names)| query.is_near(names)));
            found.truncate(MAX_NEAR);
        }
        found
    }

    /// The words of the text, each that is unknown replaced by the nearest known one, if one is near.
    fn spelled(&self, text: &str) -> Vec<String> {
        let known = self.collections().flat_map(Collection::vocabulary);
        let mut known: HashSet<&str> = known.map(String::as_str).collect();
        for word in Topic::words() {
            known.insert(word);
        }
        spelled_words(text, &known)
    }
}

/// The exercises with all words of the query, and those of its topic. The one that is meant is first; where a muscle is named,
/// exercises for others are last.
fn matching<'a>(
    passing: &[Named<'a>],
    query: &Query,
    meant: Option<&str>,
    text: &str,
) -> Vec<&'a Exercise> {
    let topic = Topic::of(text);
    let is_meant = |exercise: &Exercise| meant == Some(exercise.id.as_str());
    let place = |(exercise, names): &Named<'_>| {
        let within = query.is_within(exercise, names);
        let of_topic = topic.as_ref().is_some_and(|topic| topic.has(exercise));
        let is_muscle = topic.as_ref().is_some_and(Topic::is_muscle);
        match (within, of_topic) {
            _ if is_meant(exercise) => Some(0),
            (true, true) => Some(1),
            (true, false) if !is_muscle => Some(1),
            (false, true) => Some(2),
            (true, false) => Some(3),
            (false, false) => None,
        }
    };
    let placed: Vec<(u8, Named<'_>)> = passing
        .iter()
        .filter_map(|named| Some((place(named)?, *named)))
        .collect();
    (0..=3)
        .flat_map(|at| {
            let here = placed.iter().filter(|(place, _)| *place == at);
            ranked(query, here.map(|(_, named)| *named))
        })
        .collect()
}
