//! Looking for a way out, without any grant: what is there, and what can be reached.

use serde_json::json;

use super::Hostile;

const NO_GRANT: &[&str] = &["no grant", "may not"];
const NO_FILES: &[&str] = &["No such file"];
const NO_SOCKETS: &[&str] = &["Permission denied", "denied", "AccessDenied"];

/// All of them.
pub const ALL: &[Hostile] = &[
    Hostile::guest("looks_for_environment_and_arguments", "probe").gives(
        r#"{"environment":[],"arguments":[],"directories":[],"working directory":null,"terminals":0,"settings":"{}"}"#,
    ),
    Hostile::guest("waits_for_what_is_typed_into_the_server", "wait_for_input").gives("0 bytes"),
    Hostile::guest("reads_a_file_of_the_system", "read").with(|_| json!({"path": "/etc/passwd"})).fails(NO_FILES),
    Hostile::guest("reads_a_file_further_up", "read")
        .with(|_| json!({"path": "../".repeat(40) + "etc/passwd"}))
        .fails(NO_FILES),
    Hostile::guest("reads_the_process_of_the_server", "read")
        .with(|_| json!({"path": "/proc/self/environ"}))
        .fails(NO_FILES),
    Hostile::guest("reads_a_file_with_a_name_of_megabytes", "read")
        .with(|_| json!({"path": "a/".repeat(1 << 18)}))
        .fails(NO_FILES),
    Hostile::guest("writes_a_file", "write").with(|_| json!({"path": "plugins/another.wasm"})).fails(NO_FILES),
    Hostile::guest("connects_to_this_machine", "connect")
        .with(|around| json!({"address": around.decoy}))
        .fails(NO_SOCKETS),
    Hostile::guest("connects_to_the_metadata_of_a_cloud", "connect")
        .with(|_| json!({"address": "169.254.169.254:80"}))
        .fails(NO_SOCKETS),
    Hostile::guest("sends_a_datagram", "send").with(|around| json!({"address": around.decoy})).fails(NO_SOCKETS),
    Hostile::guest("listens", "listen").with(|_| json!({"address": "127.0.0.1:0"})).fails(NO_SOCKETS),
    Hostile::guest("looks_up_a_name", "resolve")
        .with(|_| json!({"name": "localhost"}))
        .fails(&["denied", "failed", "error"]),
    Hostile::guest("sends_a_request_to_this_machine", "request")
        .with(|around| json!({"authority": around.decoy, "again": false}))
        .fails(&["RequestDenied"]),
    Hostile::guest("fetches_from_this_machine", "fetch")
        .with(|around| json!({"url": format!("http://{}/", around.decoy)}))
        .fails(NO_GRANT),
    Hostile::guest("fetches_from_this_machine_as_a_number", "fetch")
        .with(|around| json!({"url": format!("http://{}/", around.decoy.replace("127.0.0.1", "2130706433"))}))
        .fails(NO_GRANT),
    Hostile::guest("fetches_from_this_machine_in_ipv6", "fetch")
        .with(|around| json!({"url": format!("http://{}/", around.decoy.replace("127.0.0.1", "[::ffff:127.0.0.1]"))}))
        .fails(NO_GRANT),
    Hostile::guest("fetches_from_this_machine_behind_another_name", "fetch")
        .with(|around| json!({"url": format!("http://example.com:80@{}/", around.decoy)}))
        .fails(&["user name or a password"]),
    Hostile::guest("fetches_a_file", "fetch").with(|_| json!({"url": "file:///etc/passwd"})).fails(&["not an http"]),
];
