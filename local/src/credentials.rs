//! Access keys: random, compared in constant time.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// The base 32 alphabet of AWS's ids.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// An id such as `AROA` and 17 random characters.
pub(crate) fn unique_id(prefix: &str) -> String {
    let random = [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat();
    let tail = random.iter().take(17).map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    prefix.chars().chain(tail).collect()
}

/// Random bytes from the system, in base64.
pub(crate) fn random_text(bytes: usize) -> String {
    let random: Vec<u8> = std::iter::repeat_with(|| uuid::Uuid::new_v4().into_bytes()).flatten().take(bytes).collect();
    BASE64_STANDARD.encode(random)
}

/// Compares a secret in time that depends only on its length.
pub(crate) fn is_equal(shown: &str, expected: &str) -> bool {
    let difference = shown.bytes().zip(expected.bytes()).fold(0, |difference, (one, two)| difference | (one ^ two));
    shown.len() == expected.len() && std::hint::black_box(difference) == 0
}

/// The account's own access key, unrestricted by policies.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`
    pub access_key_id: String,
    /// The signing secret, also required by `/_local/…`.
    pub secret_access_key: String,
}

impl AccessKey {
    /// A random key: 80 and 240 bits.
    pub(crate) fn drawn() -> Self {
        let access_key_id = unique_id("AKIA").chars().take(20).collect();
        Self { access_key_id, secret_access_key: random_text(30) }
    }

    /// The well-known key: `test` and `test`.
    pub(crate) fn well_known() -> Self {
        Self { access_key_id: "test".to_owned(), secret_access_key: "test".to_owned() }
    }
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AccessKey").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_in_awss_format() {
        let keys = [AccessKey::drawn(), AccessKey::drawn()];
        assert_ne!(keys[0].access_key_id, keys[1].access_key_id);
        assert_ne!(keys[0].secret_access_key, keys[1].secret_access_key);
        for AccessKey { access_key_id, secret_access_key } in keys {
            assert_eq!((access_key_id.len(), secret_access_key.len()), (20, 40));
            assert!(access_key_id.starts_with("AKIA"), "{access_key_id}");
        }
    }

    #[test]
    fn only_the_whole_secret_matches() {
        assert!(is_equal("secret", "secret"));
        for other in ["", "secre", "secrets", "Secret"] {
            assert!(!is_equal(other, "secret"), "{other}");
        }
    }
}
