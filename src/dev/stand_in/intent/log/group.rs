//! One group of tokens: `3x5 at 185 lb`, `185x5`, `5`. It is read by its shape, a letter for each token. Pure.

use super::tokens::Token;
use crate::workout::figures::units::Unit;

/// A first number up to this counts sets: `10x10`; more sets have to be called so.
const MAX_SETS_UNSAID: f64 = 12.0;
/// A first number above this is a weight: `60x10`; one between may be anything.
const MIN_WEIGHT_UNSAID: f64 = 50.0;
/// More repetitions have to be called so.
const MAX_REPS_UNSAID: u32 = 50;
const MAX_SETS: u32 = 100;
const MAX_REPS: u32 = 1000;
/// Nothing that is logged is larger.
const MAX_NUMBER: f64 = 100_000.0;

/// What one group says. A weight of none may come from its neighbours.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Group {
    pub(super) sets: u32,
    /// 0: only a weight.
    pub(super) reps: u32,
    pub(super) weight: Option<Weight>,
    pub(super) rpe: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weight {
    pub(super) value: f64,
    pub(super) unit: Option<Unit>,
    pub(super) bodyweight: bool,
}

impl Weight {
    pub(super) const BODY: Self = Self {
        value: 0.0,
        unit: None,
        bodyweight: true,
    };
}

impl Group {
    pub(super) fn read(tokens: &[Token], bodyweight: bool) -> Option<Self> {
        let shape = Shape::of(tokens)?;
        let heavy = !bodyweight
            && shape
                .value(0)
                .is_some_and(|first| first > MIN_WEIGHT_UNSAID);
        match shape.letters.as_str() {
            "w" | "@w" | "@n" => Some(Self {
                weight: Some(shape.weight(0)?),
                ..Self::default()
            }),
            "b" | "@b" => Some(Self {
                weight: Some(Weight::BODY),
                ..Self::default()
            }),
            letters => {
                let group = shape.by_weight(heavy).or_else(|| shape.by_sets())?;
                let said = letters.contains('p');
                (said || group.reps <= MAX_REPS_UNSAID).then_some(group)
            }
        }
    }
}

/// `n` a number, `w` one with a unit, `q` one of sets, `p` one of repetitions; `x`, `@`, `f` for "for", `b` bodyweight.
struct Shape {
    letters: String,
    numbers: Vec<(f64, Option<Unit>)>,
}

const SETS_AND_REPS: [&str; 8] = ["nxn", "nxp", "qxn", "qxp", "qn", "qp", "qfn", "qfp"];
const REPS_AND_SETS: [&str; 3] = ["pq", "pxq", "pfq"];
const ONE_SET: [&str; 4] = ["n", "p", "xn", "xp"];
const WEIGHT_AFTER: [&str; 11] = ["", "@n", "@w", "n", "w", "xn", "xw", "fn", "fw", "b", "@b"];
const WEIGHT_BEFORE: [&str; 9] = ["", "n", "nf", "w", "wf", "@n", "@nf", "@w", "@wf"];
const WEIGHT_AND_REPS: [&str; 9] = ["nxn", "nxp", "wxn", "wxp", "wfn", "wfp", "nfn", "nfp", "wp"];
const SETS_AFTER: [&str; 5] = ["", "xn", "xq", "fq", "q"];

impl Shape {
    fn of(tokens: &[Token]) -> Option<Self> {
        let (mut letters, mut numbers) = (String::new(), Vec::new());
        for token in tokens {
            let letter = match token {
                Token::Number(number) if *number > MAX_NUMBER => return None,
                Token::Number(number) => {
                    numbers.push((*number, None));
                    'n'
                }
                // Of the number right before it, once.
                Token::Unit(unit) if letters.pop() == Some('n') => {
                    numbers.last_mut()?.1 = Some(*unit);
                    'w'
                }
                Token::Times => 'x',
                Token::At => '@',
                Token::For => 'f',
                Token::Sets => 's',
                Token::Reps => 'r',
                Token::Bodyweight => 'b',
                Token::Unit(_) | Token::Rpe | Token::Comma | Token::Name(_) => return None,
            };
            letters.push(letter);
        }
        Some(Self {
            letters: letters.replace("ns", "q").replace("nr", "p"),
            numbers,
        })
    }

