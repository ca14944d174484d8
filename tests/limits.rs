//! What the local AWS takes in a second, as a program meets it.

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
};

use crate::harness::{TestResult, World, eventually};

/// Puts an item of 391 units four times; answers how many of the puts were throttled.
async fn throttled(limits: &[&str]) -> TestResult<usize> {
    let world = World::new()?;
    // A second lasts ten, so that the four come within one even on a busy machine.
    let start = ["local", "start", "--time-scale", "0.1"].iter().chain(limits).copied().collect::<Vec<_>>();
    world.run(&start).await?.succeeded()?;
    let dynamodb = world.aws().await?.dynamodb;
    let name = AttributeDefinition::builder().attribute_name("p").attribute_type(ScalarAttributeType::S).build()?;
    let hash = KeySchemaElement::builder().attribute_name("p").key_type(KeyType::Hash).build()?;
    let create = dynamodb.create_table().table_name("items").billing_mode(BillingMode::PayPerRequest);
    create.attribute_definitions(name).key_schema(hash).send().await?;
    eventually("the table to be active", async || {
        let described = dynamodb.describe_table().table_name("items").send().await?;
        let status = described.table().and_then(|table| table.table_status());
        Ok((status == Some(&TableStatus::Active)).then_some(()))
    })
    .await?;
    let once = aws_sdk_dynamodb::config::Builder::new().retry_config(RetryConfig::disabled());
    let mut throttled = 0;
    for _ in 0..4 {
        let put = dynamodb.put_item().table_name("items").item("p", AttributeValue::S("hot".to_owned()));
        let put = put.item("text", AttributeValue::S("x".repeat(400_000)));
        match put.customize().config_override(once.clone()).send().await {
            Ok(_) => {}
            Err(error) if error.code() == Some("ThrottlingException") => throttled += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(throttled)
}

#[tokio::test]
async fn a_hot_key_is_throttled_unless_there_are_no_limits() -> TestResult {
    assert_eq!(throttled(&[]).await?, 2, "two of four fit into a thousand units");
    assert_eq!(throttled(&["--limits", "none"]).await?, 0);
    Ok(())
}
