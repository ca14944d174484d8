//! AWS Signature Version 4: authenticates the caller and the integrity of the request.
//!
//! Implements the guide "Create a signed AWS API request".

mod canonical;
#[cfg(test)]
pub(super) mod tests;

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::protocol::Protocol;
use super::request::Request;
use crate::credentials::is_equal;
use crate::services::iam::{self, Key};
use crate::{ApiError, Cloud, Principal};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Maximum clock skew.
const MAX_SKEW: Duration = Duration::from_secs(15 * 60);
/// Maximum lifetime of a presigned request, in seconds: a week.
const MAX_PRESIGNED: i64 = 604_800;

/// The credential scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) access_key_id: String,
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
}

/// A signature as carried in a header or, presigned, in the query string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) scope: Scope,
    signed_headers: Vec<String>,
    signature: String,
    signed_at: String,
    session_token: Option<String>,
    /// Lifetime of a presigned request, in seconds.
    expires: Option<i64>,
}

/// Why a request is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rejection {
    Incomplete(String),
    UnknownKey,
    Expired,
    Mismatch,
    Skew(String),
}

impl Signature {
    /// Parses a request's signature; `None` when unsigned.
    pub(super) fn of(request: &Request) -> Result<Option<Self>, Rejection> {
        if let Some(authorization) = request.header("authorization") {
            return Self::from_header(request, authorization).map(Some);
        }
        match request.query_parameter("X-Amz-Signature") {
            Some(signature) => Self::from_query(request, signature).map(Some),
            None => Ok(None),
        }
    }

    fn from_header(request: &Request, authorization: &str) -> Result<Self, Rejection> {
        let parameters = authorization.strip_prefix(ALGORITHM).ok_or_else(|| {
            Rejection::Incomplete(format!("Unsupported AWS 'algorithm': '{}'.", first_word(authorization)))
        })?;
        let parameter = |name: &str| {
            parameters
                .split(',')
                .find_map(|parameter| parameter.trim().strip_prefix(name)?.strip_prefix('='))
                .ok_or_else(|| Rejection::Incomplete(format!("Authorization header requires '{name}' parameter.")))
        };
        let signed_at = request.header("x-amz-date").ok_or_else(|| {
            Rejection::Incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".into(),
            )
        })?;
        Ok(Self {
            scope: Scope::parse(parameter("Credential")?)?,
            signed_headers: parameter("SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature: parameter("Signature")?.to_owned(),
            signed_at: signed_at.to_owned(),
            session_token: request.header("x-amz-security-token").map(str::to_owned),
            expires: None,
        })
    }

    fn from_query(request: &Request, signature: String) -> Result<Self, Rejection> {
        let parameter = |name: &str| {
            request
                .query_parameter(name)
                .ok_or_else(|| Rejection::Incomplete(format!("Query string requires '{name}' parameter.")))
        };
        Ok(Self {
            scope: Scope::parse(&parameter("X-Amz-Credential")?)?,
            signed_headers: parameter("X-Amz-SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature,
            signed_at: parameter("X-Amz-Date")?,
            session_token: request.query_parameter("X-Amz-Security-Token"),
            expires: Some(parameter("X-Amz-Expires")?.parse().unwrap_or_default()),
        })
    }

    /// Identifies the signer by the head of a request alone.
    ///
    /// # Errors
    /// When the key is unknown or expired, or the signing time is outside the allowed skew.
    pub(super) fn signer(self, cloud: &Cloud) -> Result<Signer, Rejection> {
        let key = iam::key(cloud, &self.scope.access_key_id).ok_or(Rejection::UnknownKey)?;
        let is_of_session = match (&key.session_token, &self.session_token) {
            (Some(expected), Some(token)) => is_equal(expected, token),
            (expected, token) => expected.is_none() && token.is_none(),
        };
        if !is_of_session {
            return Err(Rejection::UnknownKey);
        }
        if key.is_expired(cloud.clock.now()) {
            return Err(Rejection::Expired);
        }
        self.check_time(cloud.clock.now())?;
        Ok(Signer { signature: self, key })
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Rejection> {
        let signed_at = parse_time(&self.signed_at)
            .ok_or_else(|| Rejection::Incomplete("Date must be in ISO-8601 'basic format'.".to_owned()))?;
        if !self.signed_at.starts_with(&self.scope.date) {
            let message = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP";
            return Err(Rejection::Skew(message.to_owned()));
        }
        if self.expires.is_some_and(|seconds| !(1..=MAX_PRESIGNED).contains(&seconds)) {
            let message = format!("X-Amz-Expires must be between 1 and {MAX_PRESIGNED} seconds");
            return Err(Rejection::Incomplete(message));
        }
        let age = now.duration_since(signed_at);
        let skew = Duration::from_secs(age.unsigned_abs().as_secs());
        let too_old = match self.expires {
            Some(seconds) => age.as_secs() > seconds,
            None => skew > MAX_SKEW && age.is_positive(),
        };
        if too_old {
            return Err(Rejection::Skew(format!(
                "Signature expired: {} is now earlier than {} ({} - 15 min.)",
                self.signed_at,
                basic_format(now - MAX_SKEW),
                basic_format(now)
            )));
        }
        if skew > MAX_SKEW && age.is_negative() {
            return Err(Rejection::Skew(format!(
                "Signature not yet current: {} is still later than {} ({} + 15 min.)",
                self.signed_at,
                basic_format(now + MAX_SKEW),
                basic_format(now)
            )));
        }
        Ok(())
    }

    fn sign(&self, key: &Key, request: &Request) -> String {
        let Scope { date, region, service, .. } = &self.scope;
        let canonical = canonical::request(request, service, &self.signed_headers, self.expires.is_some());
        let text = format!(
            "{ALGORITHM}\n{}\n{date}/{region}/{service}/aws4_request\n{}",
            self.signed_at,
            hex(&Sha256::digest(canonical))
        );
        let secret = format!("AWS4{}", key.secret_access_key);
        let signing_key = [date, region, service, "aws4_request"]
            .into_iter()
            .fold(secret.into_bytes(), |key, part| authenticate(&key, part));
        hex(&authenticate(&signing_key, &text))
    }
}

/// A signature and the key to verify it with.
pub(super) struct Signer {
    pub(super) signature: Signature,
    key: Key,
}

impl Signer {
    /// Verifies the signature once the body has been read.
    ///
    /// # Errors
    /// When the signature does not match.
    pub(super) fn verify(&self, request: &Request) -> Result<Principal, Rejection> {
        let is_valid = body_is_as_declared(request)
            && is_equal(&self.signature.sign(&self.key, request), &self.signature.signature);
        if is_valid { Ok(self.key.principal.clone()) } else { Err(Rejection::Mismatch) }
    }
}

impl Scope {
    /// Parses `KEY/DATE/REGION/SERVICE/aws4_request`.
    fn parse(credential: &str) -> Result<Self, Rejection> {
        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, service, "aws4_request"] = parts.as_slice() else {
            return Err(Rejection::Incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            )));
        };
        let [access_key_id, date, region, service] =
            [access_key_id, date, region, service].map(|part| (*part).to_owned());
        Ok(Self { access_key_id, date, region, service })
    }
}

