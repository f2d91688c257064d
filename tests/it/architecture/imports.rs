//! Reads the source of the crate for what each module imports. No parser of Rust: of a file's text it reads the paths that
//! begin with `crate`, `super` or `self`, with their groups, outside test and fuzz modules.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// One source file.
pub(super) struct Module {
    /// Without the crate: `agent::claude`.
    pub(super) path: String,
    pub(super) file: String,
    /// The modules and items of this crate that it names, as full paths.
    pub(super) uses: Vec<String>,
    /// Its production code.
    pub(super) text: String,
}

/// Every production module of the crate. A name that a module re-exports from a child counts as that child's.
pub(super) fn modules() -> Vec<Module> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let mut found: Vec<Module> = files.iter().map(|file| read(&root, file)).collect();
    let mut exported = HashMap::new();
    for module in &found {
        for declared in module.text.split("use ").skip(1) {
            let Some((path, _)) = declared.split_once(';') else {
                continue;
            };
            for leaf in leaves(path) {
                if let Some(name) = leaf.rsplit("::").next()
                    && root.join(file_of(&module.path, &leaf)).exists()
                {
                    exported.insert(join(&module.path, name), join(&module.path, &leaf));
                }
            }
        }
    }
    for module in &mut found {
        for used in &mut module.uses {
            if let Some(child) = exported.get(used) {
                used.clone_from(child);
            }
        }
    }
    assert!(
        found.len() > 100,
        "the source is not where it is looked for"
    );
    found
}

/// Where the child module lies that `leaf`, a path as seen from `module`, begins with.
fn file_of(module: &str, leaf: &str) -> PathBuf {
    let child = leaf.split("::").next().unwrap_or_default();
    PathBuf::from(join(module, child).replace("::", "/")).with_extension("rs")
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if matches!(name, "tests" | "tests.rs" | "fuzz" | "fuzz.rs") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

fn read(root: &Path, file: &Path) -> Module {
    let relative = file.strip_prefix(root).expect("in src").with_extension("");
    let path = relative.to_str().expect("UTF-8").replace('/', "::");
    let text = production(&fs::read_to_string(file).expect("a source file"));
    let parent = path.rsplit_once("::").map_or("", |(parent, _)| parent);
    let mut uses = Vec::new();
    for (prefix, base) in [
        ("crate::", ""),
        ("super::", parent),
        ("self::", path.as_str()),
    ] {
        for (at, _) in text.match_indices(prefix) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let mut rest = &text[at + prefix.len()..];
            let mut base = base;
            while let Some(above) = rest.strip_prefix("super::") {
                base = base.rsplit_once("::").map_or("", |(parent, _)| parent);
                rest = above;
            }
            uses.extend(leaves(rest).into_iter().map(|leaf| join(base, &leaf)));
        }
    }
    Module {
        path,
        file: relative.display().to_string(),
        uses,
        text,
    }
}

/// Comments and test modules removed. (Both by their lines: rustfmt has seen to it that they have their own.)
fn production(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        if line.starts_with("#[cfg(test)]")
            || line.starts_with("#[cfg(any(test, fuzzing))]")
            || line.starts_with("#[cfg(all(test")
        {
            let item = lines.by_ref().find(|line| !line.starts_with("#["));
            if item.is_some_and(|item| item.ends_with('{')) {
                lines.by_ref().find(|line| *line == "}");
            }
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// The paths at the beginning of `text`, of which `{…}` may hold several.
fn leaves(text: &str) -> Vec<String> {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let Some(group) = rest
        .strip_prefix('{')
        .filter(|_| path.is_empty() || path.ends_with("::"))
    else {
        let path = path.trim_end_matches(':');
        return if path.is_empty() {
            vec![]
        } else {
            vec![path.to_owned()]
        };
    };
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let leaf = |leaf: String| match leaf.as_str() {
                    "self" => path.trim_end_matches(':').to_owned(),
                    _ => format!("{path}{leaf}"),
                };
                found.extend(leaves(group[start..at].trim()).into_iter().map(leaf));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}
