//! The bucket from which CloudFormation reads the handler's zip: one per account and region, created on demand.
//!
//! Each stack has its own prefix. There is no lifecycle rule, because a rollback needs the previous version's zip
//! however old it is. A successful deployment deletes what it supersedes instead.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, Delete, ObjectIdentifier, ObjectOwnership,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging,
};

use crate::aws::wait::{retry, retry_on_new};
use crate::aws::{Absent, AwsError, Clients, Explain};
use crate::package::Package;
use crate::progress::Progress;
use crate::template::Place;

/// Tag that marks a bucket as ours. Its value is the version of the bucket's configuration.
const TAG: &str = "incidentctl:bucket";
/// The region of a bucket without a location constraint.
const FIRST_REGION: &str = "us-east-1";
/// Tolerated clock skew between this machine and S3.
const SKEW: Duration = Duration::from_secs(300);

/// The bucket of an account and region, with a stack's prefix in it. Every call names the expected owner, because
/// bucket names are global and another account may hold this one.
#[derive(Debug, Clone)]
pub struct Bucket<'a> {
    client: &'a aws_sdk_s3::Client,
    place: &'a Place,
    name: String,
}

impl<'a> Bucket<'a> {
    /// The bucket for a place, without any call.
    pub fn of(clients: &'a Clients, place: &'a Place) -> Self {
        Self { client: &clients.s3, place, name: name(place) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Ensures that the stack's prefix holds a zip under this name. The name contains the zip's hash, so an existing
    /// object is the same zip.
    ///
    /// # Errors
    /// A call that fails; a bucket of that name that is not ours.
    pub async fn hold(&self, zip: &str, package: &Package) -> Result<(), AwsError> {
        let key = self.key(zip);
        let call = self.client.head_object().bucket(&self.name).key(&key).expected_bucket_owner(&self.place.account);
        if call.send().await.explain("s3:GetObject").or_absent("NotFound")?.is_some() {
            return Ok(());
        }
        // A new bucket takes a moment to be known to, and ready on, all of S3's servers.
        let patient = |_: &AwsError| true;
        retry_on_new(&Progress::silent(), patient, || self.prepare()).await?;
        retry_on_new(&Progress::silent(), patient, || self.put(&key, package.sha256(), package.bytes().clone())).await
    }

    /// Puts a template that no request holds under the stack's prefix, and returns its URL. The next deployment deletes it.
    ///
    /// # Errors
    /// A call that fails; a bucket of that name that is not ours.
    pub async fn hold_template(&self, template: &str) -> Result<String, AwsError> {
        let digest = Sha256::digest(template);
        let name = digest.iter().take(8).fold(String::new(), |name, byte| name + &format!("{byte:02x}"));
        let key = self.key(&format!("template-{name}.json"));
        let content = Bytes::copy_from_slice(template.as_bytes());
        let patient = |_: &AwsError| true;
        retry_on_new(&Progress::silent(), patient, || self.prepare()).await?;
        let sha256 = STANDARD.encode(digest);
        retry_on_new(&Progress::silent(), patient, || self.put(&key, &sha256, content.clone())).await?;
        let suffix = self.place.partition.dns_suffix;
        Ok(format!("https://{}.s3.{}.{suffix}/{key}", self.name, self.place.region))
    }

    async fn put(&self, key: &str, sha256: &str, content: Bytes) -> Result<(), AwsError> {
        let call = self.client.put_object().bucket(&self.name).key(key).expected_bucket_owner(&self.place.account);
        // S3 verifies the hash.
        let call = call.checksum_sha256(sha256).body(ByteStream::from(content));
        call.send().await.explain("s3:PutObject").map(|_| ())
    }

    /// Deletes what `zip` supersedes: everything under the stack's prefix that is older than this run. Anything newer
    /// belongs to another run, which is about to deploy it.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn prune(&self, zip: &str, began: SystemTime) -> Result<(), AwsError> {
        let current = self.key(zip);
        let limit = DateTime::from(began.checked_sub(SKEW).unwrap_or(began));
        let objects = self.objects(&self.folder()).await?.unwrap_or_default();
        let old = objects.into_iter().filter(|(key, at)| *key != current && at.is_some_and(|at| at < limit));
        self.delete(old.map(|(key, _)| key).collect()).await
    }

    /// Deletes the stack's prefix, and the bucket if it is ours and otherwise empty.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn clear(&self) -> Result<(), AwsError> {
        // Nothing to clear without a bucket.
        let Some(objects) = self.objects("").await? else { return Ok(()) };
        let folder = self.folder();
        let (ours, others): (Vec<_>, Vec<_>) =
            objects.into_iter().map(|(key, _)| key).partition(|key| key.starts_with(&folder));
        self.delete(ours).await?;
        if others.is_empty() && self.is_ours().await? {
            let call = self.client.delete_bucket().bucket(&self.name).expected_bucket_owner(&self.place.account);
            call.send().await.explain("s3:DeleteBucket").or_absent("NoSuchBucket")?;
        }
        Ok(())
    }

