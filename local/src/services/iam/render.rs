//! IAM resources as replies.

use indexmap::IndexMap;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::store::{Document, ManagedPolicy, PolicyVersion, Role};
use crate::config::ACCOUNT;
use crate::{Cloud, Output, arn};

/// RFC 3986, as IAM encodes policy documents.
const DOCUMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A policy document, percent-encoded.
pub(super) fn document(document: &Document) -> Output {
    utf8_percent_encode(&document.text, DOCUMENT).to_string().into()
}

/// A role; lists leave out its tags and its boundary.
pub(super) fn role(role: &Role, in_list: bool) -> Output {
    let boundary = role.boundary.as_ref().filter(|_| !in_list).map(|arn| {
        Output::structure([
            ("PermissionsBoundaryType", Some("Policy".into())),
            ("PermissionsBoundaryArn", Some(arn.as_str().into())),
        ])
    });
    Output::structure([
        ("Path", Some(role.path.as_str().into())),
        ("RoleName", Some(role.name.as_str().into())),
        ("RoleId", Some(role.id.as_str().into())),
        ("Arn", Some(role.arn.as_str().into())),
        ("CreateDate", Some(instant(role.created))),
        ("AssumeRolePolicyDocument", Some(document(role.trust.current()))),
        ("Description", role.description.as_deref().map(Output::from)),
        ("MaxSessionDuration", Some(role.max_session_seconds.into())),
        ("PermissionsBoundary", boundary),
        ("Tags", (!in_list && !role.tags.is_empty()).then(|| tags(&role.tags))),
        ("RoleLastUsed", (!in_list).then(Output::empty)),
    ])
}

/// A managed policy.
pub(super) fn policy(policy: &ManagedPolicy, attachments: usize, in_list: bool) -> Output {
    let default = policy.versions.iter().find(|version| version.is_default).map_or("v1", |version| version.id.as_str());
    Output::structure([
        ("PolicyName", Some(policy.name.as_str().into())),
        ("PolicyId", Some(policy.id.as_str().into())),
        ("Arn", Some(policy.arn.as_str().into())),
        ("Path", Some(policy.path.as_str().into())),
        ("DefaultVersionId", Some(default.into())),
        ("AttachmentCount", Some(i64::try_from(attachments).unwrap_or(i64::MAX).into())),
        ("PermissionsBoundaryUsageCount", Some(0.into())),
        ("IsAttachable", Some(true.into())),
        ("Description", policy.description.as_deref().filter(|_| !in_list).map(Output::from)),
        ("CreateDate", Some(instant(policy.created))),
        ("UpdateDate", Some(instant(policy.updated))),
        ("Tags", (!in_list && !policy.tags.is_empty()).then(|| tags(&policy.tags))),
    ])
}

/// A version of a policy; lists leave out its document.
pub(super) fn version(version: &PolicyVersion, in_list: bool) -> Output {
    Output::structure([
        ("Document", (!in_list).then(|| document(&version.document))),
        ("VersionId", Some(version.id.as_str().into())),
        ("IsDefaultVersion", Some(version.is_default.into())),
        ("CreateDate", Some(instant(version.created))),
    ])
}

/// Tags as a list of pairs.
pub(super) fn tags(tags: &IndexMap<String, String>) -> Output {
    Output::List(
        tags.iter()
            .map(|(key, value)| {
                Output::structure([("Key", Some(key.as_str().into())), ("Value", Some(value.as_str().into()))])
            })
            .collect(),
    )
}

/// The account's own credentials, shown as a user.
pub(super) fn root_user(cloud: &Cloud) -> Output {
    Output::structure([(
        "User",
        Some(Output::structure([
            ("UserId", Some(ACCOUNT.into())),
            ("Arn", Some(arn::local("iam", "", "root").into())),
            ("CreateDate", Some(instant(cloud.clock.now()))),
        ])),
    )])
}

/// Use of IAM's quotas, for the resources that exist here.
pub(super) fn summary(cloud: &Cloud) -> Output {
    let roles = i64::try_from(cloud.iam.lock().roles.len()).unwrap_or(i64::MAX);
    let entries = [("Roles", roles), ("RolesQuota", 1000)];
    let entries = entries.map(|(name, number)| (name.to_owned(), Output::Integer(number)));
    Output::structure([("SummaryMap", Some(Output::Map(entries.to_vec())))])
}

/// IAM's timestamps have whole seconds.
fn instant(instant: Timestamp) -> Output {
    Output::Timestamp(instant.as_second() as f64)
}
