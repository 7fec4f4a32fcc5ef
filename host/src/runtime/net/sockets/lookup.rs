//! `wasi:sockets/ip-name-lookup`, for granted names: to look one up is to tell the world's name servers something.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::vec;

use futures_util::FutureExt as _;
use tokio_util::task::AbortOnDropHandle;
use url::Host;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress};
use wasmtime_wasi::p2::{DynPollable, Network, Pollable, subscribe};
use wasmtime_wasi::{WasiView as _, async_trait};

use super::{Inner, Sockets, code};
use crate::plugin::BoxFuture;
use crate::policy::Scheme;
use crate::runtime::net::Failure;
use crate::runtime::store::State;

/// The addresses of a name, as a guest takes them one by one.
enum Addresses {
    Pending(AbortOnDropHandle<Result<Vec<IpAddr>, Failure>>),
    Found(vec::IntoIter<IpAddr>),
    Failed(ErrorCode),
}

#[async_trait]
impl Pollable for Addresses {
    async fn ready(&mut self) {
        if let Self::Pending(lookup) = self {
            *self = match lookup.await {
                Ok(Ok(addresses)) => Self::Found(addresses.into_iter()),
                Ok(Err(failure)) => Self::Failed(code(&failure)),
                Err(_) => Self::Failed(ErrorCode::TemporaryResolverFailure),
            };
        }
    }
}

/// What a lookup comes to.
pub(super) enum Lookup {
    /// It is an address itself.
    Address(IpAddr),
    /// A granted name.
    Name(String, BoxFuture<'static, Result<Vec<IpAddr>, Failure>>),
}

impl Inner {
    pub(super) fn look_up(&self, name: &str) -> Result<Lookup, Failure> {
        let name = match Host::parse(name) {
            Ok(Host::Ipv4(address)) => return Ok(Lookup::Address(address.into())),
            Ok(Host::Ipv6(address)) => return Ok(Lookup::Address(address.into())),
            Ok(Host::Domain(name)) => name.strip_suffix('.').map(str::to_owned).unwrap_or(name),
            Err(error) => match name.parse::<Ipv6Addr>() {
                Ok(address) => return Ok(Lookup::Address(address.into())),
                Err(_) => return Err(Failure::invalid(error.to_string())),
            },
        };
        self.may_have(&[Scheme::Tcp, Scheme::Udp], &format!("look up the addresses of {name}"))?;
        self.outgoing.terms.permissions.may_look_up(&name).map_err(|denial| self.outgoing.denied(&denial))?;
        self.spend()?;
        let lookup = self.outgoing.net.resolver.resolve(name.clone());
        Ok(Lookup::Name(name, lookup))
    }
}

impl Sockets {
    fn look_up(self: &Arc<Self>, name: &str) -> Result<Addresses, Failure> {
        Ok(match self.with(|inner| inner.look_up(name))? {
            Lookup::Address(address) => Addresses::Found(vec![address].into_iter()),
            Lookup::Name(name, lookup) => {
                let sockets = self.clone();
                Addresses::Pending(AbortOnDropHandle::new(tokio::spawn(async move {
                    let addresses = lookup.await?;
                    let addresses: Vec<_> = addresses.iter().map(IpAddr::to_canonical).collect();
                    sockets.found(&name, &addresses);
                    Ok(addresses)
                })))
            }
        })
    }
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut interface = linker.instance("wasi:sockets/ip-name-lookup@0.2.12")?;
    interface.resource("resolve-address-stream", ResourceType::host::<Addresses>(), |mut store, handle| {
        store.data_mut().ctx().table.delete(Resource::<Addresses>::new_own(handle))?;
        Ok(())
    })?;
    interface.func_wrap(
        "resolve-addresses",
        |mut store: StoreContextMut<'_, State>, (network, name): (Resource<Network>, String)| {
            let state = store.data_mut();
            // Whoever has no handle of the network may not use it.
            state.ctx().table.get(&network)?;
            let found = state.sockets().look_up(&name);
            Ok((match found {
                Ok(addresses) => Ok(state.ctx().table.push(addresses)?),
                Err(failure) => Err(code(&failure)),
            },))
        },
    )?;
    interface.func_wrap(
        "[method]resolve-address-stream.resolve-next-address",
        |mut store: StoreContextMut<'_, State>, (addresses,): (Resource<Addresses>,)| {
            let addresses = store.data_mut().ctx().table.get_mut(&addresses)?;
            // Not waited for here: the guest has a pollable for that.
            let _ = addresses.ready().now_or_never();
            Ok((match addresses {
                Addresses::Pending(_) => Err(ErrorCode::WouldBlock),
                Addresses::Found(left) => Ok(left.next().map(IpAddress::from)),
                Addresses::Failed(code) => Err(*code),
            },))
        },
    )?;
    interface.func_wrap(
        "[method]resolve-address-stream.subscribe",
        |mut store: StoreContextMut<'_, State>, (addresses,): (Resource<Addresses>,)| {
            let pollable: Resource<DynPollable> = subscribe(store.data_mut().ctx().table, addresses)?;
            Ok((pollable,))
        },
    )
}
