//! `pegboard:plugin/http`: one request and its whole answer, sent by the [guard](crate::runtime::net).

use crate::runtime::store::State;
use crate::runtime::wit::imports::http::{Host, HttpError, Request, Response};

impl Host for State {
    async fn fetch(&mut self, request: Request) -> Result<Response, HttpError> {
        Ok(self.outgoing().fetch(request).await?)
    }
}
