//! What is there without a signature, in a browser or with a plain GET: the pages that the links in SNS's mails open,
//! and the packages that `GetFunction` links to. Each link holds what cannot be guessed: a random token, or the hash of the
//! package.

use super::request::Request;
use super::{Reply, State, reply};
use crate::services::{lambda, sns};

const CONFIRMATION: &str = "/confirmation.html";
const UNSUBSCRIPTION: &str = "/unsubscribe.html";

/// Whether a request is for such a page or package.
pub(super) fn is_for(request: &Request) -> bool {
    let path = request.path.as_str();
    request.method == http::Method::GET && ([CONFIRMATION, UNSUBSCRIPTION].contains(&path) || lambda::is_package(path))
}

/// Answers a request that is for one.
pub(super) fn answer(state: &State, request: &Request) -> Reply {
    let (status, html) = match request.path.as_str() {
        CONFIRMATION => sns::confirm_page(&state.cloud, &request.query),
        UNSUBSCRIPTION => sns::unsubscribe_page(&state.cloud, &request.query),
        path => {
            return match lambda::package(&state.cloud, path) {
                Some(zip) => reply(200, "application/zip", zip),
                None => reply(404, "text/plain", "there is no such package"),
            };
        }
    };
    reply(status, "text/html; charset=utf-8", html)
}
