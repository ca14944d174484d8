//! The request pipeline.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderValue;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use super::admission::{self, Place};
use super::calls::{RecordedCall, RecordedNeed};
use super::connections::{Held, Seat};
use super::exchanges::{Exchange, Injected};
use super::faults::Action;
use super::protocol::Protocol;
use super::request::Request;
use super::route::{self, Route};
use super::signature::{Rejection, Scope, Signer};
use super::{Dropped, Reply, State, control, dispatch, pages, permission, refusal, reserved};
use crate::policy::Need;
use crate::services::dynamodb::ConsumedUnits;
use crate::services::{cloudtrail, dynamodb, lambda, s3};
use crate::{ApiError, Call, Cloud, Principal, RestRequest};

/// A decoded call and its protocol.
struct Work {
    route: Route,
    call: Call,
    access_key: Option<String>,
    needs: Vec<Need>,
    /// ARN of the target, or `*`.
    resource: String,
    /// The decompressed body, for the service that reads it itself.
    body: Bytes,
    _held: Held,
}

/// Answers a request; an error closes the connection without a reply. A panic fails only its own call.
pub(super) async fn answer(
    state: &Arc<State>,
    seat: &Seat,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Dropped> {
    let request_id = uuid::Uuid::new_v4().to_string();
    let (head, body) = request.into_parts();
    let request = Request::of(head);
    // The error protocol, for when the request itself has been consumed.
    let route = route::guess(&request);
    let answered = AssertUnwindSafe(admit_and_answer(state, seat, request, body, &request_id)).catch_unwind().await;
    let reply = match answered {
        Ok(reply) => reply?,
        Err(_) => route.protocol.encode_error(&route, &request_id, &internal_failure()),
    };
    seat.await_head();
    Ok(with_request_id(reply, &request_id).map(Full::new))
}

async fn admit_and_answer(
    state: &Arc<State>,
    seat: &Seat,
    mut request: Request,
    body: Incoming,
    request_id: &str,
) -> Result<Reply, Dropped> {
    let fail = |route: Route, error: ApiError| Ok(route.protocol.encode_error(&route, request_id, &error));
    let admission = match admission::admit(state, &request) {
        Ok(admission) => admission,
        Err(error) => {
            discard(&request, body);
            return fail(route::guess(&request), error);
        }
    };
    seat.await_body();
    if let Err(error) = request.read(body, admission.longest_body, seat).await {
        return fail(route::guess(&request), error).map(closing);
    }
    let held = seat.work();
    match admission.to {
        Place::Control => Ok(control::answer(state, &request)),
        Place::Page => Ok(pages::answer(state, &request)),
        Place::Service => answer_and_record(state, request, request_id, admission.signer, held).await,
    }
}

/// Drains what a rejected client is still sending: many clients read no response until they have sent their body. Size
/// and time are bounded; beyond them the connection is closed.
fn discard(request: &Request, mut body: Incoming) {
    const MAX_BYTES: usize = 80 * 1024 * 1024;
    const TIMEOUT: Duration = Duration::from_secs(5);
    if request.headers.contains_key(http::header::EXPECT) {
        // `Expect: 100-continue`: the client has not sent the body.
        return;
    }
    tokio::spawn(tokio::time::timeout(TIMEOUT, async move {
        let mut left = MAX_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let Some(less) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
            left = less;
        }
    }));
}

/// Announces that the connection ends with this reply: the rest of the body is not read.
fn closing(mut reply: Reply) -> Reply {
    reply.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("close"));
    reply
}

/// The reply to a call that panicked.
fn internal_failure() -> ApiError {
    ApiError::new("InternalFailure", "The request processing has failed because of an unknown error.").with_status(500)
}

fn with_request_id(mut reply: Reply, request_id: &str) -> Reply {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        reply.headers_mut().entry("x-amzn-requestid").or_insert(value);
    }
    reply
}

