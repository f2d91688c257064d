//! Exercises in memory, with an index of their names.

use std::{collections::HashSet, sync::OnceLock};

use super::{
    Exercise,
    index::{Index, Match},
    parsed::ParsedName,
    ranking::KnownNames,
};

pub(super) struct Collection {
    /// Sorted by id.
    exercises: Vec<Exercise>,
    /// For each exercise. Like the index, made when a name is looked for: most calls that show exercises look for none.
    names: OnceLock<Vec<KnownNames>>,
    index: OnceLock<Index>,
}

impl Collection {
    pub(super) fn new(mut exercises: Vec<Exercise>) -> Self {
        // `by_id` searches by bytes, but databases sort by their locale.
        exercises.sort_by(|a, b| a.id.cmp(&b.id));
        Self {
            exercises,
            names: OnceLock::new(),
            index: OnceLock::new(),
        }
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.exercises))
    }

    pub(super) fn exercises(&self) -> impl Iterator<Item = &Exercise> {
        self.exercises.iter()
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&Exercise> {
        let at = self.exercises.binary_search_by(|e| e.id.as_str().cmp(id));
        at.ok().map(|at| &self.exercises[at])
    }

    /// The exercise with this slug, name or alias, in any case, hyphenation or plural.
    pub(super) fn exact(&self, text: &str) -> Option<&Exercise> {
        self.index().exact(text).map(|at| &self.exercises[at])
    }

    /// The exercise that is found by leaving out `n` of the words for variants.
    pub(super) fn without(
        &self,
        name: &ParsedName,
        variants: &[&str],
        n: usize,
    ) -> Match<&Exercise> {
        match self.index().without(name, variants, n) {
            Match::Nothing => Match::Nothing,
            Match::Unfit => Match::Unfit,
            Match::Several => Match::Several,
            Match::One(at) => Match::One(&self.exercises[at]),
        }
    }

    pub(super) fn vocabulary(&self) -> &HashSet<String> {
        self.index().vocabulary()
    }

    pub(super) fn with_names(&self) -> impl Iterator<Item = (&Exercise, &KnownNames)> {
        let exercises = &self.exercises;
        let names = || exercises.iter().map(KnownNames::new).collect();
        exercises.iter().zip(self.names.get_or_init(names))
    }
}
