#![expect(clippy::unwrap_used, reason = "tests")]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use md5::{Digest as _, Md5};

use super::handle;
use crate::services::tests;
use crate::{Cloud, LocalConfig, Principal, RestRequest};

const DENY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::code/locked"}}"#;

struct Bench {
    cloud: Cloud,
    region: &'static str,
    _directory: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let (cloud, _directory) = tests::cloud(LocalConfig::default());
        Self { cloud, region: "us-east-1", _directory }
    }

    async fn raw(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> http::Response<Bytes> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect();
        let request = RestRequest {
            method: method.parse::<Method>().unwrap(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: Bytes::from(body.to_owned()),
            principal: Principal::Root,
            region: self.region.to_owned(),
            request_id: "id".to_owned(),
        };
        handle(&self.cloud, request).await
    }

    /// The status, with the error code or body.
    async fn ask(&self, method: &str, target: &str, body: &str) -> (u16, String) {
        let md5 = BASE64_STANDARD.encode(Md5::digest(body));
        let headers: &[(&str, &str)] = if body.is_empty() { &[] } else { &[("content-md5", &md5)] };
        self.ask_with(method, target, headers, body).await
    }

    async fn ask_with(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let reply = self.raw(method, target, headers, body).await;
        let text = String::from_utf8(reply.body().to_vec()).unwrap();
        let code = text.split_once("<Error><Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        (reply.status().as_u16(), code.map_or(text.clone(), |(code, _)| code.to_owned()))
    }
}

fn constraint(region: &str) -> String {
    format!("<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>")
}

#[tokio::test]
async fn buckets_are_created_in_valid_regions_only() {
    for (region, bucket, body, status, code) in [
        ("us-east-1", "code", String::new(), 200, ""),
        ("us-east-1", "code", constraint("us-east-1"), 400, "InvalidLocationConstraint"),
        ("us-east-1", "code", constraint("eu-west-1"), 200, ""),
        ("eu-west-1", "code", constraint("eu-west-1"), 200, ""),
        ("eu-west-1", "code", String::new(), 400, "IllegalLocationConstraintException"),
        ("eu-west-1", "code", constraint("eu-west-2"), 400, "IllegalLocationConstraintException"),
        ("us-east-1", "Code", String::new(), 400, "InvalidBucketName"),
        ("us-east-1", "a..b", String::new(), 400, "InvalidBucketName"),
        ("us-east-1", "10.0.0.1", String::new(), 400, "InvalidBucketName"),
        ("us-east-1", "ab", String::new(), 400, "InvalidBucketName"),
    ] {
        let bench = Bench { region, ..Bench::new() };
        let found = bench.ask("PUT", &format!("/{bucket}"), &body).await;
        assert_eq!(found, (status, code.to_owned()), "{bucket} in {region}: {body}");
    }
}

#[tokio::test]
async fn a_bucket_is_found_in_its_own_region_only() {
    let bench = Bench { region: "eu-west-1", ..Bench::new() };
    assert_eq!(bench.ask("HEAD", "/code", "").await.0, 404);
    assert_eq!(bench.ask("PUT", "/code", &constraint("eu-west-1")).await.0, 200);
    assert_eq!(bench.ask("PUT", "/code", &constraint("eu-west-1")).await, (409, "BucketAlreadyOwnedByYou".to_owned()));
    assert!(bench.ask("GET", "/code?location", "").await.1.ends_with(">eu-west-1</LocationConstraint>"));
    let elsewhere = Bench { region: "us-east-1", ..bench };
    assert_eq!(elsewhere.ask("HEAD", "/code", "").await.0, 301);
    assert_eq!(elsewhere.ask("GET", "/code/key", "").await, (400, "AuthorizationHeaderMalformed".to_owned()));
}

#[tokio::test]
async fn a_wrong_expected_owner_is_rejected() {
    let bench = Bench::new();
    bench.ask("PUT", "/code", "").await;
    let owned_by =
        async |owner| bench.raw("HEAD", "/code", &[("x-amz-expected-bucket-owner", owner)], "").await.status();
    assert_eq!(owned_by("000000000000").await, 200);
    assert_eq!(owned_by("111111111111").await, 403);
}

#[tokio::test]
async fn an_object_round_trips() {
    let bench = Bench::new();
    bench.ask("PUT", "/code", "").await;
    assert_eq!(bench.ask("GET", "/code/a%20b.zip", "").await, (404, "NoSuchKey".to_owned()));
    let headers = [
        ("x-amz-checksum-crc32", "DUoRhQ=="),
        ("x-amz-meta-build", "7"),
        ("content-type", "application/zip"),
        ("content-encoding", "aws-chunked"),
    ];
    let reply = bench.raw("PUT", "/code/a%20b.zip?x-id=PutObject", &headers, "hello world").await;
    assert_eq!(
        (reply.status().as_u16(), &reply.headers()["etag"]),
        (200, &http::HeaderValue::from_static("\"5eb63bbbe01eeed093cb22bb8f5acdc3\""))
    );
    let reply = bench.raw("GET", "/code/a%20b.zip", &[("x-amz-checksum-mode", "ENABLED")], "").await;
    let header = |name: &str| reply.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(reply.body(), "hello world");
    assert_eq!(header("x-amz-checksum-crc32"), Some("DUoRhQ=="));
    assert_eq!(header("x-amz-meta-build"), Some("7"));
    assert_eq!(header("content-type"), Some("application/zip"));
    assert_eq!(header("content-encoding"), None);
    assert_eq!(header("x-amz-server-side-encryption"), Some("AES256"));
    assert_eq!(super::object(&bench.cloud, "code", "a b.zip").unwrap(), "hello world");
    assert_eq!(bench.ask("DELETE", "/code", "").await, (409, "BucketNotEmpty".to_owned()));
    assert_eq!(bench.ask("DELETE", "/code/a%20b.zip", "").await.0, 204);
    assert_eq!(bench.ask("DELETE", "/code", "").await.0, 204);
}

#[tokio::test]
async fn a_conditional_put_succeeds_once() {
    let bench = Bench::new();
    bench.ask("PUT", "/code", "").await;
    let put = async || bench.ask_with("PUT", "/code/k", &[("if-none-match", "*")], "x").await;
    assert_eq!(put().await.0, 200);
    assert_eq!(put().await, (412, "PreconditionFailed".to_owned()));
}

#[tokio::test]
async fn listings_have_pages_and_common_prefixes() {
    let bench = Bench::new();
    bench.ask("PUT", "/code", "").await;
    for key in ["a/1", "a/2", "b", "c/1", "d"] {
        bench.ask("PUT", &format!("/code/{key}"), key).await;
    }
    let element = |text: &str, name: &str| -> Vec<String> {
        let start = format!("<{name}>");
        let parts = text.split(&start).skip(1);
        parts.map(|part| part.split("</").next().unwrap().to_owned()).collect()
    };
    let (_, first) = bench.ask("GET", "/code?list-type=2&delimiter=/&max-keys=2", "").await;
    assert_eq!(
        (element(&first, "Key"), element(&first, "Prefix")),
        (vec!["b".to_owned()], vec![String::new(), "a/".to_owned()])
    );
    let token = element(&first, "NextContinuationToken").remove(0);
    let (_, second) = bench.ask("GET", &format!("/code?list-type=2&delimiter=/&continuation-token={token}"), "").await;
    assert_eq!(
        (element(&second, "Key"), element(&second, "Prefix")),
        (vec!["d".to_owned()], vec![String::new(), "c/".to_owned()])
    );
    let delete = "<Delete><Object><Key>a/1</Key></Object><Object><Key>none</Key></Object></Delete>";
    assert_eq!(bench.ask_with("POST", "/code?delete", &[], delete).await, (400, "InvalidRequest".to_owned()));
    assert_eq!(element(&bench.ask("POST", "/code?delete", delete).await.1, "Key"), ["a/1", "none"]);
    let (_, rest) = bench.ask("GET", "/code?list-type=2&prefix=a/", "").await;
    assert_eq!(element(&rest, "Key"), ["a/2"]);
}

#[tokio::test]
async fn settings_are_validated_and_returned() {
    let bench = Bench::new();
    bench.ask("PUT", "/code", "").await;
    let tag = |key: &str| format!("<Tagging><TagSet><Tag><Key>{key}</Key><Value>v</Value></Tag></TagSet></Tagging>");
    let expiry = |days: &str| {
        format!(
            "<LifecycleConfiguration><Rule><ID>old</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter><Expiration><Days>{days}</Days></Expiration></Rule></LifecycleConfiguration>"
        )
    };
    let encryption = |algorithm: &str| {
        format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>{algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
        )
    };
    for (sub, body, status, code) in [
        ("tagging", tag("a"), 204, ""),
        ("tagging", tag("aws:a"), 400, "InvalidTag"),
        ("tagging", "<Tagging>".to_owned(), 400, "MalformedXML"),
        ("lifecycle", expiry("7"), 200, ""),
        ("lifecycle", expiry("0"), 400, "InvalidArgument"),
        ("encryption", encryption("AES256"), 200, ""),
        ("encryption", encryption("DES"), 400, "MalformedXML"),
        ("policy", DENY.to_owned(), 204, ""),
        ("policy", "nothing".to_owned(), 400, "MalformedPolicy"),
        (
            "versioning",
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".to_owned(),
            501,
            "NotImplemented",
        ),
        ("acl", "<AccessControlPolicy/>".to_owned(), 501, "NotImplemented"),
    ] {
        let found = bench.ask("PUT", &format!("/code?{sub}"), &body).await;
        assert_eq!(found, (status, code.to_owned()), "{sub}: {body}");
    }
    assert!(bench.ask("GET", "/code?tagging", "").await.1.contains("<Key>a</Key>"));
    assert!(
        bench.ask("GET", "/code?publicAccessBlock", "").await.1.contains("<BlockPublicPolicy>true</BlockPublicPolicy>")
    );
    assert_eq!(bench.ask("PUT", "/code/locked", "x").await, (403, "AccessDenied".to_owned()));
    assert_eq!(bench.ask("PUT", "/code/open", "x").await.0, 200);
    bench.ask("DELETE", "/code?lifecycle", "").await;
    assert_eq!(bench.ask("GET", "/code?lifecycle", "").await, (404, "NoSuchLifecycleConfiguration".to_owned()));
    assert_eq!(bench.ask("GET", "/none?tagging", "").await, (404, "NoSuchBucket".to_owned()));
}
