//! `silence`: what is recorded, suppressed and refused.

use serde_json::{Value, json};

use super::table::{get, incident, put, stop_the_sweep};
use super::unwrapped;
use crate::harness::{TestResult, World, eventually};

const ADD: [&str; 6] = ["silence", "add", "--local", "--output", "json", "--by=ada"];
const LIST: [&str; 5] = ["silence", "list", "--local", "--output", "json"];

#[tokio::test]
async fn a_silence_is_listed_until_it_ends() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    put(&aws, &incident("inc-1", json!({"resource": "orders-eu"}))).await?;
    put(&aws, &incident("inc-2", json!({"resource": "bills"}))).await?;
    put(&aws, &incident("inc-3", json!({"resource": "orders-us", "status": "resolved"}))).await?;

    let which = ["--resource", "orders-*", "--source", "lambda", "--for", "2h", "--reason", "we deploy"];
    let added = world.run(&[&ADD[..], &which].concat()).await?.succeeded()?;
    let silence = added.json()?;
    let id = silence["silence_id"].as_str().ok_or("no id")?.to_owned();
    assert_eq!(silence["pattern"], json!({"source": ["lambda"], "resource": [{"wildcard": "orders-*"}]}));
    assert_eq!((&silence["by"], &silence["reason"]), (&json!("ada"), &json!("we deploy")));
    assert_eq!(silence["matching"], json!(["inc-1"]), "the open one that it covers");
    assert_eq!(seconds(&silence["until"])? - seconds(&silence["created_at"])?, 7200);
    assert!(added.stderr.contains(&format!("`incidentctl silence end {id} --local`")), "{}", added.stderr);
    let item = get(&aws, "silences").await?;
    assert_eq!((&item["version"], &item["silences"][0]["pattern"]["source"]), (&json!(1), &json!(["lambda"])));

    // As the handler suppresses a mail.
    let end = seconds(&silence["until"])?;
    let held = json!({"resource": "orders-eu", "due": "opened", "due_at": end, "silenced_by": id});
    put(&aws, &incident("inc-1", held)).await?;
    eventually("the index to show what is held back", async || {
        let list = world.run(&LIST).await?.succeeded()?.json()?;
        assert_eq!(list[0]["ended"], false, "{list}");
        Ok((list[0]["held"] == 1).then_some(()))
    })
    .await?;
    let status = world.run(&["status", "--local"]).await?.stdout;
    assert!(status.contains("holds 1 incident back") && status.contains("by ada (we deploy)"), "{status}");

    let ended = world.run(&["silence", "end", &id[..12], "--local", "--output", "json"]).await?.succeeded()?;
    assert_eq!(ended.json()?["released"], 1);
    assert!(
        ended.stderr.contains("the next sweep, within a minute, sends the mail about 1 incident"),
        "{}",
        ended.stderr
    );
    let released = get(&aws, "inc-1").await?;
    assert_eq!(released["due_at"], seconds(&ended.json()?["until"])?);
    let list = world.run(&LIST).await?.succeeded()?.json()?;
    assert_eq!(list[0]["ended"], true, "{list}");
    let table = world.run(&LIST[..3]).await?.succeeded()?.stdout;
    assert!(
        table.contains(" ended  ") && table.contains("  ada  source lambda, resource orders-*  we deploy"),
        "{table}"
    );
    let again = world.run(&["silence", "end", &id, "--local"]).await?.succeeded()?;
    assert!(again.stderr.contains("had already ended"), "{}", again.stderr);
    Ok(())
}

