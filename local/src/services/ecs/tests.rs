use serde_json::json;

use crate::services::tests::{REGION, ask, cloud};
use crate::{LocalConfig, history};

#[tokio::test]
async fn task_definitions_are_described_by_family_revision_and_arn() {
    let (cloud, _directory) = cloud(LocalConfig::default());
    let logs =
        json!({ "logDriver": "awslogs", "options": { "awslogs-group": "/web", "awslogs-stream-prefix": "web" } });
    let definition = |revision: u64| {
        json!({ "family": "web", "revision": revision, "registeredAt": "2026-11-27T09:00:00Z",
            "containerDefinitions": [{ "name": "app", "logConfiguration": logs }] })
    };
    let past = json!({ "task_definitions": [definition(7), definition(12)] });
    history::bring_in(&cloud, REGION, past.to_string().as_bytes()).unwrap();
    let arn = "arn:aws:ecs:eu-west-1:000000000000:task-definition/web";
    for (named, revision) in [("web", 12), ("web:7", 7), (&format!("{arn}:7"), 7), (arn, 12)] {
        let found = ask(&cloud, "ecs", "DescribeTaskDefinition", json!({ "taskDefinition": named })).await.unwrap();
        let definition = &found["taskDefinition"];
        assert_eq!(definition["taskDefinitionArn"], format!("{arn}:{revision}"), "{named}");
        assert_eq!(definition["registeredAt"], 1_795_770_000.0);
        assert_eq!(definition["containerDefinitions"][0]["logConfiguration"], logs);
        assert_eq!(found.get("tags"), None);
    }
    let unknown = json!({ "taskDefinition": "web:8" });
    let error = ask(&cloud, "ecs", "DescribeTaskDefinition", unknown).await.unwrap_err().to_string();
    assert_eq!(error, "ClientException: Unable to describe task definition.");
    assert_eq!(ask(&cloud, "ecs", "ListTasks", json!({})).await.unwrap_err().code, "NotImplemented");
}