    fn value(&self, at: usize) -> Option<f64> {
        self.numbers.get(at).map(|(value, _)| *value)
    }

    fn weight(&self, at: usize) -> Option<Weight> {
        let (value, unit) = *self.numbers.get(at)?;
        Some(Weight {
            value,
            unit,
            bodyweight: false,
        })
    }

    /// 185x5, 100 kg for 5, 185x5x3.
    fn by_weight(&self, heavy: bool) -> Option<Group> {
        // 185x5 lb.
        if self.letters == "nxw" && heavy && self.value(0) > self.value(1) {
            let unit = self.numbers.get(1)?.1;
            let weight = self.weight(0).map(|weight| Weight { unit, ..weight });
            return made(1.0, self.value(1)?, weight);
        }
        let sets_follow = WEIGHT_AND_REPS.iter().find_map(|reps| {
            let sets = self.letters.strip_prefix(reps)?;
            let surely = reps.starts_with('w') || heavy;
            // "185 for 3x5" counts sets first.
            let in_order = SETS_AFTER.contains(&sets) && (sets != "xn" || reps.contains('x'));
            (surely && in_order).then_some(!sets.is_empty())
        })?;
        let sets = if sets_follow { self.value(2)? } else { 1.0 };
        if sets > MAX_SETS_UNSAID && !self.letters.contains('q') {
            return None;
        }
        made(sets, self.value(1)?, self.weight(0))
    }

    /// 3x5 at 185 lb, 185 lb 3x5, 5 reps at 185 lb.
    fn by_sets(&self) -> Option<Group> {
        let before = WEIGHT_BEFORE.iter().map(|before| (*before, ""));
        let after = WEIGHT_AFTER.iter().map(|after| ("", *after));
        before
            .chain(after)
            .find_map(|(before, after)| self.around(before, after))
    }

    /// With the weight before or after the sets and repetitions.
    fn around(&self, before: &str, after: &str) -> Option<Group> {
        let middle = self.letters.strip_prefix(before)?.strip_suffix(after)?;
        let first = usize::from(!before.is_empty());
        let weight = |next: usize| match (before, after) {
            ("", "") => None,
            ("", "b" | "@b") => Some(Weight::BODY),
            ("", _) => self.weight(next),
            _ => self.weight(0),
        };
        // "5 3x5" may be anything, and so may "3x20x5".
        let bare = matches!(before, "n" | "nf") && self.value(0)? <= MIN_WEIGHT_UNSAID;
        let swapped = after == "xn" && self.value(2) < self.value(1);
        if bare || swapped {
            return None;
        }
        if SETS_AND_REPS.contains(&middle) {
            let said = middle.starts_with('q');
            if !said && self.value(first)? > MAX_SETS_UNSAID {
                return None;
            }
            return made(self.value(first)?, self.value(first + 1)?, weight(2));
        }
        if REPS_AND_SETS.contains(&middle) {
            return made(self.value(first + 1)?, self.value(first)?, weight(2));
        }
        // "5 at 100 kg", but not "5 5" or "100 5 kg", which may be anything.
        let apart = matches!(after, "" | "@n" | "@w" | "b" | "@b");
        let plain = before.is_empty() && (apart || after == "w" && middle.ends_with('p'));
        if plain && ONE_SET.contains(&middle) {
            return made(1.0, self.value(0)?, weight(1));
        }
        None
    }
}

fn made(sets: f64, reps: f64, weight: Option<Weight>) -> Option<Group> {
    Some(Group {
        sets: whole(sets).filter(|sets| (1..=MAX_SETS).contains(sets))?,
        reps: whole(reps).filter(|reps| (1..=MAX_REPS).contains(reps))?,
        weight,
        rpe: None,
    })
}

fn whole(number: f64) -> Option<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked in the same breath"
    )]
    let whole = number as u32;
    ((f64::from(whole) - number).abs() < f64::EPSILON).then_some(whole)
}
