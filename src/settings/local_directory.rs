//! Where the local AWS keeps its files.

use std::path::{Path, PathBuf};

/// `$INCIDENTCTL_LOCAL_DIR`, else `incidentctl/local` in the user's state folder.
pub(super) fn local_directory(variable: impl Fn(&str) -> Option<String>) -> PathBuf {
    let state = || match (variable("XDG_STATE_HOME"), variable("HOME")) {
        (Some(state), _) => PathBuf::from(state),
        (None, Some(home)) => Path::new(&home).join(".local/state"),
        (None, None) => std::env::temp_dir(),
    };
    variable("INCIDENTCTL_LOCAL_DIR").map_or_else(|| state().join("incidentctl/local"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_explicit_directory_wins() {
        let all = [("INCIDENTCTL_LOCAL_DIR", "/mine"), ("XDG_STATE_HOME", "/state"), ("HOME", "/home/ada")];
        for (variables, expected) in [
            (&all[..], "/mine"),
            (&all[1..], "/state/incidentctl/local"),
            (&all[2..], "/home/ada/.local/state/incidentctl/local"),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(local_directory(variable), Path::new(expected));
        }
    }
}
