//! Dashboards: stored and validated, never drawn.

use serde_json::Value;

use crate::{ApiError, Call, Cloud, Output, arn};

use super::{invalid, required, timestamp};

/// A dashboard. Dashboard names are global across regions.
#[derive(Debug, Clone)]
pub(super) struct Dashboard {
    body: String,
    modified: i64,
}

fn dashboard_arn(name: &str) -> String {
    arn::local("cloudwatch", "", &format!("dashboard/{name}"))
}

fn not_found(name: &str) -> ApiError {
    ApiError::new("ResourceNotFound", format!("Dashboard {name} does not exist")).with_status(404)
}

pub(super) fn put(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = required(&call.input, "DashboardName")?;
    let legal = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if name.len() > 255 || !name.chars().all(legal) {
        return Err(invalid(format!(
            "The value {name} for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_)."
        )));
    }
    let body = required(&call.input, "DashboardBody")?;
    check_body(body)?;
    let dashboard = Dashboard { body: body.to_owned(), modified: cloud.clock.now().as_millisecond() };
    cloud.cloudwatch.state().dashboards.insert(name.to_owned(), dashboard);
    Ok(Output::structure([("DashboardValidationMessages", Some(Output::List(Vec::new())))]))
}

/// Every widget needs a known type and a `properties` object.
fn check_body(body: &str) -> Result<(), ApiError> {
    let wrong = |message: String| ApiError::new("InvalidParameterInput", message);
    let document: Value = serde_json::from_str(body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| wrong("The field DashboardBody must be a valid JSON object".to_owned()))?;
    let Some(widgets) = document.get("widgets") else {
        return Err(wrong("The dashboard body is invalid, there are 1 validation errors: [{\"dataPath\":\"\",\"message\":\"Should have required property 'widgets'\"}]".to_owned()));
    };
    let Some(widgets) = widgets.as_array() else {
        return Err(wrong("The dashboard body is invalid, there are 1 validation errors: [{\"dataPath\":\"/widgets\",\"message\":\"Should be array\"}]".to_owned()));
    };
    const TYPES: [&str; 6] = ["metric", "text", "log", "alarm", "explorer", "custom"];
    for (index, widget) in widgets.iter().enumerate() {
        let kind = widget.get("type").and_then(Value::as_str).unwrap_or_default();
        if !TYPES.contains(&kind) || !widget.get("properties").is_some_and(Value::is_object) {
            return Err(wrong(format!(
                "The dashboard body is invalid, there are 1 validation errors: [{{\"dataPath\":\"/widgets/{index}\",\"message\":\"Should match exactly one schema in oneOf\"}}]"
            )));
        }
    }
    Ok(())
}

pub(super) fn get(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = required(&call.input, "DashboardName")?;
    let state = cloud.cloudwatch.state();
    let dashboard = state.dashboards.get(name).ok_or_else(|| not_found(name))?;
    Ok(Output::structure([
        ("DashboardArn", Some(dashboard_arn(name).into())),
        ("DashboardBody", Some(dashboard.body.as_str().into())),
        ("DashboardName", Some(name.into())),
    ]))
}

pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let prefix = call.input.text("DashboardNamePrefix").unwrap_or_default();
    let state = cloud.cloudwatch.state();
    let entry = |(name, dashboard): (&String, &Dashboard)| {
        Output::structure([
            ("DashboardName", Some(name.as_str().into())),
            ("DashboardArn", Some(dashboard_arn(name).into())),
            ("LastModified", Some(timestamp(dashboard.modified))),
            ("Size", Some((dashboard.body.len() as i64).into())),
        ])
    };
    let entries = state.dashboards.iter().filter(|(name, _)| name.starts_with(prefix)).map(entry).collect();
    Ok(Output::structure([("DashboardEntries", Some(Output::List(entries)))]))
}

/// Deletes all or, when one is missing, none.
pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let names = call.input.texts("DashboardNames");
    if names.is_empty() {
        return Err(super::missing("DashboardNames"));
    }
    let mut state = cloud.cloudwatch.state();
    if let Some(absent) = names.iter().find(|name| !state.dashboards.contains_key(*name)) {
        return Err(not_found(absent));
    }
    for name in names {
        state.dashboards.remove(&name);
    }
    Ok(Output::empty())
}