impl Rejection {
    /// The error in the form of a protocol.
    pub(super) fn into_error(self, protocol: Protocol) -> ApiError {
        let query = protocol == Protocol::Query;
        let pick = |in_query: &str, elsewhere: &str, message: &str| {
            ApiError::new(if query { in_query } else { elsewhere }, message).with_status(forbidden(protocol))
        };
        match self {
            rejection if protocol == Protocol::S3 => rejection.of_s3(),
            Self::Incomplete(message) => pick("IncompleteSignature", "IncompleteSignatureException", &message),
            Self::UnknownKey => pick(
                "InvalidClientTokenId",
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            Self::Expired => {
                pick("ExpiredToken", "ExpiredTokenException", "The security token included in the request is expired")
            }
            Self::Mismatch => pick(
                "SignatureDoesNotMatch",
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
            ),
            Self::Skew(message) => pick("SignatureDoesNotMatch", "InvalidSignatureException", &message),
        }
    }

    /// The error in S3's form.
    fn of_s3(self) -> ApiError {
        let (code, message, status) = match self {
            Self::Incomplete(message) => ("AuthorizationHeaderMalformed", message, 400),
            Self::UnknownKey => {
                ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.".into(), 403)
            }
            Self::Expired => ("ExpiredToken", "The provided token has expired.".into(), 400),
            Self::Mismatch => (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method.".into(),
                403,
            ),
            Self::Skew(_) => (
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.".into(),
                403,
            ),
        };
        ApiError::new(code, message).with_status(status)
    }

    /// The error for an unsigned request.
    pub(super) fn missing(protocol: Protocol) -> ApiError {
        match protocol {
            Protocol::Query => ApiError::new("MissingAuthenticationToken", "Request is missing Authentication Token"),
            _ => ApiError::new("MissingAuthenticationTokenException", "Missing Authentication Token"),
        }
        .with_status(forbidden(protocol))
    }
}

/// The HTTP status of a rejection: the JSON services use 400.
pub(super) fn forbidden(protocol: Protocol) -> u16 {
    match protocol {
        Protocol::Query | Protocol::Lambda | Protocol::S3 => 403,
        _ => 400,
    }
}

/// Whether the body matches the signed hash.
fn body_is_as_declared(request: &Request) -> bool {
    match request.header("x-amz-content-sha256") {
        Some(declared) if declared.len() == 64 => declared == hex(&Sha256::digest(&request.sent_body)),
        _ => true,
    }
}

fn authenticate(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC accepts keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

fn parse_time(text: &str) -> Option<Timestamp> {
    jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

fn basic_format(instant: Timestamp) -> String {
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}
