//! An account whose resources are names in a set, and a template that is a JSON object of resources.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::services::cloudformation::{Declaration, Home, Provisioner, Refusal, Resolved, Resource, Workplace};
use crate::services::tests;
use crate::{Cloud, LocalConfig};

/// A resource of a template; its `Needs` stand for references.
pub(super) fn resource(resource_type: &str, name: &str, needs: &[&str]) -> Value {
    json!({"Type": resource_type, "Properties": {"Name": name}, "Needs": needs})
}

#[derive(Default)]
struct Names(Mutex<BTreeMap<String, Value>>);

#[async_trait]
impl Provisioner for Names {
    fn parse(&self, template: &str) -> Result<Declaration, String> {
        let resources: BTreeMap<String, Value> = serde_json::from_str(template).map_err(|error| error.to_string())?;
        let names = |resource: &Value| resource["Properties"].as_object().unwrap().keys().cloned().collect();
        let resources = resources.iter().map(|(id, one)| (id.clone(), text(&one["Type"]), names(one)));
        Ok(Declaration { resources: resources.collect(), ..Declaration::default() })
    }

    fn resolve(&self, template: &str, _: &BTreeMap<String, String>, _: &Home) -> Result<Resolved, String> {
        let resources: BTreeMap<String, Value> = serde_json::from_str(template).map_err(|error| error.to_string())?;
        let resources = resources.into_iter().map(|(id, one)| Resource {
            logical_id: id,
            resource_type: text(&one["Type"]),
            physical_id: text(&one["Properties"]["Name"]),
            needs: one["Needs"].as_array().into_iter().flatten().map(text).collect::<BTreeSet<_>>(),
            properties: one["Properties"].clone(),
            retain: false,
            retain_replaced: false,
        });
        Ok(Resolved { resources: resources.collect(), outputs: Vec::new() })
    }

    fn replacement(&self, before: &Resource, after: &Resource) -> Option<String> {
        (before.properties["FifoQueue"] != after.properties["FifoQueue"]).then(|| "FifoQueue".to_owned())
    }

    async fn create(&self, _: &Workplace, resource: &Resource) -> Result<Option<String>, Refusal> {
        match resource.physical_id.as_str() {
            "refused" => {
                let refusal = Refusal::new("AccessDeniedException", "not this one");
                return Err(Refusal { service: "Sns".to_owned(), ..refusal });
            }
            "slow" => tokio::time::sleep(Duration::from_millis(200)).await,
            _ => {}
        }
        self.0.lock().unwrap().insert(resource.logical_id.clone(), resource.properties.clone());
        Ok(None)
    }

    async fn update(&self, workplace: &Workplace, _: &Resource, after: &Resource) -> Result<(), Refusal> {
        self.create(workplace, after).await.map(drop)
    }

    async fn delete(&self, _: &Workplace, resource: &Resource) -> Result<(), Refusal> {
        match resource.physical_id.as_str() {
            "stuck" => Err(Refusal::new("ResourceInUse", "somebody needs it")),
            _ => {
                self.0.lock().unwrap().remove(&resource.logical_id);
                Ok(())
            }
        }
    }
}

pub(super) struct Bench {
    cloud: Cloud,
    names: Arc<Names>,
    _directory: tempfile::TempDir,
}

impl Bench {
    pub(super) fn new() -> Self {
        let (cloud, _directory) = tests::cloud(LocalConfig::default());
        let names = Arc::new(Names::default());
        cloud.cloudformation.provision_with(names.clone());
        Self { cloud, names, _directory }
    }

    /// Calls, and shows the reply as JSON or the refusal as text. Nothing in a call waits.
    pub(super) fn ask(&self, operation: &str, input: Value) -> Result<Value, String> {
        let reply = tests::ask(&self.cloud, "cloudformation", operation, input);
        futures_util::FutureExt::now_or_never(reply).unwrap().map_err(|error| error.to_string())
    }

    pub(super) fn refusal(&self, operation: &str, input: Value) -> String {
        self.ask(operation, input).unwrap_err()
    }

    pub(super) fn create(&self, template: &Value, on_failure: Option<&str>) -> Result<Value, String> {
        let mut input = json!({"StackName": "s", "TemplateBody": template.to_string(), "ClientRequestToken": "create"});
        if let Some(on_failure) = on_failure {
            input["OnFailure"] = json!(on_failure);
        }
        self.ask("CreateStack", input)
    }

    pub(super) async fn up(&self, template: &Value) {
        self.create(template, None).unwrap();
        assert_eq!(self.settled().await, "CREATE_COMPLETE");
    }

    pub(super) async fn change_set(&self, kind: &str, template: &Value) -> Result<Value, String> {
        self.change_set_named("set", kind, template).await
    }

    /// The change set, once it is made, or why it failed.
    pub(super) async fn change_set_named(&self, name: &str, kind: &str, template: &Value) -> Result<Value, String> {
        let input = json!({"StackName": "s", "ChangeSetName": name, "ChangeSetType": kind, "TemplateBody": template.to_string()});
        self.ask("CreateChangeSet", input)?;
        let read = || self.ask("DescribeChangeSet", json!({"StackName": "s", "ChangeSetName": name})).unwrap();
        self.until(|_| matches!(read()["Status"].as_str(), Some("CREATE_COMPLETE" | "FAILED"))).await;
        let set = read();
        if set["Status"] == "FAILED" { Err(text(&set["StatusReason"])) } else { Ok(set) }
    }

    pub(super) async fn status(&self) -> String {
        self.read("s", "StackStatus")
    }

    pub(super) fn id(&self) -> String {
        self.read("s", "StackId")
    }

    fn read(&self, name: &str, what: &str) -> String {
        text(&self.ask("DescribeStacks", json!({"StackName": name})).unwrap()["Stacks"][0][what])
    }

    pub(super) async fn settled(&self) -> String {
        let id = self.id();
        self.settled_id(&id).await
    }

    pub(super) async fn settled_id(&self, id: &str) -> String {
        self.until(|bench| !bench.read(id, "StackStatus").ends_with("_IN_PROGRESS")).await;
        self.read(id, "StackStatus")
    }

    pub(super) async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let start = std::time::Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < Duration::from_secs(30), "it did not come to pass");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Logical ids of what exists.
    pub(super) fn made(&self) -> Vec<String> {
        self.names.0.lock().unwrap().keys().cloned().collect()
    }

    pub(super) fn properties(&self, id: &str) -> Value {
        self.names.0.lock().unwrap()[id].clone()
    }

    /// The events of an operation, oldest first.
    pub(super) fn story(&self, token: &str) -> Vec<String> {
        self.story_of("s", token)
    }

    pub(super) fn story_of(&self, name: &str, token: &str) -> Vec<String> {
        let events = self.ask("DescribeStackEvents", json!({"StackName": name})).unwrap();
        let events = events["StackEvents"].as_array().unwrap().iter().rev();
        events
            .filter(|event| event["ClientRequestToken"] == token)
            .map(|event| {
                let parts =
                    ["LogicalResourceId", "ResourceStatus", "ResourceStatusReason"].map(|name| text(&event[name]));
                parts.join(" ").trim_end().to_owned()
            })
            .collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
