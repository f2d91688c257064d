//! A workspace that is built anew from the calls of another holds the same files.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn call() -> impl Strategy<Value = (WorkspaceTool, String)> {
    let path = prop_oneof![
        Just("a"),
        Just("b"),
        Just("d/a"),
        Just("d"),
        Just("d/e/f"),
        Just("../x"),
        Just(".h"),
        Just("./a")
    ];
    let text = "[xy]{0,4}";
    let write = (
        path.clone(),
        text,
        prop_oneof![Just("utf-8"), Just("base64")],
    )
        .prop_map(|(path, content, encoding)| {
            let content = if encoding == "base64" {
                content.replace('y', "+/8=")
            } else {
                content
            };
            (
                WriteFile,
                json!({"path": path, "content": content, "encoding": encoding}),
            )
        });
    let edit = (path.clone(), "[xy]{0,2}", text).prop_map(|(path, old, new)| {
        (
            EditFile,
            json!({"path": path, "old_text": old, "new_text": new}),
        )
    });
    let read = path.prop_map(|path| (ReadFile, json!({"path": path})));
    let any = prop_oneof![4 => write, 4 => edit, 1 => read, 1 => Just((ListFiles, json!({})))];
    any.prop_map(|(tool, input)| (tool, input.to_string()))
}

fn contents(workspace: &Workspace) -> BTreeMap<String, Vec<u8>> {
    let read = |file: WorkspaceFile| {
        let mut content = Vec::new();
        workspace
            .open(&file)
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
        (file.name, content)
    };
    workspace
        .files()
        .unwrap()
        .files
        .into_iter()
        .map(read)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn successful_changes_repeated_in_order_give_the_same_files(calls in prop::collection::vec(call(), 0..40)) {
        let limits = Limits { file_bytes: 6, files: 3, total_bytes: 12 };
        let first = fixture(limits);
        let mut journal = Vec::new();
        for (tool, input) in calls {
            let outcome = first.workspace.run(tool, &input);
            if tool.changes_files() && outcome.is_ok() {
                journal.push((tool, input, outcome));
            }
        }
        let second = fixture(limits);
        for (tool, input, outcome) in journal {
            prop_assert_eq!(second.workspace.run(tool, &input), outcome);
        }
        prop_assert_eq!(contents(&second.workspace), contents(&first.workspace));
        prop_assert!(!first.folder.path().join("runs/x").exists());
    }
}
