//! The newest incidents: the cost depends only on what is shown.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use incident_model::Incident;

use super::entries::Pages;
use super::{Filter, Incidents, IncidentsError, whole};

/// Calls in flight that read incidents.
const AT_ONCE: usize = 16;

/// The incidents found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// The readable incidents.
    pub incidents: Vec<Incident>,
    /// IDs of those that this version cannot read, sorted.
    pub unreadable: Vec<String>,
}

impl Incidents {
    /// Incidents, newest first. An unreadable one is named, and hides no other.
    ///
    /// # Errors
    /// If the table is missing, or AWS refuses.
    pub async fn list(&self, filter: &Filter) -> Result<Listing, IncidentsError> {
        let mut listing = self
            .with_former_index(
                async || self.read(self.by_created(filter), filter).await,
                async || match filter.is_unresolved() {
                    true => self.read(self.due(filter).await?, filter).await,
                    false => self.read(self.by_month(filter).await?, filter).await,
                },
            )
            .await?;
        listing.incidents.sort_by(|one, other| other.created_at.cmp(&one.created_at));
        listing.incidents.truncate(filter.limit.unwrap_or(usize::MAX));
        listing.unreadable.sort_unstable();
        Ok(listing)
    }

    /// The incidents of an index, until there are enough; several calls read them side by side.
    async fn read(&self, pages: Pages<'_>, filter: &Filter) -> Result<Listing, IncidentsError> {
        let limit = filter.limit.unwrap_or(usize::MAX);
        let of_call = whole::at_once(filter.brief).min(limit).max(1);
        let chunks = pages.map_ok(|page| {
            let chunks: Vec<_> = page.chunks(of_call).map(<[_]>::to_vec).collect();
            stream::iter(chunks.into_iter().map(Ok))
        });
        let calls = chunks.try_flatten().map_ok(|chunk| self.whole(chunk, filter.brief));
        let mut found = calls.try_buffered(AT_ONCE.min(limit.div_ceil(of_call)).max(1)).boxed();
        let mut listing = Listing::default();
        while listing.incidents.len() < limit
            && let Some(Listing { incidents, unreadable }) = found.try_next().await?
        {
            listing.incidents.extend(incidents.into_iter().filter(|incident| filter.admits(incident)));
            listing.unreadable.extend(unreadable);
        }
        Ok(listing)
    }
}
