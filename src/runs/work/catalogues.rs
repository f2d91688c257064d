//! The catalogues of recent listings: to prepare the schemas of a server's tools takes milliseconds, and most runs use the
//! same servers.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::spawn_blocking;

use crate::agent::{
    mcp::ToolList,
    tools::{Catalogue, ListedTool, Profile, ToolServer},
};

/// Catalogues that are kept.
const MAX_KEPT: usize = 8;
/// Of a listing that is kept, serialized: of tools that its catalogue leaves out, too.
const MAX_BYTES: usize = 128 * 1024;

/// Cheap to clone; clones share one state.
#[derive(Clone, Default)]
pub(super) struct Catalogues(Arc<Mutex<VecDeque<Kept>>>);

struct Kept {
    name: Arc<str>,
    profile: Profile,
    listed: Arc<ToolList>,
    catalogue: Arc<Catalogue>,
}

impl Catalogues {
    /// The catalogue of what a server lists. `None`: building it panicked.
    pub(super) async fn of(
        &self,
        server: ToolServer,
        listed: Arc<ToolList>,
    ) -> Option<Arc<Catalogue>> {
        if let Some(catalogue) = self.kept(&server, &listed) {
            return Some(catalogue);
        }
        let (name, profile) = (server.name.clone(), server.profile);
        let list = listed.clone();
        // A listing may be long.
        let built = spawn_blocking(move || {
            let bytes: usize = list.tools.iter().map(size).sum();
            let ToolList { tools, left_out } = (*list).clone();
            (Catalogue::of_server(&server, tools, left_out), bytes)
        });
        let (catalogue, bytes) = built.await.ok()?;
        let catalogue = Arc::new(catalogue);
        if bytes <= MAX_BYTES {
            let mut all = self.all();
            all.truncate(MAX_KEPT - 1);
            all.push_front(Kept {
                name,
                profile,
                listed,
                catalogue: catalogue.clone(),
            });
        }
        Some(catalogue)
    }

    /// That of the same listing of a server with the same name and profile. It is then the most recent one.
    fn kept(&self, server: &ToolServer, listed: &ToolList) -> Option<Arc<Catalogue>> {
        let mut all = self.all();
        let same = |it: &Kept| {
            it.name == server.name && it.profile == server.profile && *it.listed == *listed
        };
        let at = all.iter().position(same)?;
        let kept = all.remove(at)?;
        let catalogue = kept.catalogue.clone();
        all.push_front(kept);
        Some(catalogue)
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Roughly, in bytes: of what may be long.
fn size(tool: &ListedTool) -> usize {
    let schema = serde_json::to_vec(&tool.input_schema).map_or(MAX_BYTES + 1, |json| json.len());
    tool.description.as_ref().map_or(0, String::len) + schema
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn server(name: &str, profile: Profile) -> ToolServer {
        ToolServer {
            name: name.into(),
            profile,
            prefixed: true,
        }
    }

    fn listed(description: &str) -> Arc<ToolList> {
        let schema = json!({"type": "object", "properties": {"user_id": {"type": "string"}}});
        let tool = ListedTool {
            name: "log".into(),
            description: Some(description.into()),
            input_schema: schema.as_object().cloned().unwrap_or_else(Map::new),
            ..ListedTool::default()
        };
        Arc::new(ToolList {
            tools: vec![tool],
            left_out: vec![],
        })
    }

    #[tokio::test]
    async fn a_catalogue_is_that_of_the_server_its_profile_and_its_listing() {
        let catalogues = Catalogues::default();
        let of = async |name, profile, text| {
            let catalogue = catalogues.of(server(name, profile), listed(text)).await;
            catalogue.expect("a catalogue")
        };
        let first = of("own", Profile::Own, "a").await;
        assert!(Arc::ptr_eq(&first, &of("own", Profile::Own, "a").await));
        for (name, profile, text) in [
            ("other", Profile::Own, "a"),
            ("own", Profile::Foreign, "a"),
            ("own", Profile::Own, "b"),
        ] {
            let another = of(name, profile, text).await;
            assert!(!Arc::ptr_eq(&first, &another), "{name} {profile:?} {text}");
            let schema = another.specs()[0].input_schema.to_string();
            let has_user = schema.contains("user_id");
            assert_eq!(has_user, profile == Profile::Foreign);
        }
    }

    #[tokio::test]
    async fn the_least_recent_ones_and_long_ones_are_not_kept() {
        let catalogues = Catalogues::default();
        let of = async |text: &str| {
            let catalogue = catalogues.of(server("own", Profile::Own), listed(text));
            catalogue.await.expect("a catalogue")
        };
        let (first, second) = (of("0").await, of("1").await);
        for number in 2..=MAX_KEPT {
            assert!(Arc::ptr_eq(&first, &of("0").await));
            of(&number.to_string()).await;
        }
        assert_eq!(catalogues.all().len(), MAX_KEPT);
        assert!(Arc::ptr_eq(&first, &of("0").await));
        assert!(!Arc::ptr_eq(&second, &of("1").await));
        let long = "x".repeat(MAX_BYTES);
        let (first, again) = (of(&long).await, of(&long).await);
        assert!(!Arc::ptr_eq(&first, &again));
        // Nor if the catalogue leaves the long tool out.
        let mut refused = (*listed(&long)).clone();
        refused.tools[0]
            .input_schema
            .insert("oneOf".into(), json!([]));
        let refused = Arc::new(refused);
        let of = async || {
            let catalogue = catalogues.of(server("own", Profile::Own), refused.clone());
            catalogue.await.expect("a catalogue")
        };
        let (first, again) = (of().await, of().await);
        assert!(first.specs().is_empty() && !Arc::ptr_eq(&first, &again));
    }
}
