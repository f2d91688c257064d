//! The module map of `ARCHITECTURE.md`, checked against the source: which system may use which, and no cycle between the
//! modules of one folder.

mod imports;

use std::collections::{BTreeMap, BTreeSet};

use imports::{Module, modules};

/// What each top-level module may use beside itself. What is not named here may use nothing.
const MAY_USE: [(&str, &[&str]); 12] = [
    (
        "cli",
        &[
            "config", "agent", "workout", "runs", "dev", "auth", "http", "upstream", "database",
            "process",
        ],
    ),
    (
        "dev",
        &[
            "config", "agent", "workout", "runs", "auth", "http", "upstream", "database", "process",
        ],
    ),
    (
        "agent",
        &["config", "auth", "http", "upstream", "process", "telemetry"],
    ),
    (
        "runs",
        &[
            "agent",
            "config",
            "auth",
            "http",
            "upstream",
            "database",
            "process",
            "telemetry",
        ],
    ),
    (
        "workout",
        &[
            "config",
            "auth",
            "http",
            "upstream",
            "database",
            "process",
            "telemetry",
        ],
    ),
    (
        "config",
        &["auth", "http", "upstream", "process", "telemetry"],
    ),
    ("auth", &["upstream", "process"]),
    ("http", &["process", "telemetry"]),
    ("database", &["auth"]),
    ("upstream", &[]),
    ("process", &[]),
    ("telemetry", &["upstream"]),
];

/// From, to, and the file that says so.
type Arrow = (String, String, String);

/// The arrows between the modules directly inside `folder` (`""` for the crate).
fn arrows(all: &[Module], folder: &str) -> BTreeSet<Arrow> {
    let child = |path: &str| {
        let rest = path.strip_prefix(folder)?.trim_start_matches("::");
        rest.split("::")
            .next()
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
    };
    let mut found = BTreeSet::new();
    for module in all.iter().filter(|module| inside(&module.path, folder)) {
        for used in module.uses.iter().filter(|used| inside(used, folder)) {
            if let (Some(from), Some(to)) = (child(&module.path), child(used))
                && from != to
            {
                found.insert((from, to, module.file.clone()));
            }
        }
    }
    found
}

fn inside(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with("::"))
}

#[test]
fn systems_use_only_what_the_map_allows() {
    let all = modules();
    let allowed: BTreeMap<_, _> = MAY_USE.into_iter().collect();
    let forbidden: Vec<Arrow> = arrows(&all, "")
        .into_iter()
        .filter(|(_, to, _)| allowed.contains_key(to.as_str()))
        .filter(|(from, ..)| !["lib", "main", "fuzz"].contains(&from.as_str()))
        .filter(|(from, to, _)| {
            !allowed
                .get(from.as_str())
                .is_some_and(|may| may.contains(&to.as_str()))
        })
        .collect();
    assert_eq!(forbidden, [], "not an arrow of ARCHITECTURE.md");
}

#[test]
fn below_the_turn_nothing_knows_the_http_face() {
    let all = modules();
    let below: Vec<_> = all
        .iter()
        .filter(|module| inside(&module.path, "agent"))
        .filter(|module| !format!("{}::", module.path).starts_with("agent::http::"))
        .collect();
    let forbidden: Vec<_> = below
        .iter()
        .flat_map(|module| module.uses.iter().map(move |used| (&module.file, used)))
        .filter(|(_, used)| used.starts_with("agent::http::") || used.starts_with("http::"))
        .collect();
    assert!(forbidden.is_empty(), "{forbidden:?}");
    let with_axum: Vec<_> = below
        .iter()
        .filter(|module| module.text.contains("axum"))
        .map(|module| &module.file)
        .collect();
    assert!(with_axum.is_empty(), "{with_axum:?}");
}

#[test]
fn no_folder_has_a_cycle_between_its_modules() {
    let all = modules();
    let mut folders: BTreeSet<&str> = all
        .iter()
        .filter_map(|module| Some(module.path.rsplit_once("::")?.0))
        .collect();
    folders.insert("");
    for folder in folders {
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to, _) in arrows(&all, folder) {
            edges.entry(from).or_default().insert(to);
        }
        while let Some(leaf) = edges
            .iter()
            .find(|(_, to)| to.iter().all(|to| !edges.contains_key(to)))
        {
            let leaf = leaf.0.clone();
            edges.remove(&leaf);
        }
        assert!(edges.is_empty(), "a cycle in `{folder}` among {edges:?}");
    }
}

#[test]
fn every_function_of_the_walks_exists() {
    let quoted: Vec<&str> = include_str!("../../ARCHITECTURE.md")
        .split('`')
        .skip(1)
        .step_by(2)
        .collect();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut steps, mut missing) = (0, Vec::new());
    for pair in quoted.windows(2) {
        let [file, function] = pair else { continue };
        let is_step = file.starts_with("src/")
            && file.contains(".rs")
            && function
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'_');
        if is_step {
            steps += 1;
            let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            if !text.contains(&format!("fn {function}")) {
                missing.push(format!("{file} {function}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(steps > 15, "{steps} steps");
}
