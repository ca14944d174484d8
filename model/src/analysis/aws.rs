//! AWS's services in the words of errors.

use super::signs::has_word;

/// Operations whose names say the service, by service. botocore names no service in its errors.
const OPERATIONS: &[(&str, &[&str])] = &[
    ("bedrock", &["InvokeModel", "Converse", "ConverseStream", "InvokeModelWithResponseStream", "RetrieveAndGenerate"]),
    ("cognito-idp", &["AdminGetUser", "AdminCreateUser", "InitiateAuth", "AdminInitiateAuth", "ListUsers"]),
    (
        "dynamodb",
        &[
            "BatchGetItem",
            "BatchWriteItem",
            "DeleteItem",
            "GetItem",
            "PutItem",
            "Query",
            "Scan",
            "TransactGetItems",
            "TransactWriteItems",
            "UpdateItem",
            "DescribeTable",
            "ExecuteStatement",
        ],
    ),
    ("ecs", &["RunTask", "DescribeTasks"]),
    ("events", &["PutEvents"]),
    ("firehose", &["PutRecordBatch"]),
    ("athena", &["StartQueryExecution", "GetQueryExecution", "GetQueryResults"]),
    ("kinesis", &["PutRecord", "PutRecords", "GetRecords", "GetShardIterator"]),
    ("kms", &["Decrypt", "Encrypt", "GenerateDataKey", "ReEncrypt", "Sign", "Verify"]),
    ("lambda", &["Invoke", "InvokeAsync", "InvokeFunction"]),
    ("rekognition", &["DetectLabels", "DetectText", "DetectFaces", "CompareFaces"]),
    (
        "s3",
        &[
            "CompleteMultipartUpload",
            "CopyObject",
            "CreateMultipartUpload",
            "DeleteObject",
            "DeleteObjects",
            "GetObject",
            "HeadBucket",
            "HeadObject",
            "ListBuckets",
            "ListObjects",
            "ListObjectsV2",
            "PutObject",
            "UploadPart",
        ],
    ),
    ("secretsmanager", &["GetSecretValue", "BatchGetSecretValue"]),
    ("ses", &["SendEmail", "SendRawEmail", "SendTemplatedEmail"]),
    ("sns", &["Publish", "PublishBatch"]),
    (
        "sqs",
        &["DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage", "SendMessage", "SendMessageBatch"],
    ),
    ("ssm", &["GetParameter", "GetParameters", "GetParametersByPath"]),
    ("states", &["StartExecution", "StartSyncExecution", "SendTaskSuccess", "SendTaskFailure"]),
    ("sts", &["AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"]),
    ("textract", &["AnalyzeDocument", "DetectDocumentText"]),
];

/// Services and the words by which errors and AWS Health name them.
const NAMES: &[(&str, &str, &[&str])] = &[
    ("apigateway", "API Gateway", &["apigateway", "execute-api"]),
    ("athena", "Athena", &["athena"]),
    ("bedrock", "Bedrock", &["bedrock", "bedrock-runtime", "bedrockruntime"]),
    ("cloudfront", "CloudFront", &["cloudfront"]),
    ("cognito-idp", "Cognito", &["cognito", "cognito-idp", "cognitoidentityprovider"]),
    ("dynamodb", "DynamoDB", &["dynamodb", "provisionedthroughputexceededexception", "dynamodbexception"]),
    ("ecs", "ECS", &["ecs"]),
    ("ecr", "ECR", &["ecr"]),
    ("efs", "EFS", &["efs", "elasticfilesystem"]),
    ("elasticache", "ElastiCache", &["elasticache", "cache.amazonaws.com"]),
    ("es", "OpenSearch", &["opensearch", "es.amazonaws.com"]),
    ("events", "EventBridge", &["eventbridge", "putevents"]),
    ("firehose", "Firehose", &["firehose"]),
    ("kafka", "MSK", &["msk", "kafka"]),
    ("kinesis", "Kinesis", &["kinesis"]),
    ("kms", "KMS", &["kms", "kmsexception"]),
    ("lambda", "Lambda", &["lambda.serviceexception", "lambda.awslambdaexception"]),
    ("rds", "RDS", &["rds", "rds.amazonaws.com", "aurora"]),
    ("rekognition", "Rekognition", &["rekognition"]),
    ("s3", "S3", &["s3", "s3exception", "s3serviceexception"]),
    ("secretsmanager", "Secrets Manager", &["secretsmanager", "secrets manager"]),
    ("ses", "SES", &["ses", "sesv2"]),
    ("sns", "SNS", &["sns"]),
    ("sqs", "SQS", &["sqs"]),
    ("ssm", "Systems Manager", &["ssm"]),
    ("states", "Step Functions", &["stepfunctions", "step functions", "states.amazonaws.com", "sfn"]),
    ("sts", "STS", &["sts"]),
    ("textract", "Textract", &["textract"]),
];

