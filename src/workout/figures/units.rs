//! Units of weight: conversion, rounding, and loadable weight increments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Exact since the international yard and pound agreement of 1959.
const KG_PER_LB: f64 = 0.453_592_37;

/// The smallest step on a pound bar: a pair of 1.25 lb plates.
const LB_STEP: f64 = 2.5;

// A unit of weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    Lb,
    #[default]
    Kg,
}

impl Unit {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lb => "lb",
            Self::Kg => "kg",
        }
    }

    /// A unit by any of its usual names, in lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "lb" | "lbs" | "pound" | "pounds" => Some(Self::Lb),
            "kg" | "kgs" | "kilo" | "kilos" | "kilogram" | "kilograms" => Some(Self::Kg),
            _ => None,
        }
    }

    /// The inverse of [`Unit::as_str`]; nothing else is a unit.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "lb" => Some(Self::Lb),
            "kg" => Some(Self::Kg),
            _ => None,
        }
    }
}

/// Converts a weight to a unit; unchanged if the units are equal.
pub fn convert(weight: f64, from: Unit, to: Unit) -> f64 {
    match (from, to) {
        (Unit::Lb, Unit::Kg) => weight * KG_PER_LB,
        (Unit::Kg, Unit::Lb) => weight / KG_PER_LB,
        (Unit::Lb, Unit::Lb) | (Unit::Kg, Unit::Kg) => weight,
    }
}

/// Rounds to one decimal, halves away from zero, never to `-0`.
pub fn round1(value: f64) -> f64 {
    (value * 10.0).round() / 10.0 + 0.0
}

/// Rounds to two decimals, halves away from zero, never to `-0`.
pub fn round2(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}

/// Converts a weight increment in kg to a unit: in pounds to the nearest multiple of 2.5 lb, at least 2.5. 10 kg become
/// 20 lb instead of the nearer 22.5: two 10 lb plates for two 5 kg ones. 0 stays 0.
pub fn step_in(step_kg: f64, unit: Unit) -> f64 {
    match unit {
        Unit::Kg => step_kg,
        Unit::Lb if step_kg <= 0.0 => 0.0,
        Unit::Lb if (step_kg - 10.0).abs() < 1e-9 => 20.0,
        Unit::Lb => {
            let lb = convert(step_kg, Unit::Kg, Unit::Lb);
            ((lb / LB_STEP).round() * LB_STEP).max(LB_STEP)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn unit_text_and_serialization_agree() {
        for (unit, text) in [(Unit::Lb, "lb"), (Unit::Kg, "kg")] {
            assert_eq!(unit.as_str(), text);
            assert_eq!(Unit::parse(text), Some(unit));
            assert_eq!(serde_json::to_value(unit).unwrap(), text);
            assert_eq!(serde_json::from_value::<Unit>(text.into()).unwrap(), unit);
        }
        assert_eq!(["", "KG", "lbs", " kg"].map(Unit::parse), [None; 4]);
        assert_eq!(Unit::default(), Unit::Kg);
    }

    #[test]
    fn conversion_uses_the_international_pound() {
        let lb_to_kg = [0.0, 1.0, 100.0].map(|lb| convert(lb, Unit::Lb, Unit::Kg));
        assert_eq!(lb_to_kg.to_vec(), [0.0, 0.453_592_37, 45.359_237]);
        let shown = [20.0, 100.0].map(|kg| round1(convert(kg, Unit::Kg, Unit::Lb)));
        assert_eq!(shown.to_vec(), [44.1, 220.5]);
    }

    #[test]
    fn rounding_is_away_from_zero_without_minus_zero() {
        let one = [2.25, -2.25, 0.04, 112.5].map(round1);
        assert_eq!(one.to_vec(), [2.3, -2.3, 0.0, 112.5]);
        let two = [82.499_99, 0.125, -0.125].map(round2);
        assert_eq!(two.to_vec(), [82.5, 0.13, -0.13]);
        assert!(round1(-0.01).is_sign_positive() && round2(-0.001).is_sign_positive());
    }

    #[test]
    fn steps_in_kg_become_loadable_steps_in_lb() {
        let kg = [
            -1.0, 0.0, 0.1, 0.5, 1.0, 1.25, 2.0, 2.5, 4.0, 5.0, 10.0, 15.0, 20.0,
        ];
        assert_eq!(kg.map(|step| step_in(step, Unit::Kg)).to_vec(), kg);
        assert_eq!(
            kg.map(|step| step_in(step, Unit::Lb)).to_vec(),
            [
                0.0, 0.0, 2.5, 2.5, 2.5, 2.5, 5.0, 5.0, 10.0, 10.0, 20.0, 32.5, 45.0
            ]
        );
    }

    proptest! {
        #[test]
        fn converting_there_and_back_gives_the_same_weight(weight in 0.0..2000.0f64) {
            let there = convert(weight, Unit::Kg, Unit::Lb);
            prop_assert!((convert(there, Unit::Lb, Unit::Kg) - weight).abs() < 1e-9);
            prop_assert!(there >= weight);
        }

        #[test]
        fn larger_steps_in_kg_are_not_smaller_in_lb(a in 0.0..50.0f64, b in 0.0..50.0f64) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(step_in(low, Unit::Lb) <= step_in(high, Unit::Lb));
        }
    }
}
