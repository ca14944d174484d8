#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::{DaemonError, Found, Status, find, serve, state, stop};
use crate::{AccessKey, LocalConfig};

fn config(directory: &Path) -> LocalConfig {
    LocalConfig { directory: directory.to_owned(), ..LocalConfig::default() }
}

async fn running(directory: &Path) -> (Status, tokio::task::JoinHandle<Result<(), DaemonError>>) {
    let serving = tokio::spawn(serve(config(directory)));
    for _ in 0..1000 {
        if let Found::Running(status) = find(directory).await {
            return (status, serving);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it does not answer: {serving:?}");
}

#[tokio::test]
async fn it_is_found_while_running_and_leaves_nothing_when_stopped() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(find(directory.path()).await, Found::Absent);
    let (status, serving) = running(directory.path()).await;
    assert_eq!(status.pid, std::process::id());
    let mode = fs::metadata(directory.path().join("local.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(stop(directory.path()).await.unwrap(), Found::Running(status));
    serving.await.unwrap().unwrap();
    assert_eq!(find(directory.path()).await, Found::Absent);
    assert_eq!(stop(directory.path()).await.unwrap(), Found::Absent);
}

#[tokio::test]
async fn a_directory_and_a_port_serve_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let (status, serving) = running(directory.path()).await;
    let second = serve(config(directory.path())).await.unwrap_err();
    assert!(matches!(second, DaemonError::AlreadyRuns { .. }), "{second}");
    let taken = serve(LocalConfig { port: status.port, ..config(other.path()) }).await.unwrap_err();
    assert!(taken.to_string().contains(&format!("port {} on 127.0.0.1 is in use", status.port)), "{taken}");
    stop(directory.path()).await.unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn dead_and_foreign_processes_are_distinguished() {
    let directory = tempfile::tempdir().unwrap();
    let foreign = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = foreign.local_addr().unwrap().port();
    let left_behind = Status {
        pid: 1,
        port,
        endpoint: format!("http://127.0.0.1:{port}"),
        account: String::new(),
        region: String::new(),
        outbox: directory.path().to_owned(),
        instance: "gone".to_owned(),
        access_key: AccessKey::drawn(),
        version: String::new(),
    };
    state::write(directory.path(), &left_behind).unwrap();
    drop(foreign);
    assert_eq!(find(directory.path()).await, Found::Stale { pid: 1 });

    let another = tempfile::tempdir().unwrap();
    let (running_elsewhere, serving) = running(another.path()).await;
    let port = running_elsewhere.port;
    state::write(directory.path(), &Status { port, ..left_behind }).unwrap();
    assert_eq!(find(directory.path()).await, Found::Foreign { pid: 1, port });
    stop(directory.path()).await.unwrap();
    assert_eq!(find(directory.path()).await, Found::Absent);
    assert!(matches!(find(another.path()).await, Found::Running(_)), "the other one still runs");
    stop(another.path()).await.unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_failed_start_shows_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("incidentctl");
    fs::write(&script, "#!/bin/sh\necho no room for a function >&2\nexit 3\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let error = super::start(&script, &config(directory.path())).await.unwrap_err();
    assert!(error.to_string().contains("no room for a function"), "{error}");
}
