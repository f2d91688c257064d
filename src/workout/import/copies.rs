//! Unites the copies of a workout that a file has several times: exports that were put together overlap.

use std::collections::HashMap;

use super::record::{FileExercise, FileSet};

/// Exercises or sets of a workout beyond which it fits in no log, and nothing is looked up in it.
const MAX: usize = 500;

/// The exercises of all copies, the last one of which is given apart, and how many rows are in several, added to a number.
pub(super) fn unite(
    copies: Vec<Vec<FileExercise>>,
    last: Vec<FileExercise>,
    mut repeated: usize,
) -> (Vec<FileExercise>, usize) {
    let mut united: Vec<FileExercise> = Vec::new();
    for copy in copies.into_iter().chain([last]) {
        let mut places: HashMap<String, usize> = HashMap::new();
        for exercise in copy {
            let nth = places.entry(exercise.name.clone()).or_default();
            let same = |known: &&mut FileExercise| known.name == exercise.name;
            let known = (united.len() <= MAX).then(|| united.iter_mut().filter(same).nth(*nth));
            *nth += 1;
            match known.flatten() {
                Some(known) => repeated += add(known, exercise),
                None => united.push(exercise),
            }
        }
    }
    (united, repeated)
}

/// Adds the sets that the exercise does not have yet: of one number, the later one counts; without numbers, a set is there as often
/// as in the copy that has it most. Returns how many were there already.
fn add(known: &mut FileExercise, copy: FileExercise) -> usize {
    known.notes = known.notes.take().or(copy.notes);
    let (before, mut repeated) = (known.sets.len(), 0);
    let mut is_taken = vec![false; before];
    for set in copy.sets {
        let same = |at: &usize| !is_taken[*at] && is_same(&known.sets[*at], &set);
        match (0..before.min(MAX)).find(same) {
            Some(at) => {
                is_taken[at] = true;
                repeated += 1;
                if !set.is_wrong {
                    known.sets[at] = set;
                }
            }
            None => known.sets.push(set),
        }
    }
    repeated
}

fn is_same(a: &FileSet, b: &FileSet) -> bool {
    match (a.number, b.number) {
        (Some(a), Some(b)) => a == b,
        (None, None) => FileSet { line: b.line, ..*a } == *b,
        _ => false,
    }
}
