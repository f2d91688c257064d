//! The weight and the distance of a row, in any of the columns that the apps have for them.

use super::{
    columns::{Cells, Column, Problem},
    record::{Length, parse_unit},
};
use crate::workout::{error::quoted, figures::units::Unit};

const MAX_WEIGHT: f64 = 2000.0;
/// Of repetitions, seconds and distances.
pub(super) const MAX_COUNT: f64 = 100_000.0;

/// The weight of the first column that has one; of assistance, some apps write less than 0.
pub(super) fn weight(cells: Cells<'_>) -> Result<(Option<f64>, Option<Unit>), Problem> {
    let number = |column| cells.number(column, -MAX_WEIGHT, MAX_WEIGHT);
    let (kg, lb) = (number(Column::WeightKg)?, number(Column::WeightLb)?);
    if let Some(kg) = kg.filter(|kg| *kg != 0.0 || lb.is_none_or(|lb| lb == 0.0)) {
        return Ok((Some(kg), Some(Unit::Kg)));
    }
    if lb.is_some() {
        return Ok((lb, Some(Unit::Lb)));
    }
    let unit = match cells.get(Column::WeightUnit) {
        Some(text) => {
            let what = || format!("{} is no unit of weight; kg and lb are", quoted(text));
            let unit = parse_unit(text);
            Some(unit.ok_or_else(|| cells.problem(Column::WeightUnit, what()))?)
        }
        None if cells.columns.has(Column::Weight) => None,
        // A column whose name has a unit, without a value.
        None if cells.columns.has(Column::WeightKg) => Some(Unit::Kg),
        None if cells.columns.has(Column::WeightLb) => Some(Unit::Lb),
        None => None,
    };
    Ok((number(Column::Weight)?, unit))
}

/// The distance of the first column that has one.
pub(super) fn distance(cells: Cells<'_>) -> Result<(Option<f64>, Option<Length>), Problem> {
    for (column, length) in [
        (Column::DistanceMetres, Length::Metres),
        (Column::DistanceKilometres, Length::Kilometres),
        (Column::DistanceMiles, Length::Miles),
    ] {
        if let Some(distance) = cells.number(column, 0.0, MAX_COUNT)? {
            return Ok((Some(distance), Some(length)));
        }
    }
    let distance = cells.number(Column::Distance, 0.0, MAX_COUNT)?;
    let length = match cells.get(Column::DistanceUnit) {
        Some(text) if distance.is_some_and(|distance| distance > 0.0) => {
            let what = || {
                format!(
                    "{} is no unit of length; m, km, mi, yd and ft are",
                    quoted(text)
                )
            };
            let length = Length::parse(text);
            Some(length.ok_or_else(|| cells.problem(Column::DistanceUnit, what()))?)
        }
        _ => None,
    };
    Ok((distance, length))
}
