//! Inputs of the workspace's tools, as Claude writes them.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, de::DeserializeOwned};

use super::{WorkspaceTool, name::Name};
use crate::process::json::mend_str;

/// A checked input.
#[derive(Debug, PartialEq)]
pub(super) enum Input {
    Write {
        name: Name,
        content: Vec<u8>,
    },
    Edit {
        name: Name,
        old: String,
        new: String,
    },
    Read {
        name: Name,
    },
    List,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteFile {
    path: String,
    content: String,
    encoding: Option<Encoding>,
}

#[derive(Deserialize)]
enum Encoding {
    #[serde(rename = "utf-8", alias = "utf8", alias = "UTF-8")]
    Utf8,
    #[serde(rename = "base64")]
    Base64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditFile {
    path: String,
    old_text: String,
    new_text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadFile {
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFiles {}

impl Input {
    /// Reads the JSON of a call. The error is for Claude.
    pub(super) fn parse(tool: WorkspaceTool, json: &str) -> Result<Self, String> {
        match tool {
            WorkspaceTool::WriteFile => {
                let input: WriteFile = read(tool, json)?;
                let name = Name::parse(&input.path)?;
                let content = match input.encoding {
                    Some(Encoding::Base64) => decode(&input.content)?,
                    Some(Encoding::Utf8) | None => input.content.into_bytes(),
                };
                Ok(Self::Write { name, content })
            }
            WorkspaceTool::EditFile => {
                let input: EditFile = read(tool, json)?;
                Ok(Self::Edit {
                    name: Name::parse(&input.path)?,
                    old: input.old_text,
                    new: input.new_text,
                })
            }
            WorkspaceTool::ReadFile => {
                let input: ReadFile = read(tool, json)?;
                let name = Name::parse(&input.path)?;
                Ok(Self::Read { name })
            }
            WorkspaceTool::ListFiles => read(tool, json).map(|ListFiles {}| Self::List),
        }
    }
}

fn read<T: DeserializeOwned>(tool: WorkspaceTool, json: &str) -> Result<T, String> {
    serde_json::from_str(&mend_str(json))
        .map_err(|error| format!("The input of {} is invalid: {error}.", tool.name()))
}

fn decode(content: &str) -> Result<Vec<u8>, String> {
    let text: Vec<u8> = content
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    BASE64.decode(text).map_err(|error| {
        format!("The content is no base64: {error}. Write text with the encoding `utf-8`.")
    })
}
