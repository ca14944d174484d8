//! Lambda's REST protocol: routing, replies and errors.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::{ApiError, Call, Cloud, Input, RestRequest};

/// Method, path (`{}` matches one segment) and operation, from the 2015-03-31 service model and later versions.
const ROUTES: &[(&str, &str, &str)] = &[
    ("POST", "/2015-03-31/functions", "CreateFunction"),
    ("GET", "/2015-03-31/functions", "ListFunctions"),
    ("GET", "/2015-03-31/functions/{}", "GetFunction"),
    ("DELETE", "/2015-03-31/functions/{}", "DeleteFunction"),
    ("GET", "/2015-03-31/functions/{}/configuration", "GetFunctionConfiguration"),
    ("PUT", "/2015-03-31/functions/{}/configuration", "UpdateFunctionConfiguration"),
    ("PUT", "/2015-03-31/functions/{}/code", "UpdateFunctionCode"),
    ("POST", "/2015-03-31/functions/{}/invocations", "Invoke"),
    ("POST", "/2014-11-13/functions/{}/invoke-async", "InvokeAsync"),
    ("POST", "/2021-11-15/functions/{}/response-streaming-invocations", "InvokeWithResponseStream"),
    ("GET", "/2015-03-31/functions/{}/versions", "ListVersionsByFunction"),
    ("POST", "/2015-03-31/functions/{}/versions", "PublishVersion"),
    ("GET", "/2015-03-31/functions/{}/aliases", "ListAliases"),
    ("POST", "/2015-03-31/functions/{}/aliases", "CreateAlias"),
    ("GET", "/2015-03-31/functions/{}/aliases/{}", "GetAlias"),
    ("PUT", "/2015-03-31/functions/{}/aliases/{}", "UpdateAlias"),
    ("DELETE", "/2015-03-31/functions/{}/aliases/{}", "DeleteAlias"),
    ("POST", "/2015-03-31/functions/{}/policy", "AddPermission"),
    ("GET", "/2015-03-31/functions/{}/policy", "GetPolicy"),
    ("DELETE", "/2015-03-31/functions/{}/policy/{}", "RemovePermission"),
    ("PUT", "/2019-09-25/functions/{}/event-invoke-config", "PutFunctionEventInvokeConfig"),
    ("POST", "/2019-09-25/functions/{}/event-invoke-config", "UpdateFunctionEventInvokeConfig"),
    ("GET", "/2019-09-25/functions/{}/event-invoke-config", "GetFunctionEventInvokeConfig"),
    ("DELETE", "/2019-09-25/functions/{}/event-invoke-config", "DeleteFunctionEventInvokeConfig"),
    ("GET", "/2019-09-25/functions/{}/event-invoke-config/list", "ListFunctionEventInvokeConfigs"),
    ("PUT", "/2017-10-31/functions/{}/concurrency", "PutFunctionConcurrency"),
    ("DELETE", "/2017-10-31/functions/{}/concurrency", "DeleteFunctionConcurrency"),
    ("GET", "/2019-09-30/functions/{}/concurrency", "GetFunctionConcurrency"),
    ("GET", "/2019-09-30/functions/{}/provisioned-concurrency", "GetProvisionedConcurrencyConfig"),
    ("GET", "/2020-06-30/functions/{}/code-signing-config", "GetFunctionCodeSigningConfig"),
    ("GET", "/2021-07-20/functions/{}/runtime-management-config", "GetRuntimeManagementConfig"),
    ("GET", "/2024-08-31/functions/{}/recursion-config", "GetFunctionRecursionConfig"),
    ("GET", "/2021-10-31/functions/{}/url", "GetFunctionUrlConfig"),
    ("GET", "/2016-08-19/account-settings", "GetAccountSettings"),
    ("GET", "/2017-03-31/tags/{}", "ListTags"),
    ("POST", "/2017-03-31/tags/{}", "TagResource"),
    ("DELETE", "/2017-03-31/tags/{}", "UntagResource"),
    ("GET", "/2015-03-31/event-source-mappings", "ListEventSourceMappings"),
    ("POST", "/2015-03-31/event-source-mappings", "CreateEventSourceMapping"),
    ("GET", "/2015-03-31/event-source-mappings/{}", "GetEventSourceMapping"),
    ("PUT", "/2015-03-31/event-source-mappings/{}", "UpdateEventSourceMapping"),
    ("DELETE", "/2015-03-31/event-source-mappings/{}", "DeleteEventSourceMapping"),
];

