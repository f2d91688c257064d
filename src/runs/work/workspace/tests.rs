mod replay;

use std::{
    fs,
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
};

use serde_json::json;
use tempfile::TempDir;

use super::*;
use WorkspaceTool::{EditFile, ListFiles, ReadFile, WriteFile};

/// A workspace in a folder of its own.
struct Fixture {
    workspace: Workspace,
    folder: TempDir,
}

fn fixture(limits: Limits) -> Fixture {
    let folder = TempDir::new().unwrap();
    let workspace = Workspace::create(&folder.path().join("runs/a"), limits).unwrap();
    Fixture { workspace, folder }
}

fn usual() -> Fixture {
    fixture(Limits::of_file_size(1000))
}

impl Fixture {
    fn run(&self, tool: WorkspaceTool, input: &serde_json::Value) -> Result<String, String> {
        self.workspace.run(tool, &input.to_string())
    }

    fn ok(&self, tool: WorkspaceTool, input: &serde_json::Value) -> String {
        let result = self.run(tool, input);
        result.unwrap_or_else(|error| panic!("{input}: {error}"))
    }

    fn error(&self, tool: WorkspaceTool, input: &serde_json::Value) -> String {
        let result = self.run(tool, input);
        result.expect_err(&input.to_string())
    }

    fn write(&self, path: &str, content: &str) {
        self.ok(WriteFile, &json!({"path": path, "content": content}));
    }

    fn read(&self, path: &str) -> String {
        self.ok(ReadFile, &json!({"path": path}))
    }

    fn names(&self) -> Vec<String> {
        let listing = self.workspace.files().unwrap();
        listing.files.into_iter().map(|file| file.name).collect()
    }

