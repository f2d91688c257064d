//! DNS resolver that drops forbidden addresses.

use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{net::lookup_host, time::timeout};

use super::{Guard, Reach};
use crate::upstream::client::causes;

const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// Resolves a name.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// All addresses of a name are forbidden.
#[derive(Debug, thiserror::Error)]
#[error("its address is not public")]
struct NotPublic;

/// True if a request failed because the name of its URL has no address that may be dialled.
pub fn is_refusal(error: &reqwest::Error) -> bool {
    causes(error).any(<dyn Error>::is::<NotPublic>)
}

pub(super) fn system_lookup() -> Lookup {
    Arc::new(|name| {
        async move {
            let addresses = lookup_host((name, 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        }
        .boxed()
    })
}

pub(super) struct Resolver {
    pub(super) guard: Guard,
    pub(super) reach: Reach,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, reach) = (self.guard.clone(), self.reach);
        Box::pin(async move {
            let lookup = (guard.lookup)(name.as_str().to_owned());
            let found = timeout(LOOKUP_TIMEOUT, lookup).await;
            let mut found = found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            let is_known = !found.is_empty();
            found.retain(|ip| guard.may_dial(*ip, reach));
            if found.is_empty() && is_known {
                return Err(NotPublic.into());
            }
            // Port 0 stands for the port of the URL.
            let addresses = found.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
