//! Changes to bytes: cut off, overwritten, repeated.

use proptest::{collection::vec, prelude::*};

/// Positions are shares of the length.
#[derive(Clone, Debug)]
pub struct Mutation {
    cut: Option<f64>,
    written: Vec<(f64, u8)>,
}

impl Mutation {
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        for (share, byte) in &self.written {
            let at = position(*share, bytes.len());
            if let Some(place) = bytes.get_mut(at) {
                *place = *byte;
            }
        }
        if let Some(share) = self.cut {
            bytes.truncate(position(share, bytes.len()));
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of a length"
)]
fn position(share: f64, length: usize) -> usize {
    (share * length as f64) as usize
}

/// Mostly none.
pub fn mutation() -> impl Strategy<Value = Mutation> {
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(br#""\{}[],:0"#.as_slice())
    ];
    let cut = prop::option::weighted(0.2, 0.0..1.0);
    let written = prop_oneof![3 => Just(Vec::new()), 1 => vec((0.0..1.0, byte), 1..4)];
    (cut, written).prop_map(|(cut, written)| Mutation { cut, written })
}

/// A size up to `max`, small ones as often as large ones.
pub fn size(max: usize) -> impl Strategy<Value = usize> {
    prop_oneof![1..max / 64, max / 64..max / 8, max / 8..max]
}
