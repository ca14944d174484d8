//! How to call this program from the current folder.

use std::path::Path;

const NAME: &str = "incidentctl";

/// A command line that works here: the bare name if the search path leads to this program, else its path.
pub(super) fn callable(command: &str) -> String {
    let rest = command.strip_prefix(NAME).unwrap_or(command);
    match (std::env::current_exe(), std::env::current_dir(), std::env::var_os("PATH")) {
        (Ok(program), Ok(folder), search) => {
            let folders = search.iter().flat_map(std::env::split_paths);
            let is_found = folders.map(|folder| folder.join(NAME)).find(|file| file.is_file());
            match is_found.is_some_and(|found| is_same(&found, &program)) {
                true => format!("{NAME}{rest}"),
                false => format!("{}{rest}", from(&folder, &program)),
            }
        }
        _ => format!("{NAME}{rest}"),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// The path to a program, relative to a folder where possible.
fn from(folder: &Path, program: &Path) -> String {
    match program.strip_prefix(folder) {
        Ok(below) => Path::new(".").join(below).display().to_string(),
        Err(_) => program.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_on_the_search_path_is_called_by_its_way() {
        let program = Path::new("/home/ada/checkout/target/release/incidentctl");
        assert_eq!(from(Path::new("/home/ada/checkout"), program), "./target/release/incidentctl");
        assert_eq!(from(Path::new("/elsewhere"), program), "/home/ada/checkout/target/release/incidentctl");
        // This test program is not called `incidentctl`.
        assert!(callable("incidentctl up --local").ends_with(" up --local"));
        assert!(!callable("incidentctl up").starts_with("incidentctl"));
    }
}
