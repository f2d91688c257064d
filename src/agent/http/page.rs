//! The chat page: static files embedded in the binary, and `/page/config.json`.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Json, Router,
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

use crate::config::{Demo, HostRule, PageConfig};

const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// The largest image that Claude's API accepts on every platform.
const MAX_PHOTO_BYTES: usize = 5 * 1024 * 1024;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

/// A static file.
struct File {
    path: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

macro_rules! files {
    ($($kind:ident $path:literal $file:literal)*) => {
        [$(File { path: $path, kind: $kind, bytes: include_bytes!(concat!("page/", $file)) }),*]
    };
}

const FILES: &[File] = &files![
    HTML "/" "index.html"
    CSS "/page/approvals.css" "approvals.css"
    CSS "/page/charts.css" "charts.css"
    CSS "/page/colours.css" "colours.css"
    CSS "/page/runs.css" "runs.css"
    CSS "/page/style.css" "style.css"
    SVG "/page/icon.svg" "icon.svg"
    SCRIPT "/page/access.js" "access.js"
    SCRIPT "/page/account.js" "account.js"
    SCRIPT "/page/answer.js" "answer.js"
    SCRIPT "/page/app.js" "app.js"
    SCRIPT "/page/approvalcard.js" "approvalcard.js"
    SCRIPT "/page/approvals.js" "approvals.js"
    SCRIPT "/page/charts.js" "charts.js"
    SCRIPT "/page/chat.js" "chat.js"
    SCRIPT "/page/composer.js" "composer.js"
    SCRIPT "/page/dom.js" "dom.js"
    SCRIPT "/page/ending.js" "ending.js"
    SCRIPT "/page/errors.js" "errors.js"
    SCRIPT "/page/eventstream.js" "eventstream.js"
    SCRIPT "/page/figure.js" "figure.js"
    SCRIPT "/page/history.js" "history.js"
    SCRIPT "/page/inputwords.js" "inputwords.js"
    SCRIPT "/page/journal.js" "journal.js"
    SCRIPT "/page/linechart.js" "linechart.js"
    SCRIPT "/page/markdown.js" "markdown.js"
    SCRIPT "/page/photo.js" "photo.js"
    SCRIPT "/page/pill.js" "pill.js"
    SCRIPT "/page/request.js" "request.js"
    SCRIPT "/page/runevents.js" "runevents.js"
    SCRIPT "/page/runfiles.js" "runfiles.js"
    SCRIPT "/page/runform.js" "runform.js"
    SCRIPT "/page/runpage.js" "runpage.js"
    SCRIPT "/page/runparts.js" "runparts.js"
    SCRIPT "/page/runs.js" "runs.js"
    SCRIPT "/page/runsapi.js" "runsapi.js"
    SCRIPT "/page/runslist.js" "runslist.js"
    SCRIPT "/page/runtrace.js" "runtrace.js"
    SCRIPT "/page/runwords.js" "runwords.js"
    SCRIPT "/page/scales.js" "scales.js"
    SCRIPT "/page/scroll.js" "scroll.js"
    SCRIPT "/page/shapes.js" "shapes.js"
    SCRIPT "/page/skillslist.js" "skillslist.js"
    SCRIPT "/page/sse.js" "sse.js"
    SCRIPT "/page/store.js" "store.js"
    SCRIPT "/page/theme.js" "theme.js"
    SCRIPT "/page/turn.js" "turn.js"
    SCRIPT "/page/views.js" "views.js"
    SCRIPT "/page/volumechart.js" "volumechart.js"
    SCRIPT "/page/words.js" "words.js"
    SCRIPT "/page/markdown-it.min.js" "vendor/markdown-it.min.js"
    TEXT "/page/LICENSE.markdown-it.txt" "vendor/LICENSE.markdown-it.txt"
];

/// The page's settings, and the name of the model.
pub struct Page {
    demo: Option<Demo>,
    model: String,
    runs: Option<Url>,
}

impl Page {
    pub fn new(config: PageConfig, model: &str) -> Self {
        Self {
            demo: config.demo,
            model: model.to_owned(),
            runs: config.runs,
        }
    }

    /// `Content-Security-Policy`: files of this origin, requests to it and to the runs server, and no text as markup or code.
    fn policy(&self) -> String {
        let runs = self.runs.as_ref().map_or_else(String::new, |url| {
            format!(" {}", url.origin().ascii_serialization())
        });
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{runs}; \
             img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'"
        )
    }
}

