//! ARNs with variables in place of what differs between deployments.

use incident_deploy::template::Place;

use super::names::{Shape, StackNames};

/// The patterns that cover an ARN in a place. A name of the stack becomes a variable for all names of its type.
pub(super) fn patterns(arn: &str, place: &Place, names: &StackNames) -> Vec<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, region, account, resource] = parts[..] else { return vec![arn.to_owned()] };
    if service == "s3" {
        return vec![format!("arn:${{Partition}}:s3:::{}", stored(resource, place))];
    }
    let variable = |value: &str, is: &str, name: &str| if value == is { name.to_owned() } else { value.to_owned() };
    let region = variable(region, &place.region, "${Region}");
    let account = variable(account, &place.account, "${Account}");
    let whole = |resource: String| format!("arn:${{Partition}}:{service}:{region}:{account}:{resource}");
    covering(service, resource, &place.stack, names).into_iter().map(whole).collect()
}

/// The bucket for the code is named after account and region, and has a folder per stack.
fn stored(resource: &str, place: &Place) -> String {
    let (bucket, folder) = match resource.split_once('/') {
        Some((bucket, _)) => (bucket, "/${Stack}/*"),
        None => (resource, ""),
    };
    let bucket = bucket.replace(&place.account, "${Account}").replace(&place.region, "${Region}");
    format!("{bucket}{folder}")
}

/// AWS draws the ids of stacks and event source mappings. Anything that is not the stack's stays as it is.
fn covering(service: &str, resource: &str, stack: &str, names: &StackNames) -> Vec<String> {
    if resource.starts_with("event-source-mapping:") {
        return vec!["event-source-mapping:*".to_owned()];
    }
    if resource.starts_with(&format!("stack/{stack}/")) {
        return vec!["stack/${Stack}/*".to_owned()];
    }
    let Some((shape, after)) = names.find(service, resource) else { return vec![resource.to_owned()] };
    let named = format!("{}{}", shape.before, shape.variable());
    match service {
        // AWS has the ARN of a group for its tags and that of its streams for all else, and does not document which of
        // them decides about the tags of a new group.
        "logs" => vec![named.clone(), format!("{named}:*")],
        // Nor whether it is the function or its version that decides about the settings of a version.
        "lambda" if !after.is_empty() => vec![named.clone(), format!("{named}{after}")],
        "dynamodb" if after.starts_with("/index/") => vec![format!("{named}/index/*")],
        _ => vec![named],
    }
}

/// The ARNs that a pattern stands for in a place.
pub(super) fn filled(pattern: &str, place: &Place, names: &StackNames) -> Vec<String> {
    let pattern = pattern
        .replace("${Partition}", place.partition.name)
        .replace("${Region}", &place.region)
        .replace("${Account}", &place.account)
        .replace("${Stack}", &place.stack);
    match Shape::in_pattern(&pattern) {
        Some(shape) => names.all(shape).map(|name| pattern.replace(&shape.variable(), name)).collect(),
        None => vec![pattern],
    }
}
