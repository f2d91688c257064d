//! Tool `list_workouts`.

use jiff::ToSpan;

use crate::workout::tools::prelude::*;

const DEFAULT_WORKOUTS: i64 = 20;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct ListWorkouts {
    /// First day
    #[schemars(regex(pattern = dates::DATE_PATTERN))]
    since: Option<String>,
    /// Last day
    #[schemars(regex(pattern = dates::DATE_PATTERN))]
    until: Option<String>,
    /// Only workouts with it
    exercise: Option<String>,
    /// Default 20
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    before: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::workout::tools) struct WorkoutList {
    workouts: Vec<WorkoutView>,
    /// There are older ones: give this as before
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<String>,
}

impl Tool for ListWorkouts {
    const NAME: &'static str = "list_workouts";
    const TITLE: &'static str = "List workouts";
    const DESCRIPTION: &'static str = "The user's workouts with sets and ids, newest first. While an answer has next_before, there are older ones: call again with before=next_before.";
    type Output = WorkoutList;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<WorkoutList>, ToolError> {
        let limit = self.limit.unwrap_or(DEFAULT_WORKOUTS);
        let mut user = ctx.read().await?;
        let catalogue = user.catalogue().await?;
        let mut names = NameResolver::new(&catalogue);
        let mut page = Page::newest(user.oldest(), limit + 1);
        if let Some(mut exercise) = non_blank(self.exercise) {
            names.resolve("exercise", &mut exercise)?;
            page.exercise = Some(exercise);
        }
        if let Some(before) = non_blank(self.before) {
            page.before = position(before.trim(), &mut user).await?;
        }
        narrow(&mut page, self.since, self.until, &user)?;
        let workouts = user.tx.workouts(&page).await?;
        let views = workouts.into_iter();
        let mut workouts: Vec<WorkoutView> = views
            .map(|workout| WorkoutView::new(workout, &catalogue, &user))
            .collect();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let fit = fitting(&workouts, PAGE_BYTES).min(limit);
        let more = workouts.len() > fit;
        workouts.truncate(fit);
        let last = workouts.last().filter(|_| more);
        let list = WorkoutList {
            next_before: last.map(|workout| workout.id.clone()),
            workouts,
        };
        let text = list.text();
        Ok(Reply::new(list, text).with_notice(names.notice("listed")))
    }
}

/// Limits the page to the days from `since` to `until`, both included.
fn narrow(
    page: &mut Page,
    since: Option<String>,
    until: Option<String>,
    user: &UserData,
) -> Result<(), ToolError> {
    let day = |place: &str, text: Option<String>| {
        let text = non_blank(text);
        text.map(|text| dates::parse_day(place, &text, user.now, &user.zone))
            .transpose()
    };
    let (since, until) = (day("since", since)?, day("until", until)?);
    if let (Some(since), Some(until)) = (since, until)
        && until < since
    {
        return Err(invalid!("until", "is {until}, before since {since}"));
    }
    if let Some(since) = since {
        page.since = page.since.max(dates::start_of(since, &user.zone));
    }
    if let Some(until) = until {
        let end = dates::start_of(until.saturating_add(1.day()), &user.zone);
        page.before = page.before.clone().min((end, String::new()));
    }
    Ok(())
}

impl WorkoutList {
    fn text(&self) -> String {
        let mut lines: Vec<String> = self.workouts.iter().map(WorkoutView::text).collect();
        if lines.is_empty() {
            lines.push("no workouts".to_owned());
        }
        if let Some(before) = &self.next_before {
            lines.push(format!("older ones: before={before}"));
        }
        lines.join("\n")
    }
}
