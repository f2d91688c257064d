//! The requests to a server that speaks S3. Real servers: `tests/interop`.

use super::{
    server::{Got, Server},
    *,
};

async fn store(server: &Server) -> FileStore {
    let variables = [
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        (
            "AWS_ENDPOINT_URL",
            server.url.as_str().trim_end_matches('/'),
        ),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let location = Location::parse("s3://bucket/some/prefix", variables).unwrap();
    FileStore::open(location).await.unwrap()
}

fn answer(got: &Got) -> (u16, String) {
    let begun =
        "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>";
    let ended = "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>";
    match &got.line {
        line if line.starts_with("DELETE") => (204, String::new()),
        line if line.contains("?uploads") => (200, begun.to_owned()),
        line if line.starts_with("POST") => (200, ended.to_owned()),
        _ => (200, String::new()),
    }
}

const PATH: &str = "/bucket/some/prefix/runs/01920000-0000-7000-8000-000000000001/1-";

#[tokio::test]
async fn small_files_are_one_request_with_type_and_name() {
    let server = Server::start(answer).await;
    let store = store(&server).await;
    store
        .put(&key("ä.md"), text("x/ä.md", "content"))
        .await
        .unwrap();
    let put = &server.got()[0];
    assert_eq!(put.line, format!("PUT {PATH}_.md"));
    assert_eq!(put.body, "content");
    assert_eq!(put.header("content-type"), "text/markdown; charset=utf-8");
    let disposition = "attachment; filename=\"_.md\"; filename*=UTF-8''%C3%A4.md";
    assert_eq!(put.header("content-disposition"), disposition);
    assert!(put.header("authorization").starts_with("AWS4-HMAC-SHA256"));
    assert_eq!(put.header("accept-encoding"), "identity");
    store.put(&key("b"), text("b", "")).await.unwrap();
    store.delete(&[key("b")]).await.unwrap();
    assert_eq!(server.lines()[2], format!("DELETE {PATH}b"));
}

#[tokio::test]
async fn large_files_are_sent_in_parts() {
    let server = Server::start(answer).await;
    let store = store(&server).await;
    store
        .put(&key("large.txt"), large((20 << 20) + 1))
        .await
        .unwrap();
    let got = server.got();
    let parts: Vec<_> = got
        .iter()
        .map(|got| (got.body.len(), got.body.first().copied()))
        .collect();
    assert_eq!(
        parts[1..4],
        [
            (8 << 20, Some(b'0')),
            (8 << 20, Some(b'1')),
            ((4 << 20) + 1, Some(b'2'))
        ]
    );
    assert_eq!(got[0].line, format!("POST {PATH}large.txt?uploads="));
    assert_eq!(got[0].header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(got.len(), 5);
}

#[tokio::test]
async fn failed_parts_are_given_up() {
    let server = Server::start(|got| match got.line.as_str() {
        line if line.contains("partNumber=2") => (403, "<Error/>".to_owned()),
        _ => answer(got),
    })
    .await;
    let result = store(&server)
        .await
        .put(&key("large.txt"), large(9 << 20))
        .await;
    assert!(matches!(result, Err(FileError::Refused(_))), "{result:?}");
    assert_eq!(
        server.lines().last().unwrap(),
        &format!("DELETE {PATH}large.txt?uploadId=u1")
    );
}

#[tokio::test]
async fn answers_decide_which_error_it_is() {
    for (status, expected) in [
        (403, "the file store refused the request"),
        (404, "the file store refused the request"),
        (413, "the file is too large for the file store"),
        (400, "the file store cannot be used at present"),
    ] {
        let server = Server::start(move |_| (status, "<Error/>".to_owned())).await;
        let store = store(&server).await;
        let error = store.put(&key("a"), text("a", "x")).await.unwrap_err();
        assert_eq!(error.to_string(), expected, "{status}: {error:?}");
    }
    // What is not there is removed.
    let server = Server::start(|_| (404, "<Error/>".to_owned())).await;
    store(&server).await.delete(&[key("a")]).await.unwrap();
}

#[tokio::test]
async fn the_objects_of_a_run_are_listed_page_by_page_and_removed() {
    const FOLDER: &str = "some/prefix/runs/01920000-0000-7000-8000-000000000001/";
    let listing = |names: [&str; 2], next: &str| {
        let object = |name: &str| {
            format!(
                "<Contents><Key>{FOLDER}{name}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>x</ETag><Size>1</Size></Contents>"
            )
        };
        let objects = names.map(object).concat();
        format!("<ListBucketResult>{objects}{next}</ListBucketResult>")
    };
    let server = Server::start(move |got| match got.line.as_str() {
        line if line.starts_with("GET") && line.contains("continuation-token=") => {
            (200, listing(["3-c", "unnamed"], ""))
        }
        line if line.starts_with("GET") => {
            let next = "<NextContinuationToken>more</NextContinuationToken>";
            (200, listing(["1-a", "2-b"], next))
        }
        line if line.ends_with("2-b") => (404, "<Error/>".to_owned()),
        _ => answer(got),
    })
    .await;
    store(&server).await.delete_run(RUN).await.unwrap();
    let (lists, mut deletes): (Vec<_>, Vec<_>) = server
        .lines()
        .into_iter()
        .partition(|line| line.starts_with("GET"));
    assert_eq!(lists.len(), 2);
    let prefix = FOLDER.replace('/', "%2F");
    assert!(
        lists
            .iter()
            .all(|line| line.contains(&format!("prefix={prefix}"))),
        "{lists:?}"
    );
    deletes.sort();
    let expected =
        ["1-a", "2-b", "3-c", "unnamed"].map(|name| format!("DELETE /bucket/{FOLDER}{name}"));
    assert_eq!(deletes, expected);
    // What cannot be listed is not taken for empty.
    let refused = Server::start(|_| (403, "<Error/>".to_owned())).await;
    let result = store(&refused).await.delete_run(RUN).await;
    assert!(result.is_err(), "{result:?}");
}

#[tokio::test]
async fn urls_are_signed_without_a_request() {
    let server = Server::start(answer).await;
    let store = store(&server).await;
    let file = StoredFile {
        key: &key("a.md"),
        name: "a.md",
        content_type: "text/markdown",
    };
    let url = store.signed_url(&file, &base(), HOUR).await.unwrap();
    assert_eq!(url.path(), format!("{PATH}a.md"));
    let query = url.query().unwrap();
    assert!(
        query.contains("X-Amz-Expires=3600&") && query.contains("X-Amz-Signature="),
        "{query}"
    );
    assert_eq!(server.lines(), [""; 0]);
    let download = store.download(url.path(), url.query()).await;
    assert!(matches!(download, Err(DownloadError::NotFound)));
}

#[tokio::test]
async fn requests_to_every_provider_accept_no_content_coding() {
    let server = Server::start(|_| (200, String::new())).await;
    let endpoint = server.url.as_str().trim_end_matches('/').to_owned();
    let account = serde_json::json!({"gcs_base_url": endpoint, "disable_oauth": true,
        "client_email": "", "private_key": "", "private_key_id": ""});
    let key = "c2VjcmV0".to_owned();
    for (url, variables) in [
        (
            "gs://bucket/x",
            vec![
                ("GOOGLE_SERVICE_ACCOUNT_KEY", account.to_string()),
                // Allows `http`.
                ("GOOGLE_ENDPOINT", endpoint.clone()),
            ],
        ),
        (
            "az://container/x",
            vec![
                ("AZURE_STORAGE_ACCOUNT_NAME", "account".to_owned()),
                ("AZURE_STORAGE_ACCOUNT_KEY", key),
                ("AZURE_STORAGE_ENDPOINT", endpoint.clone()),
            ],
        ),
    ] {
        let before = server.got().len();
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        let store = FileStore::open(Location::parse(url, variables).unwrap())
            .await
            .unwrap();
        let _ = store.delete(&[super::key("b")]).await;
        let got = server.got();
        assert!(got.len() > before, "{url}");
        for got in &got[before..] {
            assert_eq!(got.header("accept-encoding"), "identity", "{url}");
        }
    }
}
