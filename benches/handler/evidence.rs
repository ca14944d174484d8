//! What AWS has about a failure of [`crate::function::failure`].

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use ciborium::Value as Cbor;
use serde_json::{Value, json};

use crate::function::{FAILED_AT, message};

/// Minutes of metrics: a day and three hours.
const MINUTES: i64 = 27 * 60;
const SERIES: [&str; 5] = ["invocations", "errors", "throttles", "concurrency", "duration"];

pub(crate) struct Evidence {
    /// The answer to `GetMetricData`.
    pub(crate) metrics: Vec<u8>,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { metrics: metrics() }
    }
}

impl Evidence {
    /// The lines of a request, whose id the call names.
    ///
    /// # Errors
    /// When the call is no JSON.
    pub(crate) fn log(&self, call: &[u8]) -> io::Result<Vec<u8>> {
        let call: Value = serde_json::from_slice(call)?;
        let request = call["filterPattern"].as_str().unwrap_or_default().trim_matches('"');
        let number = request.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_default();
        let lines = [
            format!("START RequestId: {request} Version: $LATEST"),
            format!("[INFO]\t2026-11-22T12:00:00.000Z\t{request}\torder {number} is read"),
            format!("[ERROR]\t2026-11-22T12:00:00.000Z\t{request}\tKeyError: {}", message(number)),
            format!("REPORT RequestId: {request}\tDuration: 12.00 ms\tMemory Size: 128 MB\tMax Memory Used: 90 MB"),
        ];
        let event = |message| json!({"logStreamName": "s", "timestamp": FAILED_AT * 1000, "message": message});
        Ok(json!({"events": lines.map(event)}).to_string().into_bytes())
    }

    /// The configuration of a function.
    pub(crate) fn function(&self, path: &str) -> Vec<u8> {
        let name = path.split('/').nth(3).unwrap_or_default();
        let configuration = json!({
            "FunctionName": name, "Runtime": "python3.13", "Role": "arn:aws:iam::000000000000:role/orders", "Handler": "orders.handler",
            "CodeSize": 4096, "Timeout": 3, "MemorySize": 128, "LastModified": "2026-11-20T09:00:00.000+0000",
            "CodeSha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "Version": "$LATEST",
            "Environment": {"Variables": {"TABLE": "orders", "STAGE": "production"}},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}")},
        });
        configuration.to_string().into_bytes()
    }
}

fn metrics() -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(FAILED_AT, |since| since.as_secs().cast_signed());
    let minute = now - now.rem_euclid(60);
    let text = |text: &str| Cbor::Text(text.to_owned());
    let times: Vec<Cbor> =
        (0..MINUTES).map(|ago| Cbor::Tag(1, Box::new(Cbor::Integer((minute - ago * 60).into())))).collect();
    let values: Vec<Cbor> = (0..MINUTES).map(|ago| Cbor::Float((ago % 7) as f64)).collect();
    let series = |id: &&str| {
        Cbor::Map(vec![
            (text("Id"), text(id)),
            (text("StatusCode"), text("Complete")),
            (text("Timestamps"), Cbor::Array(times.clone())),
            (text("Values"), Cbor::Array(values.clone())),
        ])
    };
    let answer = Cbor::Map(vec![(text("MetricDataResults"), Cbor::Array(SERIES.iter().map(series).collect()))]);
    let mut bytes = Vec::new();
    // Nothing fails that writes into memory.
    let _ = ciborium::into_writer(&answer, &mut bytes);
    bytes
}
