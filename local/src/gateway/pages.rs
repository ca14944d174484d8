//! What is there without a signature, in a browser or with a plain GET: the pages that the links in SNS's mails open,
//! and the packages that `GetFunction` links to.

use super::request::Request;
use super::{Reply, State, reply};
use crate::services::{lambda, sns};

/// Answers a request for such a page or package, `None` for any other.
pub(super) fn answer(state: &State, request: &Request) -> Option<Reply> {
    if request.method != http::Method::GET {
        return None;
    }
    let (status, html) = match request.path.as_str() {
        "/confirmation.html" => sns::confirm_page(&state.cloud, &request.query),
        "/unsubscribe.html" => sns::unsubscribe_page(&state.cloud, &request.query),
        path => return lambda::package(&state.cloud, path).map(|zip| reply(200, "application/zip", zip)),
    };
    Some(reply(status, "text/html; charset=utf-8", html))
}
