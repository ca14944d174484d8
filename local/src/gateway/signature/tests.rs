#![expect(clippy::unwrap_used, reason = "tests")]

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::{Key, Request, Scope, Signature};
use crate::Principal;

/// The example credentials of AWS's signature test suite.
fn key() -> Key {
    Key {
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: None,
        expires: None,
        principal: Principal::Root,
    }
}

fn request(method: Method, path: &str, query: &str) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert("host", "example.amazonaws.com".parse().unwrap());
    headers.insert("x-amz-date", "20150830T123600Z".parse().unwrap());
    Request {
        method,
        authority: None,
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        sent_body: Bytes::new(),
        body: Bytes::new(),
    }
}

/// Requests and signatures of AWS's published test suite for Signature Version 4.
#[test]
fn published_signatures_are_reproduced() {
    let cases = [
        (Method::GET, "/", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        (Method::POST, "/", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            Method::GET,
            "/",
            "Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ];
    for (method, path, query, expected) in cases {
        let request = request(method, path, query);
        let signature = Signature {
            scope: Scope {
                access_key_id: "AKIDEXAMPLE".to_owned(),
                date: "20150830".to_owned(),
                region: "us-east-1".to_owned(),
                service: "service".to_owned(),
            },
            signed_headers: vec!["host".to_owned(), "x-amz-date".to_owned()],
            signature: String::new(),
            signed_at: "20150830T123600Z".to_owned(),
            session_token: None,
            expires: None,
        };
        assert_eq!(signature.sign(&key(), &request), expected, "{request:?}");
    }
}

#[test]
fn an_incomplete_signature_names_what_is_missing() {
    let cases = [
        ("AWS4-HMAC-SHA256 Credential=a/b", "Credential must have exactly 5"),
        ("AWS4-HMAC-SHA256 SignedHeaders=host", "requires 'Credential' parameter"),
        ("Basic dGVzdDp0ZXN0", "Unsupported AWS 'algorithm': 'Basic'"),
    ];
    for (authorization, expected) in cases {
        let mut request = request(Method::GET, "/", "");
        request.headers.insert("authorization", authorization.parse().unwrap());
        let rejection = Signature::of(&request).unwrap_err();
        assert!(format!("{rejection:?}").contains(expected), "{rejection:?}");
    }
}

/// Signs a request as a client would.
pub(in crate::gateway) fn sign(request: &mut Request, key: &Key, scope: Scope, signed_at: &str) {
    request.headers.insert("x-amz-date", signed_at.parse().unwrap());
    if let Some(token) = &key.session_token {
        request.headers.insert("x-amz-security-token", token.parse().unwrap());
    }
    let mut signed_headers: Vec<String> = request.headers.keys().map(|name| name.as_str().to_owned()).collect();
    signed_headers.sort();
    let Scope { access_key_id, date, region, service } = &scope;
    let credential = format!("{access_key_id}/{date}/{region}/{service}/aws4_request");
    let names = signed_headers.join(";");
    let signature = Signature {
        scope: scope.clone(),
        signed_headers,
        signature: String::new(),
        signed_at: signed_at.to_owned(),
        session_token: None,
        expires: None,
    };
    let signature = signature.sign(key, request);
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
    request.headers.insert("authorization", authorization.parse().unwrap());
}
