//! Clients that never finish their requests, and bodies that fill the memory: others are served all the same.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::Client;
use super::target;
use crate::LocalConfig;
use crate::gateway::capacity::Capacity;

const MIB: usize = 1024 * 1024;
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(500);

/// Room for a few connections and bytes.
async fn small(patience: Duration) -> Client {
    let capacity = Capacity { connections: 20, bytes: 4 * MIB, head: patience, body: patience };
    Client::with_capacity(LocalConfig::default(), capacity).await
}

/// The head of a call whose signature cannot be judged before its body is there.
fn head(client: &Client, service: &str, more: &str, length: usize) -> String {
    let now = client.cloud.clock.now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let scope = format!("{}/{}/us-east-1/{service}/aws4_request", client.cloud.access_key.access_key_id, &now[..8]);
    format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nX-Amz-Date: {now}\r\nContent-Length: {length}\r\n{more}\
         Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=0\r\n\r\n",
        client.host()
    )
}

async fn send(client: &Client, text: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(client.host()).await.unwrap();
    // The other side may close while this is written.
    let _ = stream.write_all(text).await;
    stream
}

/// The status of the reply; `None` when the connection is closed without one.
async fn status(stream: &mut TcpStream) -> Option<u16> {
    let mut answer = [0; 12];
    tokio::time::timeout(LONG, stream.read_exact(&mut answer)).await.unwrap().ok()?;
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}

async fn is_served_at_once(client: &Client) {
    let started = Instant::now();
    let reply = target(client, "sqs", "AmazonSQS.ListQueues", json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(started.elapsed() < LONG / 2, "{:?}", started.elapsed());
}

#[tokio::test]
async fn unfinished_requests_give_way_to_finished_ones() {
    let client = small(LONG).await;
    let body = head(&client, "sqs", "X-Amz-Target: AmazonSQS.CreateQueue\r\n", 1000) + "{";
    for unfinished in ["", "POST / HTTP/1.1\r\nHost: ", &body] {
        let mut streams = Vec::new();
        for _ in 0..60 {
            streams.push(send(&client, unfinished.as_bytes()).await);
        }
        is_served_at_once(&client).await;
        let refused = status(&mut streams[0]).await;
        assert_eq!(refused, unfinished.contains("Length").then_some(503), "{unfinished:?}");
    }
}

#[tokio::test]
async fn a_request_has_to_be_complete_in_time() {
    let client = small(SHORT).await;
    let head = head(&client, "sqs", "X-Amz-Target: AmazonSQS.CreateQueue\r\n", 1000);
    for (text, expected) in [(head.as_str(), Some(408)), (&head[..50], None), ("", None)] {
        let started = Instant::now();
        let mut stream = send(&client, text.as_bytes()).await;
        let (mut reader, mut writer) = stream.split();
        let trickling = async {
            while writer.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            std::future::pending::<()>().await;
        };
        let mut answer = [0; 12];
        tokio::select! {
            () = trickling => {}
            read = reader.read_exact(&mut answer) => assert_eq!(read.is_ok(), expected.is_some(), "{text:?}"),
        }
        if let Some(expected) = expected {
            assert_eq!(answer.as_slice(), format!("HTTP/1.1 {expected}").as_bytes());
        }
        assert!(started.elapsed() < LONG / 2, "{:?}", started.elapsed());
    }
}

/// Only waiting for the client is limited, not the work on its call.
#[tokio::test]
async fn a_long_call_is_not_cut() {
    let client = small(SHORT).await;
    let rules = json!([{"operation": "ListQueues", "action": {"delay": {"milliseconds": 2500}}}]);
    client.put("/_local/faults", rules.to_string()).await;
    assert_eq!(target(&client, "sqs", "AmazonSQS.ListQueues", json!({})).await.status, 200);
}

#[tokio::test]
async fn large_bodies_share_a_budget() {
    let client = small(LONG).await;
    let head = head(&client, "dynamodb", "X-Amz-Target: DynamoDB_20120810.BatchWriteItem\r\n", 30 * MIB);
    let (body, mut streams) = (vec![b'x'; 3 * MIB], Vec::new());
    for _ in 0..8 {
        let mut stream = send(&client, head.as_bytes()).await;
        // The other side may stop to read, or close.
        let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(&body)).await;
        streams.push(stream);
        assert!(client.handle.held() <= 4 * MIB, "{}", client.handle.held());
        is_served_at_once(&client).await;
    }
    assert!(client.handle.held() >= 2 * MIB, "the first one keeps its place: {}", client.handle.held());
    assert_eq!(status(&mut streams[7]).await, Some(503));
    drop(streams);
    client.handle.connections().until(0).await;
    assert_eq!(client.handle.held(), 0);
}

/// The length before decompression says nothing.
#[tokio::test]
async fn decompressed_bodies_count_as_well() {
    let client = small(LONG).await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![b' '; 6 * MIB]).unwrap();
    let headers = [("x-amz-target", "AmazonSQS.CreateQueue"), ("content-encoding", "gzip")];
    assert_eq!(client.post("sqs", "/", &headers, encoder.finish().unwrap()).await.status, 503);
    assert_eq!(client.handle.held(), 0);
}
