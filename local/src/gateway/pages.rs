//! The pages that the links in SNS's mails open: in a browser or with a plain GET, and without a signature.

use super::request::Request;
use super::{Reply, State, reply};
use crate::services::sns;

/// Answers a request for such a page, `None` for any other.
pub(super) fn answer(state: &State, request: &Request) -> Option<Reply> {
    let (status, html) = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/confirmation.html") => sns::confirm_page(&state.cloud, &request.query),
        ("GET", "/unsubscribe.html") => sns::unsubscribe_page(&state.cloud, &request.query),
        _ => return None,
    };
    Some(reply(status, "text/html; charset=utf-8", html))
}