/// Answers a call; writes it down if the exchanges are recorded.
async fn answer_and_record(
    state: &Arc<State>,
    request: Request,
    request_id: &str,
    signer: Option<Signer>,
    held: Held,
) -> Result<Reply, Dropped> {
    let Some(exchanges) = &state.exchanges else { return answer_call(state, request, request_id, signer, held).await };
    let exchange = Exchange::of(&request, signer.as_ref().map(|signer| &signer.signature.scope));
    let reply = answer_call(state, request, request_id, signer, held).await;
    exchanges.add(exchange, reply.as_ref().ok());
    reply
}

async fn answer_call(
    state: &Arc<State>,
    request: Request,
    request_id: &str,
    signer: Option<Signer>,
    held: Held,
) -> Result<Reply, Dropped> {
    let fail = |route: &Route, error: ApiError| Ok(route.protocol.encode_error(route, request_id, &error));
    let scope = signer.as_ref().map(|signer| &signer.signature.scope);
    let route = match route::find(&request, scope) {
        Ok(route) => route,
        Err(error) => return fail(&route::guess(&request), error),
    };
    let call = match read_call(state, &request, request_id, &route, signer.as_ref()) {
        Ok(call) => call,
        Err(error) => return fail(&route, error),
    };
    let access_key = signer.as_ref().map(|signer| signer.signature.scope.access_key_id.clone());
    let rest = match route.protocol {
        Protocol::Lambda => Some(rest_request(&request, &call, &request.body)),
        // Encoded bodies are stored verbatim.
        Protocol::S3 => Some(rest_request(&request, &call, &request.sent_body)),
        _ => None,
    };
    perform(state, Received { route, call, access_key }, request.body, rest, held).await
}

/// A call whose sender is known.
pub(super) struct Received {
    pub(super) route: Route,
    pub(super) call: Call,
    /// The id of the key that signed it; none for an unsigned one, and for one that a service makes.
    pub(super) access_key: Option<String>,
}

/// Performs a call, unless a fault rule prevents it. The policies of the caller are asked.
///
/// # Errors
/// When a fault rule ends the connection.
pub(super) async fn perform(
    state: &Arc<State>,
    Received { route, call, access_key }: Received,
    body: Bytes,
    rest: Option<RestRequest>,
    held: Held,
) -> Result<Reply, Dropped> {
    let needs = permission::needs(&state.cloud, &call, rest.as_ref());
    let resource = permission::resource(&needs);
    break_or_perform(state, Work { route, call, access_key, needs, resource, body, _held: held }, rest).await
}

fn read_call(
    state: &State,
    request: &Request,
    request_id: &str,
    route: &Route,
    signer: Option<&Signer>,
) -> Result<Call, ApiError> {
    let principal = match signer {
        Some(signer) => signer.verify(request).map_err(|rejection| rejection.into_error(route.protocol))?,
        None if permission::is_public(&route.service, &route.operation) => Principal::Anonymous,
        None => return Err(Rejection::missing(route.protocol)),
    };
    let region = match signer.map(|signer| &signer.signature.scope) {
        Some(Scope { region, .. }) => region.clone(),
        None => state.cloud.config.region.clone(),
    };
    Ok(Call {
        service: route.service.clone(),
        operation: route.operation.clone(),
        input: route.protocol.decode(request)?,
        region,
        request_id: request_id.to_owned(),
        principal,
    })
}

/// Applies the matching fault rule, and performs the call unless the rule prevents it.
async fn break_or_perform(state: &Arc<State>, work: Work, rest: Option<RestRequest>) -> Result<Reply, Dropped> {
    state.cloud.clock.sleep(state.cloud.config.latency.call).await;
    let fault = state.faults.strike(&work.call, &work.resource);
    if let Some(delay) = fault.as_ref().and_then(Action::delay) {
        tokio::time::sleep(delay).await;
    }
    if let Some(error) = fault.as_ref().and_then(|action| action.error(&work.route.service)) {
        let mut reply = work.refuse(&error);
        reply.extensions_mut().insert(Injected);
        state.calls.record(work.recorded(state, Some(reply.status()), Vec::new()));
        return Ok(reply);
    }
    match fault {
        Some(Action::DropBefore) => {
            state.calls.record(work.recorded(state, None, Vec::new()));
            return Err(Dropped);
        }
        Some(Action::HangBefore) => match state.faults.hang().await {},
        _ => {}
    }
    let reply = perform_to_its_end(state, work, rest, fault.clone()).await?;
    match fault {
        Some(Action::DropAfter) => Err(Dropped),
        Some(Action::HangAfter) => match state.faults.hang().await {},
        _ => Ok(reply),
    }
}

