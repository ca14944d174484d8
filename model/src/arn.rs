//! Amazon Resource Names, parsed leniently: sample events have placeholders for accounts.

/// The parts of an ARN: location and name of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        (parts.next()? == "arn").then_some(())?;
        let _partition = parts.next()?;
        Some(Self { service: parts.next()?, region: parts.next()?, account: parts.next()?, resource: parts.next()? })
    }
}

/// The part after the last `/` or `:`; the text itself without either.
pub(crate) fn name(text: &str) -> &str {
    text.rsplit(['/', ':']).next().unwrap_or(text)
}

/// The name from a Lambda function's ARN, without version or alias.
pub(crate) fn function_name(arn: &str) -> &str {
    let resource = Arn::parse(arn).map_or(arn, |arn| arn.resource);
    let name = resource.strip_prefix("function:").unwrap_or(resource);
    name.split(':').next().unwrap_or(name)
}

/// Kinds of resources that exist once per run of another.
const OCCASIONS: &[&str] = &["attempt", "build", "execution", "executions", "jobruns", "jobs", "run", "runs", "stream"];

/// The name of the lasting resource: `nightly` for `pipeline/nightly/execution/8f1f`, so that two runs share a name.
pub(crate) fn lasting_name(text: &str) -> &str {
    let resource = Arn::parse(text).map_or(text, |arn| arn.resource);
    let parts: Vec<&str> = resource.trim_start_matches('/').split(['/', ':']).take(8).collect();
    let occasion = parts.iter().skip(2).position(|part| OCCASIONS.contains(part));
    match (occasion, parts.as_slice()) {
        (Some(after), parts) => parts.get(after + 1).copied().unwrap_or(text),
        (None, [_, owner, id]) if is_id(id) => owner,
        _ => name(text),
    }
}

/// Whether a part of an ARN is a generated id rather than a chosen name.
fn is_id(part: &str) -> bool {
    part.len() >= 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lasting_part_names_the_resource() {
        for (arn, expected) in [
            ("arn:aws:sagemaker:eu-west-1:1:pipeline/nightly/execution/8f1f", "nightly"),
            ("arn:aws:amplify:eu-west-1:1:apps/d1/branches/main/jobs/07", "main"),
            ("arn:aws:emr-serverless:eu-west-1:1:/applications/00f1/jobruns/00f2", "00f1"),
            ("arn:aws:apprunner:eu-west-1:1:service/web/8fe1e10304f84fd2b0df550fe98a71fa", "web"),
            ("arn:aws:ec2:eu-west-1:1:volume/vol-0a1b", "vol-0a1b"),
            ("arn:aws:ssm:eu-west-1:1:parameter/golden-ami", "golden-ami"),
            ("orders", "orders"),
            ("", ""),
        ] {
            assert_eq!(lasting_name(arn), expected, "{arn}");
        }
    }
}
