use super::*;

async fn store(folder: &TempDir) -> FileStore {
    let folder = folder.path().join("a/files");
    FileStore::open(Location::Local(folder)).await.unwrap()
}

async fn url(store: &FileStore, key: &FileKey, ttl: Duration) -> Url {
    let file = StoredFile {
        key,
        name: "plots/Größe.md",
        content_type: "text/markdown; charset=utf-8",
    };
    store.signed_url(&file, &base(), ttl).await.unwrap()
}

async fn download(store: &FileStore, url: &Url) -> Result<(Download, String), DownloadError> {
    let mut download = store.download(url.path(), url.query()).await?;
    let mut content = String::new();
    download.content.read_to_string(&mut content).await.unwrap();
    Ok((download, content))
}

#[tokio::test]
async fn stored_files_are_downloaded_by_their_signed_urls() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let key = key("Größe.md");
    store.put(&key, text("Größe.md", "first")).await.unwrap();
    store.put(&key, text("Größe.md", "second")).await.unwrap();
    let url = url(&store, &key, HOUR).await;
    let (got, content) = download(&store, &url).await.unwrap();
    assert_eq!((content.as_str(), got.size), ("second", 6));
    assert_eq!(got.content_type, "text/markdown; charset=utf-8");
    assert_eq!(got.disposition, attachment("Größe.md"));
    store.delete(&[key.clone(), key]).await.unwrap();
    let gone = download(&store, &url).await.unwrap_err();
    assert!(matches!(gone, DownloadError::NotFound));
}

#[tokio::test]
async fn urls_expire_and_are_of_one_store() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (store_here, store_there) = (store(&here).await, store(&there).await);
    let key = key("a.md");
    for store in [&store_here, &store_there] {
        store.put(&key, text("a.md", "x")).await.unwrap();
    }
    let signed = url(&store_here, &key, HOUR).await;
    let foreign = download(&store_there, &signed).await.unwrap_err();
    assert!(matches!(foreign, DownloadError::Forbidden));
    // Another process with the same folder.
    let again = store(&here).await;
    assert_eq!(download(&again, &signed).await.unwrap().1, "x");
    let mut expired = signed.clone();
    let moved = signed.query().unwrap().replacen("expires=", "expires=9", 1);
    expired.set_query(Some(&moved));
    assert!(matches!(
        download(&store_here, &expired).await,
        Err(DownloadError::Forbidden)
    ));
    let unsigned = store_here.download(signed.path(), None).await.unwrap_err();
    assert!(matches!(unsigned, DownloadError::Forbidden));
    let short = url(&store_here, &key, Duration::ZERO).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        match download(&store_here, &short).await {
            Err(DownloadError::Expired) => break,
            result => assert!(result.is_ok() && tokio::time::Instant::now() < deadline),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn files_and_folders_are_private() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    store.put(&key("a"), text("a", "x")).await.unwrap();
    let root = folder.path().join("a/files");
    let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
    let run = format!("runs/{RUN}");
    assert_eq!((mode(""), mode("runs"), mode(&run)), (0o700, 0o700, 0o700));
    assert_eq!((mode(".key"), mode(&format!("{run}/1-a"))), (0o600, 0o600));
    let names = |path: &str| {
        let entries = fs::read_dir(root.join(path)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(""), [".key", "runs"]);
    assert_eq!(names(&run), ["1-a"]);
    // What an interrupted upload left goes with the last file.
    fs::write(root.join(&run).join(".1-a.123"), "").unwrap();
    store.delete(&[key("a")]).await.unwrap();
    assert_eq!(names("runs"), [""; 0]);
}

#[tokio::test]
async fn large_files_are_copied_whole() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let upload = large(1_000_001);
    store.put(&key("large.txt"), upload.clone()).await.unwrap();
    let stored = folder.path().join(format!("a/files/{}", key("large.txt")));
    let stored = Upload::from_file("large.txt", fs::File::open(stored).unwrap()).unwrap();
    assert_eq!((stored.size, stored.sha256), (upload.size, upload.sha256));
}

#[tokio::test]
async fn stores_that_open_at_once_agree_on_the_key() {
    let folder = TempDir::new().unwrap();
    let stores = futures_util::future::join_all((0..16).map(|_| store(&folder))).await;
    stores[0].put(&key("a"), text("a", "x")).await.unwrap();
    for signer in &stores {
        let signed = url(signer, &key("a"), HOUR).await;
        assert_eq!(download(&stores[1], &signed).await.unwrap().1, "x");
    }
    let mut secret = Vec::new();
    let path = folder.path().join("a/files/.key");
    fs::File::open(&path)
        .unwrap()
        .read_to_end(&mut secret)
        .unwrap();
    assert_eq!(secret.len(), 32);
    fs::write(path, "short").unwrap();
    let opened = FileStore::open(Location::Local(folder.path().join("a/files"))).await;
    assert!(matches!(opened, Err(OpenError::Key)));
}

#[tokio::test]
async fn folder_that_cannot_be_made_is_an_error() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let opened = FileStore::open(Location::Local(folder.path().join("file/x"))).await;
    assert!(matches!(opened, Err(OpenError::Folder(_))));
}
