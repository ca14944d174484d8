//! Reading and changing the former version's table without moving it.

use serde_json::{Value, json};

use super::table::{LIST, former, stored};
use crate::harness::{TestResult, World};

const UNREADABLE: &str = "inc-019d0000-0000-7000-8000-000000000004";
const LONG: &str = "inc-019b7700-0000-7000-8000-000000000001";
const NEWER: &str = "inc-019d0000-0000-7000-8000-000000000003";

#[tokio::test]
async fn everything_is_read_as_the_former_version_read_it() -> TestResult {
    let world = World::new()?;
    let aws = former(&world).await?;
    let expected: Value = serde_json::from_str(include_str!("list.json"))?;
    let list = world.run(&LIST).await?.succeeded()?;
    assert_eq!(list.json()?, expected);
    assert!(list.stderr.contains(UNREADABLE), "{}", list.stderr);
    let stats = ["incidents", "stats", "--local", "--since", "2025-01-01", "--output", "json"];
    let expected: Value = serde_json::from_str(include_str!("stats.json"))?;
    let mut stats = world.run(&stats).await?.succeeded()?.json()?;
    // The former version did not know causes.
    let by_cause = stats.as_object_mut().and_then(|stats| stats.remove("by_cause"));
    assert_eq!((by_cause.as_ref().map(Value::is_object), stats), (Some(true), expected));
    let open = ["incidents", "list", "--local", "--status", "open", "--status", "acknowledged", "--output", "json"];
    let open = world.run(&open).await?.succeeded()?.json()?;
    assert_eq!(open.as_array().map(Vec::len), Some(14), "{open}");
    let silences = world.run(&["silence", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    let held = silences.as_array().into_iter().flatten().map(|one| one["held"].as_u64().unwrap_or_default());
    assert_eq!(held.sum::<u64>(), 1, "{silences}");
    let found = world.run(&["incidents", "show", "019b77", "--local"]).await?.succeeded()?.stdout;
    assert!(found.contains(LONG) && found.contains("... 73 more ..."), "{found}");
    for (command, id) in [("ack", NEWER), ("show", UNREADABLE)] {
        world.run(&["incidents", command, id, "--local"]).await?.ended_with(1)?;
    }

    world.run(&["incidents", "resolve", LONG, "--by", "bob", "--local"]).await?.succeeded()?;
    let (items, id) = (stored(&aws).await?, json!(LONG));
    assert_eq!(items[LONG]["timeline"].as_array().map(Vec::len), Some(50), "no entry is lost");
    assert_eq!(items[&format!("{LONG}#timeline")]["timeline"][0]["what"], "resolved by bob");
    let list = world.run(&LIST).await?.succeeded()?.json()?;
    let resolved = list.as_array().into_iter().flatten().find(|one| one["incident_id"] == id).ok_or("lost")?;
    assert_eq!((&resolved["status"], &resolved["occurrences"]), (&json!("resolved"), &json!(4711)));
    Ok(())
}
