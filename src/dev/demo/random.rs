//! Chance that falls the same way with every version of everything, which `rand` does not promise of its generators.

/// `SplitMix64`: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014; the constants
/// are those of <https://prng.di.unimi.it/splitmix64.c>.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to just below 1.
    fn share(&mut self) -> f64 {
        f64::from((self.next() >> 32) as u32) / 4_294_967_296.0
    }

    /// Mostly near 0, never beyond 1.5 to either side: as good and bad days are.
    pub(super) fn swing(&mut self) -> f64 {
        self.share() + self.share() + self.share() - 1.5
    }

    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// 0 to one less than `end`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end.max(1))).unwrap_or(0)
    }

    pub(super) fn one_of<'a>(&mut self, texts: &[&'a str]) -> Option<&'a str> {
        let place = self.below(u32::try_from(texts.len()).unwrap_or(u32::MAX));
        texts.get(place as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        let mut random = Random::new(1_234_567);
        let numbers = [(); 3].map(|()| random.next());
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(numbers, published);
    }

    #[test]
    fn chance_keeps_to_its_bounds() {
        let mut random = Random::new(7);
        for _ in 0..10_000 {
            assert!(random.swing().abs() <= 1.5);
            assert!((0.0..1.0).contains(&random.share()));
            assert!(random.below(3) < 3);
        }
        assert_eq!(random.one_of(&[]), None);
        assert_eq!(random.one_of(&["only"]), Some("only"));
    }
}
