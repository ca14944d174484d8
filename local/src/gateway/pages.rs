//! Unsigned pages, for a browser or a plain GET: the links in SNS's mails, and the package links of `GetFunction`. Each
//! link contains something unguessable: a random token, or the package's hash.

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

/// Serves such a request.
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
