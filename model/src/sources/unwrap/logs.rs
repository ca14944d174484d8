//! CloudWatch Logs subscriptions: base64 of gzip (or, from some tools, zlib) of a batch of log lines.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::{GzDecoder, ZlibDecoder};
use serde_json::{Value, json};

use crate::fields::text;
use crate::sources::Unreadable;
use crate::sources::envelope::Envelope;

/// Maximum decompressed size, in bytes. Lambda accepts at most 6 MB compressed; log lines shrink well below a tenth.
const MAX_UNPACKED: u64 = 64 << 20;

const DETAIL_TYPE: &str = "CloudWatch Logs Batch";

/// The batch in an `awslogs.data` field.
pub(super) fn subscription(data: &Value) -> Result<Vec<Envelope>, Unreadable> {
    let unpacked = decoded(data.as_str().unwrap_or_default())?;
    let batch = crate::json::from_str(&unpacked).map_err(|_| Unreadable::BrokenLogs)?;
    Ok(self::batch(batch))
}

/// One event per line of a batch. A control message, which CloudWatch sends to test the subscription, has none.
pub(super) fn batch(batch: Value) -> Vec<Envelope> {
    let owner = text(&batch, "/owner");
    let group = text(&batch, "/logGroup");
    if text(&batch, "/messageType") == "CONTROL_MESSAGE" {
        return vec![Envelope::made("aws.logs", DETAIL_TYPE, "", &[], json!({ "control": true }))];
    }
    let lines = batch.get("logEvents").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut envelopes: Vec<_> = lines
        .iter()
        .map(|line| {
            let detail = json!({
                "logGroup": group,
                "logStream": text(&batch, "/logStream"),
                "message": text(line, "/message"),
            });
            let mut envelope = Envelope::made("aws.logs", DETAIL_TYPE, text(line, "/id"), &[], detail);
            envelope.account = owner.to_owned();
            envelope.occurred_at =
                line.get("timestamp").and_then(Value::as_i64).map(crate::time::from_milliseconds).unwrap_or_default();
            envelope
        })
        .collect();
    if envelopes.is_empty() {
        envelopes.push(Envelope::made("aws.logs", DETAIL_TYPE, "", &[], json!({ "logGroup": group })));
    }
    envelopes
}

/// Base64, then gzip or zlib if it is packed.
pub(super) fn decoded(data: &str) -> Result<String, Unreadable> {
    let packed = STANDARD.decode(data.trim()).map_err(|_| Unreadable::BrokenLogs)?;
    let bytes = match packed.as_slice() {
        [0x1f, 0x8b, ..] => unpacked(GzDecoder::new(packed.as_slice()))?,
        [0x78, ..] => unpacked(ZlibDecoder::new(packed.as_slice()))?,
        _ => packed,
    };
    String::from_utf8(bytes).map_err(|_| Unreadable::BrokenLogs)
}

fn unpacked(reader: impl Read) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    reader.take(MAX_UNPACKED).read_to_end(&mut bytes).map_err(|_| Unreadable::BrokenLogs)?;
    Ok(bytes)
}
