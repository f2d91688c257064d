//! The requests to Supabase Storage.

use super::{
    server::{Got, Server},
    *,
};

async fn store(server: &Server) -> FileStore {
    let url = server.url.join("sub/").unwrap();
    let location = Location::supabase(&url, SecretString::from("service-key"), "agent-files");
    FileStore::open(location.unwrap()).await.unwrap()
}

const PATH: &str = "agent-files/runs/01920000-0000-7000-8000-000000000001/1-";

fn answer(got: &Got) -> (u16, String) {
    let signed = format!(r#"{{"signedURL":"/object/sign/{PATH}a.md?token=a.b.c"}}"#);
    match &got.line {
        line if line.contains("/object/sign/") => (200, signed),
        line if line.starts_with("DELETE") => (200, "[]".to_owned()),
        _ => (200, r#"{"Key":"x"}"#.to_owned()),
    }
}

#[tokio::test]
async fn files_are_stored_signed_and_removed() {
    let server = Server::start(answer).await;
    let store = store(&server).await;
    store
        .put(&key("a.md"), text("a.md", "content"))
        .await
        .unwrap();
    let file = StoredFile {
        key: &key("a.md"),
        name: "x/ä b.md",
        content_type: "text/markdown",
    };
    let url = store.signed_url(&file, &base(), HOUR).await.unwrap();
    let expected = format!(
        "{}sub/storage/v1/object/sign/{PATH}a.md?token=a.b.c&download=%C3%A4+b.md",
        server.url
    );
    assert_eq!(url.as_str(), expected);
    store.delete(&[key("a.md"), key("b.md")]).await.unwrap();
    let lines = [
        format!("POST /sub/storage/v1/object/{PATH}a.md"),
        format!("POST /sub/storage/v1/object/sign/{PATH}a.md"),
        "DELETE /sub/storage/v1/object/agent-files".to_owned(),
    ];
    assert_eq!(server.lines(), lines);
    let got = server.got();
    for got in &got {
        assert_eq!(got.header("authorization"), "Bearer service-key");
        assert_eq!(got.header("apikey"), "service-key");
    }
    assert_eq!(
        (got[0].body.as_ref(), got[0].header("content-length")),
        (&b"content"[..], "7")
    );
    assert_eq!(got[0].header("x-upsert"), "true");
    assert_eq!(
        got[0].header("content-type"),
        "text/markdown; charset=utf-8"
    );
    assert_eq!(got[1].body, r#"{"expiresIn":3600}"#);
    let prefix = PATH.trim_start_matches("agent-files/");
    assert_eq!(
        got[2].body,
        format!(r#"{{"prefixes":["{prefix}a.md","{prefix}b.md"]}}"#)
    );
}

#[tokio::test]
async fn a_folder_is_listed_until_it_is_empty() {
    let left = std::sync::atomic::AtomicUsize::new(130);
    let server = Server::start(move |got| match &got.line {
        line if line.starts_with("DELETE") => {
            let body: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
            let deleted = body["prefixes"].as_array().unwrap().len();
            left.fetch_sub(deleted, std::sync::atomic::Ordering::SeqCst);
            (200, "[]".to_owned())
        }
        _ => {
            let left = left.load(std::sync::atomic::Ordering::SeqCst).min(100);
            let names: Vec<_> = (1..=left)
                .map(|n| format!(r#"{{"name":"{n}-a"}}"#))
                .collect();
            (200, format!("[{}]", names.join(",")))
        }
    });
    let server = server.await;
    let store = store(&server).await;
    store.delete_run(key("a").execution_id()).await.unwrap();
    let (list, delete) = (
        "POST /sub/storage/v1/object/list/agent-files",
        "DELETE /sub/storage/v1/object/agent-files",
    );
    assert_eq!(server.lines(), [list, delete, list, delete]);
    let body: serde_json::Value = serde_json::from_slice(&server.got()[0].body).unwrap();
    assert_eq!(body["prefix"], "runs/01920000-0000-7000-8000-000000000001");
}

#[tokio::test]
async fn large_and_empty_files_have_their_length() {
    let server = Server::start(answer).await;
    let store = store(&server).await;
    let upload = large(1_000_001);
    store.put(&key("large.txt"), upload.clone()).await.unwrap();
    store.put(&key("empty"), text("empty", "")).await.unwrap();
    let got = server.got();
    assert_eq!(
        Upload::from_bytes("large.txt", got[0].body.clone()).sha256,
        upload.sha256
    );
    assert_eq!(got[0].header("content-length"), "1000001");
    assert!(got[0].header("transfer-encoding").is_empty());
    assert_eq!(got[1].header("content-length"), "0");
}

#[tokio::test]
async fn answers_decide_which_error_it_is() {
    for (status, body, expected) in [
        (403, "", "the file store refused the request"),
        (
            400,
            r#"{"statusCode":"404","error":"Bucket not found"}"#,
            "the file store refused the request",
        ),
        (413, "", "the file is too large for the file store"),
        (
            400,
            r#"{"statusCode":"413","error":"Payload too large"}"#,
            "the file is too large for the file store",
        ),
        (429, "", "the file store cannot be used at present"),
        (500, "", "the file store cannot be used at present"),
    ] {
        let server = Server::start(move |_| (status, body.to_owned())).await;
        let error = store(&server)
            .await
            .put(&key("a"), text("a", "x"))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), expected, "{status} {body}: {error:?}");
    }
}

#[tokio::test]
async fn server_that_is_not_there_is_unavailable() {
    let store = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let url = Url::parse(&format!("http://{address}")).unwrap();
        let location = Location::supabase(&url, SecretString::from("service-key"), "b").unwrap();
        FileStore::open(location).await.unwrap()
    };
    let error = store.put(&key("a"), text("a", "x")).await.unwrap_err();
    assert!(matches!(error, FileError::Unavailable(_)));
    assert!(!format!("{error:?} {store:?}").contains("service-key"));
}

#[tokio::test]
async fn answers_are_mended_and_a_compressed_one_is_named() {
    let file = StoredFile {
        key: &key("a.md"),
        name: "a.md",
        content_type: "text/markdown",
    };
    let signed = format!(r#"{{"\ud83d":"\ude00","signedURL":"/object/sign/{PATH}a.md?token=a"}}"#);
    let server = Server::start(move |_| (200, signed.clone())).await;
    let url = store(&server).await.signed_url(&file, &base(), HOUR).await;
    assert!(url.unwrap().as_str().ends_with("?token=a&download=a.md"));
    for status in [200, 400] {
        let server = Server::coded("gzip", status).await;
        let store = store(&server).await;
        let error = store.signed_url(&file, &base(), HOUR).await.unwrap_err();
        let shown = format!("{error:?}");
        assert!(matches!(error, FileError::Refused(_)), "{shown}");
        assert!(shown.contains("gzip"), "{shown}");
        // Nothing of the answer is needed.
        let put = store.put(&key("a.md"), text("a.md", "x")).await;
        assert_eq!(put.is_ok(), status == 200, "{status}");
        assert_eq!(server.got()[0].header("accept-encoding"), "identity");
    }
}
