//! Stored connections, and the change of keys.

use std::{collections::BTreeMap, pin::pin};

use futures_util::TryStreamExt;
use prog_strength_agent::runs::{
    model::{InlineConnection, NewConnection, NewSkill, Overlap, SkillId},
    store::Saved,
};

use super::{
    skills::schedule,
    world::{World, at, on_both, run, user},
};

fn connection(name: &str, secret: &str) -> NewConnection {
    NewConnection {
        name: name.to_owned(),
        url: "https://example.com/mcp".to_owned(),
        headers: BTreeMap::from([("authorization".to_owned(), secret.to_owned())]),
    }
}

on_both!(
    a_connection_is_stored_changed_and_deleted,
    async |world: World| {
        let (store, ann) = (&world.store, user("ann"));
        let new = connection("files", "v1.k.one");
        let Saved::Done(first) = store
            .save_connection(&ann, &new, None, at(0))
            .await
            .unwrap()
        else {
            panic!("not new")
        };
        assert_eq!(
            (&first.name, &first.url, &first.headers),
            (&new.name, &new.url, &new.headers)
        );
        assert_eq!(
            store
                .save_connection(&ann, &new, None, at(1))
                .await
                .unwrap(),
            Saved::Changed
        );
        let second = connection("files", "v1.k.two");
        let Saved::Done(changed) = store
            .save_connection(&ann, &second, Some(first.version), at(1))
            .await
            .unwrap()
        else {
            panic!("changed")
        };
        assert_eq!(
            (&changed.headers, changed.created_at, changed.updated_at),
            (&second.headers, at(0), at(1))
        );
        let stale = store
            .save_connection(&ann, &new, Some(first.version), at(2))
            .await
            .unwrap();
        assert_eq!(stale, Saved::Changed);
        let bob = user("bob");
        assert_eq!(
            store
                .save_connection(&bob, &new, Some(1), at(2))
                .await
                .unwrap(),
            Saved::Gone
        );
        assert_eq!(store.connection(&bob, "files").await.unwrap(), None);
        assert!(!store.delete_connection(&bob, "files").await.unwrap());
        store
            .save_connection(&ann, &connection("box", "x"), None, at(3))
            .await
            .unwrap();
        let names: Vec<String> = store
            .connections(&ann)
            .await
            .unwrap()
            .into_iter()
            .map(|c| c.name)
            .collect();
        assert_eq!(names, ["box", "files"]);
        assert_eq!(
            store.connection(&ann, "files").await.unwrap(),
            Some(changed)
        );
        assert!(store.delete_connection(&ann, "files").await.unwrap());
        assert!(!store.delete_connection(&ann, "files").await.unwrap());
        for odd in ["files", "", "\0"] {
            assert_eq!(store.connection(&ann, odd).await.unwrap(), None);
        }
    }
);

on_both!(
    every_sealed_value_is_found_and_resealed_once,
    async |world: World| {
        let (store, ann) = (&world.store, user("ann"));
        store
            .save_connection(&ann, &connection("files", "old-1"), None, at(0))
            .await
            .unwrap();
        store
            .save_connection(
                &ann,
                &NewConnection {
                    headers: BTreeMap::new(),
                    ..connection("open", "")
                },
                None,
                at(0),
            )
            .await
            .unwrap();
        let skill = NewSkill {
            id: SkillId::new(),
            secret: Some("old-2".to_owned()),
            ..schedule(Overlap::Skip)
        };
        store
            .create_skill(&ann, skill.clone(), at(0))
            .await
            .unwrap();
        let mut new = run();
        let headers = BTreeMap::from([
            ("a".to_owned(), "old-3".to_owned()),
            ("b".to_owned(), "old-4".to_owned()),
        ]);
        new.input.inline_connections.insert(
            "own".to_owned(),
            InlineConnection {
                url: "https://example.com/".to_owned(),
                headers,
            },
        );
        let made = world.create("bob", new, at(0)).await;
        let mut places = Vec::new();
        // One at a time, as a long list would be read.
        let mut owners = pin!(store.owners(1));
        while let Some(owner) = owners.try_next().await.unwrap() {
            for mut row in store.sealed_rows(&owner).await.unwrap() {
                let before = row.clone();
                for (field, value) in &mut row.values {
                    places.push((
                        row.table,
                        row.id.clone(),
                        row.owner.as_str().to_owned(),
                        field.clone(),
                        value.clone(),
                    ));
                    *value = value.replace("old", "new");
                }
                assert!(store.reseal(&row).await.unwrap());
                // What was read before is outdated.
                assert!(!store.reseal(&before).await.unwrap());
            }
        }
        places.sort();
        let place = |table: &'static str, id: String, owner: &str, field: &str, value: &str| {
            (
                table,
                id,
                owner.to_owned(),
                field.to_owned(),
                value.to_owned(),
            )
        };
        assert_eq!(
            places,
            [
                place(
                    "connection",
                    "files".to_owned(),
                    "ann",
                    "headers.authorization",
                    "old-1"
                ),
                place("run", made.id.to_string(), "bob", "inline.own.a", "old-3"),
                place("run", made.id.to_string(), "bob", "inline.own.b", "old-4"),
                place("skill", skill.id.to_string(), "ann", "secret", "old-2"),
            ]
        );
        let files = store.connection(&ann, "files").await.unwrap().unwrap();
        // Who has read the old value may not write it back.
        assert_eq!(
            (files.headers["authorization"].as_str(), files.version),
            ("new-1", 2)
        );
        assert_eq!(
            store
                .skill(&ann, skill.id)
                .await
                .unwrap()
                .unwrap()
                .secret
                .as_deref(),
            Some("new-2")
        );
        let input = store.input(&made.owner, made.id).await.unwrap().unwrap();
        let own = &input.inline_connections["own"];
        assert_eq!(
            (
                own.headers["a"].as_str(),
                own.headers["b"].as_str(),
                own.url.as_str()
            ),
            ("new-3", "new-4", "https://example.com/")
        );
    }
);
