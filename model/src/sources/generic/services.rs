//! Where services put the name of what is affected, if neither the first resource nor a field called `name` is it.

use crate::arn;
use crate::sources::envelope::Envelope;

/// Services, and the fields whose texts name the resource. The first of each group that has one counts, and the groups are
/// joined by `/`.
const NAMES: &[(&str, &[&[&str]])] = &[
    // A certificate is known by its domain: <https://docs.aws.amazon.com/acm/latest/userguide/supported-events.html>.
    ("acm", &[&["/CommonName", "/DomainName"]]),
    // Branches of one name run in many apps: <https://docs.aws.amazon.com/amplify/latest/userguide/notifications.html>.
    ("amplify", &[&["/appId"], &["/branchName"]]),
    ("appflow", &[&["/flow-name"]]),
    // <https://docs.aws.amazon.com/cost-management/latest/userguide/cad-eventbridge.html>
    ("ce", &[&["/rootCauses/0/service", "/dimensionValue", "/monitorName", "/monitorArn"]]),
    ("elasticbeanstalk", &[&["/EnvironmentName"]]),
    // A job has an id of its own; its queue lasts: <https://docs.aws.amazon.com/mediaconvert/latest/ug/ev_status_error.html>.
    ("mediaconvert", &[&["/queue"]]),
    ("transfer", &[&["/server-id", "/connector-id"]]),
];

/// The name of what an event is about; empty if its service is not listed, or the event lacks it.
pub(super) fn name(envelope: &Envelope) -> String {
    let listed = NAMES.iter().find(|(service, _)| *service == envelope.service()).map_or(&[][..], |(_, groups)| groups);
    let texts = listed.iter().map(|group| arn::lasting_name(envelope.first_text(group)));
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("/")
}
