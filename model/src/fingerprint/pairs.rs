//! Pairs of failures as runtimes, drivers and SDKs word them: which are one fault, and which are two.

use serde_json::json;

use super::*;
use crate::sources::observe;

/// Whether two failures are one fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    /// One fault, also where nothing but the message tells faults apart.
    Same,
    /// One fault where a class and a frame tell faults apart.
    SameInFrame,
    /// Two faults, also at one statement with one class.
    Different,
    /// Two faults where nothing but the message tells faults apart.
    DifferentInWords,
}
use Truth::{Different, DifferentInWords, Same, SameInFrame};

fn digest(class: &str, message: &str, has_frame: bool) -> Result<String, Box<dyn std::error::Error>> {
    let frame = "  File \"/var/task/app.py\", line 12, in handler\n    answer = call(event)\n";
    let event = json!({"source": "lambda", "detail": {
        "requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:orders", "condition": "RetriesExhausted"},
        "responsePayload": {"errorType": class, "errorMessage": message, "stackTrace": if has_frame { json!([frame]) } else { json!([]) }},
    }});
    let seen = observe(&event)?;
    Ok(Fingerprint::of(&seen[0].clone().without_secrets()).digest)
}

#[test]
fn one_fault_is_one_fingerprint_and_two_are_two() -> Result<(), Box<dyn std::error::Error>> {
    let mut wrong = Vec::new();
    for &(truth, class, one, other) in PAIRS {
        let has_frame = matches!(truth, SameInFrame | Different);
        let is_one = digest(class, one, has_frame)? == digest(class, other, has_frame)?;
        if is_one != matches!(truth, Same | SameInFrame) {
            wrong.push(format!(
                "{truth:?}: {class}\n  {one:?}\n  {other:?}\n  {:?}\n  {:?}",
                reduce(one),
                reduce(other)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), PAIRS.len(), wrong.join("\n"));
    Ok(())
}

#[rustfmt::skip]
const PAIRS: &[(Truth, &str, &str, &str)] = &[
    // Node.
    (Different, "AxiosError", "Request failed with status code 429", "Request failed with status code 500"),
    (DifferentInWords, "AxiosError", "timeout of 5000ms exceeded", "Network Error"),
    (Same, "AxiosError", "timeout of 5000ms exceeded", "timeout of 10000ms exceeded"),
    (Different, "HTTPError", "Response code 404 (Not Found)", "Response code 500 (Internal Server Error)"),
    (Different, "TypeError", "fetch failed (caused by ENOTFOUND: getaddrinfo ENOTFOUND a.example.com)", "fetch failed (caused by ENOTFOUND: getaddrinfo ENOTFOUND b.example.com)"),
    (Different, "TypeError", "fetch failed (caused by UND_ERR_CONNECT_TIMEOUT: Connect Timeout Error)", "fetch failed (caused by UND_ERR_SOCKET: other side closed)"),
    (Different, "Error", "connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED 127.0.0.1:6379"),
    (Same, "Error", "connect ETIMEDOUT 10.0.1.2:443", "connect ETIMEDOUT 10.0.7.9:443"),
    (DifferentInWords, "Error", "socket hang up", "read ECONNRESET"),
    (Different, "Error", "Cannot find module 'axios'\nRequire stack:\n- /var/task/index.js", "Cannot find module 'lodash'\nRequire stack:\n- /var/task/index.js"),
    (Different, "TypeError", "Cannot read properties of undefined (reading 'total')", "Cannot read properties of undefined (reading 'email')"),
    (Different, "TypeError", "order.pay is not a function", "order.ship is not a function"),
    (Same, "SyntaxError", "Unexpected token E in JSON at position 0", "Unexpected token I in JSON at position 14"),
    (Same, "SyntaxError", "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON", "Unexpected token 'I', \"Internal S\"... is not valid JSON"),
    (Different, "PrismaClientKnownRequestError", "\nInvalid `prisma.user.create()` invocation:\n\n\nUnique constraint failed on the fields: (`email`)", "\nInvalid `prisma.user.create()` invocation:\n\n\nForeign key constraint failed on the field: `tenantId`"),
    (DifferentInWords, "PrismaClientInitializationError", "\nInvalid `prisma.user.findMany()` invocation:\n\n\nCan't reach database server at `db:5432`", "\nInvalid `prisma.user.findMany()` invocation:\n\n\nTimed out fetching a new connection from the connection pool."),
    (Different, "PrismaClientKnownRequestError", "\nInvalid `prisma.user.create()` invocation in\n/var/task/index.js:12:20\n\n  9 x\n→ 12 await prisma.user.create(\nUnique constraint failed on the fields: (`email`)", "\nInvalid `prisma.user.create()` invocation in\n/var/task/index.js:12:20\n\n  9 x\n→ 12 await prisma.user.create(\nUnique constraint failed on the fields: (`phone`)"),
    (Different, "ZodError", "[\n  {\n    \"code\": \"invalid_type\",\n    \"expected\": \"string\",\n    \"received\": \"undefined\",\n    \"path\": [\n      \"email\"\n    ],\n    \"message\": \"Required\"\n  }\n]", "[\n  {\n    \"code\": \"invalid_type\",\n    \"expected\": \"string\",\n    \"received\": \"undefined\",\n    \"path\": [\n      \"total\"\n    ],\n    \"message\": \"Required\"\n  }\n]"),
    (Same, "ZodError", "[\n  {\n    \"code\": \"invalid_type\",\n    \"path\": [\n      \"items\",\n      3,\n      \"sku\"\n    ],\n    \"message\": \"Required\"\n  }\n]", "[\n  {\n    \"code\": \"invalid_type\",\n    \"path\": [\n      \"items\",\n      7,\n      \"sku\"\n    ],\n    \"message\": \"Required\"\n  }\n]"),
    (Different, "SequelizeDatabaseError", "relation \"users\" does not exist", "relation \"orders\" does not exist"),
    (Different, "QueryFailedError", "duplicate key value violates unique constraint \"UQ_97672ac88f789774dd47f7c8be3\"", "duplicate key value violates unique constraint \"UQ_1f6e0a8f27d1f3f5c3c5c1a2b3d\""),
    (Different, "error", "insert into \"users\" (\"email\") values ($1) - duplicate key value violates unique constraint \"users_email_unique\"", "insert into \"users\" (\"email\") values ($1) - duplicate key value violates unique constraint \"users_phone_unique\""),
    (Different, "ReplyError", "WRONGTYPE Operation against a key holding the wrong kind of value", "READONLY You can't write against a read only replica."),
    (Different, "ReplyError", "NOAUTH Authentication required.", "OOM command not allowed when used memory > 'maxmemory'."),
    (Different, "Error", "13 INTERNAL: Received RST_STREAM with code 2", "14 UNAVAILABLE: Connection dropped"),
    (Different, "Error", "13 INTERNAL: it broke", "10 ABORTED: it broke"),
    (Same, "StripeInvalidRequestError", "No such customer: 'cus_NffrFeUfNV2Hib'", "No such customer: 'cus_OaaaXeUfNV9Zzz'"),
    (DifferentInWords, "StripeCardError", "Your card was declined.", "Your card has insufficient funds."),
    (Different, "MongoServerError", "E11000 duplicate key error collection: shop.users index: email_1 dup key: { email: \"a@x.com\" }", "E11000 duplicate key error collection: shop.users index: phone_1 dup key: { phone: \"1\" }"),
    (Same, "MongoServerError", "E11000 duplicate key error collection: shop.users index: email_1 dup key: { email: \"ada@x.com\" }", "E11000 duplicate key error collection: shop.users index: email_1 dup key: { email: \"bob@y.org\" }"),
    (Different, "Error", "Request failed: {\"error\":\"invalid_grant\"}", "Request failed: {\"error\":\"invalid_client\"}"),
    (Different, "APIError", "{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"slow\"}}", "{\"error\":{\"code\":\"invalid_api_key\",\"message\":\"slow\"}}"),
    (Same, "APIError", "{\"statusCode\":500,\"message\":\"order 123 failed\",\"requestId\":\"a1b2c3d4\"}", "{\"statusCode\":500,\"message\":\"order 987 failed\",\"requestId\":\"ffff0000\"}"),
    (Different, "ResponseError", "[index_not_found_exception] no such index [orders]", "[index_not_found_exception] no such index [customers]"),
    (Same, "ResponseError", "[index_not_found_exception] no such index [logs-2026.11.27]", "[index_not_found_exception] no such index [logs-2026.11.28]"),
    // Python.
    (Different, "OperationalError", "(1045, \"Access denied for user 'app'@'10.0.3.4' (using password: YES)\")", "(1213, 'Deadlock found when trying to get lock; try restarting transaction')"),
    (Different, "OperationalError", "(pymysql.err.OperationalError) (1045, \"Access denied for user 'app'@'10.0.3.4'\")\n(Background on this error at: https://sqlalche.me/e/20/e3q8)", "(pymysql.err.OperationalError) (1213, 'Deadlock found when trying to get lock')\n(Background on this error at: https://sqlalche.me/e/20/e3q8)"),
    (Different, "IntegrityError", "(psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint \"users_email_key\"\nDETAIL: x", "(psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint \"users_phone_key\"\nDETAIL: x"),
    (DifferentInWords, "OperationalError", "connection to server at \"db.internal\" (10.0.1.2), port 5432 failed: Connection refused", "connection to server at \"db.internal\" (10.0.1.2), port 5432 failed: timeout expired"),
    (Same, "OperationalError", "connection to server at \"db.internal\" (10.0.1.2), port 5432 failed: timeout expired", "connection to server at \"db.internal\" (10.0.9.8), port 5432 failed: timeout expired"),
    (Different, "_InactiveRpcError", "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n\tdetails = \"no\"\n>", "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.NOT_FOUND\n\tdetails = \"no\"\n>"),
    (Different, "_InactiveRpcError", "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n\tdetails = \"no\"\n>", "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.INTERNAL\n\tdetails = \"no\"\n>"),
    (Different, "ParamValidationError", "Parameter validation failed:\nMissing required parameter in input: \"TableName\"", "Parameter validation failed:\nMissing required parameter in input: \"Key\""),
    (Different, "ClientError", "An error occurred (404) when calling the HeadObject operation: Not Found", "An error occurred (403) when calling the HeadObject operation: Forbidden"),
    (Different, "ClientError", "An error occurred (Throttling) when calling the DescribeStacks operation (reached max retries: 4): Rate exceeded", "An error occurred (ValidationError) when calling the DescribeStacks operation: no"),
    (Different, "ClientError", "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied", "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"),
    (Different, "ConnectionError", "HTTPSConnectionPool(host='api.a.com', port=443): Max retries exceeded with url: /v1 (Caused by NewConnectionError('<urllib3.connection.HTTPSConnection object at 0x7f1>: Failed to establish a new connection: [Errno 111] Connection refused'))", "HTTPSConnectionPool(host='api.b.com', port=443): Max retries exceeded with url: /v1 (Caused by NewConnectionError('<urllib3.connection.HTTPSConnection object at 0x7f1>: Failed to establish a new connection: [Errno 111] Connection refused'))"),
    (Same, "ConnectionError", "HTTPSConnectionPool(host='api.a.com', port=443): Max retries exceeded with url: /v1/orders/17 (Caused by ReadTimeoutError(\"x\"))", "HTTPSConnectionPool(host='api.a.com', port=443): Max retries exceeded with url: /v1/orders/42 (Caused by ReadTimeoutError(\"x\"))"),
    (Different, "HTTPError", "404 Client Error: Not Found for url: https://api.a.com/x", "500 Server Error: Internal Server Error for url: https://api.a.com/x"),
    (Different, "EndpointConnectionError", "Could not connect to the endpoint URL: \"https://sqs.eu-west-1.amazonaws.com/\"", "Could not connect to the endpoint URL: \"https://dynamodb.eu-west-1.amazonaws.com/\""),
    (Same, "JSONDecodeError", "Expecting value: line 1 column 1 (char 0)", "Expecting value: line 1 column 56 (char 55)"),
    (Different, "AttributeError", "'NoneType' object has no attribute 'get'", "'NoneType' object has no attribute 'split'"),
    (Different, "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'requests'", "Unable to import module 'app': No module named 'numpy'"),
    (Different, "Runtime.ImportModuleError", "Unable to import module 'app': cannot import name 'soft_unicode' from 'markupsafe'", "Unable to import module 'app': cannot import name 'escape' from 'jinja2'"),
    (Different, "OSError", "[Errno 28] No space left on device", "[Errno 24] Too many open files"),
    (Same, "FileNotFoundError", "[Errno 2] No such file or directory: '/tmp/a1.csv'", "[Errno 2] No such file or directory: '/tmp/report b.csv'"),
    (Different, "SSLError", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1129)", "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1129)"),
    (Same, "SSLError", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1129)", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1002)"),
    (Same, "ValueError", "invalid literal for int() with base 10: 'abc'", "invalid literal for int() with base 10: 'twelve'"),
    (Same, "ValueError", "time data '2026-01-01' does not match format '%d.%m.%Y'", "time data 'yesterday' does not match format '%d.%m.%Y'"),
    (SameInFrame, "UserNotFound", "User ada not found", "User bob not found"),
    (Different, "ValidationError", "'total' is a required property\n\nFailed validating 'required' in schema", "'email' is a required property\n\nFailed validating 'required' in schema"),
    (DifferentInWords, "ValidationError", "1 validation error for Order\nemail\n  Field required [type=missing]", "1 validation error for Order\ntotal\n  Field required [type=missing]"),
    (Different, "TransportError", "TransportError(503, 'unavailable_shards_exception', 'x')", "TransportError(429, 'es_rejected_execution_exception', 'x')"),
    (Different, "KafkaException", "KafkaError{code=_TRANSPORT,val=-195,str=\"no\"}", "KafkaError{code=_TIMED_OUT,val=-185,str=\"no\"}"),
    (Different, "ProgrammingError", "002003 (42S02): SQL compilation error: no", "000606 (57P03): SQL compilation error: no"),
    (Different, "RateLimitError", "Error code: 429 - {'error': {'message': 'no'}}", "Error code: 400 - {'error': {'message': 'no'}}"),
    (Same, "TwilioRestException", "HTTP 400 error: Unable to create record: The 'To' number +15551234567 is not a valid phone number.", "HTTP 400 error: Unable to create record: The 'To' number +4930123456 is not a valid phone number."),
    (Same, "TypeError", "handler() missing 1 required positional argument: 'context'", "handler() missing 1 required positional argument: 'context'"),
    (Different, "MissingArgument", "handler() missing 1 required positional argument: 'context'", "handler() missing 1 required positional argument: 'event'"),
    // Java.
    (Different, "java.net.UnknownHostException", "db.internal", "cache.internal"),
    (Different, "org.postgresql.util.PSQLException", "Connection to db:5432 refused. Check that the hostname and port are correct.", "Connection to archive:5432 refused. Check that the hostname and port are correct."),
    (DifferentInWords, "java.lang.NullPointerException", "Cannot invoke \"com.acme.Order.getTotal()\" because \"order\" is null", "Cannot invoke \"com.acme.Customer.getName()\" because \"customer\" is null"),
    (Same, "com.amazonaws.services.s3.model.AmazonS3Exception", "The specified key does not exist. (Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey; Request ID: 4Y9Z7JH2K1; S3 Extended Request ID: lJ4rLZ6w7yY+X0mZkQ/7Tg==; Proxy: null)", "The specified key does not exist. (Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey; Request ID: 7X1QWERT22; S3 Extended Request ID: 9aBcDeF1gHi/jK2LmN+oPq==; Proxy: null)"),
    (Different, "com.amazonaws.services.s3.model.AmazonS3Exception", "no (Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey; Request ID: 4Y9Z7JH2K1)", "no (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 4Y9Z7JH2K1)"),
    (Same, "com.amazonaws.SdkClientException", "Unable to execute HTTP request: Connect to sqs.eu-west-1.amazonaws.com:443 [sqs.eu-west-1.amazonaws.com/52.1.2.3] failed: connect timed out", "Unable to execute HTTP request: Connect to sqs.eu-west-1.amazonaws.com:443 [sqs.eu-west-1.amazonaws.com/34.7.8.9] failed: connect timed out"),
    (DifferentInWords, "java.lang.OutOfMemoryError", "Java heap space", "Metaspace"),
    (Same, "java.lang.NumberFormatException", "For input string: \"abc\"", "For input string: \"1,5\""),
    (Same, "java.lang.ArrayIndexOutOfBoundsException", "Index 5 out of bounds for length 3", "Index 9 out of bounds for length 9"),
    (Different, "UnrecognizedPropertyException", "Unrecognized field \"colour\" (class com.acme.Order), not marked as ignorable", "Unrecognized field \"size\" (class com.acme.Order), not marked as ignorable"),
    (Same, "LazyInitializationException", "could not initialize proxy [com.acme.Order#123] - no Session", "could not initialize proxy [com.acme.Order#98765] - no Session"),
    (Different, "DataIntegrityViolationException", "could not execute statement [Duplicate entry 'a@b.com' for key 'users.email_uk'] [insert into users (email) values (?)]", "could not execute statement [Duplicate entry '5' for key 'users.phone_uk'] [insert into users (email) values (?)]"),
    (Different, "TimeoutException", "Topic orders not present in metadata after 60000 ms.", "Topic billing not present in metadata after 60000 ms."),
    (Same, "IllegalStateException", "no handler for com.acme.Order@1b6d3586", "no handler for com.acme.Order@7f31245a"),
    // Go.
    (Different, "*net.OpError", "dial tcp 10.0.0.5:5432: connect: connection refused", "dial tcp 10.0.0.5:6379: connect: connection refused"),
    (Different, "*net.DNSError", "dial tcp: lookup db.internal on 10.0.0.2:53: no such host", "dial tcp: lookup cache.internal on 10.0.0.2:53: no such host"),
    (Same, "*url.Error", "Get \"https://api.a.com/v1/orders/17\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "Get \"https://api.a.com/v1/orders/99?x=1\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
    (Different, "*pq.Error", "pq: duplicate key value violates unique constraint \"users_email_key\"", "pq: duplicate key value violates unique constraint \"orders_ref_key\""),
    (Different, "*json.UnmarshalTypeError", "json: cannot unmarshal string into Go struct field Order.total of type int", "json: cannot unmarshal string into Go struct field Order.count of type int"),
    (Same, "boundsError", "runtime error: index out of range [5] with length 3", "runtime error: index out of range [17] with length 2"),
    (DifferentInWords, "*errors.errorString", "sql: no rows in result set", "sql: database is closed"),
    (Different, "*pgconn.PgError", "ERROR: deadlock detected (SQLSTATE 40P01)", "ERROR: canceling statement due to statement timeout (SQLSTATE 57014)"),
    (Different, "*smithy.OperationError", "operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJKLMNOP, api error ThrottlingException: Rate exceeded", "operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJKLMNOP, api error ValidationException: Rate exceeded"),
    (Same, "*smithy.OperationError", "operation error S3: GetObject, https response error StatusCode: 404, RequestID: 4Y9Z7JH2K1ABCDEF, HostID: lJ4rLZ6w7yY+X0mZkQ/7TgabX1=, NoSuchKey: no", "operation error S3: GetObject, https response error StatusCode: 404, RequestID: ZZ9Z7JH2K1ABCDEF, HostID: Qj4xTZ6w7yY/aB3cDe+7TgabX9=, NoSuchKey: no"),
    // Rust.
    (Different, "Panic", "called `Option::unwrap()` on a `None` value", "called `Result::unwrap()` on an `Err` value: Os { code: 2, kind: NotFound, message: \"no\" }"),
    (Different, "serde_json::Error", "missing field `email` at line 1 column 190", "missing field `total` at line 1 column 190"),
    (Same, "serde_json::Error", "unknown variant `foo`, expected one of `paid`, `open` at line 1 column 9", "unknown variant `bar`, expected one of `paid`, `open` at line 1 column 22"),
    (Same, "serde_json::Error", "invalid type: string \"abc\", expected u64 at line 1 column 5", "invalid type: string \"hello\", expected u64 at line 1 column 9"),
    (Different, "reqwest::Error", "error sending request for url (https://api.a.com/v1/x): dns error: failed to lookup address information", "error sending request for url (https://api.b.com/v1/x): dns error: failed to lookup address information"),
    (Same, "reqwest::Error", "error sending request for url (https://api.a.com/v1/x/1)", "error sending request for url (https://api.a.com/v1/x/2)"),
    (Different, "std::io::Error", "Connection refused (os error 111)", "Connection reset by peer (os error 104)"),
    (Different, "sqlx::Error", "error returned from database: 1062 (23000): Duplicate entry 'x' for key 'users.email'", "error returned from database: 1062 (23000): Duplicate entry 'x' for key 'users.phone'"),
    (DifferentInWords, "Panic", "thread 'main' panicked at src/main.rs:12:5:\nindex out of bounds: the len is 3 but the index is 7", "thread 'main' panicked at src/main.rs:12:5:\nno order is open"),
    (Same, "Panic", "thread 'main' panicked at src/main.rs:12:5:\nindex out of bounds: the len is 3 but the index is 7", "thread 'main' panicked at src/main.rs:12:5:\nindex out of bounds: the len is 1 but the index is 1"),
    (Different, "SdkError", "unhandled error (ThrottlingException)", "unhandled error (AccessDeniedException)"),
    // .NET.
    (Different, "HttpRequestException", "Response status code does not indicate success: 503 (Service Unavailable).", "Response status code does not indicate success: 401 (Unauthorized)."),
    (Different, "HttpRequestException", "No such host is known. (api.acme.com:443)", "No such host is known. (api.other.com:443)"),
    (Different, "HttpRequestException", "Connection refused (db:5432)", "Connection refused (cache:6379)"),
    (Different, "SqlException", "Cannot open database \"orders\" requested by the login. The login failed.", "Cannot open database \"billing\" requested by the login. The login failed."),
    (Different, "SqlException", "Violation of UNIQUE KEY constraint 'UQ_Email'. Cannot insert duplicate key in object 'dbo.Users'. The duplicate key value is (a@b.co).", "Violation of UNIQUE KEY constraint 'UQ_Phone'. Cannot insert duplicate key in object 'dbo.Users'. The duplicate key value is (1).") ,
    (Different, "PostgresException", "40P01: deadlock detected", "57014: canceling statement due to user request"),
    (Different, "PostgresException", "53300: it failed", "57P03: it failed"),
    // Ruby.
    (Different, "NoMethodError", "undefined method `name' for nil:NilClass", "undefined method `total' for nil:NilClass"),
    (Different, "NameError", "uninitialized constant Billing::Tax", "uninitialized constant Billing::Fee"),
    (DifferentInWords, "LoadError", "cannot load such file -- nokogiri", "cannot load such file -- pg"),
    (Same, "PG::UniqueViolation", "ERROR:  duplicate key value violates unique constraint \"index_users_on_email\"\nDETAIL:  Key (email)=(a@b.c) already exists.", "ERROR:  duplicate key value violates unique constraint \"index_users_on_email\"\nDETAIL:  Key (email)=(d@e.f) already exists."),
    (Different, "Errno::ECONNREFUSED", "Failed to open TCP connection to api.acme.com:443 (Connection refused - connect(2) for \"api.acme.com\" port 443)", "Failed to open TCP connection to api.other.com:443 (Connection refused - connect(2) for \"api.other.com\" port 443)"),
    // AWS.
    (Different, "ResourceNotFoundException", "Requested resource not found: Table: orders not found", "Requested resource not found: Table: customers not found"),
    (Different, "ValidationException", "One or more parameter values were invalid: Missing the key pk in the item", "One or more parameter values were invalid: Missing the key sk in the item"),
    (Different, "UnknownEndpoint", "Inaccessible host: `dynamodb.eu-west-1.amazonaws.com' at port `undefined'. This service may not be available.", "Inaccessible host: `sqs.eu-west-1.amazonaws.com' at port `undefined'. This service may not be available."),
    (Different, "TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]", "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ThrottlingError]"),
    (Same, "Sandbox.Timedout", "2026-11-27T10:00:00Z 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11 Task timed out after 3.00 seconds", "2026-11-27T11:00:00Z 4f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d12 Task timed out after 6.01 seconds"),
    (Different, "Runtime.ExitError", "RequestId: 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11 Error: Runtime exited with error: signal: killed", "RequestId: 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11 Error: Runtime exited with error: exit status 1"),
    // What varies.
    (Same, "CallFailed", "cannot invoke method 'find(17)' of it", "cannot invoke method 'find(18)' of it"),
    (Same, "CallFailed", "`Order` isn't `Invoice` in batch 17", "`Order` isn't `Invoice` in batch 18"),
    (Same, "Broken", "[1,2,3]", "[4,5,6]"),
    (Same, "NotFound", "no row in table users_17 of tenant 9", "no row in table users_18 of tenant 7"),
    (Same, "Timeout", "call to db:5432 timed out after 3000ms", "call to db:5432 timed out after 5000ms"),
    (Same, "Slow", "reply 3 of 17 came at 1.5s", "reply 4 of 17 came at 2.25s"),
    (Same, "ThrottlingException", "Rate exceeded (Service: Lambda, Status Code: 429, Request ID: 5b1c8c8e-1111-4a2b-9c3d-000000000001)", "Rate exceeded (Service: Lambda, Status Code: 429, Request ID: 5b1c8c8e-2222-4a2b-9c3d-000000000002)"),
    (Same, "NotFound", "session V1StGXR8_Z5jdHi6B-myT is gone", "session Uakgb_J5m9g-0JDMbcJqLJ is gone"),
    (Same, "NotFound", "shipment 1Z999AA10123456784 is lost", "shipment 1Z12345E0205271688 is lost"),
    (Same, "Invalid", "IBAN DE89370400440532013000 is wrong", "IBAN GB29NWBK60161331926819 is wrong"),
    (Same, "Slow", "took 3m20s at 10:04:05", "took 45s at 23:59:59"),
    (Same, "NotFound", "Object s3://data/in/2026/11/27/a1b2.json not found", "Object s3://data/out/ada.json not found"),
    (Same, "TooMuch", "amount 12.50 exceeds 1,000.00", "amount 1,234.50 exceeds 900.00"),
    (Same, "Broken", "trace Root=1-67891233-abcdef012345678912345678 failed", "trace Root=1-6789abcd-12456789abcdef0123456789 failed"),
    (SameInFrame, "Invalid", "city Berlin is unknown", "city PARIS is unknown"),
    (SameInFrame, "Invalid", "PARIS is no city that we know", "ROME is no city that we know"),
    // More of what varies.
    (Same, "NotFound", "User with id 65f0c1a2b3d4e5f6a7b8c9d0 not found", "User with id 65f0c1a2b3d4e5f6a7b8c9ff not found"),
    (Same, "NotFound", "tenant org_2NfQ8sYw1kLx0pZtRmVb has no plan", "tenant org_9XyZ1aBcD2eFgH3iJkL4 has no plan"),
    (Same, "Duplicate", "Duplicate entry 'ada@example.com-2026-11-27' for key 'users.email_day'", "Duplicate entry 'bob@example.com-2026-11-28' for key 'users.email_day'"),
    (Same, "BadRequest", "Invalid phone number: +49 30 901820", "Invalid phone number: +1 (415) 555-2671"),
    (Same, "Timeout", "Lock wait timeout exceeded; try restarting transaction (thread 1234567)", "Lock wait timeout exceeded; try restarting transaction (thread 7654321)"),
    (Same, "QueryTimeout", "canceling statement due to statement timeout after 30001 ms", "canceling statement due to statement timeout after 30120 ms"),
    (Same, "ConnectionReset", "Connection to 10.0.12.7:52344 was reset", "Connection to 10.0.99.1:41230 was reset"),
    (Same, "Error", "read ECONNRESET 10.0.3.4:51234 -> 10.0.9.9:443", "read ECONNRESET 10.0.3.4:40012 -> 10.0.9.9:443"),
    (Same, "NoSuchKey", "The specified key does not exist: in/2026/11/27/order-17.json", "The specified key does not exist: in/2026/11/28/order-99.json"),
    (Same, "ParseError", "unexpected end of file at line 17, column 4 of invoice_2026_17.csv", "unexpected end of file at line 3, column 9 of invoice_2026_18.csv"),
    (Same, "IntegrityError", "null value in column \"email\" violates not-null constraint\nDETAIL:  Failing row contains (17, null)", "null value in column \"email\" violates not-null constraint\nDETAIL:  Failing row contains (99, null)"),
    (Same, "ConditionalCheckFailed", "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: 4KBNVRGD25RG1KEO9UT4V3FQDJVV4KQNSO5AEMVJF66Q9ASUAAJG)", "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: 9ABNVRGD25RG1KEO9UT4V3FQDJVV4KQNSO5AEMVJF66Q9ASUZZZZ)"),
    (Same, "LambdaError", "Function execution for order #4711 failed in 1.23 s (attempt 2/3)", "Function execution for order #99 failed in 0.7 s (attempt 3/3)"),
    (Same, "Broken", "message AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a+/Zq== is stale", "message AQEB1nKyrHigUMZj6rYigCgxlaS3SLy0bX+Qr9== is stale"),
    (Same, "OAuthError", "token expired at 1795813079 for client 0oa1b2c3d4E5f6G7h8", "token expired at 1795899999 for client 0oaZ9y8x7W6v5U4t3S"),
    (Same, "MemoryError", "could not allocate 1073741824 bytes", "could not allocate 536870912 bytes"),
    // More of what tells faults apart.
    (Different, "QueryError", "Unknown column 'orders.total' in 'field list'", "Unknown column 'orders.tax' in 'field list'"),
    (Different, "SMTPError", "550 5.1.1 User unknown", "451 4.7.1 Greylisted"),
    (Different, "RuntimeError", "Missing required environment variable STRIPE_KEY", "Missing required environment variable DB_HOST"),
    (Different, "UnhandledPromise", "Invalid API key for https://api.stripe.com/v1/charges", "Invalid API key for https://api.twilio.com/v1/charges"),
    (Different, "HttpError", "upstream responded with 502", "upstream responded with 429"),
    (Different, "GraphQLError", "Cannot query field \"colour\" on type \"Query\".", "Cannot query field \"size\" on type \"Query\"."),
    (Different, "Exception", "SQLSTATE[HY000] [2002] Connection refused", "SQLSTATE[HY000] [1045] Access denied for user"),
    (Different, "ExitError", "exit status 137", "exit status 1"),
    (Different, "SignatureError", "secret arn:aws:secretsmanager:eu-west-1:111111111111:secret:prod/db-AbCdEf cannot be read", "secret arn:aws:secretsmanager:eu-west-1:111111111111:secret:prod/mail-AbCdEf cannot be read"),
    (Different, "ValidationException", "{\"statusCode\":422,\"error\":\"Unprocessable Entity\",\"message\":\"email must be an email\"}", "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"email must be an email\"}"),
    (Different, "ClientError", "An error occurred (ResourceNotFoundException) when calling the GetItem operation: no", "An error occurred (ProvisionedThroughputExceededException) when calling the GetItem operation: no"),
    (Different, "TransportException", "Cannot open queue 'orders' on vhost '/'", "Cannot open queue 'mails' on vhost '/'"),
    (Different, "ConfigError", "missing configuration key `database.url`", "missing configuration key `mail.from`"),
    (Different, "AssumeRole", "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/ci", "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/reader"),
    (Different, "ModuleError", "Runtime.ImportModuleError: Error: Cannot find module 'index'", "Runtime.ImportModuleError: Error: Cannot find module 'handler'"),
    (DifferentInWords, "Panic", "Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 'a'", "Traceback (most recent call last):\n  File \"a.py\", line 1\nZeroDivisionError: division by zero"),
];
