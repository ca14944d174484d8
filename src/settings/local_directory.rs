//! Where the local AWS keeps its files.

use std::path::{Path, PathBuf};

/// `$INCIDENTCTL_LOCAL_DIR`, else `incidentctl/local` in the user's state folder. Without `HOME` that is the one of the
/// home in the system's list of users; `None` when that has none. A folder that all users share would do for none: another
/// could make it first.
pub(super) fn local_directory(
    variable: impl Fn(&str) -> Option<String>,
    listed_home: impl Fn() -> Option<PathBuf>,
) -> Option<PathBuf> {
    if let Some(directory) = variable("INCIDENTCTL_LOCAL_DIR") {
        return Some(directory.into());
    }
    let is_usable = |path: &PathBuf| path.is_absolute() && path.parent().is_some();
    let home = || variable("HOME").map(PathBuf::from).or_else(&listed_home).filter(is_usable);
    // Relative paths count as unset: XDG Base Directory Specification.
    let state = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(home()?.join(".local/state")))?;
    Some(state.join(Path::new("incidentctl/local")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_explicit_directory_wins() {
        let all = [("INCIDENTCTL_LOCAL_DIR", "/mine"), ("XDG_STATE_HOME", "/state"), ("HOME", "/home/ada")];
        let listed = "/home/listed/.local/state/incidentctl/local";
        for (variables, home, expected) in [
            (&all[..], Some("/home/listed"), Some("/mine")),
            (&all[1..], Some("/home/listed"), Some("/state/incidentctl/local")),
            (&all[2..], Some("/home/listed"), Some("/home/ada/.local/state/incidentctl/local")),
            (&[("XDG_STATE_HOME", "state")], Some("/home/listed"), Some(listed)),
            (&[], Some("/home/listed"), Some(listed)),
            (&[], Some("/"), None),
            (&[], None, None),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            let found = local_directory(variable, || home.map(PathBuf::from));
            assert_eq!(found.as_deref(), expected.map(Path::new), "{variables:?} {home:?}");
        }
    }
}
