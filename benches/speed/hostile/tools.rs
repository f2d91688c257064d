//! Hostile shapes for `serve`: what a tool server sends.

use std::time::Duration;

use futures_util::FutureExt;

use super::{
    post::{Post, chat},
    shape::{Expects, Scene, Service, Shape},
    target::token,
    tool_server::{Hostility, ToolServer},
};

/// For a listing to be read.
const LISTING: Duration = Duration::from_secs(5);

pub fn shapes() -> Vec<Shape> {
    vec![
        result("a result of 16 MB of text", || {
            ToolServer::new(Hostility::LongText)
        }),
        result("a result of 8 MB of tiny values", || {
            ToolServer::new(Hostility::TinyValues)
        }),
        result("a result of 10,000 blocks", || {
            ToolServer::new(Hostility::ManyBlocks)
        }),
        result("an image of 5 MB", || ToolServer::new(Hostility::Image)),
        listing("a hundred pages of tools of 1 MB", 't', || {
            ToolServer::new(Hostility::LongListing)
        }),
        listing("a schema with 1,000 patterns", 'k', || {
            ToolServer::new(Hostility::ManyPatterns)
        }),
    ]
}

/// Sixteen calls of one turn get such a result at once.
fn result(name: &str, tool_server: fn() -> ToolServer) -> Shape {
    let name = format!("tool server: {name} for each of 16 calls");
    let mut shape = Shape::new(Service::Serve, name, Expects::Answers, |scene| {
        turn(scene, 'g').boxed_local()
    });
    shape.tool_server = Some(tool_server);
    shape
}

/// The tool server lists its tools again; then a turn calls one.
fn listing(name: &str, marker: char, tool_server: fn() -> ToolServer) -> Shape {
    let name = format!("tool server: {name}");
    let mut shape = Shape::new(Service::Serve, name, Expects::Answers, move |scene| {
        async move {
            let server = scene.target.tool_server.as_ref();
            server.expect("a tool server").list_again();
            tokio::time::sleep(LISTING).await;
            turn(scene, marker).await;
        }
        .boxed_local()
    });
    shape.tool_server = Some(tool_server);
    shape
}

async fn turn(scene: &Scene<'_>, marker: char) {
    let post = Post::new("/chat", &token("offender"), chat(marker, false));
    scene.note(&post.send(scene.target.address(), scene.patience).await);
}
