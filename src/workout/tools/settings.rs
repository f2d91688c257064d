//! `get_settings`, `update_settings`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::input::{answer, within};
use crate::{
    workout::call::{Answer, Call, Opened, ToolError},
    workout::dates,
    workout::figures::units::Unit,
    workout::store::{MAX_HISTORY_DAYS, Settings},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetSettings {}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateSettings {
    #[schemars(range(min = 1, max = 365))]
    max_history_days: Option<i64>,
    include_notes: Option<bool>,
    rate_limit_notify: Option<bool>,
    units: Option<Units>,
    /// IANA name
    time_zone: Option<String>,
}

#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Units {
    AsEntered,
    Lb,
    Kg,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct SettingsView {
    /// How far back anything looks
    max_history_days: i64,
    /// Whether workout notes are shown to assistants
    include_notes: bool,
    /// Whether to be told when the hourly limit comes near
    rate_limit_notify: bool,
    /// Unit of figures
    units: Units,
    time_zone: String,
}

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        Self {
            max_history_days: settings.max_history_days,
            include_notes: settings.include_notes,
            rate_limit_notify: settings.rate_limit_notify,
            units: match settings.units {
                None => Units::AsEntered,
                Some(Unit::Lb) => Units::Lb,
                Some(Unit::Kg) => Units::Kg,
            },
            time_zone: settings.time_zone.unwrap_or_else(|| "UTC".to_owned()),
        }
    }
}

pub(super) async fn get(call: &Call<'_>, _: GetSettings) -> Result<Answer, ToolError> {
    shown(call.read().await?.settings)
}

/// The settings, for the resource.
pub async fn settings_json(call: &Call<'_>) -> Result<Value, ToolError> {
    shown(call.read().await?.settings).map(|answer| answer.structured)
}

pub(super) async fn update(call: &Call<'_>, input: UpdateSettings) -> Result<Answer, ToolError> {
    let days = input
        .max_history_days
        .map(|days| within("max_history_days", days, 1, MAX_HISTORY_DAYS))
        .transpose()?;
    if let Some(zone) = &input.time_zone {
        dates::zone("time_zone", zone)?;
    }
    let Opened {
        mut tx, settings, ..
    } = call.write().await?;
    let settings = Settings {
        max_history_days: days.unwrap_or(settings.max_history_days),
        include_notes: input.include_notes.unwrap_or(settings.include_notes),
        rate_limit_notify: input
            .rate_limit_notify
            .unwrap_or(settings.rate_limit_notify),
        units: match input.units {
            None => settings.units,
            Some(Units::AsEntered) => None,
            Some(Units::Lb) => Some(Unit::Lb),
            Some(Units::Kg) => Some(Unit::Kg),
        },
        time_zone: input
            .time_zone
            .map(|zone| zone.trim().to_owned())
            .or(settings.time_zone),
    };
    tx.save_settings(&settings, call.now.as_millisecond())
        .await?;
    tx.commit().await.map_err(ToolError::Commit)?;
    shown(settings)
}

fn shown(settings: Settings) -> Result<Answer, ToolError> {
    let view = SettingsView::from(settings);
    let yes = |on: bool| if on { "yes" } else { "no" };
    let units = match view.units {
        Units::AsEntered => "as entered",
        Units::Lb => "lb",
        Units::Kg => "kg",
    };
    let text = format!(
        "History: {} days. Notes shown: {}. Limit notices: {}. Units: {units}. Time zone: {}.",
        view.max_history_days,
        yes(view.include_notes),
        yes(view.rate_limit_notify),
        view.time_zone
    );
    answer(&view, text)
}
