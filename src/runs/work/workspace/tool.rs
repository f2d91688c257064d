//! The tools of a workspace as Claude sees them.

use serde_json::{Value, json};

use crate::agent::claude::ToolSpec;

/// A tool of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkspaceTool {
    WriteFile,
    EditFile,
    ReadFile,
    ListFiles,
}

impl WorkspaceTool {
    pub const ALL: [Self; 4] = [
        Self::WriteFile,
        Self::EditFile,
        Self::ReadFile,
        Self::ListFiles,
    ];

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::WriteFile => "write_file",
            Self::EditFile => "edit_file",
            Self::ReadFile => "read_file",
            Self::ListFiles => "list_files",
        }
    }

    /// True if a call must be repeated to build the workspace anew.
    pub fn changes_files(self) -> bool {
        matches!(self, Self::WriteFile | Self::EditFile)
    }

    fn description(self) -> &'static str {
        match self {
            Self::WriteFile => {
                "Write a file in the workspace of this run. The files that are there when the run ends are given to the user. \
                 Folders are made as needed; a file of that name is replaced."
            }
            Self::EditFile => {
                "Replace a text in a UTF-8 file of the workspace. `old_text` must occur exactly once in the file: copy enough \
                 of what stands around it."
            }
            Self::ReadFile => {
                "Read a file of the workspace. A file that is not UTF-8 text is shown as base64."
            }
            Self::ListFiles => "List the files of the workspace with their sizes in bytes.",
        }
    }

    fn input_schema(self) -> Value {
        let text = |description: &str| json!({"type": "string", "description": description});
        let path =
            text("Relative to the workspace, for example `report.md` or `plots/volume.svg`.");
        let (properties, required) = match self {
            Self::WriteFile => (
                json!({
                    "path": path,
                    "content": text("The whole content of the file."),
                    "encoding": {
                        "type": "string",
                        "enum": ["utf-8", "base64"],
                        "default": "utf-8",
                        "description": "How `content` is written: as text, or as base64 for binary files."
                    }
                }),
                json!(["path", "content"]),
            ),
            Self::EditFile => (
                json!({
                    "path": path,
                    "old_text": text("The text to replace, as it is in the file."),
                    "new_text": text("What takes its place; may be empty.")
                }),
                json!(["path", "old_text", "new_text"]),
            ),
            Self::ReadFile => (json!({"path": path}), json!(["path"])),
            Self::ListFiles => (json!({}), json!([])),
        };
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false
        })
    }
}

/// All tools of the workspace, for Claude.
pub fn specs() -> Vec<ToolSpec> {
    let spec = |tool: WorkspaceTool| ToolSpec {
        name: tool.name().to_owned(),
        description: Some(tool.description().to_owned()),
        input_schema: tool.input_schema(),
    };
    WorkspaceTool::ALL.map(spec).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_is_found_by_its_name() {
        for tool in WorkspaceTool::ALL {
            assert_eq!(WorkspaceTool::from_name(tool.name()), Some(tool));
        }
        assert_eq!(WorkspaceTool::from_name("server__write_file"), None);
    }

    #[test]
    fn schemas_are_valid_and_accept_the_documented_inputs() {
        let inputs = [
            json!({"path": "a", "content": "x", "encoding": "base64"}),
            json!({"path": "a", "old_text": "x", "new_text": ""}),
            json!({"path": "a"}),
            json!({}),
        ];
        for (spec, input) in specs().iter().zip(inputs) {
            let schema = jsonschema::draft202012::new(&spec.input_schema).unwrap();
            assert!(schema.is_valid(&input), "{}", spec.name);
            assert!(
                !schema.is_valid(&json!({"path": "a", "other": 1})),
                "{}",
                spec.name
            );
        }
    }
}
