//! Views of tool results for hosts that show them in the chat: MCP Apps (`io.modelcontextprotocol/ui`), as of 2026-01-26.
//!
//! A view is one HTML document without references. Its charts are drawn by the modules of the chat page, which are compiled in from
//! there: one source for both.

mod bundle;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_STANDARD};
use rmcp::model::{JsonObject, MetaObject, ResourceContents};
use serde_json::{Value, json};

use self::bundle::{Module, bundle};

/// The identifier of the extension, in capabilities.
pub const EXTENSION: &str = "io.modelcontextprotocol/ui";
/// The media type that marks a resource as a view.
const MIME_TYPE: &str = "text/html;profile=mcp-app";

/// A view, for the results of one tool.
pub struct View {
    tool: &'static str,
    uri: &'static str,
    title: &'static str,
}

static VIEWS: [View; 3] = [
    View {
        tool: "analyze_progress",
        uri: "ui://workout/analyze_progress",
        title: "Progress chart",
    },
    View {
        tool: "check_volume_landmarks",
        uri: "ui://workout/check_volume_landmarks",
        title: "Weekly volume chart",
    },
    View {
        tool: "get_exercise_history",
        uri: "ui://workout/get_exercise_history",
        title: "Exercise history chart",
    },
];

macro_rules! page_modules {
    ($($name:literal)*) => {
        [$(Module { name: $name, source: include_str!(concat!("../agent/http/page/", $name, ".js")) }),*]
    };
}

/// The chart modules of the page, each after those that it imports.
static PAGE_MODULES: [Module; 8] = page_modules![
    "dom" "words" "scales" "shapes" "figure" "linechart" "volumechart" "charts"
];
const VIEW_MODULE: Module = Module {
    name: "view",
    source: include_str!("app_views/view.js"),
};
const STYLE: &str = concat!(
    include_str!("../agent/http/page/colours.css"),
    include_str!("../agent/http/page/charts.css"),
    include_str!("app_views/view.css")
);
const DOCUMENT: &str = include_str!("app_views/view.html");

/// The view of a tool's results.
pub fn of_tool(name: &str) -> Option<&'static View> {
    VIEWS.iter().find(|view| view.tool == name)
}

/// The view at a URI.
pub fn find(uri: &str) -> Option<&'static View> {
    VIEWS.iter().find(|view| view.uri == uri)
}

impl View {
    /// The `_meta` of the tool: hosts show its results in this view.
    pub fn tool_meta(&self) -> MetaObject {
        meta(json!({"resourceUri": self.uri}))
    }

    /// The content of the resource.
    pub fn contents(&self) -> ResourceContents {
        // What the host may allow: nothing.
        let meta = meta(json!({
            "csp": {"connectDomains": [], "resourceDomains": [], "frameDomains": [], "baseUriDomains": []},
            "prefersBorder": true,
        }));
        let contents = ResourceContents::text(self.html(), self.uri);
        contents.with_mime_type(MIME_TYPE).with_meta(meta)
    }

    /// The document. Its policy allows its own script and style, and nothing else: no request, no frame, no text as code.
    fn html(&self) -> String {
        let script = bundle(PAGE_MODULES.iter().chain([&VIEW_MODULE]));
        let script = script.replace("{version}", env!("CARGO_PKG_VERSION"));
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            hash(&script),
            hash(STYLE)
        );
        DOCUMENT
            .replace("{tool}", self.tool)
            .replace("{title}", self.title)
            .replace("{policy}", &policy)
            .replace("{style}", STYLE)
            .replace("{script}", &script)
    }
}

/// The source of a Content Security Policy that allows an inline text.
fn hash(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    format!("sha256-{}", BASE64_STANDARD.encode(digest))
}

fn meta(ui: Value) -> MetaObject {
    MetaObject(JsonObject::from_iter([("ui".to_owned(), ui)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_is_of_a_tool_and_found_by_its_uri() {
        for view in &VIEWS {
            assert!(of_tool(view.tool).is_some_and(|found| found.uri == view.uri));
            assert!(find(view.uri).is_some_and(|found| found.tool == view.tool));
        }
        assert!(find("ui://workout/other").is_none() && of_tool("list_workouts").is_none());
    }

    #[test]
    fn a_document_refers_to_nothing_and_ends_no_element_early() {
        for view in &VIEWS {
            let html = view.html();
            for once in ["<script", "</script", "<style", "</style"] {
                assert_eq!(html.matches(once).count(), 1, "{once}");
            }
            for reference in [
                "src=", "href=", "@import", "url(", "import(", "{script}", "{policy}",
            ] {
                assert!(!html.contains(reference), "{reference}");
            }
            let addresses = html.matches("://").count();
            assert_eq!(
                addresses,
                html.matches("http://www.w3.org/2000/svg").count()
            );
            assert!(
                !html
                    .lines()
                    .any(|line| line.starts_with("import ") || line.starts_with("export "))
            );
        }
    }
}