    /// Puts a file there as a server of the run does.
    fn put(&self, path: &str, content: &[u8]) {
        let path = self.workspace.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

#[test]
fn files_are_written_edited_read_and_listed() {
    let it = usual();
    assert_eq!(it.ok(ListFiles, &json!({})), "The workspace is empty.");
    let wrote = it.ok(
        WriteFile,
        &json!({"path": "./plots/a.md", "content": "one two"}),
    );
    assert_eq!(wrote, "Wrote plots/a.md (7 bytes).");
    it.ok(
        EditFile,
        &json!({"path": "plots/a.md", "old_text": "two", "new_text": "2"}),
    );
    assert_eq!(it.read("plots/a.md"), "one 2");
    it.ok(
        WriteFile,
        &json!({"path": "b.bin", "content": "/wD/\n", "encoding": "base64"}),
    );
    assert_eq!(it.read("b.bin"), "[Not UTF-8 text; as base64:]\n/wD/");
    assert_eq!(
        it.ok(ListFiles, &json!({})),
        "b.bin (3 bytes)\nplots/a.md (5 bytes)\n"
    );
    let half = r#"{"path": "c", "content": "\ud83d!", "encoding": null}"#;
    it.workspace.run(WriteFile, half).unwrap();
    assert_eq!(it.read("c"), "\u{fffd}!");
}

#[test]
fn edits_need_exactly_one_place() {
    let it = usual();
    it.write("a", "aaa b");
    let edit = |old: &str| json!({"path": "a", "old_text": old, "new_text": "x"});
    assert!(it.error(EditFile, &edit("c")).contains("not in a"));
    assert!(it.error(EditFile, &edit("a")).contains("more than once"));
    // Twice, overlapping.
    assert!(it.error(EditFile, &edit("aa")).contains("more than once"));
    assert!(it.error(EditFile, &edit("")).contains("empty"));
    it.ok(EditFile, &edit("aaa"));
    assert_eq!(it.read("a"), "x b");
    it.put("b", b"\xff");
    let binary = json!({"path": "b", "old_text": "x", "new_text": "y"});
    assert!(it.error(EditFile, &binary).contains("not UTF-8"));
    it.put("c", &[b'x'; 1001]);
    let large = json!({"path": "c", "old_text": "x", "new_text": "y"});
    assert!(it.error(EditFile, &large).contains("too large"));
    assert_eq!(fs::read(it.workspace.path().join("c")).unwrap().len(), 1001);
}

#[test]
fn invalid_inputs_are_explained() {
    let it = usual();
    assert!(
        it.error(WriteFile, &json!({"path": "a"}))
            .contains("content")
    );
    assert!(it.error(ListFiles, &json!({"path": "a"})).contains("path"));
    let encoding = json!({"path": "a", "content": "x", "encoding": "hex"});
    assert!(it.error(WriteFile, &encoding).contains("hex"));
    let base64 = json!({"path": "a", "content": "?", "encoding": "base64"});
    assert!(it.error(WriteFile, &base64).contains("base64"));
    assert!(
        it.error(ReadFile, &json!({"path": "../a"}))
            .contains("not allowed")
    );
    assert!(
        it.error(ReadFile, &json!({"path": "a"}))
            .contains("list_files")
    );
    it.workspace.run(ReadFile, "{").unwrap_err();
    it.write("a", "x");
    assert!(
        it.error(WriteFile, &json!({"path": "a/b", "content": ""}))
            .contains("not a folder")
    );
    it.write("d/e", "x");
    assert!(
        it.error(WriteFile, &json!({"path": "d", "content": ""}))
            .contains("folder")
    );
    assert!(it.error(ReadFile, &json!({"path": "d"})).contains("d is"));
    assert_eq!(it.names(), ["a", "d/e"]);
}

#[test]
fn links_out_of_the_workspace_are_neither_read_nor_written() {
    let it = usual();
    let outside = it.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "s3cr3t").unwrap();
    symlink(outside.join("secret"), it.workspace.path().join("file")).unwrap();
    symlink("../../outside/secret", it.workspace.path().join("relative")).unwrap();
    symlink(&outside, it.workspace.path().join("folder")).unwrap();
    for path in ["file", "relative", "folder/secret"] {
        let text = it.error(ReadFile, &json!({"path": path}));
        assert!(
            text.contains("no regular file") && !text.contains("s3cr3t"),
            "{text}"
        );
    }
    it.error(WriteFile, &json!({"path": "folder/new", "content": "x"}));
    it.error(
        EditFile,
        &json!({"path": "file", "old_text": "s3cr3t", "new_text": "x"}),
    );
    assert_eq!(it.names(), [""; 0]);
    // A link is replaced by the file.
    it.write("file", "mine");
    assert_eq!(it.names(), ["file"]);
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"s3cr3t");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn limits_hold_for_files_count_and_total() {
    let it = fixture(Limits {
        file_bytes: 10,
        files: 3,
        total_bytes: 15,
    });
    let write = |path: &str, length: usize| json!({"path": path, "content": "x".repeat(length)});
    assert!(it.error(WriteFile, &write("a", 11)).contains("at most 10"));
    it.ok(WriteFile, &write("a", 10));
    assert!(
        it.error(WriteFile, &write("b", 6))
            .contains("larger than 15")
    );
    it.ok(WriteFile, &write("b", 5));
    // What is replaced does not count.
    it.ok(WriteFile, &write("a", 9));
    it.ok(WriteFile, &write("c", 0));
    assert!(it.error(WriteFile, &write("d", 0)).contains("3 files"));
    let grow = json!({"path": "b", "old_text": "xxxxx", "new_text": "xxxxxxx"});
    assert!(it.error(EditFile, &grow).contains("larger than 15"));
    assert_eq!(it.read("b"), "xxxxx");
}

#[test]
fn listing_marks_what_is_over_the_limits() {
    let it = fixture(Limits {
        file_bytes: 10,
        files: 4,
        total_bytes: 15,
    });
    for (name, length) in [("a", 10), ("b", 11), ("c", 6), ("d", 5), ("e", 0)] {
        it.put(name, &vec![b'x'; length]);
    }
    let listing = it.workspace.files().unwrap();
    let problems: Vec<_> = listing
        .files
        .iter()
        .map(|file| (file.name.as_str(), file.problem.is_some()))
        .collect();
    assert_eq!(
        problems,
        [("a", false), ("b", true), ("c", true), ("d", false)]
    );
    assert_eq!(listing.left_out, 1);
}

#[test]
fn only_visible_regular_files_are_listed_and_opened() {
    let it = usual();
    it.put("b/c.txt", b"content");
    it.put("a\nb", b"");
    it.put(".cache/x", b"");
    it.put(".profile", b"");
    let pipe = it.workspace.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    symlink("b/c.txt", it.workspace.path().join("link")).unwrap();
    assert_eq!(it.names(), ["a_b", "b/c.txt"]);
    assert!(
        it.error(ReadFile, &json!({"path": "pipe"}))
            .contains("no regular file")
    );
    let files = it.workspace.files().unwrap().files;
    let mut text = String::new();
    it.workspace
        .open(&files[1])
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!((text.as_str(), files[1].size), ("content", 7));
    it.workspace.open(&files[0]).unwrap();
    // Something else takes its place.
    let path = it.workspace.path().join("b/c.txt");
    fs::remove_file(&path).unwrap();
    symlink("/etc/passwd", &path).unwrap();
    it.workspace.open(&files[1]).unwrap_err();
}

#[test]
fn long_files_are_shown_in_part() {
    let it = fixture(Limits::of_file_size(1 << 20));
    let limit = 256 * 1024;
    it.write("text", &("x".repeat(limit - 1) + "éé"));
    let shown = it.read("text");
    let (text, note) = shown.rsplit_once('\n').unwrap();
    assert_eq!(
        (text.len(), note),
        (limit - 1, "[The first 262143 of 262147 bytes.]")
    );
    it.put("binary", &vec![0xff; limit + 1]);
    let shown = it.read("binary");
    assert!(
        shown.starts_with("[Not UTF-8") && shown.ends_with("[The first 262144 of 262145 bytes.]")
    );
}

#[test]
fn folder_is_private_emptied_at_creation_and_removed() {
    let it = usual();
    let path = it.workspace.path().to_owned();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    it.put("cache/pkg/x", b"");
    let locked = fs::Permissions::from_mode(0o500);
    fs::set_permissions(path.join("cache/pkg"), locked.clone()).unwrap();
    let again = Workspace::create(&path, Limits::of_file_size(1)).unwrap();
    assert_eq!(again.files().unwrap().files, []);
    fs::create_dir(path.join("locked")).unwrap();
    fs::set_permissions(path.join("locked"), locked).unwrap();
    drop(again);
    remove_folder(&path).unwrap();
    assert!(!path.exists());
    // A link in its place is removed, not followed.
    let kept = it.folder.path().join("kept");
    fs::create_dir(&kept).unwrap();
    fs::write(kept.join("x"), "").unwrap();
    symlink(&kept, &path).unwrap();
    Workspace::create(&path, Limits::of_file_size(1)).unwrap();
    assert!(kept.join("x").exists() && !path.join("x").exists());
}

#[test]
fn calls_on_many_threads_keep_the_limits() {
    let it = fixture(Limits {
        file_bytes: 10,
        files: 5,
        total_bytes: 50,
    });
    let written = std::thread::scope(|scope| {
        let write = |n: usize| {
            let input = json!({"path": format!("{n}"), "content": "x"}).to_string();
            it.workspace.run(WriteFile, &input).is_ok()
        };
        let threads: Vec<_> = (0..20).map(|n| scope.spawn(move || write(n))).collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .filter(|ok| *ok)
            .count()
    });
    assert_eq!((written, it.names().len()), (5, 5));
}
