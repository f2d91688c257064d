//! Secrets at rest: AES-256-GCM-SIV with a ring of keys.