/// The operation of a method and path, with the path's decoded variable segments.
pub(super) fn route(method: &Method, path: &str) -> Option<(&'static str, Vec<String>)> {
    let path = path.trim_end_matches('/');
    ROUTES
        .iter()
        .filter(|(route_method, ..)| method == route_method)
        .find_map(|(_, pattern, operation)| Some((*operation, captures(pattern, path)?)))
}

/// Members that a path holds, in the order of its segments.
const IN_PATH: [&str; 5] = ["UUID", "FunctionName", "Resource", "StatementId", "Name"];
/// Members that the query string holds of a request with any method, and their names there. A GET has all there.
const IN_QUERY: [(&str, &str); 2] = [("Qualifier", "Qualifier"), ("TagKeys", "tagKeys")];

/// The request that carries a call.
pub(super) fn request(call: &Call) -> Option<RestRequest> {
    let (method, pattern, _) = ROUTES.iter().find(|(.., operation)| *operation == call.operation)?;
    let mut members = call.input.0.clone();
    let mut path = (*pattern).to_owned();
    for name in IN_PATH.into_iter().filter(|_| pattern.contains("{}")) {
        if let Some(value) = members.get(name).and_then(Value::as_str)
            && path.contains("{}")
        {
            path = path.replacen("{}", &encode(value), 1);
            members.remove(name);
        }
    }
    let mut query = Vec::new();
    let mut add = |parameter: &str, value: Value| {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value]);
        query.extend(values.iter().filter_map(text).map(|text| format!("{parameter}={}", encode(&text))));
    };
    for (name, parameter) in IN_QUERY {
        add(parameter, members.remove(name).unwrap_or_default());
    }
    if *method == "GET" {
        std::mem::take(&mut members).into_iter().for_each(|(name, value)| add(&name, value));
    }
    let body = if members.is_empty() { Bytes::new() } else { Value::Object(members).to_string().into() };
    Some(RestRequest {
        method: method.parse().ok()?,
        path,
        query: query.join("&"),
        headers: http::HeaderMap::new(),
        body,
        principal: call.principal.clone(),
        region: call.region.clone(),
        request_id: call.request_id.clone(),
    })
}

/// The parameters of a request, from its path, query string and body.
pub(super) fn parameters(request: &RestRequest) -> Map<String, Value> {
    let Some((_, segments)) = route(&request.method, &request.path) else { return Map::new() };
    let mut parameters = match serde_json::from_slice(&request.body) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let kind = request.path.split('/').nth(2).unwrap_or_default();
    let second = if request.path.contains("/aliases/") { "Name" } else { "StatementId" };
    let names = match kind {
        "tags" => ["Resource", second],
        "event-source-mappings" => ["UUID", second],
        _ => ["FunctionName", second],
    };
    parameters.extend(names.into_iter().zip(segments).map(|(name, value)| (name.to_owned(), json!(value))));
    let query = parse_query(&request.query).into_iter();
    parameters.extend(query.map(|(name, mut values)| match values.len() {
        1 => (name, json!(values.remove(0))),
        _ => (name, json!(values)),
    }));
    parameters
}

/// A value as the query string has it.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn captures(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut segments = path.split('/');
    let mut captured = Vec::new();
    for expected in pattern.split('/') {
        let segment = segments.next()?;
        if expected == "{}" {
            captured.push(decode(segment));
        } else if expected != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(captured)
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A routed request with its parameters.
pub(super) struct Request<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) http: &'a RestRequest,
    pub(super) operation: &'static str,
    path: Vec<String>,
    query: BTreeMap<String, Vec<String>>,
    /// The JSON body; none for an invocation, whose body is the payload.
    pub(super) input: Input,
}

