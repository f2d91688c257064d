//! Tools `get_settings` and `update_settings`.

use jiff::civil::Date;

use super::prelude::*;

/// Body weights that are shown.
const SHOWN_WEIGHTS: usize = 10;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetSettings {}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateSettings {
    /// How far back anything looks
    #[schemars(range(min = 1, max = MAX_HISTORY_DAYS))]
    max_history_days: Option<i64>,
    /// Show notes to assistants
    include_notes: Option<bool>,
    /// Tell when the hourly limit is near
    rate_limit_notify: Option<bool>,
    units: Option<Units>,
    /// IANA name
    time_zone: Option<String>,
    week_start: Option<WeekStart>,
    #[schemars(range(min = 20, max = 1000))]
    body_weight: Option<f64>,
    body_weight_unit: Option<Unit>,
    /// From this day on; default today
    #[schemars(regex(pattern = dates::DATE_PATTERN))]
    body_weight_date: Option<String>,
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
    /// IANA name
    time_zone: String,
    /// First day of the week
    week_start: WeekStart,
    /// Newest first, at most 10
    #[serde(skip_serializing_if = "Vec::is_empty")]
    body_weight: Vec<BodyWeight>,
}

impl Tool for GetSettings {
    const NAME: &'static str = "get_settings";
    const TITLE: &'static str = "Get settings";
    const DESCRIPTION: &'static str = "The user's settings and body weight.";
    type Output = SettingsView;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<SettingsView>, ToolError> {
        reply(&mut ctx.read().await?, ctx).await
    }
}

impl Tool for UpdateSettings {
    const NAME: &'static str = "update_settings";
    const TITLE: &'static str = "Update settings";
    const DESCRIPTION: &'static str =
        "Change the user's settings, or record their body weight. What is not given stays.";
    const EFFECT: Effect = Effect::Overwrite;
    type Output = SettingsView;

    async fn run(mut self, ctx: &ToolContext<'_>) -> Result<Reply<SettingsView>, ToolError> {
        self.time_zone = non_blank(self.time_zone);
        if let Some(zone) = &self.time_zone {
            dates::parse_zone("time_zone", zone)?;
        }
        let mut user = match ctx.write().await? {
            Write::First(user) => user,
            Write::Repeated(mut user, _) => return reply(&mut user, ctx).await,
        };
        let weight = self.body_weight(&mut user).await?;
        let mut notice = None;
        if let Some((weight, is_sure)) = weight {
            user.tx.save_body_weight(&weight).await?;
            notice = (!is_sure).then(|| assumed(&weight));
        }
        user.settings = self.applied_to(user.settings.clone());
        let settings = user.settings.clone();
        user.tx.save_settings(&settings, ctx.now).await?;
        let reply = reply(&mut user, ctx).await?;
        user.commit("").await?;
        Ok(reply.with_notice(notice))
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
            time_zone: zone.or(old.time_zone),
            week_start: self.week_start.unwrap_or(old.week_start),
        }
    }

    /// The body weight to be stored, and whether its unit is certain. Else it is that of most weights of the log.
    async fn body_weight(
        &self,
        user: &mut UserData,
    ) -> Result<Option<(BodyWeight, bool)>, ToolError> {
        let Some(weight) = self.body_weight else {
            return match (&self.body_weight_unit, &self.body_weight_date) {
                (None, None) => Ok(None),
                _ => Err(ToolError::at(
                    "body_weight",
                    "is missing beside its unit or date",
                )),
            };
        };
        let last = user.tx.body_weights().await?.0.pop();
        let units = self.units.unwrap_or(user.settings.units).unit();
        let unit = self.body_weight_unit.or(units);
        let sure = unit.or(last.map(|last| last.unit));
        let unit = match sure {
            Some(unit) => unit,
            None => user.tx.logged_units().await?.most.unwrap_or_default(),
        };
        let weight = BodyWeight {
            date: self.date(user)?,
            weight,
            unit,
        };
        Ok(Some((weight, sure.is_some())))
    }

    /// The day of the body weight: the given one, or today.
    fn date(&self, user: &UserData) -> Result<Date, ToolError> {
        let place = "body_weight_date";
        let Some(text) = non_blank(self.body_weight_date.clone()) else {
            return Ok(user.today());
        };
        let date = dates::parse_date(place, &text)?;
        if date > user.today() {
            return Err(invalid!(place, "{date} is in the future"));
        }
        Ok(date)
    }
}

/// Tells in which unit a body weight without one was taken.
fn assumed(weight: &BodyWeight) -> String {
    let unit = weight.unit.as_str();
    format!(
        "body weight was taken as {} {unit}; body_weight_unit corrects it",
        weight.weight
    )
}

async fn reply(
    user: &mut UserData,
    ctx: &ToolContext<'_>,
) -> Result<Reply<SettingsView>, ToolError> {
    let mut weights = user.tx.body_weights().await?.0;
    weights.reverse();
    weights.truncate(SHOWN_WEIGHTS);
    let settings = &user.settings;
    let zone = settings.time_zone.clone();
    let zone = zone.or_else(|| ctx.default_zone.iana_name().map(str::to_owned));
    let view = SettingsView {
        max_history_days: settings.max_history_days,
        include_notes: settings.include_notes,
        rate_limit_notify: settings.rate_limit_notify,
        units: settings.units,
        time_zone: zone.unwrap_or_else(|| "UTC".to_owned()),
        week_start: settings.week_start,
        body_weight: weights,
    };
    let text = view.text();
    Ok(Reply::new(view, text))
}

impl SettingsView {
    fn text(&self) -> String {
        let yes_no = |on: bool| if on { "yes" } else { "no" };
        let units = self.units.unit().map_or("as entered", Unit::as_str);
        let mut text = format!(
            "History: {} days. Notes shown: {}. Limit notices: {}. Units: {units}. Time zone: {}. Weeks begin on {}.",
            self.max_history_days,
            yes_no(self.include_notes),
            yes_no(self.rate_limit_notify),
            self.time_zone,
            self.week_start.as_str()
        );
        if let Some(last) = self.body_weight.first() {
            let (weight, unit) = (last.weight, last.unit.as_str());
            text = format!("{text} Body weight: {weight} {unit} since {}.", last.date);
        }
        text
    }
}
