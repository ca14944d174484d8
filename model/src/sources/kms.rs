//! KMS: deleted and expired keys. <https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html>

use super::envelope::Envelope;
use crate::arn::name;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let key = match envelope.text("/key-id") {
        "" => name(envelope.first_resource()),
        key => name(key),
    };
    match envelope.detail_type.as_str() {
        "KMS CMK Deletion" => {
            envelope.failure(key, "KeyDeleted", "the key was deleted; data that it encrypted is lost")
        }
        "KMS Imported Key Material Expiration" => {
            let message = "the imported key material expired; nothing can be encrypted or decrypted with the key";
            envelope.failure(key, "KeyMaterialExpired", message)
        }
        "KMS CMK Rotation" => envelope.ignored(key, "the rotation of a key is not a failure"),
        _ => super::generic::observe(envelope),
    }
}
