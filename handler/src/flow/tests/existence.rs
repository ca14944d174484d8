//! Functions that do not exist, as the sweep finds out about them.

use std::cell::RefCell;

use super::*;
use crate::existence::{Existence, Functions};
use crate::refused::Refused;

/// Lambda with one function.
#[derive(Default)]
struct Only {
    name: &'static str,
    asked: RefCell<Vec<String>>,
}

impl Functions for &Only {
    async fn exists(&self, name: &str) -> Result<bool, Refused> {
        self.asked.borrow_mut().push(name.to_owned());
        Ok(name == self.name)
    }
}

fn is_marked(flow: &Flow<Memory, Mailbox>, function: &str) -> bool {
    let incidents = flow.context.store.incidents();
    let one = incidents.iter().find(|incident| incident.resource == function);
    one.is_some_and(|one| {
        let is_told = one.timeline.iter().any(|entry| entry.what.starts_with("no function has this name"));
        assert_eq!(is_told, one.function_missing_at.is_some(), "{one:?}");
        is_told
    })
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_marked_if_its_function_does_not_exist() -> Tested {
    let flow = flow();
    // The mails of a minute, and then what waits for a sweep.
    for number in 0..7 {
        deliver(&flow, &failure_of(&format!("forged-{number}"), &format!("e{number}"))).await?;
    }
    for name in ["orders", "ghost"] {
        deliver(&flow, &failure_of(name, name)).await?;
    }
    flow.context.clock.pass(30);
    let swept = flow.sweep().await?;
    let lambda = Only { name: "orders", ..Only::default() };
    let existence = Existence::new(&lambda);
    existence.check(&flow.context, &swept.looked_at).await;
    assert!(is_marked(&flow, "ghost") && !is_marked(&flow, "orders"));
    assert!(!is_marked(&flow, "forged-0"), "its mail is out, and no sweep has looked at it");
    let asked = lambda.asked.borrow().len();
    assert_eq!(asked, swept.looked_at.len());

    // What is known is not asked again.
    existence.check(&flow.context, &swept.looked_at).await;
    assert!(!lambda.asked.borrow()[asked..].contains(&"orders".to_owned()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_sweep_asks_about_few_functions_and_only_about_those_of_here() -> Tested {
    let flow = flow();
    let mut foreign = failure_of("foreign", "f1");
    foreign["account"] = "222222222222".into();
    let mut forged = failure_of("forged", "f2");
    forged["detail"]["requestContext"]["functionArn"] =
        "arn:aws:lambda:eu-west-1:222222222222:function:forged:1".into();
    let mut unnamable = failure_of("x", "f3");
    unnamable["detail"]["requestContext"]["functionArn"] = "../../2015-03-31/functions/x?a=b".into();
    let events = [foreign, forged, unnamable, alarm("f4", "ALARM")];
    let many = (0..40).map(|number| failure_of(&format!("many-{number}"), &format!("e{number}")));
    for event in events.into_iter().chain(many) {
        deliver(&flow, &event).await?;
    }
    let lambda = Only::default();
    Existence::new(&lambda).check(&flow.context, &flow.context.store.incidents()).await;
    let asked = lambda.asked.borrow();
    assert_eq!(asked.len(), 10, "{asked:?}");
    assert!(asked.iter().all(|name| name.starts_with("many-")), "{asked:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_foresees_a_name_does_not_put_its_real_failures_last() -> Tested {
    let flow = flow();
    deliver(&flow, &failure_of("soon", "forged")).await?;
    let nothing = Only::default();
    Existence::new(&nothing).check(&flow.context, &flow.context.store.incidents()).await;
    assert!(is_marked_now(&flow, "soon"));

    // The function is deployed, and does not fail yet: nothing asks.
    let lambda = Only { name: "soon", ..Only::default() };
    let existence = Existence::new(&lambda);
    existence.check(&flow.context, &flow.context.store.incidents()).await;
    assert!(lambda.asked.borrow().is_empty() && is_marked_now(&flow, "soon"));

    flow.context.clock.pass(60);
    deliver(&flow, &failure_of("soon", "real")).await?;
    existence.check(&flow.context, &flow.context.store.incidents()).await;
    assert!(!is_marked_now(&flow, "soon"));
    let incidents = flow.context.store.incidents();
    let notes: Vec<&str> = incidents[0].timeline.iter().map(|entry| entry.what.as_str()).collect();
    assert!(notes.contains(&"a function has this name now"), "{notes:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn names_that_are_marked_are_asked_about_last() -> Tested {
    let flow = flow();
    let deliver_all = async |time: &str| -> Tested {
        for number in 0..12 {
            deliver(&flow, &failure_of(&format!("forged-{number}"), &format!("{time}-{number}"))).await?;
        }
        Ok(())
    };
    deliver_all("first").await?;
    let nothing = Only::default();
    let existence = Existence::new(&nothing);
    for _ in 0..2 {
        existence.check(&flow.context, &flow.context.store.incidents()).await;
    }
    flow.context.clock.pass(60);
    deliver_all("again").await?;
    deliver(&flow, &failure_of("zoo", "new")).await?;
    existence.check(&flow.context, &flow.context.store.incidents()).await;
    assert!(is_marked_now(&flow, "zoo"));
    Ok(())
}

fn is_marked_now(flow: &Flow<Memory, Mailbox>, function: &str) -> bool {
    let incidents = flow.context.store.incidents();
    incidents.iter().any(|one| one.resource == function && one.function_missing_at.is_some())
}
