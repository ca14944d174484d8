//! Admission: checks the head of a request before reading its body.
//!
//! Functions run with the rights of the user who started the local AWS, so access to it grants that user's rights.
//! Other users of the machine can reach the port, and so can any page in a browser, even under its own DNS name for
//! 127.0.0.1.

use super::request::Request;
use super::route;
use super::signature::{Rejection, Signature, Signer};
use super::{State, control, limits, pages};
use crate::ApiError;

/// An admitted request.
pub(super) struct Admission {
    pub(super) to: Place,
    /// The credential a call names; none for public operations.
    pub(super) signer: Option<Signer>,
    /// Body limit in bytes.
    pub(super) longest_body: usize,
}

impl Admission {
    fn unsigned(to: Place, longest_body: usize) -> Self {
        Self { to, signer: None, longest_body }
    }
}

/// A request's destination.
pub(super) enum Place {
    /// The control API.
    Control,
    /// A page or package behind a link.
    Page,
    /// A service; signed, except for public operations.
    Service,
}

/// Admits or rejects a request by its head.
///
/// # Errors
/// `AccessDenied` for a foreign host name, a web page, or a missing secret; signature errors and bodies over the limit,
/// in the request's protocol.
pub(super) fn admit(state: &State, request: &Request) -> Result<Admission, ApiError> {
    let admission = identify(state, request)?;
    match request.announces_at_most(admission.longest_body) {
        true => Ok(admission),
        false => Err(limits::too_large(route::guess(request).protocol, admission.longest_body)),
    }
}

fn identify(state: &State, request: &Request) -> Result<Admission, ApiError> {
    if !is_for_us(request, state.port) {
        let port = state.port;
        return Err(denied(format!("the local AWS answers to 127.0.0.1:{port} and localhost:{port} only")));
    }
    if request.headers.contains_key(http::header::ORIGIN) {
        return Err(denied("the local AWS rejects requests from web pages"));
    }
    if control::is_for(request) {
        return match control::is_allowed(state, request) {
            true => Ok(Admission::unsigned(Place::Control, limits::CONTROL)),
            false => Err(denied(format!("{} lacks the secret access key", control::SECRET_HEADER))),
        };
    }
    if pages::is_for(request) {
        return Ok(Admission::unsigned(Place::Page, 0));
    }
    let protocol = route::guess(request).protocol;
    let reject = |rejection: Rejection| rejection.into_error(protocol);
    match Signature::of(request).map_err(reject)? {
        Some(signature) => {
            let signer = signature.signer(&state.cloud).map_err(reject)?;
            let longest_body = limits::longest_body(request, &signer.signature.scope);
            Ok(Admission { to: Place::Service, signer: Some(signer), longest_body })
        }
        None if route::may_be_public(request) => Ok(Admission::unsigned(Place::Service, limits::UNSIGNED)),
        None => Err(Rejection::missing(protocol)),
    }
}

/// Whether every name the request uses for its host is ours.
fn is_for_us(request: &Request, port: u16) -> bool {
    let is_ours = |host: &str| match host.rsplit_once(':') {
        Some((name, of)) => is_our_name(name) && of.parse() == Ok(port),
        None => is_our_name(host) && port == 80,
    };
    let mut hosts = request.headers.get_all(http::header::HOST).iter();
    let only = hosts.next().filter(|_| hosts.next().is_none()).and_then(|host| host.to_str().ok());
    only.is_some_and(is_ours) && request.authority.as_deref().is_none_or(is_ours)
}

fn is_our_name(name: &str) -> bool {
    name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost")
}

fn denied(message: impl Into<String>) -> ApiError {
    ApiError::new("AccessDenied", message).with_status(403)
}
