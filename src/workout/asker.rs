//! On whose behalf a request is: who sent it, and whom it names. The only place that decides it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use rmcp::{
    ErrorData, RoleServer,
    model::{JsonObject, MetaObject},
    service::RequestContext,
};
use serde_json::Value;

use super::{
    auth::Principal,
    db::UserId,
    error::{ToolError, quoted},
    tools::{Audience, Spec},
};

const USER_ID: &str = "user_id";
const META_USER_ID: &str = "fitness.progstrength/user_id";
const META_REQUEST_ID: &str = "fitness.progstrength/request_id";
const META_TOOL_USE_ID: &str = "fitness.progstrength/tool_use_id";
const META_TIME_ZONE: &str = "fitness.progstrength/client_timezone";

/// Who sent a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Asker {
    /// Names the user in each request.
    Agent,
    User(UserId),
}

impl Asker {
    /// Over HTTP, whoever the gate let in. A request that no gate has seen is a bug, and refused.
    pub fn of(context: &RequestContext<RoleServer>) -> Result<Self, ErrorData> {
        let parts = context.extensions.get::<http::request::Parts>();
        let asker = match parts.and_then(|parts| parts.extensions.get::<Principal>()) {
            Some(Principal::Agent) => Some(Self::Agent),
            Some(Principal::User(sub)) => UserId::new(sub).map(Self::User),
            None => None,
        };
        asker.ok_or_else(|| ErrorData::internal_error("the request has no sender", None))
    }

    pub fn audience(&self) -> Audience {
        match self {
            Self::Agent => Audience::Agent,
            Self::User(_) => Audience::User,
        }
    }

    /// The user that a request of this asker's is about, and takes the name out of its arguments. `None`: an agent's
    /// request that names nobody.
    pub fn user(
        &self,
        arguments: &mut JsonObject,
        meta: &MetaObject,
    ) -> Result<Option<UserId>, ToolError> {
        let named = named(USER_ID, arguments.shift_remove(USER_ID).as_ref())?;
        let noted = named_in_meta(meta)?;
        match self {
            Self::User(user) => {
                if [named, noted]
                    .into_iter()
                    .flatten()
                    .any(|other| other != *user)
                {
                    return Err(ToolError::at(
                        USER_ID,
                        "names somebody else; you can act for yourself alone",
                    ));
                }
                Ok(Some(user.clone()))
            }
            Self::Agent => match (named, noted) {
                (Some(named), Some(noted)) if named != noted => Err(ToolError::at(
                    USER_ID,
                    format!("is not the user of this request's _meta[\"{META_USER_ID}\"]"),
                )),
                (named, _) => Ok(named),
            },
        }
    }

    /// The same for a tool: only the shared catalogue needs no user, and then the one in `_meta` is who asks.
    pub fn user_of_tool(
        &self,
        tool: &Spec,
        arguments: &mut JsonObject,
        meta: &MetaObject,
    ) -> Result<Option<UserId>, ToolError> {
        match self.user(arguments, meta)? {
            Some(user) => Ok(Some(user)),
            None if !tool.personal => self.user_of_meta(meta),
            None => Err(ToolError::at(
                USER_ID,
                "is missing; name the user this is about",
            )),
        }
    }

    /// The same for requests without arguments of ours: an agent names the user in `_meta`.
    pub fn user_of_meta(&self, meta: &MetaObject) -> Result<Option<UserId>, ToolError> {
        let noted = named_in_meta(meta)?;
        match self {
            Self::User(_) => self.user(&mut JsonObject::new(), meta),
            Self::Agent => Ok(noted),
        }
    }
}

fn named_in_meta(meta: &MetaObject) -> Result<Option<UserId>, ToolError> {
    named(META_USER_ID, meta.get(META_USER_ID))
}

fn named(place: &str, value: Option<&Value>) -> Result<Option<UserId>, ToolError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => {
            let user = UserId::new(id);
            user.map(Some)
                .ok_or_else(|| ToolError::at(place, format!("{} is no user id", quoted(id))))
        }
        Some(_) => Err(ToolError::at(place, "must be a string")),
    }
}

/// The id of the chat request behind this one, for the log.
pub fn request_id(meta: &MetaObject) -> Option<&str> {
    let id = meta.get(META_REQUEST_ID).and_then(Value::as_str)?;
    let fine = id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic());
    fine.then_some(id)
}

/// What tells one meant call from another: the chat request's id and Claude's tool-use id, both from `_meta`. A digest,
/// so that ids of any length and letters are kept apart.
pub fn call_id(tool: &str, meta: &MetaObject) -> Option<String> {
    let text = |key| {
        meta.get(key)
            .and_then(Value::as_str)
            .filter(|id| !id.is_empty())
    };
    let (request, tool_use) = (text(META_REQUEST_ID)?, text(META_TOOL_USE_ID)?);
    let all = serde_json::json!([tool, request, tool_use]).to_string();
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, all.as_bytes())))
}

/// The zone that the caller's client is in, from the arguments or `_meta`.
pub fn time_zone(
    arguments: &mut JsonObject,
    meta: &MetaObject,
) -> Result<Option<jiff::tz::TimeZone>, ToolError> {
    let given = match arguments.shift_remove("client_timezone") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name).filter(|name| !name.trim().is_empty()),
        Some(_) => return Err(ToolError::at("client_timezone", "must be a string")),
    };
    if let Some(name) = given {
        return super::dates::parse_zone("client_timezone", &name).map(Some);
    }
    // An unknown zone that the client noted is like none.
    let noted = meta.get(META_TIME_ZONE).and_then(Value::as_str);
    Ok(noted.and_then(|name| super::dates::parse_zone("", name).ok()))
}

#[cfg(test)]
mod tests;
