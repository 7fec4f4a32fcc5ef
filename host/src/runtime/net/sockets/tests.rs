//! The decisions; that guests are bound by them the suite shows.

use super::super::tests::{Names, under};
use super::*;

const GRANTS: &str = "[network]
allow = [\"tcp://db.test:5432\", \"tcp://10.0.0.0/8:6379\", \"udp://*:53\", \"https://web.test\"]
addresses = [\"127.0.0.1\"]";

fn sockets(change: impl FnOnce(&mut Outgoing)) -> Arc<Sockets> {
    let mut outgoing = under(GRANTS, "", &Names::new(&[("db.test", &[&["127.0.0.1", "127.0.0.2"]])]));
    change(&mut outgoing);
    Sockets::new(outgoing)
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn an_address_is_reached_where_a_pattern_or_a_name_that_led_there_grants_it() {
    let sockets = sockets(|_| ());
    let connect = |to: &str| sockets.may_use(address(to), SocketAddrUse::TcpConnect);
    assert!(!connect("127.0.0.1:5432"), "no name has led there");
    sockets.found("db.test", &["127.0.0.1".parse().unwrap(), "127.0.0.2".parse().unwrap()]);
    assert!(connect("127.0.0.1:5432"));
    assert!(!connect("127.0.0.1:5433"), "another port");
    assert!(!connect("127.0.0.2:5432"), "not public, and not granted as an address");
    assert!(connect("10.1.2.3:6379"));
    assert!(!connect("10.1.2.3:6380"));
    assert!(!connect("93.184.216.34:5432"));
    let log = sockets.with(|inner| inner.outgoing.terms.denials.sentences());
    assert!(log.iter().any(|(sentence, _)| sentence.contains("reach tcp://db.test:5433; allow = [")), "{log:?}");
}

#[test]
fn nobody_listens() {
    let sockets = sockets(|_| ());
    for purpose in [SocketAddrUse::TcpListen, SocketAddrUse::TcpAccept] {
        assert!(!sockets.may_use(address("0.0.0.0:0"), purpose));
    }
    for purpose in [SocketAddrUse::TcpBind, SocketAddrUse::UdpBind] {
        assert!(sockets.may_use(address("0.0.0.0:0"), purpose), "before each connection");
        assert!(!sockets.may_use(address("127.0.0.1:0"), purpose));
        assert!(!sockets.may_use(address("0.0.0.0:8080"), purpose));
    }
}

#[test]
fn datagrams_go_to_granted_addresses_and_come_from_them() {
    let sockets = sockets(|_| ());
    for purpose in [SocketAddrUse::UdpSend, SocketAddrUse::UdpReceive] {
        assert!(sockets.may_use(address("1.1.1.1:53"), purpose));
        assert!(!sockets.may_use(address("1.1.1.1:54"), purpose));
        assert!(!sockets.may_use(address("10.0.0.1:53"), purpose));
    }
    let denied = sockets.with(|inner| inner.outgoing.terms.denials.count());
    assert_eq!(denied, 2, "what comes from elsewhere is not told of");
}

#[test]
fn a_tool_that_reads_alone_has_no_sockets_and_one_that_stays_within_itself_neither() {
    let may = |sockets: &Sockets| sockets.with(|inner| inner.may_have(&[Scheme::Tcp], "open a tcp socket"));
    assert!(may(&sockets(|_| ())).is_ok());
    let refused = may(&sockets(|outgoing| outgoing.access.read_only = true)).unwrap_err();
    assert!(refused.message.contains("readOnlyHint"), "{refused}");
    let refused = may(&sockets(|outgoing| outgoing.access.network = false)).unwrap_err();
    assert!(refused.message.contains("openWorldHint"), "{refused}");
    let nothing = Sockets::new(under("", "", &Names::new(&[])));
    let refused = may(&nothing).unwrap_err();
    assert!(refused.message.contains("allow = [\"tcp://HOST:PORT\"] under [network]"), "{refused}");
}

#[tokio::test]
async fn granted_names_are_looked_up_and_no_others() {
    let sockets = sockets(|_| ());
    // Without the pattern that covers each name.
    let grants = GRANTS.replace(", \"udp://*:53\"", "");
    let narrow = Sockets::new(under(&grants, "", &Names::new(&[])));
    let refused = narrow.with(|inner| inner.look_up("web.test")).err().unwrap();
    assert!(refused.message.contains("tcp://web.test:PORT"), "{refused}");
    assert!(sockets.with(|inner| inner.look_up("a b")).is_err());
    for written in ["127.1", "[::1]", "::1"] {
        assert!(matches!(sockets.with(|inner| inner.look_up(written)), Ok(lookup::Lookup::Address(_))), "{written}");
    }
    let Ok(lookup::Lookup::Name(name, lookup)) = sockets.with(|inner| inner.look_up("DB.test.")) else {
        panic!("it is granted")
    };
    assert_eq!((name.as_str(), lookup.await.unwrap().len()), ("db.test", 2));
}
