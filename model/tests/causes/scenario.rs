//! A scenario as evidence: what the handler would have gathered about its failures, without any service.

use incident_model::analysis::{
    Evidence, FunctionHistory, FunctionState, Gathered, LogEvent, Minute, Neighbour, Rates, RequestLog, WhyMissing,
};
use incident_model::{Incident, Rules, classify, time};
use serde_json::{Map, Value, json};

pub(crate) type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// When the failure comes, in seconds since 1970: 10:00:07 UTC.
pub(crate) const ZERO: i64 = 1_795_773_607;
const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

/// A file of the folder of scenarios.
pub(crate) struct Scenario(pub(crate) Value);

/// The incident that is meant, with what is known of it.
pub(crate) struct Asked {
    pub(crate) incident: Incident,
    pub(crate) evidence: Evidence,
}

impl Scenario {
    fn list(&self, pointer: &str) -> &[Value] {
        self.0.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// What the handler would ask about the incident that is meant.
    pub(crate) fn asked(&self, rules: &Rules) -> Made<Asked> {
        let of = text(&self.0, "/expect/of");
        let mut around: Vec<Neighbour> = self.earlier(rules)?.into_iter().chain(self.health()?).collect();
        let mut meant: Option<Incident> = None;
        for failure in self.list("/failures") {
            let at = moment(&failure["at"])?;
            let Some(incident) = incident(&event(failure, at), at, rules)? else { continue };
            if incident.resource == of && meant.is_none() {
                meant = Some(incident);
            } else if incident.resource != of {
                around.push(neighbour(&incident, false)?);
            }
        }
        let incident = meant.ok_or(format!("no failure of {of}"))?;
        around.sort_by_key(|one| std::cmp::Reverse(one.began_at));
        let function = match incident.origin.get("function") {
            Some(function) => Some(function.clone()),
            None => (incident.source == "lambda").then(|| incident.resource.clone()),
        };
        let mut evidence = Evidence { around: Gathered::Found(around), ..Evidence::default() };
        if let Some(function) = function {
            let now = self.state(&function, ZERO + 20)?;
            let version = self.numbered(&incident, &function)?;
            evidence.function = self.unless_broken("GetFunctionConfiguration", Some(version.unwrap_or(now)));
            evidence.history = self.unless_broken("BatchGetItem", self.history(&function)?);
            evidence.rates = self.unless_broken("GetMetricData", Some(self.rates(&function)?));
        }
        evidence.log = self.unless_broken("FilterLogEvents", self.log(&incident));
        Ok(Asked { incident, evidence })
    }

    /// The reason for which a call that gathers has no answer.
    fn unless_broken<T>(&self, call: &str, found: Option<T>) -> Gathered<T> {
        let fault = self.list("/faults").iter().find(|fault| text(fault, "/call") == call);
        match (fault, found) {
            (Some(fault), _) if text(fault, "/answer").contains("Denied") => Gathered::Missing(WhyMissing::Denied),
            (Some(_), _) => Gathered::Missing(WhyMissing::Late),
            (None, Some(found)) => Gathered::Found(found),
            (None, None) => Gathered::Missing(WhyMissing::None),
        }
    }

    fn earlier(&self, rules: &Rules) -> Made<Vec<Neighbour>> {
        let mut found = Vec::new();
        for one in self.list("/incidents") {
            let at = moment(&one["opened"])?;
            if let Some(incident) = incident(&event(one, at), at, rules)? {
                found.push(neighbour(&incident, !one["resolved"].is_null())?);
            }
        }
        Ok(found)
    }

    fn health(&self) -> Made<Vec<Neighbour>> {
        let mut found: Vec<Neighbour> = Vec::new();
        for one in self.list("/history") {
            let health = &one["health"];
            let (code, region) = (text(health, "/code"), text(health, "/region"));
            let region = if region.is_empty() { REGION } else { region };
            if health.is_null() {
                continue;
            }
            if text(health, "/status") == "closed" {
                found
                    .iter_mut()
                    .filter(|open| open.error_type == code && open.region == region)
                    .for_each(|open| open.is_resolved = true);
                continue;
            }
            found.push(Neighbour {
                incident_id: format!("inc-health-{}", found.len()),
                source: "health".to_owned(),
                resource: text(health, "/service").to_owned(),
                region: region.to_owned(),
                error_type: code.to_owned(),
                summary: format!("AWS reports {code}"),
                began_at: moment(&one["at"])?,
                is_resolved: false,
                is_drill: false,
            });
        }
        Ok(found)
    }

    fn function(&self, name: &str) -> Value {
        self.list("/account/functions").iter().find(|one| text(one, "/name") == name).cloned().unwrap_or_default()
    }

    /// A function as it is at a time.
    fn state(&self, name: &str, until: i64) -> Made<FunctionState> {
        let mut code = "first".to_owned();
        let mut modified = ZERO - 400 * 86_400;
        for change in self.changes(name)? {
            let call = text(&change.1, "/call");
            if change.0 > until || !matches!(call, "UpdateFunctionCode" | "UpdateFunctionConfiguration") {
                continue;
            }
            modified = change.0;
            if call == "UpdateFunctionCode" {
                code = text(&change.1, "/code").to_owned();
            }
        }
        Ok(state(&self.described(name, until)?, code, modified))
    }

    /// A function with the description that it had at a time: that of the last change which set one.
    fn described(&self, name: &str, until: i64) -> Made<Value> {
        let mut function = self.function(name);
        let changes = self.changes(name)?;
        let sets: Vec<&(i64, Value)> =
            changes.iter().filter(|change| !change.1["set"]["description"].is_null()).collect();
        if function["description"].is_null() && !sets.is_empty() {
            let set = sets.iter().rev().find(|change| change.0 <= until);
            function["description"] = json!(set.map_or("", |change| text(&change.1, "/set/description")));
        }
        Ok(function)
    }

    fn changes(&self, name: &str) -> Made<Vec<(i64, Value)>> {
        let of = self.list("/history").iter().filter(|change| text(change, "/function") == name);
        of.map(|change| Ok((moment(&change["at"])?, change.clone()))).collect()
    }

    /// The state of the version that ran.
    fn numbered(&self, incident: &Incident, name: &str) -> Made<Option<FunctionState>> {
        let Some(version) = incident.origin.get("version").filter(|version| *version != "$LATEST") else {
            return Ok(None);
        };
        let published = self
            .changes(name)?
            .into_iter()
            .find(|(_, change)| text(change, "/call") == "PublishVersion" && text(change, "/set/version") == version);
        let at = published.map_or(ZERO - 90 * 86_400, |(at, _)| at);
        Ok(Some(FunctionState { version: version.clone(), ..self.state(name, at)? }))
    }

    fn history(&self, name: &str) -> Made<Option<FunctionHistory>> {
        let function = self.function(name);
        let snapshot = &function["snapshot"];
        if snapshot.is_null() {
            return Ok(None);
        }
        let seen_at = moment(&snapshot["at"])?;
        let mut then = self.described(name, seen_at)?;
        for (key, value) in snapshot.as_object().into_iter().flatten() {
            then[key] = value.clone();
        }
        let before = self.state(name, seen_at)?;
        let code = match text(snapshot, "/code") {
            "" => before.code.clone(),
            code => code.to_owned(),
        };
        let state = state(&then, code, before.modified_at.unwrap_or_default());
        Ok(Some(FunctionHistory { seen_at, state, ..FunctionHistory::default() }))
    }

    fn log(&self, incident: &Incident) -> Option<RequestLog> {
        let request = incident.request_id.as_deref();
        let mut events = Vec::new();
        for log in self.list("/logs") {
            for line in log["lines"].as_array().into_iter().flatten() {
                let (count, text) = match line {
                    Value::String(text) => (1, text.as_str()),
                    repeated => (repeated["repeat"]["count"].as_u64().unwrap_or(1), text(repeated, "/repeat/line")),
                };
                let stream = format!("{}{}", text_of(&log["function"]), text_of(&log["request"]));
                let event = LogEvent { at: ZERO * 1000, stream, text: text.to_owned() };
                events.extend(std::iter::repeat_n(event, usize::try_from(count).unwrap_or(1)));
            }
        }
        RequestLog::of("/aws/lambda/x", &events, request, &incident.error_message)
    }

    fn rates(&self, name: &str) -> Made<Rates> {
        let mut minutes: std::collections::BTreeMap<i64, Minute> = std::collections::BTreeMap::new();
        for metric in self.list("/metrics").iter().filter(|metric| text(metric, "/function") == name) {
            let each = metric["each"].as_f64().unwrap_or_default();
            let (from, to) = (moment(&metric["from"])?, moment(&metric["to"])?);
            for at in (from..=to).step_by(60) {
                let at = at - at.rem_euclid(60);
                let minute = minutes.entry(at).or_insert(Minute { at, ..Minute::default() });
                match text(metric, "/metric") {
                    "Invocations" => minute.invocations = each,
                    "Errors" => minute.errors = each,
                    "Throttles" => minute.throttles = each,
                    "ConcurrentExecutions" => minute.concurrency = each,
                    "Duration" => minute.duration = each,
                    other => return Err(format!("metric {other}").into()),
                }
            }
        }
        let within = |from: i64, to: i64| {
            minutes.values().filter(move |minute| minute.at >= ZERO - from && minute.at <= ZERO - to).copied().collect()
        };
        Ok(Rates { minutes: within(10_800, 0), day_before: within(27 * 3_600, 24 * 3_600), until: ZERO })
    }
}

fn state(function: &Value, code: String, modified_at: i64) -> FunctionState {
    let names = |key: &str| -> Vec<String> {
        let mut names: Vec<String> =
            function[key].as_array().into_iter().flatten().map(|name| text_of(name).to_owned()).collect();
        if key == "environment" {
            names.sort();
        }
        names
    };
    let aliases = function["alias"].as_object().into_iter().flatten();
    FunctionState {
        code,
        modified_at: Some(modified_at),
        version: "$LATEST".to_owned(),
        description: text(function, "/description").to_owned(),
        runtime: text(function, "/runtime").to_owned(),
        handler: text(function, "/handler").to_owned(),
        memory: function["memory"].as_u64(),
        timeout: function["timeout"].as_u64(),
        storage: Some(512),
        role: format!("arn:aws:iam::{ACCOUNT}:role/{}", text(function, "/role")),
        layers: names("layers"),
        environment: names("environment"),
        network: if function["vpc"] == true { vec!["subnet-1".to_owned(), "sg-1".to_owned()] } else { Vec::new() },
        architecture: "x86_64".to_owned(),
        log_group: match text(function, "/log_group") {
            "" => format!("/aws/lambda/{}", text(function, "/name")),
            group => group.to_owned(),
        },
        concurrency: function["concurrency"].as_u64(),
        unreserved: false,
        aliases: aliases.map(|(name, version)| (name.clone(), text_of(version).to_owned())).collect(),
    }
}

/// The event of a failure, as AWS sends it.
fn event(failure: &Value, at: i64) -> Value {
    let time = time::rfc3339(at);
    if let Some(event) = failure.get("event") {
        let mut event = event.clone();
        let defaults = [("time", time.as_str()), ("account", ACCOUNT), ("region", REGION)];
        defaults.into_iter().for_each(|(key, value)| {
            event.as_object_mut().unwrap_or(&mut Map::new()).entry(key).or_insert(json!(value));
        });
        return event;
    }
    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}:$LATEST", text(failure, "/function"));
    let payload = json!({
        "errorType": failure["error_type"], "errorMessage": failure["error_message"], "stackTrace": failure["stack"],
    });
    json!({
        "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "account": ACCOUNT, "region": REGION,
        "time": time, "resources": [arn],
        "detail": {
            "requestContext": {"requestId": failure["request"], "functionArn": arn, "condition": "RetriesExhausted"},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": payload,
        },
    })
}

