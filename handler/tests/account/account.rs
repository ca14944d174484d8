//! A local AWS with the stack's table, its topic, and a subscriber who confirmed.

use std::error::Error;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
};
use incident_handler::clients::Clients;
use incident_handler::flow::Handler;
use incident_handler::settings::Settings;
use incident_local::LocalConfig;
use incident_local::gateway::Gateway;
use incident_local::outbox::{MailKind, StoredMail, read};
use incident_model::Incident;
use incident_model::table::{INCIDENT_ID, RECORD_TYPE};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::Value;

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const TABLE: &str = "devops-incidents";

pub(crate) struct Account {
    clients: Clients,
    topic_arn: String,
    directory: tempfile::TempDir,
}

impl Account {
    pub(crate) async fn new() -> TestResult<Self> {
        let directory = tempfile::tempdir()?;
        let config = LocalConfig { directory: directory.path().to_owned(), ..LocalConfig::default() };
        let gateway = Gateway::bind(config).await?;
        let clients = clients(&format!("http://127.0.0.1:{}", gateway.port()));
        tokio::spawn(gateway.run(std::future::pending()));
        create_table(&clients.dynamodb).await?;
        let topic = clients.sns.create_topic().name("devops-alerts").send().await?;
        let topic_arn = topic.topic_arn().unwrap_or_default().to_owned();
        let account = Self { clients, topic_arn, directory };
        account.subscribe().await?;
        Ok(account)
    }

    async fn subscribe(&self) -> TestResult {
        let subscribe = self.clients.sns.subscribe().topic_arn(&self.topic_arn).protocol("email");
        subscribe.endpoint("ada@example.com").send().await?;
        let link = self.mails()?.into_iter().find_map(|mail| mail.link).ok_or("no mail asks to confirm")?;
        let (_, token) = link.split_once("Token=").ok_or("the link has no token")?;
        let token = token.split('&').next().unwrap_or_default();
        self.clients.sns.confirm_subscription().topic_arn(&self.topic_arn).token(token).send().await?;
        Ok(())
    }

    pub(crate) fn handler(&self) -> TestResult<Handler> {
        let settings = Settings {
            table: TABLE.to_owned(),
            topic_arn: self.topic_arn.clone(),
            stack: "devops".to_owned(),
            function: "devops-incident-handler".to_owned(),
            alerts: incident_model::AlertPolicy::default(),
            alerts_problem: None,
        };
        Ok(Handler::on_aws(settings, &self.clients)?)
    }

    pub(crate) async fn incidents(&self) -> TestResult<Vec<Incident>> {
        let scan = self.clients.dynamodb.scan().table_name(TABLE).consistent_read(true);
        let items = scan.filter_expression(format!("attribute_exists({RECORD_TYPE})")).send().await?;
        Ok(serde_dynamo::aws_sdk_dynamodb_1::from_items(items.items.unwrap_or_default())?)
    }

    /// Subjects of the alerts that reached the subscriber, in the order they were sent.
    pub(crate) fn subjects(&self) -> TestResult<Vec<String>> {
        let mut mails = self.mails()?;
        mails.retain(|mail| mail.kind.as_deref() == Some(MailKind::NOTIFICATION));
        Ok(mails.into_iter().map(|mail| mail.subject).collect())
    }

    fn mails(&self) -> TestResult<Vec<StoredMail>> {
        Ok(read(&self.directory.path().join("outbox"))?)
    }
}

/// What the handler answers to an event.
pub(crate) async fn delivered(handler: &Handler, event: &Value) -> TestResult<Value> {
    let delivery = LambdaEvent::new(event.clone(), Context::default());
    Ok(handler.handle(delivery).await?)
}

async fn create_table(dynamodb: &aws_sdk_dynamodb::Client) -> TestResult {
    let key = KeySchemaElement::builder().attribute_name(INCIDENT_ID).key_type(KeyType::Hash).build()?;
    let name = AttributeDefinition::builder().attribute_name(INCIDENT_ID).attribute_type(ScalarAttributeType::S);
    let create = dynamodb.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    create.key_schema(key).attribute_definitions(name.build()?).send().await?;
    loop {
        let table = dynamodb.describe_table().table_name(TABLE).send().await?.table;
        if table.is_some_and(|table| table.table_status == Some(TableStatus::Active)) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn clients(endpoint: &str) -> Clients {
    let credentials = SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test"));
    let http = aws_smithy_http_client::Builder::new().build_http();
    let dynamodb = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http.clone())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials.clone())
        .endpoint_url(endpoint)
        .build();
    let sns = aws_sdk_sns::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url(endpoint)
        .build();
    Clients { dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb), sns: aws_sdk_sns::Client::from_conf(sns) }
}
