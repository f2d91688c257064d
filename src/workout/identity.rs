//! Identity: the sender of a request, and the user whose data it may touch. The only place that decides it.

use rmcp::{
    ErrorData, RoleServer,
    model::{JsonObject, MetaObject},
    service::RequestContext,
};
use serde_json::Value;

use super::{
    error::{ToolError, quoted},
    tools::{Audience, Spec},
};
use crate::auth::Subject;

const USER_ID: &str = "user_id";
const META_USER_ID: &str = "fitness.progstrength/user_id";

/// The authenticated sender of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The agent, which names the user in each request.
    Agent,
    /// A user, who can act only for themselves.
    User(Subject),
}

impl Identity {
    /// Over HTTP, the identity that `transport::guard` has authenticated. A request without one is a bug, and refused.
    pub fn from_context(context: &RequestContext<RoleServer>) -> Result<Self, ErrorData> {
        let parts = context.extensions.get::<http::request::Parts>();
        let identity = parts.and_then(|parts| parts.extensions.get::<Self>());
        identity
            .cloned()
            .ok_or_else(|| ErrorData::internal_error("the request has no sender", None))
    }

    pub fn audience(&self) -> Audience {
        match self {
            Self::Agent => Audience::Agent,
            Self::User(_) => Audience::User,
        }
    }

    /// The user that a request is about; removes it from the arguments. `None`: the agent's request names no user.
    pub fn user(
        &self,
        arguments: &mut JsonObject,
        meta: &MetaObject,
    ) -> Result<Option<Subject>, ToolError> {
        let argument = parse_user(USER_ID, arguments.shift_remove(USER_ID).as_ref())?;
        let in_meta = user_in_meta(meta)?;
        match self {
            Self::User(own) => {
                let mut named = argument.iter().chain(&in_meta);
                if named.any(|other| other != own) {
                    let what = "names somebody else; you can act for yourself alone";
                    return Err(ToolError::at(USER_ID, what));
                }
                Ok(Some(own.clone()))
            }
            Self::Agent => match (argument, in_meta) {
                (Some(argument), Some(in_meta)) if argument != in_meta => Err(ToolError::at(
                    USER_ID,
                    format!("is not the user of this request's _meta[\"{META_USER_ID}\"]"),
                )),
                (argument, _) => Ok(argument),
            },
        }
    }

    /// The user of a tool call. Only the list of exercises needs none; then the one in `_meta` counts.
    pub fn user_of_tool(
        &self,
        tool: &Spec,
        arguments: &mut JsonObject,
        meta: &MetaObject,
    ) -> Result<Option<Subject>, ToolError> {
        match self.user(arguments, meta)? {
            Some(user) => Ok(Some(user)),
            None if !tool.personal => self.user_of_meta(meta),
            None => Err(ToolError::at(
                USER_ID,
                "is missing; name the user this is about",
            )),
        }
    }

    /// The user of a request without arguments: the agent names it in `_meta`.
    pub fn user_of_meta(&self, meta: &MetaObject) -> Result<Option<Subject>, ToolError> {
        match self {
            Self::User(_) => self.user(&mut JsonObject::new(), meta),
            Self::Agent => user_in_meta(meta),
        }
    }
}

fn user_in_meta(meta: &MetaObject) -> Result<Option<Subject>, ToolError> {
    parse_user(META_USER_ID, meta.get(META_USER_ID))
}

fn parse_user(place: &str, value: Option<&Value>) -> Result<Option<Subject>, ToolError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => Subject::parse(id)
            .map(Some)
            .map_err(|_| ToolError::at(place, format!("{} is no user id", quoted(id)))),
        Some(_) => Err(ToolError::at(place, "must be a string")),
    }
}

#[cfg(test)]
mod tests;
