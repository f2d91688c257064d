//! Answers that begin before the whole request has left.

use super::*;

#[tokio::test]
async fn a_connection_that_was_answered_before_it_had_the_whole_request_is_not_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = to(&format!("http://{}/", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let answer = "HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno";
        stream.write_all(answer.as_bytes()).await.unwrap();
        pending::<()>().await;
    });
    let answer = server
        .post(&[], vec![b' '; 32 * 1024 * 1024].into())
        .await
        .unwrap();
    assert_eq!(read(answer).await, "no");
    assert_eq!(server.idle().len(), 0);
}

#[tokio::test]
async fn a_request_is_sent_to_its_end_although_its_answer_has_begun() {
    const LENGTH: usize = 32 * 1024 * 1024;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = to(&format!("http://{}/", listener.local_addr().unwrap()));
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";
        stream.write_all(head).await.unwrap();
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line).await.unwrap();
        }
        stream.read_exact(&mut vec![0; LENGTH]).await.unwrap();
        stream.write_all(b"hi").await.unwrap();
        stream
    });
    let answer = server.post(&[], vec![b' '; LENGTH].into()).await.unwrap();
    assert_eq!(timeout(DEADLINE, read(answer)).await.unwrap(), "hi");
    assert_eq!(server.idle().len(), 1);
    serving.await.unwrap();
}

#[tokio::test]
async fn an_answer_counts_although_the_rest_of_the_request_was_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = to(&format!("http://{}/", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.read_exact(&mut vec![0; 3_000_000]).await.unwrap();
            let answer = b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno";
            stream.write_all(answer).await.unwrap();
        }
    });
    for _ in 0..20 {
        let answer = server
            .post(&[], vec![b' '; 20_000_000].into())
            .await
            .unwrap();
        assert_eq!(answer.status(), 413);
    }
}
