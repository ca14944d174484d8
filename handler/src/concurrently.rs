//! Awaits many futures, a limited number at a time.

use futures_util::stream::{self, StreamExt};

/// The outputs, in the order of the futures, of which at most `limit` run at once, the first ones first.
///
/// The futures come as a list: a stream that made them from references in a closure would keep an invocation from being
/// sent between threads.
pub(crate) async fn at_most<F: Future>(limit: usize, futures: Vec<F>) -> Vec<F::Output> {
    stream::iter(futures).buffered(limit).collect().await
}
