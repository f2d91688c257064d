//! The ids of the messages that a run makes: they say which messages are of one round.

use uuid::Uuid;

const PREFIX: &str = "msg_";

/// Makes the ids of a run.
pub(super) struct Ids {
    run: String,
    round: u32,
    count: u32,
}

impl Ids {
    pub(super) fn new() -> Self {
        Self {
            run: Uuid::now_v7().simple().to_string(),
            round: 0,
            count: 0,
        }
    }

    /// The number of the round that begins.
    pub(super) fn begin_round(&mut self) -> u32 {
        self.round += 1;
        self.round
    }

    pub(super) fn next(&mut self) -> String {
        self.count += 1;
        format!("{PREFIX}{}_{}_{}", self.run, self.round, self.count)
    }
}

/// What the ids of messages of one round have in common; `None` for an id that is not ours.
pub(super) fn round_of(id: &str) -> Option<&str> {
    let (round, count) = id.rsplit_once('_')?;
    let (run, number) = round.strip_prefix(PREFIX)?.split_once('_')?;
    let is_number = |text: &str| text.parse::<u32>().is_ok();
    (Uuid::try_parse(run).is_ok() && is_number(number) && is_number(count)).then_some(round)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_name_their_round() {
        let mut ids = Ids::new();
        ids.begin_round();
        let (first, second) = (ids.next(), ids.next());
        ids.begin_round();
        let third = ids.next();
        assert!(first != second && second != third);
        assert!(round_of(&first).is_some());
        assert_eq!(round_of(&first), round_of(&second));
        assert_ne!(round_of(&second), round_of(&third));
        for foreign in ["", "msg_abc", "msg_a_1_2", "m1", &*format!("{first}x")] {
            assert_eq!(round_of(foreign), None, "{foreign}");
        }
    }
}
