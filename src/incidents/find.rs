//! Finds an incident by its ID or a prefix of it.

use futures_util::stream::TryStreamExt;
use incident_model::{Incident, table};

use super::entries::{Pages, id_of};
use super::whole::Read;
use super::{Filter, Incidents, IncidentsError, whole};

/// Prefix of every incident ID.
const ID_PREFIX: &str = "inc-";
/// How many candidates an ambiguous prefix names.
const CANDIDATES: usize = 5;

impl Incidents {
    /// The incident with exactly this ID, read consistently.
    ///
    /// # Errors
    /// If the table is missing, AWS refuses, or an item of it cannot be parsed.
    pub async fn get(&self, id: &str) -> Result<Option<Incident>, IncidentsError> {
        let keys = vec![id.to_owned(), table::tally_key(id), table::timeline_key(id), table::analysis_key(id)];
        let mut items = self.items(keys, &Read::CONSISTENT).await?;
        whole::assembled(id, &mut items).map_err(IncidentsError::Malformed)
    }

    /// The incident with this ID, or the only one with this prefix; `inc-` may be omitted.
    ///
    /// # Errors
    /// If none or several match, or the table cannot be read.
    pub async fn find(&self, id: &str) -> Result<Incident, IncidentsError> {
        let start = if id.starts_with(ID_PREFIX) { id.to_owned() } else { format!("{ID_PREFIX}{id}") };
        if let Some(incident) = self.get(&start).await? {
            return Ok(incident);
        }
        let everything = Filter::default();
        let mut ids = self
            .with_former_index(
                async || starting(&start, self.by_created(&everything)).await,
                async || starting(&start, self.by_month(&everything).await?).await,
            )
            .await?;
        ids.sort_unstable();
        let unknown = || IncidentsError::Unknown { id: id.to_owned() };
        match ids.as_slice() {
            [] => Err(unknown()),
            [only] => self.get(only).await?.ok_or_else(unknown),
            several => {
                let candidates = several.iter().take(CANDIDATES).cloned().collect();
                Err(IncidentsError::Ambiguous { id: id.to_owned(), candidates })
            }
        }
    }
}

/// The ids in an index that start with a text.
async fn starting(start: &str, pages: Pages<'_>) -> Result<Vec<String>, IncidentsError> {
    let of_page = |page: Vec<_>| page.iter().filter_map(id_of).filter(|id| id.starts_with(start)).collect::<Vec<_>>();
    pages.map_ok(of_page).try_concat().await
}
