//! Hostile shapes for `serve`: bodies, and places for connections and chats.

use std::{io, time::Duration};

use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, join_all},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::sleep,
};

use super::{
    bodies,
    post::{Framing, Post, chat},
    shape::{Expects, Scene, Service, Shape},
    target::token,
};

/// Nearly the most that a body may have.
const BODY_BYTES: usize = (32 << 20) - 1024;
/// Four of 5 MB, in base64.
const PHOTOS_BYTES: usize = 4 * 5_000_000 / 3 * 4;
/// Of an unfinished body, this much is not sent.
const UNSENT: usize = 1 << 20;
/// How often a refused request is repeated.
const REPEATS: usize = 100;
const HELD: Duration = Duration::from_secs(10);

pub fn shapes() -> Vec<Shape> {
    let unfinished = [
        (
            "8 unfinished bodies of 32 MB of a user",
            8,
            1,
            Framing::Length,
        ),
        (
            "60 unfinished bodies of 32 MB of 10 users",
            60,
            10,
            Framing::Length,
        ),
        (
            "8 unfinished chunked bodies of 32 MB of a user",
            8,
            1,
            Framing::Chunked,
        ),
        (
            "60 unfinished chunked bodies of 32 MB of 10 users",
            60,
            10,
            Framing::Chunked,
        ),
    ];
    let unfinished = unfinished.map(|(name, count, users, framing)| {
        let shape = shape(name, Expects::Refusals, move |scene| {
            hold_unfinished(scene, count, users, framing).boxed_local()
        })
        .long();
        if users > 1 { shape.crowd() } else { shape }
    });
    let costly = bodies::ALL.iter().map(|kind| {
        let expects = if kind.is_refused {
            Expects::Refusals
        } else {
            Expects::Answers
        };
        shape(kind.name, expects, |scene| {
            four_at_once(scene, (kind.make)(kind.size).into()).boxed_local()
        })
    });
    let mut all = Vec::from(unfinished);
    all.push(
        shape(
            "4 photos of 5 MB of each of 8 users",
            Expects::Success,
            |scene| honest_users(scene, 8).boxed_local(),
        )
        .crowd(),
    );
    all.extend(costly);
    all.extend(places());
    all
}

fn places() -> [Shape; 4] {
    [
        shape(
            "300 trickling bodies of each of 4 users",
            Expects::Refusals,
            |scene| trickle(scene, 4, 300).boxed_local(),
        )
        .long(),
        shape(
            "8 trickling bodies of each of 128 users",
            Expects::Refusals,
            |scene| trickle(scene, 128, 8).boxed_local(),
        )
        .crowd()
        .long(),
        shape(
            "unfinished heads on 2,000 connections",
            Expects::Anything,
            |scene| unfinished_heads(scene).boxed_local(),
        ),
        shape(
            "100 readers who stop reading an answer of 4 MB",
            Expects::Anything,
            |scene| slow_readers(scene).boxed_local(),
        ),
    ]
}

fn shape<S>(name: &str, expects: Expects, send: S) -> Shape
where
    S: for<'a> Fn(&'a Scene<'a>) -> LocalBoxFuture<'a, ()> + 'static,
{
    Shape::new(Service::Serve, name, expects, send)
}

fn offender(number: usize) -> String {
    token(&format!("offender-{number}"))
}

async fn hold_unfinished(scene: &Scene<'_>, count: usize, users: usize, framing: Framing) {
    let body = Bytes::from(bodies::long_text(BODY_BYTES));
    let sent = (0..count).map(async |n| {
        let post = Post::new("/chat", &offender(n % users), body.clone());
        let post = post.framed(framing).unfinished(UNSENT);
        scene.note(&post.send(scene.target.address(), scene.patience).await);
    });
    join_all(sent).await;
}

async fn four_at_once(scene: &Scene<'_>, body: Bytes) {
    let post = Post::new("/chat", &offender(0), body);
    let sent = (0..4).map(async |_| {
        scene.note(&post.send(scene.target.address(), scene.patience).await);
    });
    join_all(sent).await;
}

/// Repeats refused requests; notes the last answer of each user, and counts the refusals.
async fn honest_users(scene: &Scene<'_>, users: usize) {
    let body = Bytes::from(bodies::photos(PHOTOS_BYTES));
    let sent = (0..users).map(async |user| {
        let post = Post::new("/chat", &offender(user), body.clone());
        for _ in 0..REPEATS {
            let answer = post.send(scene.target.address(), scene.patience).await;
            if answer.status != 503 || !answer.retry_after {
                return scene.note(&answer);
            }
            sleep(Duration::from_millis(500)).await;
        }
        scene.answers.borrow_mut().add("always 503");
    });
    join_all(sent).await;
}

async fn trickle(scene: &Scene<'_>, users: usize, each: usize) {
    let body = Bytes::from(chat('t', false));
    let sent = (0..users * each).map(async |n| {
        let mut post = Post::new("/chat", &offender(n % users), body.clone());
        post.pause = Some(Duration::from_secs(1));
        scene.note(&post.send(scene.target.address(), scene.patience).await);
    });
    join_all(sent).await;
}

async fn unfinished_heads(scene: &Scene<'_>) {
    let opening = (0..2000).map(async |_| {
        let mut stream = TcpStream::connect(scene.target.address()).await?;
        stream
            .write_all(b"POST /chat HTTP/1.1\r\nhost: x\r\nx-long: ")
            .await?;
        stream.write_all(&[b'x'; 8000]).await?;
        Ok::<_, io::Error>(stream)
    });
    let open = join_all(opening).await;
    sleep(HELD).await;
    for stream in open {
        scene
            .answers
            .borrow_mut()
            .add(if stream.is_ok() { "open" } else { "closed" });
    }
}

async fn slow_readers(scene: &Scene<'_>) {
    let reading = (0..100).map(async |n| {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        let mut stream = socket.connect(scene.target.address()).await?;
        let post = Post::new("/chat", &offender(n % 25), chat('h', true));
        stream.write_all(post.head().as_bytes()).await?;
        stream.write_all(&post.body).await?;
        let mut start = [0; 12];
        stream.read_exact(&mut start).await?;
        let status = String::from_utf8_lossy(&start[9..]).into_owned();
        Ok::<_, io::Error>((stream, status))
    });
    let open = join_all(reading).await;
    sleep(HELD).await;
    for answer in open {
        let status = answer.map_or("closed".to_owned(), |(_, status)| status);
        scene.answers.borrow_mut().add(status);
    }
}
