//! Parses one page of a listing, one tool at a time: a tree of the whole page could take a hundred times its size.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use super::{Listing, OpenError};
use crate::{
    agent::{
        mcp::{answer::Answer, bounded},
        tools::{LeftOut, ListedTool, UNNAMED},
    },
    process::{
        json::mend_numbers,
        memory::json::{self, count_values},
    },
};

/// Claude reads all tools with every request.
const MAX_TOOLS: usize = 1000;
/// JSON values in one tool, and in all of them: what is kept of them is several trees.
const MAX_TOOL_VALUES: usize = 5_000;
const MAX_VALUES: usize = 25_000;
const MAX_NAME_BYTES: usize = 256;

#[derive(Deserialize)]
struct Page<'a> {
    /// Go writes an empty list as `null`.
    #[serde(borrow)]
    tools: &'a RawValue,
    #[serde(borrow, rename = "nextCursor")]
    next: Option<&'a RawValue>,
}

/// Adds the tools of a page to the listing, and returns the cursor of the next page.
pub(super) fn read(listing: &mut Listing, answer: &Answer) -> Result<Option<String>, OpenError> {
    listing.bytes += answer.length();
    let no_result = || OpenError::from_page("an answer without a result", None);
    let malformed = |what| move |error| OpenError::from_page(what, Some(&error));
    let result = answer.result().ok_or_else(no_result)?.get();
    let page: Page<'_> =
        serde_json::from_str(result).map_err(malformed("a page without `tools`"))?;
    if page.tools.get() != "null" {
        let mut tools = serde_json::Deserializer::from_str(page.tools.get());
        let added = tools.deserialize_seq(Tools(listing));
        added.map_err(malformed("`tools` is not a list"))?;
    }
    let next = page.next.and_then(|it| serde_json::from_str(it.get()).ok());
    Ok(next.filter(|cursor: &String| !cursor.is_empty()))
}

struct Tools<'l>(&'l mut Listing);

impl<'de> Visitor<'de> for Tools<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tools")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut tools: A) -> Result<(), A::Error> {
        let Self(listing) = self;
        while listing.tools.len() + listing.left_out.len() < MAX_TOOLS {
            match tools.next_element::<&RawValue>()? {
                Some(tool) => listing.add(tool),
                None => return Ok(()),
            }
        }
        while tools.next_element::<IgnoredAny>()?.is_some() {
            listing.is_cut = true;
        }
        Ok(())
    }
}

impl Listing {
    fn add(&mut self, tool: &RawValue) {
        match self.parse(tool) {
            // As a page that comes twice has it. Of several definitions the catalogue takes the first usable one.
            Ok(tool) if self.tools.contains(&tool) => tracing::debug!("a tool is listed twice"),
            Ok(tool) => self.tools.push(tool),
            Err(it) if it.name != UNNAMED && self.left_out.contains(&it) => {}
            Err(left_out) => self.left_out.push(left_out),
        }
    }

    fn parse(&mut self, tool: &RawValue) -> Result<ListedTool, LeftOut> {
        #[derive(Deserialize)]
        struct Named<'a> {
            #[serde(borrow)]
            name: &'a RawValue,
        }
        let name = serde_json::from_str(tool.get()).ok();
        let name = name.and_then(|Named { name }| serde_json::from_str::<String>(name.get()).ok());
        let left_out = |reason| {
            let name = name.as_deref().unwrap_or(UNNAMED);
            LeftOut::new(bounded(name), reason)
        };
        let values = count_values(tool.get().as_bytes());
        if values > MAX_TOOL_VALUES || self.values + values > MAX_VALUES {
            return Err(left_out("too large"));
        }
        if name
            .as_ref()
            .is_some_and(|name| name.len() > MAX_NAME_BYTES)
        {
            return Err(left_out("name"));
        }
        let tree = tree(tool.get()).or_else(|_| tree(&mend_numbers(tool.get())));
        let tree = tree.map_err(|_| left_out("unreadable"))?;
        let parsed = listed(tree).map_err(left_out)?;
        self.values += values;
        Ok(parsed)
    }
}

fn tree(json: &str) -> serde_json::Result<Value> {
    json::check(json.as_bytes())?;
    serde_json::from_str(json)
}

/// The tool, or the field that makes it unusable.
fn listed(mut tool: Value) -> Result<ListedTool, &'static str> {
    let hint = |name: &str| tool["annotations"][name].as_bool();
    let is_hinted = |name: &str| hint(name) == Some(true);
    let (read_only, idempotent) = (is_hinted("readOnlyHint"), is_hinted("idempotentHint"));
    let (destructive, open_world) = (hint("destructiveHint"), hint("openWorldHint"));
    let titles = [&tool["annotations"]["title"], &tool["title"]];
    let titles = titles.into_iter().filter_map(Value::as_str).map(bounded);
    let title = titles.into_iter().find(|title| !title.trim().is_empty());
    let name = tool["name"].as_str().filter(|name| !name.is_empty());
    Ok(ListedTool {
        name: name.ok_or("name")?.to_owned(),
        title,
        description: tool["description"].as_str().map(str::to_owned),
        input_schema: match tool.get_mut("inputSchema").map(Value::take) {
            Some(Value::Object(schema)) => schema,
            None | Some(Value::Null) => Map::new(),
            // PHP writes an empty map so.
            Some(Value::Array(empty)) if empty.is_empty() => Map::new(),
            Some(_) => return Err("inputSchema"),
        },
        read_only,
        destructive,
        idempotent,
        open_world,
    })
}
