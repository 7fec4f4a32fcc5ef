//! Names to addresses.

use std::net::IpAddr;

use super::failure::{Failure, Kind};
use crate::plugin::BoxFuture;
use crate::runtime::limits::ADDRESSES;

/// Who knows the addresses of names.
pub(super) trait Resolve: Send + Sync {
    /// All addresses of `name`, the preferred first.
    fn resolve(&self, name: String) -> BoxFuture<'static, Result<Vec<IpAddr>, Failure>>;
}

/// The system's resolver.
pub(super) struct System;

impl Resolve for System {
    fn resolve(&self, name: String) -> BoxFuture<'static, Result<Vec<IpAddr>, Failure>> {
        Box::pin(async move {
            match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => Ok(found.map(|address| address.ip()).take(ADDRESSES).collect()),
                Err(error) => Err(Failure::new(Kind::Dns, format!("the name {name} is not known: {error}"))),
            }
        })
    }
}