fn incident(event: &Value, at: i64, rules: &Rules) -> Made<Option<Incident>> {
    let seen = classify(event, rules)?;
    Ok(seen.iter().find_map(|one| one.incident(format!("inc-{}", at + 1_000_000), time::rfc3339(at))))
}

fn neighbour(incident: &Incident, is_resolved: bool) -> Made<Neighbour> {
    Ok(Neighbour { is_resolved, ..Neighbour::of(incident).ok_or("no time")? })
}

/// A time of a scenario, in seconds since 1970: `-3d`, `-30d+12m`, `+20s`, `0`.
fn moment(value: &Value) -> Made<i64> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some(time) = time::seconds_of(&text) {
        return Ok(time);
    }
    let (mut at, mut sign, mut number) = (ZERO, 1, 0);
    for character in text.chars() {
        match character {
            '-' => sign = -1,
            '+' => sign = 1,
            '0'..='9' => number = number * 10 + i64::from(character.to_digit(10).unwrap_or_default()),
            unit => {
                let seconds = match unit {
                    's' => 1,
                    'm' => 60,
                    'h' => 3_600,
                    'd' => 86_400,
                    other => return Err(format!("{other} is not a unit, in {text}").into()),
                };
                at += sign * number * seconds;
                number = 0;
            }
        }
    }
    Ok(at)
}

pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).map(text_of).unwrap_or_default()
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
