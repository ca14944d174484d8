//! Codes of databases, caches and remote calls that no word beside them announces.

use super::atoms::{Atom, Within};
use super::context;

/// Classes of SQL's states: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
const SQL_CLASSES: &[&str] = &[
    "08", "0A", "21", "22", "23", "25", "26", "28", "2B", "3D", "3F", "40", "42", "44", "53", "54", "55", "57", "58",
    "F0", "HV", "HY", "P0", "XX",
];
/// States of digits alone, which could also be a number of anything else.
const SQL_NUMBERS: &[&str] = &[
    "08000", "08001", "08003", "08004", "08006", "08007", "08S01", "22001", "22003", "22007", "22008", "22012",
    "22021", "22023", "23000", "23502", "23503", "23505", "23514", "25001", "25006", "28000", "40001", "42000",
    "42501", "42601", "42701", "42702", "42703", "42710", "42803", "42804", "42883", "53000", "53100", "53200",
    "53300", "53400", "54000", "55000", "55006", "57000", "57014", "58000", "58030",
];
/// Codes of gRPC (<https://grpc.io/docs/guides/status-codes/>) and Redis with which a message begins.
const BEGINNINGS: &[&str] = &[
    "ABORTED",
    "ASK",
    "BUSY",
    "BUSYGROUP",
    "BUSYKEY",
    "CANCELLED",
    "CLUSTERDOWN",
    "CROSSSLOT",
    "EXECABORT",
    "INTERNAL",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "MOVED",
    "NOAUTH",
    "NOGROUP",
    "NOPERM",
    "NOREPLICAS",
    "NOSCRIPT",
    "OOM",
    "READONLY",
    "TRYAGAIN",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNIMPLEMENTED",
    "UNKNOWN",
    "WRONGPASS",
    "WRONGTYPE",
];

/// Whether an atom is such a code.
pub(super) fn is_status(atoms: &[Atom<'_>], at: usize) -> bool {
    is_sql_state(atoms, at) || begins(atoms, at) && BEGINNINGS.contains(&atoms[at].text)
}

/// `40P01: deadlock detected`, `1062 (23000): …`, `(SQLSTATE 40P01)`.
fn is_sql_state(atoms: &[Atom<'_>], at: usize) -> bool {
    let Atom { text, before, after, .. } = atoms[at];
    let has_form = text.len() == 5
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && text.bytes().any(|byte| byte.is_ascii_digit());
    if !has_form {
        return false;
    }
    if context::follows(atoms, at, "sqlstate") {
        return true;
    }
    let stands_out = at == 0 && after == ':' || (before, after) == ('(', ')');
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_known = if is_number { SQL_NUMBERS.contains(&text) } else { SQL_CLASSES.contains(&&text[..2]) };
    stands_out && is_known
}

/// Whether it is the first word, or the second after a number: `14 UNAVAILABLE: Connection dropped`.
fn begins(atoms: &[Atom<'_>], at: usize) -> bool {
    let is_after_number =
        at == 1 && atoms[0].text.len() <= 2 && atoms[0].text.bytes().all(|byte| byte.is_ascii_digit());
    atoms[at].within == Within::Text && (at == 0 || is_after_number)
}
