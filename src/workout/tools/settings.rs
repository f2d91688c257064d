//! Tools `get_settings` and `update_settings`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Reply, Tool, input::within, spec::Effect};
use crate::workout::{
    context::ToolContext,
    dates,
    error::ToolError,
    figures::units::Unit,
    model::{MAX_HISTORY_DAYS, Settings},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetSettings {}

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
pub struct SettingsView {
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

impl Tool for GetSettings {
    const NAME: &'static str = "get_settings";
    const TITLE: &'static str = "Get settings";
    const DESCRIPTION: &'static str = "The user's settings.";
    type Output = SettingsView;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<SettingsView>, ToolError> {
        Ok(reply(ctx.read().await?.settings))
    }
}

impl Tool for UpdateSettings {
    const NAME: &'static str = "update_settings";
    const TITLE: &'static str = "Update settings";
    const DESCRIPTION: &'static str = "Change the user's settings. What is not given stays.";
    const EFFECT: Effect = Effect::Overwrite;
    type Output = SettingsView;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<SettingsView>, ToolError> {
        if let Some(days) = self.max_history_days {
            within("max_history_days", days, 1, MAX_HISTORY_DAYS)?;
        }
        if let Some(zone) = &self.time_zone {
            dates::parse_zone("time_zone", zone)?;
        }
        let mut user = ctx.write().await?;
        let settings = self.applied_to(user.settings.clone());
        user.tx.save_settings(&settings, ctx.now).await?;
        user.commit().await?;
        Ok(reply(settings))
    }
}

impl UpdateSettings {
    fn applied_to(self, old: Settings) -> Settings {
        let zone = self.time_zone.map(|zone| zone.trim().to_owned());
        Settings {
            max_history_days: self.max_history_days.unwrap_or(old.max_history_days),
            include_notes: self.include_notes.unwrap_or(old.include_notes),
            rate_limit_notify: self.rate_limit_notify.unwrap_or(old.rate_limit_notify),
            units: match self.units {
                None => old.units,
                Some(Units::AsEntered) => None,
                Some(Units::Lb) => Some(Unit::Lb),
                Some(Units::Kg) => Some(Unit::Kg),
            },
            time_zone: zone.or(old.time_zone),
        }
    }
}

fn reply(settings: Settings) -> Reply<SettingsView> {
    let on_off = |on: bool| if on { "yes" } else { "no" };
    let (units, units_text) = match settings.units {
        None => (Units::AsEntered, "as entered"),
        Some(Unit::Lb) => (Units::Lb, "lb"),
        Some(Unit::Kg) => (Units::Kg, "kg"),
    };
    let view = SettingsView {
        max_history_days: settings.max_history_days,
        include_notes: settings.include_notes,
        rate_limit_notify: settings.rate_limit_notify,
        units,
        time_zone: settings.time_zone.unwrap_or_else(|| "UTC".to_owned()),
    };
    let text = format!(
        "History: {} days. Notes shown: {}. Limit notices: {}. Units: {units_text}. Time zone: {}.",
        view.max_history_days,
        on_off(view.include_notes),
        on_off(view.rate_limit_notify),
        view.time_zone
    );
    Reply { data: view, text }
}
