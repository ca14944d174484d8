//! Clients that never finish what they begin.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::daemon;
use crate::harness::{Aws, TestResult, World};
use crate::local_access::shell;

const MIB: usize = 1024 * 1024;

async fn answers_at_once(aws: &Aws) -> TestResult {
    let started = Instant::now();
    aws.sqs.list_queues().send().await?;
    let taken = started.elapsed();
    assert!(taken < Duration::from_secs(2), "{taken:?}");
    Ok(())
}

fn host(status: &Value) -> TestResult<String> {
    Ok(status["endpoint"]
        .as_str()
        .and_then(|endpoint| endpoint.strip_prefix("http://"))
        .ok_or("no endpoint")?
        .to_owned())
}

fn send(host: &str, text: &str) -> TestResult<TcpStream> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_write_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(text.as_bytes())?;
    Ok(stream)
}

/// Any user of the machine can do this: an unsigned form may be a link of a mail. The descriptors are few, so that the
/// test needs few as well.
#[tokio::test(flavor = "multi_thread")]
async fn unfinished_requests_leave_the_local_aws_to_others() -> TestResult {
    let world = World::new()?;
    let started = shell(&world, "ulimit -n 256; exec \"$@\"", &["local", "start", "--output", "json"], &[])?;
    let status: Value = serde_json::from_slice(&started.stdout)?;
    let (host, aws) = (host(&status)?, world.aws().await?);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
    );
    let mut held = Vec::new();
    for text in ["Action=", ""].map(|body| head.clone() + body) {
        for _ in 0..300 {
            held.push(send(&host, &text)?);
        }
        answers_at_once(&aws).await?;
    }
    let mut answer = String::new();
    held.swap_remove(0).read_to_string(&mut answer)?;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("ServiceUnavailable"), "{answer}");
    world.run(&["local", "status"]).await?.succeeded()?;
    Ok(())
}

/// With `--open`, the key is known to all; the signature can be judged only when the body is there.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_do_not_fill_the_memory() -> TestResult {
    let world = World::new()?;
    let status = world.run(&["local", "start", "--open", "--output", "json"]).await?.succeeded()?.json()?;
    let (host, aws, process) = (host(&status)?, world.aws().await?, daemon(&world).await?);
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let head = format!(
        "PUT /bucket/key HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\nX-Amz-Date: {now}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/{}/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n",
        79 * MIB,
        &now[..8]
    );
    let (before, piece) = (resident(process)?, vec![b'x'; MIB]);
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut stream = send(&host, &head)?;
        // The other side closes a connection that has to give way.
        let _ = (0..78).try_for_each(|_| stream.write_all(&piece));
        held.push(stream);
    }
    answers_at_once(&aws).await?;
    let grown = resident(process)?.saturating_sub(before);
    assert!(grown < 300 * MIB, "{} MB", grown / MIB);
    Ok(())
}

/// Resident memory in bytes.
#[cfg(target_os = "linux")]
fn resident(process: u32) -> TestResult<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<usize>()? * 1024)
}
