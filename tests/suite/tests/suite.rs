//! The real server, from outside: an area a module. What they are written with is the library of this package.

mod suite {
    mod bad_http;
    mod bad_input;
    mod hostile;
    mod hot_reload;
    mod legacy;
    mod modern;
    mod output;
    mod readme;
    mod refused;
    mod sessions;
    mod slow_clients;
    mod streaming;
}
