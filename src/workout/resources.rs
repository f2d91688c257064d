//! MCP resources: exercise catalogue, exercise history, plans and settings, as JSON; and the views of tool results.

use percent_encoding::percent_decode_str;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde::Serialize;

use super::{
    app_views::{self, View},
    context::ToolContext,
    error::ToolError,
    tools::{self, ExerciseList, GetExerciseHistory, GetSettings, Tool},
};

const CATALOGUE: &str = "workout://exercises/catalog";
const HISTORY: &str = "workout://performance/history/";
pub const HISTORY_TEMPLATE: &str = "workout://performance/history/{exercise_name}";
const PLANS: &str = "workout://plans/available";
const SETTINGS: &str = "workout://settings";
const JSON: &str = "application/json";

/// A parsed resource URI.
pub enum ResourceUri {
    Catalogue,
    /// The history of the named exercise.
    History(String),
    Plans,
    Settings,
    View(&'static View),
}

impl ResourceUri {
    pub fn parse(uri: &str) -> Option<Self> {
        if let Some(view) = app_views::find(uri) {
            return Some(Self::View(view));
        }
        match uri {
            CATALOGUE => Some(Self::Catalogue),
            PLANS => Some(Self::Plans),
            SETTINGS => Some(Self::Settings),
            _ => {
                let name = percent_decode_str(uri.strip_prefix(HISTORY)?);
                let name = name.decode_utf8().ok()?.into_owned();
                (!name.is_empty()).then_some(Self::History(name))
            }
        }
    }

    /// True if it holds one user's data.
    pub fn is_personal(&self) -> bool {
        !matches!(self, Self::Catalogue | Self::View(_))
    }
}

/// The resources as `resources/list` returns them. Views are not among them: hosts find them by their tools.
pub fn listed() -> Vec<Resource> {
    let resource = |(uri, name, description): (&str, &str, &str)| {
        let resource = Resource::new(uri, name).with_description(description);
        resource.with_mime_type(JSON)
    };
    let plans = "The user's own plans and the system plans, with their sessions";
    let exercises = "All exercises with muscles, equipment and steps";
    [
        (CATALOGUE, "Exercise catalogue", exercises),
        (PLANS, "Available plans", plans),
        (SETTINGS, "Settings", "The user's settings"),
    ]
    .map(resource)
    .to_vec()
}

/// The templates as `resources/templates/list` returns them.
pub fn templates() -> Vec<ResourceTemplate> {
    let history = ResourceTemplate::new(HISTORY_TEMPLATE, "Exercise history");
    let history = history.with_description("The last 90 days of one exercise, by slug or name");
    vec![history.with_mime_type(JSON)]
}

/// Reads the resource; `text` is its URI as the client wrote it.
pub async fn read(
    text: &str,
    uri: ResourceUri,
    ctx: &ToolContext<'_>,
) -> Result<ReadResourceResult, ToolError> {
    let json = match uri {
        ResourceUri::Catalogue => json(&ExerciseList::detailed(&ctx.catalogue().await?)),
        ResourceUri::History(exercise) => {
            let history = GetExerciseHistory::of(exercise);
            json(&history.run(ctx).await?.data)
        }
        ResourceUri::Plans => json(&tools::all_plans(ctx).await?),
        ResourceUri::Settings => json(&GetSettings {}.run(ctx).await?.data),
        ResourceUri::View(view) => return Ok(ReadResourceResult::new(vec![view.contents()])),
    }?;
    let contents = ResourceContents::text(json, text).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn json(data: &impl Serialize) -> Result<String, ToolError> {
    serde_json::to_string(data).map_err(|_| ToolError::Internal)
}
