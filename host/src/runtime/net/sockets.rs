//! `wasi:sockets` under the guard.
//!
//! A guest looks up granted names alone, and connects to addresses that these led to, or that are granted or public
//! under a pattern that covers them. It never listens. Sockets are few: each holds a descriptor of the process.
//!
//! Two of WASI's interfaces have no place for a decision, so that they are replaced: the lookup of names, and the making
//! of sockets. Each connection is then decided by [`Sockets::may_use`], on the very address that it goes to.

mod lookup;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use url::Host;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddressFamily};
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi::{WasiCtxBuilder, WasiView as _};

use super::{Failure, Kind, Outgoing};
use crate::plugin::Capability;
use crate::policy::{Denial, Scheme, Target};
use crate::runtime::limits::{LOOKED_UP, SOCKETS, SOCKETS_MADE};
use crate::runtime::store::State;

/// What the sockets of one instance may do.
pub(in crate::runtime) struct Sockets(Mutex<Inner>);

struct Inner {
    outgoing: Outgoing,
    /// Names that were looked up, and an address of each.
    names: BTreeSet<(String, IpAddr)>,
    made: u32,
    /// The handles of those that may still be there.
    handles: BTreeSet<(Scheme, u32)>,
}

impl Sockets {
    pub(in crate::runtime) fn new(outgoing: Outgoing) -> Arc<Self> {
        let (names, handles) = (BTreeSet::new(), BTreeSet::new());
        Arc::new(Self(Mutex::new(Inner { outgoing, names, made: 0, handles })))
    }

    /// Another call begins on the instance, which has made none.
    pub(in crate::runtime) fn begin(&self, outgoing: Outgoing) {
        self.with(|inner| {
            inner.outgoing = outgoing;
            inner.names.clear();
        });
    }

    /// Were any made?
    pub(in crate::runtime) fn made_any(&self) -> bool {
        self.with(|inner| inner.made > 0)
    }

    /// Has all sockets of `builder` ask here.
    pub(in crate::runtime) fn guard(self: &Arc<Self>, builder: &mut WasiCtxBuilder) {
        let may_use = |scheme| self.with(|inner| inner.outgoing.terms.permissions.may_use(scheme));
        builder.allow_tcp(may_use(Scheme::Tcp)).allow_udp(may_use(Scheme::Udp)).allow_ip_name_lookup(false);
        let sockets = self.clone();
        builder.socket_addr_check(move |address, purpose| {
            let may = sockets.may_use(address, purpose);
            Box::pin(async move { may })
        });
    }

    fn with<T>(&self, what: impl FnOnce(&mut Inner) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// May a socket do this with `address`?
    fn may_use(&self, address: SocketAddr, purpose: SocketAddrUse) -> bool {
        self.with(|inner| match purpose {
            // Before each connection the system is asked for any port of its own.
            SocketAddrUse::TcpBind | SocketAddrUse::UdpBind if address.ip().is_unspecified() && address.port() == 0 => {
                true
            }
            SocketAddrUse::TcpConnect => inner.may_reach(Scheme::Tcp, address).is_ok(),
            SocketAddrUse::UdpSend => inner.may_reach(Scheme::Udp, address).is_ok(),
            // Of what comes from elsewhere nothing need be told.
            SocketAddrUse::UdpReceive => inner.decide(Scheme::Udp, address).is_ok(),
            _ => {
                let remedy = "no plugin is served, or serves, on a port of its own; it answers calls";
                let denial = Denial { what: format!("listen on {address}"), remedy: remedy.into() };
                inner.outgoing.denied(&denial);
                false
            }
        })
    }

    /// Remembers where `name` led.
    fn found(&self, name: &str, addresses: &[IpAddr]) {
        self.with(|inner| {
            for address in addresses {
                if inner.names.len() < LOOKED_UP {
                    inner.names.insert((name.to_owned(), address.to_canonical()));
                }
            }
        });
    }
}

impl Inner {
    fn may_reach(&self, scheme: Scheme, address: SocketAddr) -> Result<(), Failure> {
        let target = self.decide(scheme, address).map_err(|denial| self.outgoing.denied(&denial))?;
        let subject = format!("{scheme}://{}:{}", target.host(), target.port());
        self.outgoing.usage.used(Capability::Network, &subject);
        Ok(())
    }

    /// As which target the address may be reached: as a name that led there, or as itself.
    fn decide(&self, scheme: Scheme, address: SocketAddr) -> Result<Target, Denial> {
        let permissions = &self.outgoing.terms.permissions;
        let ip = address.ip().to_canonical();
        let names = self.names.iter().filter(|(_, led_to)| *led_to == ip);
        let named = names.map(|(name, _)| Target::new(scheme, &Host::Domain(name.as_str()), address.port()));
        let mut refused = None;
        for target in named.chain([Target::at(scheme, ip, address.port())]) {
            match permissions.may_reach(&target).and_then(|()| permissions.may_connect(&target, ip)) {
                Ok(()) => return Ok(target),
                // What it asked for by name is what it should be told of.
                Err(denial) => refused = refused.or(Some(denial)),
            }
        }
        Err(refused.unwrap_or_else(|| permissions.denial("use the network", "a host under allow", "network")))
    }

