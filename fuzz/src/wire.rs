//! The port of the local AWS: HTTP, signatures, and the protocols' forms.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Target;
use crate::account::{ACCOUNT, halves};

pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("http", http_bytes),
    ("signature", signature),
    ("query-protocol", query_protocol),
    ("json-protocol", json_protocol),
    ("cbor-protocol", cbor_protocol),
    ("gzip", gzip),
];

/// It answers everything at once.
const PATIENCE: Duration = Duration::from_secs(5);

type Connection = Mutex<Option<SendRequest<Full<Bytes>>>>;
static CONNECTION: Connection = Mutex::new(None);

fn host() -> &'static str {
    ACCOUNT.cloud.endpoint.trim_start_matches("http://")
}

/// Bytes on a connection, which ends by itself once they have ended.
fn http_bytes(bytes: &[u8]) {
    ACCOUNT.runtime.block_on(async {
        let mut stream = TcpStream::connect(host()).await.expect("it listens");
        let work = async {
            // It may close the connection before it has read everything.
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        };
        assert!(tokio::time::timeout(PATIENCE, work).await.is_ok(), "the connection stays");
    });
}

/// The `Authorization` header and the query string of a request.
fn signature(bytes: &[u8]) {
    let (authorization, query) = halves(bytes);
    let date = now();
    let headers = [("authorization", authorization), ("x-amz-date", &date)];
    send(Method::POST, &format!("/?{}", in_url(query)), &headers, b"Action=GetCallerIdentity&Version=2011-06-15");
    send(Method::GET, &format!("/bucket/key?{}", in_url(query)), &[("host", host())], b"");
}

/// Characters that an HTTP library sends as they are.
fn in_url(text: &str) -> String {
    text.chars().filter(|character| ('!'..='~').contains(character) && !"\"<>#`{}^\\|".contains(*character)).collect()
}

fn query_protocol(bytes: &[u8]) {
    let Some((service, body)) = bytes.split_first() else { return };
    let service = ["iam", "sts", "sns", "cloudformation", "monitoring", "sqs"][usize::from(*service) % 6];
    signed(service, "/", &[("content-type", "application/x-www-form-urlencoded")], body);
}

/// The target and after a zero byte the body.
fn json_protocol(bytes: &[u8]) {
    let (target, body) = halves(bytes);
    let service = match target.split('.').next() {
        Some("AmazonSQS") => "sqs",
        Some("AWSEvents") => "events",
        Some("Logs_20140328") => "logs",
        Some("DynamoDB_20120810") => "dynamodb",
        _ => "monitoring",
    };
    if !body.contains("WaitTime") {
        signed(service, "/", &[("x-amz-target", target)], body.as_bytes());
    }
}

fn cbor_protocol(bytes: &[u8]) {
    let Some((operation, body)) = bytes.split_first() else { return };
    let operation = ["PutMetricData", "GetMetricData", "PutMetricAlarm", "ListMetrics"][usize::from(*operation) % 4];
    let path = format!("/service/GraniteServiceVersion20100801/operation/{operation}");
    signed("monitoring", &path, &[("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")], body);
}

fn gzip(bytes: &[u8]) {
    signed("sqs", "/", &[("x-amz-target", "AmazonSQS.ListQueues"), ("content-encoding", "gzip")], bytes);
}

/// Sends a request as it has to be signed.
fn signed(service: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
    let (date, key) = (now(), &ACCOUNT.cloud.access_key);
    let day = &date[..8];
    let digest = hex(&Sha256::digest(body));
    let canonical = format!("POST\n{path}\n\nhost:{}\nx-amz-date:{date}\n\nhost;x-amz-date\n{digest}", host());
    let scope = format!("{day}/us-east-1/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let secret = format!("AWS4{}", key.secret_access_key).into_bytes();
    let key_of_scope = scope.split('/').fold(secret, |key, part| authenticated(&key, part));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=host;x-amz-date, Signature={}",
        key.access_key_id,
        hex(&authenticated(&key_of_scope, &to_sign))
    );
    let own = [("x-amz-date", date.as_str()), ("authorization", &authorization)];
    let status = send(Method::POST, path, &[headers, &own].concat(), body);
    assert_ne!(status, Some(500));
    assert!(status.is_none_or(|status| status != 403), "the signature is right");
}

fn authenticated(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The status of the answer; `None` for a request that cannot be sent.
fn send(method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<u16> {
    let mut request = http::Request::builder().method(method).uri(path).header("host", host());
    for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::copy_from_slice(body))).ok()?;
    ACCOUNT.runtime.block_on(async {
        let kept = CONNECTION.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        let mut sender = match kept {
            Some(sender) if sender.is_ready() => sender,
            _ => connect().await,
        };
        let answer = tokio::time::timeout(PATIENCE, sender.send_request(request)).await.expect("an answer in time");
        // The local AWS may close a connection that was kept for long.
        let answer = answer.ok()?;
        let status = answer.status().as_u16();
        let _ = answer.into_body().collect().await;
        if sender.ready().await.is_ok() {
            *CONNECTION.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(sender);
        }
        Some(status)
    })
}

async fn connect() -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(host()).await.expect("it listens");
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
    tokio::spawn(connection);
    sender
}
