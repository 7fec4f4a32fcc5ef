//! `pegboard:plugin/kv`. No plugin has a bucket.

use crate::runtime::output::excerpt;
use crate::runtime::store::State;
use crate::runtime::wit::imports::kv::{Entry, Host, KeyPage, KvError, KvErrorKind};

impl Host for State {
    async fn get(&mut self, bucket: String, _: String) -> Result<Option<Entry>, KvError> {
        Err(self.no_bucket(&bucket))
    }

    async fn set(&mut self, bucket: String, _: String, _: Vec<u8>, _: Option<u32>) -> Result<(), KvError> {
        Err(self.no_bucket(&bucket))
    }

    async fn swap(
        &mut self,
        bucket: String,
        _: String,
        _: Option<String>,
        _: Vec<u8>,
        _: Option<u32>,
    ) -> Result<bool, KvError> {
        Err(self.no_bucket(&bucket))
    }

    async fn delete(&mut self, bucket: String, _: String) -> Result<(), KvError> {
        Err(self.no_bucket(&bucket))
    }

    async fn keys(&mut self, bucket: String, _: String, _: Option<String>) -> Result<KeyPage, KvError> {
        Err(self.no_bucket(&bucket))
    }
}

impl State {
    fn no_bucket(&self, bucket: &str) -> KvError {
        let bucket = excerpt(bucket, 64);
        let what = format!("use the key-value bucket `{bucket}`");
        let message = self.terms.denied(&self.terms.permissions.denial(what, &format!("{bucket} = {{}}"), "kv"));
        KvError { kind: KvErrorKind::Denied, message }
    }
}
