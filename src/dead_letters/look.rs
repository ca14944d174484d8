//! Reading a queue without consuming it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use incident_deploy::aws::AwsError;
use incident_deploy::engine::Interrupt;

use super::letter::DeadLetter;
use super::queue::Queue;

/// How long messages under inspection stay hidden unless returned earlier, such as after a kill.
const HOLD: Duration = Duration::from_secs(30);
/// A look ends before its first messages come back by themselves.
const LONGEST: Duration = Duration::from_secs(20);

/// What a look saw.
#[derive(Debug, Clone)]
pub struct Look {
    /// The messages, oldest first.
    pub letters: Vec<DeadLetter>,
    /// How many the queue held, about, those included that others have in their hands.
    pub about: u64,
    /// Whether these are all.
    pub complete: bool,
    /// Why messages are not back yet; they are after half a minute.
    pub not_put_back: Option<AwsError>,
}

/// Looks at up to so many messages, and puts them back. An interrupt ends it early.
///
/// # Errors
/// When AWS refuses; what was taken by then is put back.
pub async fn look(queue: &Queue, limit: usize, interrupt: &Interrupt) -> Result<Look, AwsError> {
    let about = queue.depth().await?;
    let mut seen = Seen::default();
    let paged = seen.page(queue, limit, interrupt).await;
    let put_back = queue.put_back(&seen.receipts).await;
    let reached_the_end = paged?;
    let mut letters = seen.letters;
    letters.sort_by(|one, other| (&one.since, &one.message_id).cmp(&(&other.since, &other.message_id)));
    let has_more = letters.len() > limit;
    letters.truncate(limit);
    // What others have in their hands is not seen, and counts.
    let complete = reached_the_end && !has_more && about <= letters.len() as u64;
    Ok(Look { letters, about, complete, not_put_back: put_back.err() })
}

#[derive(Debug, Default)]
struct Seen {
    ids: BTreeSet<String>,
    letters: Vec<DeadLetter>,
    receipts: Vec<String>,
}

impl Seen {
    /// Takes messages until there is one more than asked for; says whether the queue had no other.
    async fn page(&mut self, queue: &Queue, limit: usize, interrupt: &Interrupt) -> Result<bool, AwsError> {
        let start = Instant::now();
        while self.letters.len() <= limit && start.elapsed() < LONGEST && !interrupt.is_set() {
            let page = queue.receive(HOLD).await?;
            if page.is_empty() {
                return Ok(true);
            }
            let before = self.letters.len();
            for held in page {
                self.receipts.push(held.receipt);
                if self.ids.insert(held.letter.message_id.clone()) {
                    self.letters.push(held.letter);
                }
            }
            if self.letters.len() == before {
                break;
            }
        }
        Ok(false)
    }
}
