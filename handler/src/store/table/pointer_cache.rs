//! The last known targets of helper items, so that the incidents can be read together with them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Capacity: more helper items than a warm handler meets. When full, the cache is cleared.
const MOST: usize = 1000;

/// From the key of a helper item to the id of an incident. It may be stale: the items that are read decide.
#[derive(Debug, Default)]
pub(super) struct PointerCache {
    led_to: Mutex<HashMap<String, String>>,
}

impl PointerCache {
    pub(super) fn of(&self, key: &str) -> Option<String> {
        self.lock().get(key).cloned()
    }

    pub(super) fn remember(&self, key: &str, incident_id: &str) {
        let mut led_to = self.lock();
        if led_to.len() >= MOST {
            led_to.clear();
        }
        led_to.insert(key.to_owned(), incident_id.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.led_to.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_is_kept_and_memory_is_bounded() {
        let pointer_cache = PointerCache::default();
        for number in 0..3 * MOST {
            pointer_cache.remember(&format!("open#{number}"), "inc-1");
            pointer_cache.remember("open#kept", &format!("inc-{number}"));
        }
        assert_eq!(pointer_cache.of("open#kept"), Some(format!("inc-{}", 3 * MOST - 1)));
        assert_eq!(pointer_cache.of("open#never"), None);
        assert!(pointer_cache.lock().len() <= MOST);
    }
}
