//! Malformed HTTP.

use super::*;

#[tokio::test]
async fn malformed_http_gets_a_400_without_a_body() {
    let app = without_mcp().await;
    for garbage in [
        "GARBAGE\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno header\r\n\r\n",
        "POST /chat HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        "\u{16}\u{3}\u{1}\r\n\r\n",
    ] {
        let (mut bystander, mut stream) = (connection(&app).await, connection(&app).await);
        within("it is taken", stream.write_all(garbage.as_bytes()))
            .await
            .expect("sent");
        let mut answer = String::new();
        within("the end", stream.read_to_string(&mut answer))
            .await
            .expect("an end");
        let bare = answer.starts_with("HTTP/1.1 400 ") && answer.ends_with("\r\n\r\n");
        assert!(
            bare && answer.matches("\r\n\r\n").count() == 1,
            "{garbage:?}: {answer:?}"
        );
        let request = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
        within("it is taken", bystander.write_all(request.as_bytes()))
            .await
            .expect("sent");
        let head = read_head(&mut bystander).await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{garbage:?}: {head}");
        assert_eq!(app.get("/health").await.status, 200, "{garbage:?}");
    }
}
