//! The resources: the catalogue, one exercise's history, the plans, the settings; each as JSON.

use percent_encoding::percent_decode_str;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::Value;

use super::{
    call::{Call, ToolError},
    catalogue::Catalogue,
    tools,
};

const CATALOGUE: &str = "workout://exercises/catalog";
const HISTORY: &str = "workout://performance/history/";
pub const HISTORY_TEMPLATE: &str = "workout://performance/history/{exercise_name}";
const PLANS: &str = "workout://plans/available";
const SETTINGS: &str = "workout://settings";
const JSON: &str = "application/json";

/// Which resource a URI names.
pub enum Wanted {
    Catalogue,
    History(String),
    Plans,
    Settings,
}

impl Wanted {
    pub fn of(uri: &str) -> Option<Self> {
        match uri {
            CATALOGUE => Some(Self::Catalogue),
            PLANS => Some(Self::Plans),
            SETTINGS => Some(Self::Settings),
            _ => {
                let name = percent_decode_str(uri.strip_prefix(HISTORY)?)
                    .decode_utf8()
                    .ok()?;
                (!name.is_empty()).then(|| Self::History(name.into_owned()))
            }
        }
    }
}

pub fn listed() -> Vec<Resource> {
    let resource = |uri: &str, name: &str, description: &str| {
        Resource::new(uri, name)
            .with_description(description)
            .with_mime_type(JSON)
    };
    vec![
        resource(
            CATALOGUE,
            "Exercise catalogue",
            "All exercises with muscles, equipment and steps",
        ),
        resource(
            PLANS,
            "Available plans",
            "The user's own plans and the system plans, with their sessions",
        ),
        resource(SETTINGS, "Settings", "The user's settings"),
    ]
}

pub fn templates() -> Vec<ResourceTemplate> {
    let history = ResourceTemplate::new(HISTORY_TEMPLATE, "Exercise history");
    vec![
        history
            .with_description("The last 90 days of one exercise, by slug or name")
            .with_mime_type(JSON),
    ]
}

/// The one resource that is not about a user.
pub fn catalogue(uri: &str, catalogue: &Catalogue) -> ReadResourceResult {
    json(uri, &tools::catalogue_json(catalogue))
}

pub async fn read(
    uri: &str,
    wanted: &Wanted,
    call: &Call<'_>,
) -> Result<ReadResourceResult, ToolError> {
    let value = match wanted {
        Wanted::Catalogue => tools::catalogue_json(call.catalogue),
        Wanted::History(exercise) => tools::history_json(call, exercise).await?,
        Wanted::Plans => tools::plans_json(call).await?,
        Wanted::Settings => tools::settings_json(call).await?,
    };
    Ok(json(uri, &value))
}

fn json(uri: &str, value: &Value) -> ReadResourceResult {
    ReadResourceResult::new(vec![
        ResourceContents::text(value.to_string(), uri).with_mime_type(JSON),
    ])
}