    /// Creates the bucket if it is missing, or completes an interrupted creation. Idempotent.
    async fn prepare(&self) -> Result<(), AwsError> {
        let call = self.client.head_bucket().bucket(&self.name).expected_bucket_owner(&self.place.account);
        let exists = call.send().await.explain("s3:ListBucket").or_absent("NotFound")?.is_some();
        let existed = exists || !self.create().await?;
        if existed && self.is_ours().await? {
            return Ok(());
        }
        if existed && self.objects("").await?.is_some_and(|objects| !objects.is_empty()) {
            let message = format!("the bucket {} exists, is not empty, and lacks the tag {TAG}", self.name);
            return Err(AwsError::new("s3:GetBucketTagging", "BucketNotOurs", message));
        }
        tokio::try_join!(self.block_public_access(), self.encrypt())?;
        // The tag comes last: it records that the rest is complete.
        self.tag().await
    }

    /// Whether this call created it.
    async fn create(&self) -> Result<bool, AwsError> {
        let region = &self.place.region;
        let elsewhere = (region != FIRST_REGION).then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region.as_str()))
                .build()
        });
        retry(&Progress::silent(), || async {
            let call =
                self.client.create_bucket().bucket(&self.name).set_create_bucket_configuration(elsewhere.clone());
            let call = call.object_ownership(ObjectOwnership::BucketOwnerEnforced);
            call.send().await.explain("s3:CreateBucket").or_absent("BucketAlreadyOwnedByYou")
        })
        .await
        .map(|made| made.is_some())
    }

    async fn block_public_access(&self) -> Result<(), AwsError> {
        let nothing_public = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true)
            .build();
        let call = self.client.put_public_access_block().bucket(&self.name).expected_bucket_owner(&self.place.account);
        let call = call.public_access_block_configuration(nothing_public);
        call.send().await.explain("s3:PutBucketPublicAccessBlock").map(|_| ())
    }

    async fn encrypt(&self) -> Result<(), AwsError> {
        let built = |error| AwsError::new("s3:PutEncryptionConfiguration", "InvalidRequest", format!("{error}"));
        let by_default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::Aes256)
            .build()
            .map_err(built)?;
        let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by_default).build();
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(built)?;
        let call = self.client.put_bucket_encryption().bucket(&self.name).expected_bucket_owner(&self.place.account);
        let call = call.server_side_encryption_configuration(rules);
        call.send().await.explain("s3:PutEncryptionConfiguration").map(|_| ())
    }

    async fn tag(&self) -> Result<(), AwsError> {
        let built = |error| AwsError::new("s3:PutBucketTagging", "InvalidRequest", format!("{error}"));
        let tag = Tag::builder().key(TAG).value("1").build().map_err(built)?;
        let tagging = Tagging::builder().tag_set(tag).build().map_err(built)?;
        let call = self.client.put_bucket_tagging().bucket(&self.name).expected_bucket_owner(&self.place.account);
        call.tagging(tagging).send().await.explain("s3:PutBucketTagging").map(|_| ())
    }

    async fn is_ours(&self) -> Result<bool, AwsError> {
        let call = self.client.get_bucket_tagging().bucket(&self.name).expected_bucket_owner(&self.place.account);
        let tags = call.send().await.explain("s3:GetBucketTagging").or_absent("NoSuchTagSet")?;
        Ok(tags.is_some_and(|tags| tags.tag_set().iter().any(|tag| tag.key() == TAG)))
    }

    /// Keys under a prefix with their upload times; `None` without a bucket. A stack has a handful of objects, so one
    /// page holds them all.
    async fn objects(&self, prefix: &str) -> Result<Option<Vec<(String, Option<DateTime>)>>, AwsError> {
        let call = self.client.list_objects_v2().bucket(&self.name).expected_bucket_owner(&self.place.account);
        let page = call.prefix(prefix).send().await.explain("s3:ListBucket").or_absent("NoSuchBucket")?;
        let entry =
            |object: &aws_sdk_s3::types::Object| Some((object.key()?.to_owned(), object.last_modified().copied()));
        Ok(page.map(|page| page.contents().iter().filter_map(entry).collect()))
    }

    async fn delete(&self, keys: Vec<String>) -> Result<(), AwsError> {
        const CALL: &str = "s3:DeleteObject";
        if keys.is_empty() {
            return Ok(());
        }
        let built = |error| AwsError::new(CALL, "InvalidRequest", format!("{error}"));
        let objects = keys.into_iter().map(|key| ObjectIdentifier::builder().key(key).build());
        let objects = objects.collect::<Result<Vec<_>, _>>().map_err(built)?;
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build().map_err(built)?;
        let call = self.client.delete_objects().bucket(&self.name).expected_bucket_owner(&self.place.account);
        let answer = call.delete(delete).send().await.explain(CALL)?;
        match answer.errors().first() {
            None => Ok(()),
            Some(refused) => {
                let message = format!("{}: {}", refused.key().unwrap_or("?"), refused.message().unwrap_or("refused"));
                Err(AwsError::new(CALL, refused.code().unwrap_or("Unknown"), message))
            }
        }
    }

    fn folder(&self) -> String {
        format!("{}/", self.place.stack)
    }

    fn key(&self, zip: &str) -> String {
        format!("{}{zip}", self.folder())
    }
}

/// Account and region make the name unique, and equal on every machine.
fn name(place: &Place) -> String {
    format!("incidentctl-{}-{}", place.account, place.region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_follows_from_account_and_region() {
        let place = Place::new("devops", "123456789012", "us-gov-west-1", None);
        let name = name(&place);
        assert_eq!(name, "incidentctl-123456789012-us-gov-west-1");
        assert!(name.len() <= 63, "the longest that S3 allows");
    }
}
