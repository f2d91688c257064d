//! The user's body weight, with its history.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::workout::figures::units::{Unit, convert};

/// A body weight from a day on.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BodyWeight {
    pub date: Date,
    pub weight: f64,
    pub unit: Unit,
}

/// All body weights of a user, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BodyWeights(pub Vec<BodyWeight>);

impl BodyWeights {
    /// The weight on the day: the latest up to it, or else the first one.
    pub fn on(&self, day: Date, unit: Unit) -> Option<f64> {
        let known = self.0.partition_point(|weight| weight.date <= day);
        let found = self.0.get(known.saturating_sub(1))?;
        Some(convert(found.weight, found.unit, unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_the_latest_weight_up_to_it_or_else_the_first() {
        let on = |text: &str, weight: f64| BodyWeight {
            date: text.parse().unwrap(),
            weight,
            unit: Unit::Kg,
        };
        let history = BodyWeights(vec![on("2026-01-10", 80.0), on("2026-03-01", 84.0)]);
        let at = |text: &str| history.on(text.parse().unwrap(), Unit::Kg);
        assert_eq!(at("2025-12-31"), Some(80.0));
        assert_eq!(at("2026-01-10"), Some(80.0));
        assert_eq!(at("2026-02-28"), Some(80.0));
        assert_eq!(at("2026-03-01"), Some(84.0));
        assert_eq!(at("2026-11-21"), Some(84.0));
        let day = "2026-11-21".parse().unwrap();
        assert_eq!(history.on(day, Unit::Lb).map(f64::round), Some(185.0));
        assert_eq!(BodyWeights::default().on(day, Unit::Kg), None);
    }
}