/// The body of `/page/config.json`.
#[derive(Serialize)]
struct PageInfo<'a> {
    version: &'static str,
    claude: Claude<'a>,
    /// The demo user's token.
    token: Option<&'a str>,
    demo: bool,
    max_photo_bytes: usize,
    /// The runs server's URL, without a slash at its end.
    runs: Option<&'a str>,
}

#[derive(Serialize)]
struct Claude<'a> {
    /// `anthropic` or `stand_in`.
    kind: &'static str,
    model: &'a str,
}

/// The routes `/` and `/page/*`.
pub fn routes<S: Clone + Send + Sync + 'static>(page: Arc<Page>) -> Router<S> {
    let policy: Arc<str> = page.policy().into();
    let info = async move |headers: HeaderMap| info(&page, &headers);
    let routes = Router::new().route("/page/config.json", get(info));
    FILES.iter().fold(routes, |routes, file| {
        let tag = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, file.bytes));
        let tag = format!("\"{tag}\"");
        let policy = policy.clone();
        let serve = async move |headers: HeaderMap| serve_file(file, &tag, &policy, &headers);
        routes.route(file.path, get(serve))
    })
}

fn info(page: &Page, headers: &HeaderMap) -> Response {
    let demo = page.demo.as_ref();
    Json(PageInfo {
        version: env!("CARGO_PKG_VERSION"),
        claude: Claude {
            kind: match demo {
                Some(demo) if demo.stand_in => "stand_in",
                _ => "anthropic",
            },
            model: &page.model,
        },
        token: demo
            .filter(|_| is_same_page(headers))
            .map(|demo| demo.token.expose_secret()),
        demo: demo.is_some(),
        max_photo_bytes: MAX_PHOTO_BYTES,
        runs: page
            .runs
            .as_ref()
            .map(|url| url.as_str().trim_end_matches('/')),
    })
    .into_response()
}

/// True for a request from this page to a loopback host. Pages of other sites, and pages that use DNS rebinding, do not get
/// the token.
fn is_same_page(headers: &HeaderMap) -> bool {
    let all = |name: &str| -> Vec<&str> {
        let values = headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap_or("?")).collect()
    };
    let local = match all("host")[..] {
        [host] => HostRule::parse(host).is_some_and(|at| LOOPBACK_HOSTS.contains(&&*at.host)),
        _ => false,
    };
    let sites = all("sec-fetch-site");
    let same_site = sites.iter().all(|site| *site == "same-origin");
    local && same_site && all("origin").is_empty()
}

fn serve_file(file: &File, tag: &str, policy: &str, headers: &HeaderMap) -> Response {
    let fixed = [
        (header::CONTENT_TYPE, file.kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        // Revalidated each time, sent again only when it has changed.
        (header::CACHE_CONTROL, "no-cache"),
        (header::ETAG, tag),
    ];
    if matches_etag(tag, headers) {
        (StatusCode::NOT_MODIFIED, fixed).into_response()
    } else {
        (fixed, file.bytes).into_response()
    }
}

/// `If-None-Match` (RFC 9110 section 13.1.2). Proxies that compress make tags weak.
fn matches_etag(tag: &str, headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    let tags = values.filter_map(|value| value.to_str().ok());
    let mut tags = tags.flat_map(|tags| tags.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn page(runs: Option<&str>) -> Page {
        let runs = runs.map(|url| url.parse().unwrap());
        Page::new(PageConfig { demo: None, runs }, "claude")
    }

    #[test]
    fn policy_allows_requests_to_the_runs_server_alone_beside_the_page() {
        assert!(page(None).policy().contains("connect-src 'self';"));
        let policy = page(Some("http://localhost:3001/prefix/")).policy();
        let allowed = "connect-src 'self' http://localhost:3001;";
        assert!(policy.contains(allowed), "{policy}");
    }

    #[test]
    fn every_file_in_the_folder_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/agent/http/page");
        let names = |folder: &Path| -> Vec<String> {
            let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
            let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
            files
                .map(|entry| entry.file_name().into_string().unwrap())
                .collect()
        };
        let mut there: BTreeSet<String> = names(&folder).into_iter().collect();
        there.extend(names(&folder.join("vendor")));
        let served = FILES.iter().map(|file| match file.path {
            "/" => "index.html".to_owned(),
            path => path.strip_prefix("/page/").unwrap().to_owned(),
        });
        assert_eq!(served.collect::<BTreeSet<_>>(), there);
    }
}
