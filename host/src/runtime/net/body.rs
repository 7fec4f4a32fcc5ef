//! Bodies that end at a bound.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// A body of at most so many bytes, within its time.
pub(super) struct Bounded<B, T> {
    inner: B,
    left: u64,
    time: Option<Pin<Box<Sleep>>>,
    /// Lives as long as the body.
    _kept: T,
}

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// There was more than there may be.
    #[error("the body is too large")]
    TooLarge,
    /// It took too long.
    #[error("the time is up")]
    Timeout,
    /// It broke off.
    #[error("{0}")]
    Broken(Box<dyn StdError + Send + Sync>),
}

impl<B, T> Bounded<B, T> {
    pub(super) fn new(inner: B, most: u64, time: Option<Sleep>, kept: T) -> Self {
        Self { inner, left: most, time: time.map(Box::pin), _kept: kept }
    }
}

impl<B, T> Body for Bounded<B, T>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    T: Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) else {
            if let Some(time) = &mut this.time {
                ready!(time.as_mut().poll(cx));
                return Poll::Ready(Some(Err(BodyError::Timeout)));
            }
            return Poll::Pending;
        };
        let Some(frame) = frame else { return Poll::Ready(None) };
        let frame = frame.map_err(|error| BodyError::Broken(error.into()));
        Poll::Ready(Some(frame.and_then(|frame| {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            this.left = this.left.checked_sub(bytes).ok_or(BodyError::TooLarge)?;
            Ok(frame)
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