/// Runs the call on its own task, so that it completes even when the client disconnects, as on AWS.
async fn perform_to_its_end(
    state: &Arc<State>,
    work: Work,
    rest: Option<RestRequest>,
    fault: Option<Action>,
) -> Result<Reply, Dropped> {
    let state = Arc::clone(state);
    let (route, request_id) = (work.route.clone(), work.call.request_id.clone());
    let begun = state.cloud.work.begin();
    let performing = tokio::spawn(async move {
        let _begun = begun;
        let draft = cloudtrail::draft(&state.cloud, &work.call, rest.as_ref(), work.access_key.as_deref());
        let reply = work.perform(&state.cloud, rest, fault.as_ref()).await;
        if let Some(draft) = draft
            && reply.status() != http::StatusCode::NOT_IMPLEMENTED
        {
            cloudtrail::record(&state.cloud, draft, refusal::of(&reply).as_ref());
        }
        let is_answered = !matches!(fault, Some(Action::DropAfter | Action::HangAfter));
        let consumed = reply.extensions().get::<Vec<ConsumedUnits>>().cloned().unwrap_or_default();
        state.calls.record(work.recorded(&state, is_answered.then(|| reply.status()), consumed));
        reply
    });
    match performing.await {
        Err(ended) if ended.is_panic() => Ok(route.protocol.encode_error(&route, &request_id, &internal_failure())),
        ended => ended.map_err(|_| Dropped),
    }
}

impl Work {
    async fn perform(&self, cloud: &Cloud, rest: Option<RestRequest>, fault: Option<&Action>) -> Reply {
        let Self { route, call, body, .. } = self;
        let allowed = permission::check(cloud, call, rest.as_ref(), route.protocol);
        if let Err(error) = allowed.and_then(|()| reserved::check(call)) {
            return self.refuse(&error);
        }
        match (route.protocol, rest) {
            (Protocol::Lambda, Some(rest)) => lambda::handle(cloud, rest).await,
            (Protocol::S3, Some(rest)) => s3::handle(cloud, rest).await,
            (Protocol::Dynamodb, _) => dynamodb::handle(cloud, call, body, fault).await,
            (protocol, _) => match dispatch::dispatch(cloud, call).await {
                Ok(output) => protocol.encode(call, &output),
                Err(error) => self.refuse(&error),
            },
        }
    }

    fn refuse(&self, error: &ApiError) -> Reply {
        self.route.protocol.encode_error(&self.route, &self.call.request_id, error)
    }

    fn recorded(&self, state: &State, status: Option<http::StatusCode>, consumed: Vec<ConsumedUnits>) -> RecordedCall {
        let Self { call, needs, resource, .. } = self;
        let needed = |need: &Need| RecordedNeed { action: need.action.clone(), resource: need.resource.clone() };
        RecordedCall {
            service: call.service.clone(),
            operation: call.operation.clone(),
            resource: resource.clone(),
            needs: needs.iter().map(needed).collect(),
            status: status.map(|status| status.as_u16()),
            principal: call.principal.arn(),
            request_id: call.request_id.clone(),
            at: state.cloud.clock.now().as_millisecond(),
            // The sum of nothing would be -0.0.
            read_units: consumed.iter().fold(0.0, |total, units| total + units.read_units),
            write_units: consumed.iter().fold(0.0, |total, units| total + units.write_units),
            consumed,
        }
    }
}

fn rest_request(request: &Request, call: &Call, body: &Bytes) -> RestRequest {
    RestRequest {
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers: request.headers.clone(),
        body: body.clone(),
        principal: call.principal.clone(),
        region: call.region.clone(),
        request_id: call.request_id.clone(),
    }
}
