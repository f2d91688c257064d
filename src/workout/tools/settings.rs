//! Tools `get_settings` and `update_settings`.

use super::prelude::*;

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

impl Tool for GetSettings {
    const NAME: &'static str = "get_settings";
    const TITLE: &'static str = "Get settings";
    const DESCRIPTION: &'static str = "The user's settings.";
    type Output = Settings;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<Settings>, ToolError> {
        Ok(reply(ctx.read().await?.settings))
    }
}

impl Tool for UpdateSettings {
    const NAME: &'static str = "update_settings";
    const TITLE: &'static str = "Update settings";
    const DESCRIPTION: &'static str = "Change the user's settings. What is not given stays.";
    const EFFECT: Effect = Effect::Overwrite;
    type Output = Settings;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<Settings>, ToolError> {
        if let Some(days) = self.max_history_days {
            within("max_history_days", days, 1, MAX_HISTORY_DAYS)?;
        }
        if let Some(zone) = &self.time_zone {
            dates::parse_zone("time_zone", zone)?;
        }
        let mut user = match ctx.write().await? {
            Write::First(user) => user,
            Write::Repeated(user, _) => return Ok(reply(user.settings)),
        };
        let settings = self.applied_to(user.settings.clone());
        user.tx.save_settings(&settings, ctx.now).await?;
        user.commit("").await?;
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
            units: self.units.unwrap_or(old.units),
            time_zone: zone.unwrap_or(old.time_zone),
        }
    }
}

fn reply(settings: Settings) -> Reply<Settings> {
    let yes_no = |on: bool| if on { "yes" } else { "no" };
    let units = settings.units.unit().map_or("as entered", Unit::as_str);
    let text = format!(
        "History: {} days. Notes shown: {}. Limit notices: {}. Units: {units}. Time zone: {}.",
        settings.max_history_days,
        yes_no(settings.include_notes),
        yes_no(settings.rate_limit_notify),
        settings.time_zone
    );
    Reply::new(settings, text)
}
