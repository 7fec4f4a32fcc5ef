//! Hashes, base64, URL encoding and UUIDs: what models get wrong when they do it in their heads.

mod base64;
mod hash;
mod url;
mod uuid;

pegboard_sdk::plugin!(
    hash::hash,
    base64::base64_encode,
    base64::base64_decode,
    url::url_encode,
    url::url_decode,
    uuid::uuid
);
