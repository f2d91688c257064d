//! Rotation of encryption keys over all stored secrets, also while they change.

use std::collections::BTreeMap;

use jiff::Timestamp;
use prog_strength_agent::{
    config::EncryptionKey,
    runs::{
        model::{NewConnection, UserId},
        rotation::{RotationError, rotate_keys},
        secrets::{KeyRing, Place, kid_of},
        store::{Saved, Store},
    },
};
use secrecy::ExposeSecret;

use super::stores::{both, user};

const FIELD: &str = "headers.authorization";

fn ring(keys: &[(&str, u8)]) -> KeyRing {
    let key = |(id, byte): &(&str, u8)| EncryptionKey::new(id, [*byte; 32]);
    let keys: Vec<_> = keys.iter().map(key).collect();
    KeyRing::new(&keys).expect("keys")
}

fn place<'a>(owner: &'a UserId, name: &'a str) -> Place<'a> {
    Place {
        table: "connection",
        row: name,
        field: FIELD,
        owner: owner.as_str(),
    }
}

/// Stores a connection with one secret; `version` is of the one that it replaces.
async fn save(store: &Store, keys: &KeyRing, owner: &UserId, name: &str, version: Option<i64>) {
    let sealed = keys.seal(&place(owner, name), &format!("secret of {name}"));
    let new = NewConnection {
        name: name.to_owned(),
        url: "https://mcp.example.com/mcp".to_owned(),
        headers: BTreeMap::from([("authorization".to_owned(), sealed)]),
    };
    let saved = store
        .save_connection(owner, &new, version, Timestamp::now())
        .await;
    assert!(matches!(
        saved.expect("stored"),
        Saved::Done(_) | Saved::Changed
    ));
}

#[tokio::test]
async fn every_secret_has_the_first_key_afterwards_and_opens_as_before() {
    for db in both().await {
        let old = ring(&[("old", 1)]);
        for owner in 0..20 {
            let owner = user(&format!("user-{owner}"));
            for name in ["a", "b", "c"] {
                save(&db.store, &old, &owner, name, None).await;
            }
        }
        let both = ring(&[("new", 2), ("old", 1)]);
        assert_eq!(
            rotate_keys(&db.store, &both).await.expect("rotated"),
            60,
            "{}",
            db.name
        );
        assert_eq!(rotate_keys(&db.store, &both).await.expect("rotated"), 0);
        let (new, owner) = (ring(&[("new", 2)]), user("user-7"));
        for connection in db.store.connections(&owner).await.expect("read") {
            let sealed = &connection.headers["authorization"];
            assert_eq!(kid_of(sealed), Some("new"));
            let secret = new
                .open(&place(&owner, &connection.name), sealed)
                .expect("opens");
            assert_eq!(
                secret.expose_secret(),
                format!("secret of {}", connection.name)
            );
        }
        let lost = rotate_keys(&db.store, &ring(&[("other", 3)])).await;
        assert!(matches!(lost, Err(RotationError::Key(key)) if key == "new"));
    }
}

#[tokio::test]
async fn secrets_that_change_meanwhile_are_not_overwritten() {
    for db in both().await {
        let (old, both_keys) = (ring(&[("old", 1)]), ring(&[("new", 2), ("old", 1)]));
        let owners: Vec<_> = (0..10)
            .map(|number| user(&format!("user-{number}")))
            .collect();
        for owner in &owners {
            save(&db.store, &old, owner, "a", None).await;
        }
        let changing = async {
            for owner in owners.iter().cycle().take(100) {
                let found = db.store.connection(owner, "a").await.expect("read");
                let version = found.expect("stored").version;
                save(&db.store, &both_keys, owner, "a", Some(version)).await;
            }
        };
        let ((), rotated) = tokio::join!(changing, rotate_keys(&db.store, &both_keys));
        rotated.expect("rotated");
        for owner in &owners {
            let found = db.store.connection(owner, "a").await.expect("read");
            let sealed = &found.expect("stored").headers["authorization"];
            let secret = both_keys.open(&place(owner, "a"), sealed).expect("opens");
            assert_eq!(
                (kid_of(sealed), secret.expose_secret()),
                (Some("new"), "secret of a")
            );
        }
    }
}
