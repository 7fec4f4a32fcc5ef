//! The real server, from outside: an area a module. What they are written with is the library of this package.

mod suite {
    mod admin;
    mod approving;
    mod audit;
    mod bad_http;
    mod bad_input;
    mod batches;
    mod breaker;
    mod cleaning;
    mod filesystem;
    mod grants;
    mod hostile;
    mod hot_reload;
    mod kv;
    mod legacy;
    mod lists;
    mod load;
    mod mirrored;
    mod modern;
    mod network;
    mod offers;
    mod output;
    mod principals;
    mod questions;
    mod readme;
    mod refused;
    mod request_state;
    mod resuming;
    mod rules;
    mod sessions;
    mod shaping;
    mod slow_clients;
    mod streaming;
    mod subscriptions;
    mod tasks;
}
