//! The metadata of the OAuth issuer, and the HTTP clients for its endpoints.

use std::{sync::Arc, time::Duration};

use reqwest::Client;
use serde_json::{Map, Value};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use url::Url;

use super::MAX_BODY_BYTES;
use crate::{
    auth::jwks::IssuerClient,
    process::memory::{Bounds, Budget, Exceeded, Share},
    upstream::{
        client,
        guard::{Guard, GuardedClient},
    },
};

/// How long fetched metadata is used.
const MAX_AGE: Duration = Duration::from_secs(300);
/// How long after a failure no other fetch begins.
const PAUSE: Duration = Duration::from_secs(5);
/// Deadline of one fetch of the metadata.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// Deadline of a request that is passed on, its answer included.
pub(super) const FORWARD_TIMEOUT: Duration = Duration::from_secs(15);
/// Requests at once. They need no token, so users are not told apart.
const MAX_REQUESTS: usize = 64;

/// The issuer's endpoints. Those that may not be asked are left out.
const AUTHORIZATION: &str = "authorization_endpoint";
const TOKEN: &str = "token_endpoint";
const REGISTRATION: &str = "registration_endpoint";
/// RFC 9207: the issuer names itself in its redirects, and clients compare that name with the metadata's.
const NAMES_ITSELF: &str = "authorization_response_iss_parameter_supported";
/// What does not work through the facade: proofs for the URL of an endpoint (RFC 9449), other endpoints for TLS clients (RFC 8705).
const NOT_PASSED_ON: [&str; 2] = ["dpop_signing_alg_values_supported", "mtls_endpoint_aliases"];

/// The issuer behind the facade.
pub(in crate::workout::transport) struct Facade {
    issuer: IssuerClient,
    issuer_url: Url,
    own: Client,
    others: GuardedClient,
    cached: Mutex<Option<Cached>>,
    budget: Arc<Budget<()>>,
}

struct Cached {
    until: Instant,
    announced: Option<Arc<Announced>>,
}

/// What the issuer announces.
pub(super) struct Announced {
    metadata: Map<String, Value>,
    pub(super) authorization: Option<Url>,
    pub(super) token: Option<Url>,
    pub(super) registration: Option<Url>,
}

impl Facade {
    /// Fails only if no HTTP client can be built.
    pub(in crate::workout::transport) fn new(issuer: &Url) -> Result<Self, reqwest::Error> {
        // A reused connection may be one that the server is closing, and a code can be redeemed once.
        let own = client::builder_for(issuer).pool_max_idle_per_host(0);
        Ok(Self {
            issuer: IssuerClient::new(issuer.clone())?,
            issuer_url: issuer.clone(),
            own: own.timeout(FORWARD_TIMEOUT).build()?,
            others: GuardedClient::new(Guard::new([]), FORWARD_TIMEOUT)?,
            cached: Mutex::default(),
            budget: Budget::new(Bounds {
                bytes: MAX_REQUESTS * MAX_BODY_BYTES,
                bytes_per_user: MAX_REQUESTS * MAX_BODY_BYTES,
                requests: MAX_REQUESTS,
                requests_per_user: MAX_REQUESTS + 1,
            }),
        })
    }

    /// Counts a request.
    pub(super) fn begin(&self) -> Result<Share<()>, Exceeded> {
        self.budget.begin(())
    }

    /// What the issuer announces: fetched, or known from less than [`MAX_AGE`] ago, or older when it cannot be fetched.
    pub(super) async fn announced(&self) -> Option<Arc<Announced>> {
        let mut cached = self.cached.lock().await;
        if let Some(known) = &*cached
            && Instant::now() < known.until
        {
            return known.announced.clone();
        }
        let old = cached.take().and_then(|known| known.announced);
        let (fetched, age) = match timeout(FETCH_TIMEOUT, self.issuer.metadata()).await {
            Ok(Ok(metadata)) => (Some(Arc::new(self.read(metadata))), MAX_AGE),
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "cannot fetch the metadata of OAUTH_ISSUER");
                (old, PAUSE)
            }
            Err(_) => {
                tracing::warn!("cannot fetch the metadata of OAUTH_ISSUER in time");
                (old, PAUSE)
            }
        };
        *cached = Some(Cached {
            until: Instant::now() + age,
            announced: fetched.clone(),
        });
        fetched
    }

    fn read(&self, metadata: Map<String, Value>) -> Announced {
        let endpoint = |name: &str| {
            let url = self.issuer.endpoint(metadata.get(name)?.as_str()?);
            url.filter(|url| url.username().is_empty() && url.password().is_none())
        };
        Announced {
            authorization: endpoint(AUTHORIZATION),
            token: endpoint(TOKEN),
            registration: endpoint(REGISTRATION),
            metadata,
        }
    }

    /// The client for an endpoint: what is not at the issuer's own origin must be at a public address.
    pub(super) fn post(&self, url: &Url) -> Option<reqwest::RequestBuilder> {
        if url.origin() == self.issuer_url.origin() {
            return Some(self.own.post(url.clone()));
        }
        self.others.request(http::Method::POST, url).ok()
    }
}

impl Announced {
    /// The metadata with the endpoints at `origin`. It names `issuer`, the URL that a client has derived the metadata's from
    /// (RFC 8414 section 3.3), unless the issuer names itself in redirects.
    pub(super) fn at(&self, origin: &str, issuer: &str) -> Map<String, Value> {
        let mut metadata = self.metadata.clone();
        for name in NOT_PASSED_ON {
            metadata.remove(name);
        }
        if metadata.get(NAMES_ITSELF) != Some(&Value::Bool(true)) {
            metadata.insert("issuer".to_owned(), issuer.into());
        }
        for (name, url, path) in [
            (AUTHORIZATION, &self.authorization, "/authorize"),
            (TOKEN, &self.token, "/token"),
            (REGISTRATION, &self.registration, "/register"),
        ] {
            if url.is_some() {
                metadata.insert(name.to_owned(), format!("{origin}{path}").into());
            } else {
                metadata.remove(name);
            }
        }
        metadata
    }
}
