//! A non-empty queue is data.

use crate::harness::{ADDRESS, Aws, TestResult, World};

const QUEUE: &str = "devops-handler-dlq";
const EVENTS: &str = "devops-events";
const ENGINES: [&str; 2] = ["direct", "cloudformation"];

#[tokio::test]
async fn down_reports_queued_messages_and_keeps_them_with_the_data() -> TestResult {
    for engine in ENGINES {
        let world = World::new()?;
        let up = ["up", "--local", "--yes", "--email", ADDRESS, "--engine", engine];
        world.run(&up).await?.succeeded()?;
        let aws = world.aws().await?;
        fill(&aws, QUEUE).await?;
        let asked = world.run(&["down", "--local"]).await?.ended_with(1)?;
        for words in
            ["recorded incidents and devops-handler-dlq (3 messages) included?", "deletes its data: 3 messages"]
        {
            assert!(asked.stderr.contains(words), "{engine}: `{words}` is missing: {asked:?}");
        }
        assert_eq!(aws.lambda.list_functions().send().await?.functions().len(), 2, "{engine}");

        let kept = world.run(&["down", "--local", "--yes", "--keep-data"]).await?.succeeded()?;
        assert!(kept.stderr.contains(QUEUE) && !kept.stderr.contains("devops-rule-dlq: it holds"), "{kept:?}");
        assert_eq!(queues(&aws).await?, [QUEUE], "{engine}");
        assert_eq!(aws.depth(QUEUE).await?, 1, "{engine}");
        assert_eq!(aws.dynamodb.list_tables().send().await?.table_names(), ["devops-incidents"], "{engine}");

        let gone = world.run(&["down", "--local", "--yes", "--engine", "direct"]).await?.succeeded()?;
        assert!(gone.stderr.contains("deletes its data: 3 messages"), "{gone:?}");
        assert!(queues(&aws).await?.is_empty(), "{engine}");
    }
    Ok(())
}

#[tokio::test]
async fn up_deletes_a_nonempty_orphaned_queue_only_with_consent() -> TestResult {
    for engine in ENGINES {
        let world = World::new()?;
        let up = ["up", "--local", "--yes", "--email", ADDRESS, "--engine", engine];
        world.run(&up).await?.succeeded()?;
        let aws = world.aws().await?;
        aws.sqs.create_queue().queue_name("devops-old").tags("incidentctl:stack", "devops").send().await?;
        fill(&aws, "devops-old").await?;
        let plan = ["plan", "--local", "--email", ADDRESS, "--output", "json"];
        let plan = world.run(&plan).await?.succeeded()?.json()?;
        let old = plan["changes"].as_array().into_iter().flatten().find(|one| one["logical_id"] == "Queue(devops-old)");
        let old = old.ok_or("the plan lacks the queue")?;
        assert_eq!((&old["data_loss"], &old["holds"]), (&true.into(), &"3 messages".into()), "{engine}: {old}");

        let refused = world.run(&up).await?.ended_with(1)?;
        for words in ["this would delete devops-old (3 messages)", "--allow-data-loss"] {
            assert!(refused.stderr.contains(words), "{engine}: `{words}` is missing: {refused:?}");
        }
        assert_eq!(queues(&aws).await?.len(), 4, "{engine}");
        world.run(&[&up[..], &["--allow-data-loss"]].concat()).await?.succeeded()?;
        assert_eq!(queues(&aws).await?.len(), 3, "{engine}");
    }
    Ok(())
}

/// What the handler has not seen yet is data, too.
#[tokio::test]
async fn down_keeps_events_that_wait_for_the_handler() -> TestResult {
    let world = World::new()?;
    world.run(&["up", "--local", "--yes", "--email", ADDRESS]).await?.succeeded()?;
    let aws = world.aws().await?;
    let url = aws.sqs.get_queue_url().queue_name(EVENTS).send().await?.queue_url.ok_or("no URL")?;
    aws.sqs.send_message().queue_url(url).message_body("later").delay_seconds(900).send().await?;
    let asked = world.run(&["down", "--local"]).await?.ended_with(1)?;
    assert!(asked.stderr.contains("recorded incidents and devops-events (1 message) included?"), "{asked:?}");

    world.run(&["down", "--local", "--yes", "--keep-data"]).await?.succeeded()?;
    assert_eq!(queues(&aws).await?, [EVENTS]);
    let mappings = aws.lambda.list_event_source_mappings().send().await?;
    assert!(mappings.event_source_mappings().is_empty(), "{mappings:?}");
    Ok(())
}

/// One visible, one in-flight and one delayed message.
pub(super) async fn fill(aws: &Aws, queue: &str) -> TestResult {
    let url = aws.sqs.get_queue_url().queue_name(queue).send().await?.queue_url.ok_or("no URL")?;
    aws.sqs.send_message().queue_url(&url).message_body("looked at").send().await?;
    let seen = aws.sqs.receive_message().queue_url(&url).visibility_timeout(3600).send().await?;
    assert_eq!(seen.messages().len(), 1);
    aws.sqs.send_message().queue_url(&url).message_body("waits").send().await?;
    aws.sqs.send_message().queue_url(&url).message_body("later").delay_seconds(900).send().await?;
    Ok(())
}

async fn queues(aws: &Aws) -> TestResult<Vec<String>> {
    let found = aws.sqs.list_queues().send().await?;
    Ok(found.queue_urls().iter().map(|url| url.rsplit('/').next().unwrap_or_default().to_owned()).collect())
}
