//! Dependency floors: no cycle among the modules of a layered crate, and no crate depends on a higher one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::harness::repository;

/// A crate's modules, each with the modules of the crate that its code names. Tests are exempt.
fn imports(source: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let modules: BTreeMap<String, PathBuf> =
        entries(source).into_iter().filter_map(|path| Some((module(&path)?, path))).collect();
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, path) in entries(source).into_iter().filter_map(|path| Some((module(&path)?, path))) {
        let named = sources(&path).iter().flat_map(|file| named_in(file)).collect::<BTreeSet<_>>();
        let others = named.into_iter().filter(|other| *other != name && modules.contains_key(other));
        graph.entry(name.clone()).or_default().extend(others);
    }
    graph
}

#[expect(clippy::panic, reason = "a test helper: the message names the folder")]
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// `plan` for `plan.rs` and the directory `plan`.
fn module(path: &Path) -> Option<String> {
    let name = path.file_stem()?.to_str()?.to_owned();
    (path.is_dir() || path.extension().is_some_and(|extension| extension == "rs"))
        .then_some(name)
        .filter(|name| !["lib", "main", "tests"].contains(&name.as_str()))
}

/// The text of each file of a module, without tests.
fn sources(path: &Path) -> Vec<String> {
    if path.is_dir() {
        let inner = entries(path).into_iter().filter(|inner| inner.file_stem().is_none_or(|stem| stem != "tests"));
        return inner.flat_map(|inner| sources(&inner)).collect();
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    vec![text.split("\nmod tests {").next().unwrap_or_default().to_owned()]
}

/// The modules a text names by `crate::NAME` or `crate::{NAME, …}`, outside comments.
fn named_in(text: &str) -> BTreeSet<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let paths = code.split("crate::").skip(1).flat_map(|rest| match rest.strip_prefix('{') {
        // This over-approximates a group: it includes names of items, which are not modules.
        Some(group) => words(group.split('}').next().unwrap_or_default()).collect(),
        None => words(rest).take(1).collect::<Vec<_>>(),
    });
    paths.map(str::to_owned).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
}

/// A cycle of modules.
fn circle(graph: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk(
        name: &str,
        graph: &BTreeMap<String, BTreeSet<String>>,
        chain: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> bool {
        if let Some(start) = chain.iter().position(|earlier| earlier == name) {
            chain.drain(..start);
            return true;
        }
        if done.contains(name) {
            return false;
        }
        chain.push(name.to_owned());
        if graph.get(name).into_iter().flatten().any(|next| walk(next, graph, chain, done)) {
            return true;
        }
        chain.pop();
        done.insert(name.to_owned());
        false
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|name| {
        let mut chain = Vec::new();
        walk(name, graph, &mut chain, &mut done).then_some(chain)
    })
}

#[test]
fn modules_form_no_cycle() {
    for folder in ["src", "deploy/src", "handler/src"] {
        let graph = imports(&repository(folder));
        assert!(graph.len() > 5, "{folder}: {graph:?}");
        assert_eq!(circle(&graph), None, "{folder}");
    }
}

#[test]
fn cycles_are_detected() {
    let graph = |pairs: &[(&str, &str)]| {
        let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in pairs {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    };
    assert_eq!(circle(&graph(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    let found = circle(&graph(&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")]));
    assert_eq!(found, Some(vec!["b".to_owned(), "c".to_owned(), "d".to_owned()]));
}

/// The workspace crates each crate may depend on.
const FLOORS: [(&str, &[&str]); 4] =
    [("model", &[]), ("deploy", &["incident-model"]), ("local", &["incident-model"]), ("handler", &["incident-model"])];

#[test]
fn no_crate_depends_on_a_higher_one() {
    for (crate_name, below) in FLOORS {
        let manifest = std::fs::read_to_string(repository(crate_name).join("Cargo.toml")).unwrap_or_default();
        let dependencies = manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split("\n[").next());
        let own = dependencies.unwrap_or_default().lines().filter(|line| line.starts_with("incident"));
        // It contains no code.
        let own = own.filter(|line| !line.starts_with("incident-features"));
        let own: Vec<&str> = own.filter_map(|line| line.split(['.', ' ', '=']).next()).collect();
        assert_eq!(own, below, "{crate_name}");
    }
}

/// The model is pure, and the local AWS examines what is sent with an SDK.
#[test]
fn neither_the_model_nor_the_local_aws_has_an_sdk() {
    for crate_name in ["model", "local"] {
        let manifest = std::fs::read_to_string(repository(crate_name).join("Cargo.toml")).unwrap_or_default();
        assert!(manifest.contains("[dependencies]"), "{crate_name}");
        let sdk: Vec<&str> = manifest.lines().filter(|line| line.starts_with("aws-")).collect();
        assert_eq!(sdk, Vec::<&str>::new(), "{crate_name}");
    }
}

/// Every file of source in a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let inner = entries(folder).into_iter();
    inner.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What is written anywhere else could act on a terminal.
#[test]
fn one_file_of_the_command_line_writes_to_the_streams() {
    let is_written_to = |text: &str| {
        let uses = text.split("io::stdout()").skip(1).chain(text.split("io::stderr()").skip(1));
        uses.into_iter().any(|rest| !rest.starts_with(".is_terminal()"))
    };
    let writers = files(&repository("src")).into_iter().filter(|path| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        is_written_to(&text) || text.contains("println!(") || text.contains("print!(")
    });
    assert_eq!(writers.collect::<Vec<_>>(), [repository("src/ui/streams.rs")]);
}
