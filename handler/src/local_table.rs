//! The incident table on a local AWS in this process, for tests of what is written to it.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use incident_local::LocalConfig;
use incident_local::config::LatencyProfile;
use incident_local::gateway::Gateway;
use incident_model::table::{INCIDENT_ID, INDEX_BY_MONTH, MONTH};

pub(crate) type Tested<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The table's name.
pub(crate) const TABLE: &str = "devops-incidents";

/// A table with the index by month.
pub(crate) struct LocalTable {
    pub(crate) client: Client,
    _directory: tempfile::TempDir,
}

impl LocalTable {
    pub(crate) async fn create() -> Tested<Self> {
        let directory = tempfile::tempdir()?;
        // An index that lags shows what was just written or not, as the machine is fast.
        let none = Duration::ZERO;
        let latency = LatencyProfile { table: none, index: none, ..LatencyProfile::QUICK };
        let config = LocalConfig { directory: directory.path().to_owned(), latency, ..LocalConfig::default() };
        let gateway = Gateway::bind(config).await?;
        let (endpoint, key) = (gateway.cloud().endpoint.clone(), gateway.cloud().access_key.clone());
        tokio::spawn(gateway.run(std::future::pending()));
        let credentials = Credentials::new(key.access_key_id, key.secret_access_key, None, None, "test");
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(endpoint);
        let client = Client::from_conf(config.build());
        create(&client).await?;
        Ok(Self { client, _directory: directory })
    }
}

async fn create(client: &Client) -> Tested {
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let text =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    let by_month = GlobalSecondaryIndex::builder()
        .index_name(INDEX_BY_MONTH)
        .key_schema(key(MONTH, KeyType::Hash)?)
        .key_schema(key("created_at", KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()?;
    let create = client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key(INCIDENT_ID, KeyType::Hash)?)
        .attribute_definitions(text(INCIDENT_ID)?)
        .attribute_definitions(text(MONTH)?)
        .attribute_definitions(text("created_at")?)
        .global_secondary_indexes(by_month);
    create.send().await?;
    Ok(())
}
