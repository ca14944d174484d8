#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn config(directory: &Path, smtp: Option<&str>) -> LocalConfig {
    LocalConfig { directory: directory.to_owned(), smtp: smtp.map(str::to_owned), ..LocalConfig::default() }
}

fn mail(subject: &str, body: &str) -> Mail {
    Mail {
        kind: MailKind::Notification,
        to: "ada@example.com".to_owned(),
        from_name: "AWS Notifications".to_owned(),
        subject: subject.to_owned(),
        body: body.to_owned(),
        topic_arn: "arn:aws:sns:eu-west-1:000000000000:alerts".to_owned(),
    }
}

#[tokio::test]
async fn delivered_mail_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(&config(folder.path(), None)).unwrap();
    let long_line = "word ".repeat(400);
    let cases = [
        mail("[HIGH] orders-worker", "first\nsecond\n"),
        mail("Überschrift – ✓ mit mehr als sechsundsiebzig Zeichen, damit sie umgebrochen werden muss", "Grüße\n"),
        mail("long", &long_line),
        mail("dots", ".\n..\n=3D\n"),
    ];
    for mail in &cases {
        outbox.deliver(mail).await.unwrap();
    }
    let stored = read(outbox.directory()).unwrap();
    assert_eq!(stored.len(), cases.len());
    for (stored, mail) in stored.iter().zip(&cases) {
        assert_eq!((&stored.subject, &stored.body, &stored.to), (&mail.subject, &mail.body, &mail.to));
        assert_eq!(stored.kind.as_deref(), Some(MailKind::NOTIFICATION));
        assert_eq!(stored.topic.as_deref(), Some(mail.topic_arn.as_str()));
        assert!(stored.date.is_some());
    }
}

#[tokio::test]
async fn the_confirmation_link_is_one_unfolded_header() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(&config(folder.path(), None)).unwrap();
    let link = format!("http://127.0.0.1:4566/confirmation.html?TopicArn=arn&Token={}&Endpoint=a", "0123".repeat(60));
    let confirmation = Mail { kind: MailKind::Confirmation { link: link.clone() }, ..mail("confirm", "please") };
    let file = outbox.deliver(&confirmation).await.unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.lines().any(|line| line == format!("X-Incidentctl-Link: {link}")), "{text}");
    assert_eq!(read(outbox.directory()).unwrap()[0].link.as_deref(), Some(link.as_str()));
}

#[tokio::test]
async fn names_sort_by_time_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let first = Outbox::open(&config(folder.path(), None)).unwrap();
    let second = Outbox::open(&config(folder.path(), None)).unwrap();
    let subjects: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    for (number, subject) in subjects.iter().enumerate() {
        let outbox = if number < 25 { &first } else { &second };
        outbox.deliver(&mail(subject, "")).await.unwrap();
    }
    let mut stored: Vec<String> = read(first.directory()).unwrap().into_iter().map(|mail| mail.subject).collect();
    stored.sort_by_key(|subject| subject.parse::<u32>().unwrap());
    assert_eq!(stored, subjects);
}

#[test]
fn foreign_files_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "hello").unwrap();
    std::fs::write(folder.path().join("half.eml.partial"), "Subject: half").unwrap();
    std::fs::write(folder.path().join("foreign.eml"), "Subject: hi\r\n\r\nbody").unwrap();
    std::fs::create_dir(folder.path().join("folder.eml")).unwrap();
    let stored = read(folder.path()).unwrap();
    let subjects: Vec<&str> = stored.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects, ["hi"]);
    assert_eq!(stored[0].kind, None);
    assert_eq!(read(&folder.path().join("absent")).unwrap(), []);
}

#[tokio::test]
async fn an_unreachable_mail_server_loses_no_mail() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(&config(folder.path(), Some("127.0.0.1:9"))).unwrap();
    outbox.deliver(&mail("kept", "")).await.unwrap();
    assert_eq!(read(outbox.directory()).unwrap().len(), 1);
}

#[test]
fn a_remote_mail_server_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["mail.example.com:25", "127.0.0.1", "127.0.0.1:smtp"] {
        let error = Outbox::open(&config(folder.path(), Some(address))).unwrap_err();
        assert!(matches!(error, OutboxError::Server { .. }), "{address}");
    }
}

#[tokio::test]
async fn a_mail_that_cannot_be_written_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(&config(folder.path(), None)).unwrap();
    assert_eq!(outbox.trouble(), None);
    // A file in place of the folder fails for every user and on every system.
    std::fs::remove_dir(outbox.directory()).unwrap();
    std::fs::write(outbox.directory(), "").unwrap();
    assert!(outbox.trouble().is_some(), "also before a mail is to be written");
    outbox.deliver(&mail("lost", "")).await.unwrap_err();
    std::fs::remove_file(outbox.directory()).unwrap();
    std::fs::create_dir(outbox.directory()).unwrap();
    let trouble = outbox.trouble().unwrap().to_string();
    assert!(trouble.contains(outbox.directory().to_str().unwrap()), "the mail is still missing: {trouble}");
    outbox.deliver(&mail("repeated", "")).await.unwrap();
    assert_eq!(outbox.trouble(), None);
    assert_eq!(std::fs::read_dir(outbox.directory()).unwrap().count(), 1, "nothing but the mail");
}

#[test]
fn a_full_disk_is_named() {
    let path = Path::new("/outbox");
    for (code, is_full) in [(28, true), (27, true), (13, false)] {
        let trouble = Trouble::new(path, &std::io::Error::from_raw_os_error(code));
        assert_eq!(trouble.is_full, is_full, "{trouble}");
        assert_eq!(trouble.to_string().contains("no space left"), is_full, "{trouble}");
    }
}

/// `/dev/full` fails as a full disk does.
#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_full() {
    let error = std::fs::write("/dev/full", "x").unwrap_err();
    assert!(Trouble::new(Path::new("/outbox"), &error).is_full, "{error}");
}
