//! One program with all targets; `FUZZ_TARGET` names the one to run. Without it, it prints their names.
//!
//! A target panics when a promise is broken. What the local AWS parses is reached through its operations and its port, as
//! a client reaches it, so a target survives a rewrite of the parser.

#![no_main]

mod account;
mod dynamodb;
mod model;
mod monitoring;
mod services;
mod wire;

use std::sync::LazyLock;

type Target = fn(&[u8]);

/// All targets by name.
const TARGETS: &[&[(&str, Target)]] =
    &[model::TARGETS, dynamodb::TARGETS, monitoring::TARGETS, services::TARGETS, wire::TARGETS];

static CHOSEN: LazyLock<Target> = LazyLock::new(|| {
    let all = || TARGETS.iter().copied().flatten();
    let Ok(wanted) = std::env::var("FUZZ_TARGET") else {
        all().for_each(|(name, _)| println!("{name}"));
        std::process::exit(0);
    };
    match all().find(|(name, _)| *name == wanted) {
        Some((_, target)) => *target,
        None => {
            eprintln!("there is no target {wanted}");
            std::process::exit(2);
        }
    }
});

libfuzzer_sys::fuzz_target!(init: LazyLock::force(&CHOSEN), |bytes: &[u8]| (CHOSEN)(bytes));
