//! Connections to AWS: TLS, and the environment's proxy.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::harness::{TestResult, World};

/// The first byte of a TLS handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

#[tokio::test]
async fn the_environments_proxy_tunnels_tls() -> TestResult {
    let world = World::new()?;
    let proxy = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}", proxy.local_addr()?);
    let tunnel = tokio::spawn(async move { tunnelled(&proxy).await });
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "example")];
    let variables = [keys.as_slice(), &[("HTTPS_PROXY", address.as_str())]].concat();
    let finished = world.run_with(&["status", "--region", "eu-central-1"], &variables).await?;
    let seen = tokio::time::timeout(Duration::from_secs(1), tunnel).await;
    let (request, first) = seen.map_err(|_| format!("the proxy was not asked: {finished:?}"))???;
    assert_eq!(request.trim_end(), "CONNECT sts.eu-central-1.amazonaws.com:443 HTTP/1.1");
    assert_eq!(first, HANDSHAKE);
    Ok(())
}

/// The proxy request, and the first byte sent through the tunnel.
async fn tunnelled(proxy: &TcpListener) -> std::io::Result<(String, u8)> {
    let (stream, _) = proxy.accept().await?;
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let mut header = String::from("…");
    while !header.trim_end().is_empty() {
        header.clear();
        stream.read_line(&mut header).await?;
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    Ok((request, stream.read_u8().await?))
}