#[tokio::test]
async fn silenced_incidents_are_mailed_when_the_silence_ends() -> TestResult {
    let world = World::new()?;
    // The sweep runs every second.
    world.run(&["local", "start", "--time-scale", "60"]).await?.succeeded()?;
    let aws = world.up().await?;
    let which = ["--resource", "devops-error-generator", "--for", "2h", "--reason", "we deploy"];
    let silence = world.run(&[&ADD[..], &which].concat()).await?.succeeded()?.json()?["silence_id"].clone();
    let id = silence.as_str().ok_or("no id")?;

    let drill = ["trigger-test", "--local", "--timeout", "5"];
    let silent = world.run(&drill).await?.ended_with(1)?;
    assert!(silent.stderr.contains(&format!("`incidentctl silence end {id} --local`")), "{}", silent.stderr);
    assert_eq!(aws.alerts()?, [], "recorded, but not mailed");
    let incidents = world.run(&["incidents", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    let incident = incidents[0]["incident_id"].as_str().ok_or("nothing was recorded")?.to_owned();
    let shown = world.run(&["incidents", "show", &incident, "--local"]).await?.succeeded()?.stdout;
    let shown = unwrapped(&shown);
    for words in ["mails none yet", "next mail 1 (new), held back until", "(ada): we deploy"] {
        assert!(shown.contains(words), "`{words}` is missing in {shown}");
    }
    let record = world.run(&["incidents", "show", &incident, "--local", "--output", "json"]).await?.succeeded()?;
    assert_eq!(record.json()?["silence"]["by"], "ada");
    let list = world.run(&LIST).await?.succeeded()?.json()?;
    assert_eq!(list[0]["held"], 1, "{list}");

    world.run(&["silence", "end", id, "--local"]).await?.succeeded()?;
    let mail = eventually("the mail about what was hidden", async || Ok(aws.alerts()?.pop())).await?;
    assert!(mail.subject.starts_with("[SILENCE ENDED] 1 incident"), "{}", mail.subject);
    for words in [&incident, "ada", "we deploy", id] {
        assert!(mail.body.contains(words), "`{words}` is missing in {}", mail.body);
    }
    let sent = eventually("the mail to be noted", async || {
        let record = get(&aws, &incident).await?;
        Ok(record["last_notified_at"].is_string().then_some(record))
    })
    .await?;
    assert_eq!((&sent["due"], &sent["silenced_by"]), (&Value::Null, &Value::Null), "{sent}");
    assert_eq!(aws.alerts()?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_incident_is_silenced_by_its_fingerprint() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    put(&aws, &incident("inc-1", json!({"fingerprint": "v1:beef"}))).await?;
    let until = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1)).to_string();
    let which = ["--incident", "inc-1", "--until", &until, "--reason", "known"];
    let silence = world.run(&[&ADD[..], &which].concat()).await?.succeeded()?.json()?;
    assert_eq!(silence["pattern"], json!({"fingerprint": ["v1:beef"]}));
    assert_eq!(seconds(&silence["until"])?, seconds(&json!(until))?);
    let which = ["--incident", "inc-1", "--for", "1d", "--reason", "known"];
    let added = world.run(&[&["silence", "add", "--local"], &which[..]].concat()).await?.succeeded()?.stdout;
    for words in
        ["hides   incidents with fingerprint v1:beef", " UTC, in 24 h", "covers  1 open incident now\n        inc-1"]
    {
        assert!(added.contains(words), "`{words}` is missing in {added}");
    }
    Ok(())
}

#[tokio::test]
async fn concurrent_silences_are_all_added() -> TestResult {
    let world = World::new()?;
    world.up().await?;
    let add = async |resource: String| {
        let which = ["--resource", &resource, "--for", "1h", "--reason", "a test"];
        world.run(&[&ADD[..], &which].concat()).await?.succeeded()
    };
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    let added = futures_util::future::join_all(names.into_iter().map(add)).await;
    added.into_iter().collect::<TestResult<Vec<_>>>()?;
    let list = world.run(&LIST).await?.succeeded()?.json()?;
    let mut resources: Vec<&str> =
        list.as_array().into_iter().flatten().filter_map(|one| one["pattern"]["resource"][0].as_str()).collect();
    resources.sort_unstable();
    assert_eq!(resources, ["a", "b", "c", "d"]);
    Ok(())
}

#[tokio::test]
async fn a_silence_is_added_exactly_once_despite_faults() -> TestResult {
    let world = World::new()?;
    let faults = world.home().join("faults.json");
    std::fs::write(&faults, "[]")?;
    world.run(&["local", "start", "--faults", "faults.json"]).await?.succeeded()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let mut version = 0;
    for operation in ["GetItem", "UpdateItem"] {
        let error = json!({"error": {"code": "AccessDeniedException", "message": "no", "status": 400}});
        let fault =
            json!([{"service": "dynamodb", "operation": operation, "caller": "root", "call": 1, "action": error}]);
        std::fs::write(&faults, fault.to_string())?;
        let which = ["--resource", "denied", "--for", "1h", "--reason", "a test"];
        let denied = world.run(&[&ADD[..], &which].concat()).await?.ended_with(1)?;
        assert!(denied.stderr.contains(&format!("dynamodb:{operation}: no (AccessDenied")), "{}", denied.stderr);
        for action in ["throttle", "internal-error", "drop-before", "drop-after"] {
            let name = format!("{operation}-{action}");
            let fault =
                json!([{"service": "dynamodb", "operation": operation, "caller": "root", "call": 1, "action": action}]);
            std::fs::write(&faults, fault.to_string())?;
            let which = ["--resource", &name, "--for", "1h", "--reason", "a test"];
            let added = world.run(&[&ADD[..], &which].concat()).await?.succeeded()?.json()?;
            let id = added["silence_id"].as_str().ok_or("no id")?;
            std::fs::write(&faults, fault.to_string())?;
            world.run(&["silence", "end", id, "--local"]).await?.succeeded()?;
            std::fs::write(&faults, "[]")?;

            let item = get(&aws, "silences").await?;
            let found: Vec<&Value> =
                item["silences"].as_array().into_iter().flatten().filter(|one| one["silence_id"] == id).collect();
            let [silence] = found[..] else { return Err(format!("{name}: {item}").into()) };
            assert!(seconds(&silence["until"])? - seconds(&silence["created_at"])? < 3600, "{name}: it goes on");
            version += 2;
            assert_eq!(item["version"], version, "{name}: each change was made once");
        }
    }
    Ok(())
}

#[tokio::test]
async fn overly_broad_silences_are_refused() -> TestResult {
    let world = World::new()?;
    world.up().await?;
    for (which, said) in [
        (vec!["--for", "2h"], "no incidents selected"),
        (vec!["--source", "*", "--for", "2h"], "nearly every incident"),
        (vec!["--pattern", "{\"colour\": [\"red\"]}", "--for", "2h"], "cannot match the field `colour`"),
        (vec!["--pattern", "{", "--for", "2h"], "not JSON"),
        (vec!["--source", "lambda", "--for", "31d"], "at most 30 days"),
        (vec!["--source", "lambda", "--until", "2020-01-01T00:00:00Z"], "in the past"),
    ] {
        let refused = world.run(&[&ADD[..], &["--reason", "x"], &which].concat()).await?.ended_with(2)?;
        assert!(refused.stderr.contains(said), "`{said}` is missing: {}", refused.stderr);
    }
    let unknown = world.run(&["silence", "end", "sil-7", "--local"]).await?.ended_with(1)?;
    assert!(unknown.stderr.contains("no silence has an id that starts with `sil-7`"), "{}", unknown.stderr);
    assert_eq!(world.run(&LIST).await?.succeeded()?.json()?, json!([]), "nothing was written");
    let all = ["--all", "--for", "2h", "--reason", "the region is down"];
    let everything = world.run(&[&ADD[..], &all].concat()).await?.succeeded()?.json()?;
    assert_eq!(everything["pattern"], json!({"severity": [{"exists": true}]}));
    Ok(())
}

fn seconds(time: &Value) -> TestResult<i64> {
    Ok(incident_model::time::seconds_of(time.as_str().unwrap_or_default()).ok_or_else(|| format!("no time: {time}"))?)
}
