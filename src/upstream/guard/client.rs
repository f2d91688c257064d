//! HTTP clients for the URLs of users.

use std::time::Duration;

use http::Method;
use reqwest::{Client, RequestBuilder};
use url::Url;

use super::{Guard, Reach, Refused};
use crate::upstream::client::builder;

/// Sends requests to any URL that the guard lets through. Cheap to clone.
#[derive(Clone)]
pub struct GuardedClient {
    guard: Guard,
    public: Client,
    networks: Client,
    any: Client,
}

impl GuardedClient {
    /// `deadline` is for a whole request, with the body of its response.
    pub fn new(guard: Guard, deadline: Duration) -> reqwest::Result<Self> {
        let client = |reach| {
            let client = guard.guarded(builder().timeout(deadline), reach);
            client.https_only(reach == Reach::Public).build()
        };
        let public = client(Reach::Public)?;
        // Loading certificates takes time and memory.
        let allows_more = !guard.allow.is_empty();
        let other = |reach| {
            if allows_more {
                client(reach)
            } else {
                Ok(public.clone())
            }
        };
        Ok(Self {
            networks: other(Reach::Networks)?,
            any: other(Reach::Any)?,
            public,
            guard,
        })
    }

    /// Begins a request, after checking the URL.
    pub fn request(&self, method: Method, url: &Url) -> Result<RequestBuilder, Refused> {
        let client = match self.guard.reach(url)? {
            Reach::Public => &self.public,
            Reach::Networks => &self.networks,
            Reach::Any => &self.any,
        };
        Ok(client.request(method, url.clone()))
    }
}