/// The service that an error is about, by its prefix of IAM.
pub(crate) fn service(error: &str) -> Option<&'static str> {
    let called = operation(error);
    let of_operation = OPERATIONS.iter().find(|(_, names)| called.is_some_and(|called| names.contains(&called)));
    of_operation.map(|(service, _)| *service).or_else(|| mentioned(error))
}

/// The operation in `… when calling the PutObject operation`.
pub(crate) fn operation(error: &str) -> Option<&str> {
    let (_, rest) = error.split_once("when calling the ")?;
    rest.split_once(" operation")
        .map(|(operation, _)| operation)
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The first service whose name stands in a text.
fn mentioned(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    // `arn:aws:sts::…` says who called, not what failed.
    let text = text.replace("arn:aws:sts", "");
    NAMES.iter().find(|(_, _, words)| words.iter().any(|word| has_word(&text, word))).map(|(service, ..)| *service)
}

/// Whether a text names a service.
pub(crate) fn names(text: &str, service: &str) -> bool {
    let lower = text.to_lowercase();
    let words = NAMES.iter().find(|(name, ..)| *name == service).map_or(&[][..], |(_, _, words)| words);
    words.iter().any(|word| has_word(&lower, word)) || self::service(text) == Some(service)
}

/// A service as people call it.
pub(crate) fn title(service: &str) -> &str {
    NAMES.iter().find(|(name, ..)| *name == service).map_or(service, |(_, title, _)| title)
}

/// The service of a code of AWS Health, `AWS_S3_OPERATIONAL_ISSUE`, as IAM names it.
pub(crate) fn of_health(code: &str) -> Option<String> {
    let rest = code.strip_prefix("AWS_")?.to_lowercase();
    let end = [
        "_operational",
        "_issue",
        "_increased",
        "_elevated",
        "_service",
        "_degraded",
        "_api",
        "_connectivity",
        "_outage",
    ];
    let end = end.iter().filter_map(|word| rest.find(word)).min()?;
    let name = rest.get(..end)?.replace('_', "");
    let known = match name.as_str() {
        "stepfunctions" => "states",
        "cognito" => "cognito-idp",
        "eventbridge" => "events",
        "opensearch" | "elasticsearch" => "es",
        "elasticfilesystem" => "efs",
        "aurora" => "rds",
        "msk" => "kafka",
        name => name,
    };
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_its_service() {
        for (error, expected) in [
            ("An error occurred (InternalError) when calling the PutObject operation: x", Some("s3")),
            ("Rate exceeded (Service: DynamoDb, Status Code: 400, Request ID: 5J3)", Some("dynamodb")),
            ("Could not connect to the endpoint URL: \"https://sqs.eu-west-1.amazonaws.com/\"", Some("sqs")),
            ("User: arn:aws:sts::111122223333:assumed-role/a/b may not", None),
            ("Something went wrong", None),
        ] {
            assert_eq!(service(error), expected, "{error}");
        }
        let codes = [
            ("AWS_S3_OPERATIONAL_ISSUE", Some("s3")),
            ("AWS_STEP_FUNCTIONS_OPERATIONAL_ISSUE", Some("states")),
            ("X", None),
        ];
        codes.into_iter().for_each(|(code, expected)| assert_eq!(of_health(code).as_deref(), expected));
    }
}
