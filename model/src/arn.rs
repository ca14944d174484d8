//! Amazon Resource Names, read leniently: samples carry placeholders where accounts should be.

/// The parts of an ARN that say where a resource lives and what it is called.
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

/// What follows the last `/` or `:`; the text itself when it has neither.
pub(crate) fn name(text: &str) -> &str {
    text.rsplit(['/', ':']).next().unwrap_or(text)
}

/// The name in a Lambda function's ARN, without version or alias.
pub(crate) fn function_name(arn: &str) -> &str {
    let resource = Arn::parse(arn).map_or(arn, |arn| arn.resource);
    let name = resource.strip_prefix("function:").unwrap_or(resource);
    name.split(':').next().unwrap_or(name)
}
