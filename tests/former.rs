//! The table of the former version, as that version wrote it: read, changed, and moved to the layout of today.
//!
//! `former/items.json` is a dump of its table, `former/list.json` and `former/stats.json` are what its command line said
//! about it.

mod incident;
pub(crate) mod moved;
mod read;
mod table;