    /// May the instance have a socket of its own at all, of one of these schemes?
    fn may_have(&self, schemes: &[Scheme], what: &str) -> Result<(), Failure> {
        self.outgoing.may_go_out("any host by a socket of its own")?;
        let remedy =
            "its tool is marked as reading alone (readOnlyHint: true), and what a socket sends may change things";
        if self.outgoing.access.read_only {
            return Err(self.outgoing.denied(&Denial { what: what.into(), remedy: remedy.into() }));
        }
        let permissions = &self.outgoing.terms.permissions;
        if !schemes.iter().any(|scheme| permissions.may_use(*scheme)) {
            let line = format!("allow = [\"{}://HOST:PORT\"]", schemes[0]);
            return Err(self.outgoing.denied(&permissions.denial(what, &line, "network")));
        }
        Ok(())
    }

    /// Counts one more use of the network.
    fn spend(&self) -> Result<(), Failure> {
        self.outgoing.terms.quota.spend().map_err(|most| self.outgoing.denied(&self.outgoing.too_often(most)))
    }
}

impl State {
    /// May a socket be made now?
    fn may_make(&mut self, scheme: Scheme) -> Result<(), Failure> {
        let sockets = self.sockets();
        let table = self.ctx().table;
        sockets.with(|inner| {
            inner.may_have(&[scheme], &format!("open a {scheme} socket"))?;
            inner.handles.retain(|(scheme, handle)| match scheme {
                Scheme::Udp => table.get(&Resource::<UdpSocket>::new_borrow(*handle)).is_ok(),
                _ => table.get(&Resource::<TcpSocket>::new_borrow(*handle)).is_ok(),
            });
            if inner.handles.len() >= SOCKETS || inner.made >= SOCKETS_MADE {
                let message = format!("a call has at most {SOCKETS} sockets, and makes at most {SOCKETS_MADE}");
                return Err(Failure::new(Kind::Other, message));
            }
            inner.spend()?;
            inner.made += 1;
            Ok(())
        })
    }

    fn made(&mut self, scheme: Scheme, handle: u32) {
        self.sockets().with(|inner| inner.handles.insert((scheme, handle)));
    }
}

/// Replaces what WASI links for the lookup of names and the making of sockets.
pub(in crate::runtime) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    lookup::link(linker)?;
    linker.instance("wasi:sockets/tcp-create-socket@0.2.12")?.func_wrap(
        "create-tcp-socket",
        |mut store: StoreContextMut<'_, State>, (family,): (IpAddressFamily,)| {
            let state = store.data_mut();
            if let Err(failure) = state.may_make(Scheme::Tcp) {
                return Ok((Err(code(&failure)),));
            }
            let made = tcp_create_socket::Host::create_tcp_socket(&mut state.sockets_view(), family);
            Ok((match made {
                Ok(socket) => {
                    state.made(Scheme::Tcp, socket.rep());
                    Ok(socket)
                }
                Err(error) => Err(error.downcast()?),
            },))
        },
    )?;
    linker.instance("wasi:sockets/udp-create-socket@0.2.12")?.func_wrap_async(
        "create-udp-socket",
        |mut store: StoreContextMut<'_, State>, (family,): (IpAddressFamily,)| {
            Box::new(async move {
                let state = store.data_mut();
                if let Err(failure) = state.may_make(Scheme::Udp) {
                    return Ok((Err(code(&failure)),));
                }
                let made = udp_create_socket::Host::create_udp_socket(&mut state.sockets_view(), family).await;
                Ok((match made {
                    Ok(socket) => {
                        state.made(Scheme::Udp, socket.rep());
                        Ok(socket)
                    }
                    Err(error) => Err(error.downcast()?),
                },))
            })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

impl State {
    fn sockets_view(&mut self) -> wasmtime_wasi::sockets::WasiSocketsCtxView<'_> {
        wasmtime_wasi::sockets::WasiSocketsView::sockets(self)
    }
}

/// The codes have no text, so that the operator reads a refusal in the log.
fn code(failure: &Failure) -> ErrorCode {
    match failure.kind {
        Kind::Denied => ErrorCode::AccessDenied,
        Kind::Invalid => ErrorCode::InvalidArgument,
        Kind::Dns => ErrorCode::NameUnresolvable,
        Kind::Timeout => ErrorCode::Timeout,
        _ => ErrorCode::NewSocketLimit,
    }
}

#[cfg(test)]
mod tests;