impl<'a> Request<'a> {
    /// Parses the parameters of a request.
    ///
    /// # Errors
    /// `NotImplemented` for an unknown path, `SerializationException` unless the body is a JSON object.
    pub(super) fn read(cloud: &'a Cloud, http: &'a RestRequest) -> Result<Self, ApiError> {
        let (operation, path) = route(&http.method, &http.path)
            .ok_or_else(|| ApiError::not_implemented("lambda", &format!("{} {}", http.method, http.path)))?;
        let carries_payload = operation.starts_with("Invoke");
        let input = if carries_payload || http.body.is_empty() { Input::default() } else { parse_body(&http.body)? };
        Ok(Self { cloud, http, operation, path, query: parse_query(&http.query), input })
    }

    /// A variable path segment, from 0.
    pub(super) fn segment(&self, index: usize) -> &str {
        self.path.get(index).map_or("", String::as_str)
    }

    /// A query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name)?.first().map(String::as_str)
    }

    /// All values of a query parameter.
    pub(super) fn queries(&self, name: &str) -> &[String] {
        self.query.get(name).map_or(&[], Vec::as_slice)
    }

    /// A header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.http.headers.get(name)?.to_str().ok()
    }

    /// Rejects body members that AWS supports and the local AWS does not. Empty members are ignored.
    ///
    /// # Errors
    /// `NotImplemented`, naming the member.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.input.0.iter().find(|(name, value)| !known.contains(&name.as_str()) && !is_empty(value)) {
            Some((name, _)) => {
                Err(ApiError::not_implemented("lambda", &format!("{} with parameter {name}", self.operation)))
            }
            None => Ok(()),
        }
    }
}

/// Whether a value requests nothing: null, or an empty list or structure.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Array(elements) => elements.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
        Value::String(text) => text.is_empty() || text == "None",
        Value::Number(_) => false,
    }
}

fn parse_body(body: &[u8]) -> Result<Input, ApiError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(Input(members)),
        _ => Err(ApiError::new("SerializationException", "Could not parse request body into json")),
    }
}

/// The version or alias that a request is about, if it says.
pub(super) fn qualifier(request: &RestRequest) -> Option<String> {
    parse_query(&request.query).remove("Qualifier")?.into_iter().next()
}

fn parse_query(query: &str) -> BTreeMap<String, Vec<String>> {
    let mut parameters = BTreeMap::<String, Vec<String>>::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters.entry(decode(name)).or_default().push(decode(&value.replace('+', " ")));
    }
    parameters
}

/// An operation's reply.
pub(super) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Reply {
    /// A JSON document.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, Bytes::from(body.to_string())).with_header("content-type", "application/json")
    }

    /// An empty body.
    pub(super) fn empty(status: u16) -> Self {
        Self::raw(status, Bytes::new())
    }

    /// A raw body.
    pub(super) fn raw(status: u16, body: Bytes) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// The same reply with an additional header.
    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// An error. AWS puts the message in `Message` when a resource is missing or in use, otherwise in `message`.
    pub(super) fn error(error: &ApiError) -> Self {
        let is_capital = ["ResourceNotFoundException", "ResourceInUseException"].contains(&error.code.as_str());
        let key = if is_capital { "Message" } else { "message" };
        Self::error_body(error, json!({ "Type": fault(error.status), key: error.message }))
    }

    /// A throttling error with its reason.
    pub(super) fn throttled(reason: &str) -> Self {
        let error = ApiError::new("TooManyRequestsException", "Rate Exceeded.").with_status(429);
        let body = json!({ "Reason": reason, "Type": "User", "message": error.message });
        Self::error_body(&error, body)
    }

    fn error_body(error: &ApiError, body: Value) -> Self {
        Self::json(error.status, &body).with_header("x-amzn-errortype", error.code.clone())
    }

    /// The HTTP response, with the request id.
    pub(super) fn into_http(self, request_id: &str) -> http::Response<Bytes> {
        let mut response = http::Response::builder().status(self.status).header("x-amzn-requestid", request_id);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(self.body).unwrap_or_else(|_| {
            let mut response = http::Response::new(Bytes::new());
            *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

fn fault(status: u16) -> &'static str {
    if status < 500 { "User" } else { "Service" }
}
