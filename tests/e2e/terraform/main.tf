# A stack of the resource types that incidentctl uses, as a Terraform user would write it. It runs against the local AWS
# without special cases: the provider's own waits, reads and deletes must all work.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "handler_zip" { type = string }
variable "stack" {
  type    = string
  default = "terraformed"
}

provider "aws" {
  region = "eu-central-1"
  default_tags { tags = { stack = var.stack } }
}

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

resource "aws_iam_role" "handler" {
  name = "${var.stack}-incident-handler"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "handler" {
  name = "incident-handler"
  role = aws_iam_role.handler.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "${aws_cloudwatch_log_group.handler.arn}:*" },
      { Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], Resource = aws_dynamodb_table.incidents.arn },
      { Effect = "Allow", Action = ["sns:Publish", "sns:GetTopicAttributes"], Resource = aws_sns_topic.alerts.arn },
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.handler_dead_letters.arn },
      { Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource = aws_sqs_queue.events.arn },
    ]
  })
}

resource "aws_dynamodb_table" "incidents" {
  name         = "${var.stack}-incidents"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "incident_id"
  attribute {
    name = "incident_id"
    type = "S"
  }
  attribute {
    name = "record_type"
    type = "S"
  }
  attribute {
    name = "created_at"
    type = "S"
  }
  global_secondary_index {
    name            = "by-created"
    hash_key        = "record_type"
    range_key       = "created_at"
    projection_type = "ALL"
  }
  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }
  point_in_time_recovery { enabled = true }
  server_side_encryption { enabled = true }
}

resource "aws_sns_topic" "alerts" {
  name         = "${var.stack}-alerts"
  display_name = "${var.stack} incidents"
}

resource "aws_sns_topic_policy" "alerts" {
  arn = aws_sns_topic.alerts.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsPublish"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alerts.arn
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_sns_topic_subscription" "queue" {
  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.rule_dead_letters.arn
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "email"
  endpoint  = "terraform@example.com"
}

resource "aws_cloudwatch_log_group" "handler" {
  name              = "/aws/lambda/${var.stack}-incident-handler"
  retention_in_days = 14
}

resource "aws_lambda_function" "handler" {
  function_name    = "${var.stack}-incident-handler"
  role             = aws_iam_role.handler.arn
  runtime          = "provided.al2023"
  handler          = "incident-handler"
  filename         = var.handler_zip
  source_code_hash = filebase64sha256(var.handler_zip)
  memory_size      = 256
  timeout          = 30
  environment {
    variables = {
      INCIDENT_TABLE     = aws_dynamodb_table.incidents.name
      INCIDENT_TOPIC_ARN = aws_sns_topic.alerts.arn
      INCIDENT_STACK     = var.stack
    }
  }
  depends_on = [aws_cloudwatch_log_group.handler, aws_iam_role_policy.handler]
}

resource "aws_lambda_function_event_invoke_config" "handler" {
  function_name          = aws_lambda_function.handler.function_name
  maximum_retry_attempts = 1
  destination_config {
    on_failure { destination = aws_sqs_queue.handler_dead_letters.arn }
  }
}

resource "aws_sqs_queue" "handler_dead_letters" {
  name                      = "${var.stack}-handler-dlq"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "rule_dead_letters" {
  name                      = "${var.stack}-rule-dlq"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "events" {
  name                       = "${var.stack}-events"
  visibility_timeout_seconds = 180
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.handler_dead_letters.arn, maxReceiveCount = 80 })
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.events.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.failures.arn } }
    }]
  })
}

resource "aws_lambda_event_source_mapping" "events" {
  event_source_arn                   = aws_sqs_queue.events.arn
  function_name                      = aws_lambda_function.handler.arn
  batch_size                         = 100
  maximum_batching_window_in_seconds = 1
  function_response_types            = ["ReportBatchItemFailures"]
  scaling_config { maximum_concurrency = 10 }
  filter_criteria {
    filter { pattern = jsonencode({ body = { source = [{ exists = true }] } }) }
  }
}

resource "aws_sqs_queue_policy" "rule_dead_letters" {
  queue_url = aws_sqs_queue.rule_dead_letters.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = ["events.amazonaws.com", "sns.amazonaws.com"] }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.rule_dead_letters.arn
      Condition = { ArnEquals = { "aws:SourceArn" = [aws_cloudwatch_event_rule.failures.arn, aws_sns_topic.alerts.arn] } }
    }]
  })
}

resource "aws_cloudwatch_event_rule" "failures" {
  name        = "${var.stack}-function-failures"
  description = "Asynchronous invocations that failed for good"
  event_pattern = jsonencode({
    source      = ["lambda", "aws.lambda"]
    detail-type = ["Lambda Function Invocation Result - Failure"]
  })
}

resource "aws_cloudwatch_event_target" "handler" {
  rule      = aws_cloudwatch_event_rule.failures.name
  target_id = "incident-handler"
  arn       = aws_lambda_function.handler.arn
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 185
  }
  dead_letter_config { arn = aws_sqs_queue.rule_dead_letters.arn }
  depends_on = [aws_lambda_permission.rule]
}

resource "aws_cloudwatch_event_target" "events" {
  rule      = aws_cloudwatch_event_rule.failures.name
  target_id = "events"
  arn       = aws_sqs_queue.events.arn
  sqs_target { message_group_id = "$.source" }
}

resource "aws_lambda_permission" "rule" {
  statement_id  = "rule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.handler.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.failures.arn
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.stack}-rule-dlq-depth"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.rule_dead_letters.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
}

resource "aws_cloudwatch_metric_alarm" "function_errors" {
  alarm_name          = "${var.stack}-function-errors"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 16
  datapoints_to_alarm = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}

# A query that reads the metrics of each function.
resource "aws_cloudwatch_metric_alarm" "errors_by_function" {
  alarm_name          = "${var.stack}-errors-by-function"
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  metric_query {
    id          = "errors"
    expression  = "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName"
    period      = 60
    return_data = true
  }
}

resource "aws_cloudwatch_dashboard" "incidents" {
  dashboard_name = "${var.stack}-incidents"
  dashboard_body = jsonencode({
    widgets = [{
      type   = "metric"
      x      = 0
      y      = 0
      width  = 12
      height = 6
      properties = {
        region  = data.aws_region.current.name
        title   = "Handler"
        metrics = [["AWS/Lambda", "Errors", "FunctionName", aws_lambda_function.handler.function_name]]
      }
    }]
  })
}

output "function" { value = aws_lambda_function.handler.arn }
