//! Tool `export_workouts`.

use jiff::{Timestamp, ToSpan};

use crate::workout::{export::Export, tools::prelude::*};

/// Of the rows in one answer: some 10,000 tokens.
const MAX_BYTES: usize = 22_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportWorkouts {
    /// First day
    #[schemars(regex(pattern = dates::DATE_PATTERN))]
    since: Option<String>,
    /// Last day
    #[schemars(regex(pattern = dates::DATE_PATTERN))]
    until: Option<String>,
    /// The last `next_after`
    after: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ExportedWorkouts {
    /// A header, and one row for each set; `import_workouts` reads it
    csv: String,
    workouts: usize,
    sets: usize,
    /// There is more: give it as after
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<String>,
}

impl Tool for ExportWorkouts {
    const NAME: &'static str = "export_workouts";
    const TITLE: &'static str = "Export the log";
    const DESCRIPTION: &'static str = "The user's logged workouts as CSV, oldest first, in parts.";
    type Output = ExportedWorkouts;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<ExportedWorkouts>, ToolError> {
        let mut user = ctx.read().await?;
        let mut after = (Timestamp::MIN, String::new());
        if let Some(since) = non_blank(self.since) {
            let since = dates::parse_day("since", &since, user.now, &user.zone)?;
            after.0 = dates::start_of(since, &user.zone);
        }
        let mut notices = Vec::new();
        if user.settings.history_is_capped() {
            let days = user.settings.max_history_days;
            after.0 = after.0.max(user.days_ago(days));
            notices.push(format!(
                "the user's settings let assistants see {days} days"
            ));
        }
        if let Some(id) = non_blank(self.after) {
            let at = user.tx.workout_time(id.trim()).await?;
            let unknown = || not_found("after", &id);
            let at = at.ok_or_else(unknown)?;
            after = after.max((at, id.trim().to_owned()));
        }
        let until = match non_blank(self.until) {
            Some(until) => {
                let until = dates::parse_day("until", &until, user.now, &user.zone)?;
                dates::start_of(until.saturating_add(1.day()), &user.zone)
            }
            None => Timestamp::MAX,
        };
        let hides_notes = !user.settings.include_notes;
        if hides_notes {
            notices.push("notes are left out, as the user's settings say".to_owned());
        }
        let catalogue = user.catalogue().await?;
        let mut export = Export::new(&catalogue, after, until, hides_notes);
        let rows = export.next(&mut user.tx, MAX_BYTES).await?;
        Self::reply(&rows, export, &mut user, notices).await
    }
}

impl ExportWorkouts {
    async fn reply(
        rows: &[u8],
        mut export: Export<'_>,
        user: &mut UserData,
        mut notices: Vec<String>,
    ) -> Result<Reply<ExportedWorkouts>, ToolError> {
        let is_more = export.has_more(&mut user.tx).await?;
        if is_more {
            notices.push("this is a part: call again with after = next_after".to_owned());
        }
        let exported = ExportedWorkouts {
            csv: format!("{}{}", Export::header(), String::from_utf8_lossy(rows)),
            workouts: export.workouts,
            sets: export.sets,
            next_after: is_more.then(|| export.last_id().to_owned()),
        };
        let (workouts, sets) = (export.workouts, export.sets);
        let mut text = format!("{workouts} workouts, {sets} sets, as CSV");
        if let Some(after) = &exported.next_after {
            text = format!("{text}\nmore: after={after}");
        }
        let notice = (!notices.is_empty()).then(|| notices.join("; "));
        Ok(Reply::new(exported, text).with_notice(notice))
    }
}
