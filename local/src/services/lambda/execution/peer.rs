//! Authenticates clients of the Runtime API, which has no secret: its clients are Lambda's standard runtimes.
//!
//! Another user of the machine could steal an invocation and answer it; a page in a browser could steal one.

use std::net::SocketAddr;

use hyper::header::{HOST, HeaderMap, ORIGIN};

/// The kernel's TCP socket tables; a client may use an IPv6 socket for an IPv4 address.
#[cfg(target_os = "linux")]
const SOCKETS: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// Whether the connecting process belongs to this user. Only Linux exposes that; elsewhere all connections are
/// accepted.
#[cfg(target_os = "linux")]
pub(super) fn is_own_process(client: SocketAddr, server: SocketAddr) -> bool {
    let user = rustix::process::geteuid().as_raw();
    let owner = |list: &str| std::fs::read_to_string(list).ok().and_then(|text| owner(&text, client, server));
    SOCKETS.into_iter().find_map(owner) == Some(user)
}

/// The owner of the client's socket between two addresses.
#[cfg(target_os = "linux")]
fn owner(list: &str, client: SocketAddr, server: SocketAddr) -> Option<u32> {
    let (client, server) = (hexadecimal(client)?, hexadecimal(server)?);
    list.lines().find_map(|line| {
        // Number, local address, remote address, state, queues, timer, retransmissions, user.
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let is_it = fields.get(1)?.ends_with(&client) && fields.get(2)?.ends_with(&server);
        if is_it { fields.get(7)?.parse().ok() } else { None }
    })
}

/// An address in the kernel's format: bytes in native order, and the port.
#[cfg(target_os = "linux")]
fn hexadecimal(address: SocketAddr) -> Option<String> {
    let SocketAddr::V4(address) = address else { return None };
    Some(format!("{:08X}:{:04X}", u32::from_ne_bytes(address.ip().octets()), address.port()))
}

/// Whether the connecting process belongs to this user.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_own_process(_client: SocketAddr, _server: SocketAddr) -> bool {
    true
}

/// Whether a request comes from a program, not from a web page, whatever host name it uses.
pub(super) fn is_program(headers: &HeaderMap, server: SocketAddr) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host == Some(server.to_string().as_str())
        && !headers.contains_key(ORIGIN)
        && !headers.contains_key("sec-fetch-site")
}

#[cfg(all(test, target_os = "linux"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_kernel_reports_a_connections_user() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server = listener.local_addr().unwrap();
        let stream = tokio::net::TcpStream::connect(server).await.unwrap();
        assert!(is_own_process(stream.local_addr().unwrap(), server));
        let other = SocketAddr::from(([127, 0, 0, 1], 1));
        assert!(!is_own_process(other, server), "no such connection");
    }

    #[test]
    fn another_users_socket_is_found_in_either_table() {
        let (client, server) = (([127, 0, 0, 1], 0x1f90).into(), ([127, 0, 0, 1], 0x0050).into());
        let line = |zeros: &str| {
            format!(
                "  sl  local_address rem_address   st\n   0: {zeros}0100007F:1F90 {zeros}0100007F:0050 01 00000000:00000000 00:00000000 00000000 65534        0 12 1\n"
            )
        };
        for zeros in ["", "0000000000000000FFFF0000"] {
            assert_eq!(owner(&line(zeros), client, server), Some(65534));
            assert_eq!(owner(&line(zeros), server, client), None);
        }
    }

    #[test]
    fn pages_are_distinguished_from_programs() {
        let server = SocketAddr::from(([127, 0, 0, 1], 80));
        let headers = |pairs: &[(&'static str, &str)]| {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>()
        };
        assert!(is_program(&headers(&[("host", "127.0.0.1:80")]), server));
        for wrong in [
            &[("host", "evil.example:80")][..],
            &[],
            &[("host", "127.0.0.1:80"), ("origin", "https://evil.example")],
            &[("host", "127.0.0.1:80"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(!is_program(&headers(wrong), server), "{wrong:?}");
        }
    }
}
