//! What `up`, `plan` and `down` have in common: the stack for this account, what exists of it, and the words for it.

mod args;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::CommandError;
use super::command_error::Kind;
use crate::aws::{AwsError, Clients, Session};
use crate::engine::cloudformation::{NamedReplacement, StackRecord};
use crate::engine::{self, Event, Interrupt, Outcome, OwnedByOther, Progress};
use crate::health::Pending;
use crate::package::{OwnRulesError, Package, PackageError};
use crate::plan::{Action, Leftover, Observations, Plan, PlanError};
use crate::resources::{self, Context, Scope, Subscription};
use crate::settings::{EmailAddress, Settings};
use crate::template::{self, Completion, Inputs, Place, Stack, Template, TemplateError};
use crate::ui::{ProgressView, Ui};

pub(super) use args::DeploymentArgs;

/// The stack as it should be in this account, and the means to bring it there.
pub(super) struct Deployment {
    pub(super) clients: Clients,
    pub(super) stack: Stack,
    /// The finished template that the stack was resolved from.
    pub(super) template: String,
    package: Option<Package>,
}

impl Deployment {
    /// The stack with its code, which is found or built first.
    pub(super) async fn with_code(
        session: &Session,
        settings: &Settings,
        args: &DeploymentArgs,
    ) -> Result<Self, CommandError> {
        let rules = args.rules.as_deref().or(settings.rules.as_deref());
        let package = Package::make(args.handler.as_deref(), rules).await?;
        let code = [("Architecture", package.architecture().name().to_owned()), ("CodeKey", package.key())];
        let (template, mut stack) = resolve(session, settings, &settings.emails_or(&args.emails), code)?;
        resources::with_package(&mut stack, &package);
        Ok(Self { clients: Clients::new(session.sdk()), stack, template, package: Some(package) })
    }

    /// The stack without its code, which a teardown does not need.
    pub(super) fn without_code(session: &Session, settings: &Settings) -> Result<Self, CommandError> {
        let (template, stack) = resolve(session, settings, &[], [])?;
        Ok(Self { clients: Clients::new(session.sdk()), stack, template, package: None })
    }

    /// The code of the functions, where it was needed.
    pub(super) fn package(&self) -> Option<&Package> {
        self.package.as_ref()
    }

    /// The stack with code that is deployed already; `code` are the parameters that follow from it.
    pub(super) fn as_deployed(
        session: &Session,
        settings: &Settings,
        code: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Self, CommandError> {
        let (template, stack) = resolve(session, settings, &settings.emails, code)?;
        Ok(Self { clients: Clients::new(session.sdk()), stack, template, package: None })
    }

    /// Who is subscribed to the alerts.
    pub(super) async fn subscriptions(&self) -> Result<Vec<Subscription>, AwsError> {
        let topic = self.stack.get("AlertTopic").map_or("", |topic| &topic.attributes.reference);
        Subscription::of_topic(&self.clients, topic).await
    }

    /// The memory of subscriptions that wait for their confirmation.
    pub(super) fn pending(&self) -> Pending<'_> {
        Pending::of(&self.clients, &self.stack.place.stack)
    }

    /// What the providers work with.
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            clients: &self.clients,
            place: &self.stack.place,
            package: self.package.as_ref(),
            progress: Progress::silent(),
        }
    }

    /// What exists.
    pub(super) async fn observe(&self, scope: Scope) -> Result<Observations, CommandError> {
        Ok(resources::observe(&self.context(), &self.stack, scope).await?)
    }

    /// What `up` has to change.
    pub(super) async fn plan(&self) -> Result<Plan, CommandError> {
        Ok(Plan::up(&self.stack, &self.observe(Scope::WithSurplus).await?, &resources::RULES)?)
    }

    /// What `up` has to change, and what CloudFormation knows of the stack; all reads go out together.
    pub(super) async fn survey(&self) -> Result<(Plan, Option<StackRecord>), CommandError> {
        tokio::try_join!(self.plan(), self.record())
    }

    /// What CloudFormation knows of the stack.
    pub(super) async fn record(&self) -> Result<Option<StackRecord>, CommandError> {
        Ok(StackRecord::read(&self.clients, &self.stack.place.stack).await?)
    }

    /// Refuses a plan whose deletions AWS would refuse.
    pub(super) async fn check_obstacles(&self, plan: &Plan) -> Result<(), CommandError> {
        let found = resources::obstacles(&self.context(), plan).await?;
        let Some(first) = found.first() else { return Ok(()) };
        let refusal = CommandError::user(format!("{}; nothing was deleted", first.what)).hint(&first.remedy);
        let others = found.iter().skip(1).flat_map(|other| [format!("also, {}", other.what), other.remedy.clone()]);
        Err(refusal.hints(others))
    }

    /// Refuses a plan when AWS is not any more as the plan found it.
    pub(super) async fn check_still(&self, plan: &Plan) -> Result<(), CommandError> {
        let moved = plan.moved(&resources::observe_again(&self.context(), plan).await?);
        if moved.is_empty() {
            return Ok(());
        }
        let moved = moved.join(", ");
        Err(CommandError::user(format!("AWS changed while you were deciding: {moved}; nothing was changed"))
            .hint("run `incidentctl up` again, which plans anew"))
    }

    /// Carries out a plan and shows what happens.
    pub(super) async fn apply(&self, plan: &Plan, interrupt: Interrupt, ui: &Ui) -> Outcome {
        let context = self.context();
        shown(ui, async |events| engine::apply(&context, plan, &events, interrupt).await).await
    }
}

/// Does work that tells events, and shows them. What the work comes to is never lost for what cannot be shown: a standard
/// output that takes nothing fails at the result too.
pub(super) async fn shown<T>(ui: &Ui, work: impl AsyncFnOnce(UnboundedSender<Event>) -> T) -> T {
    let (sender, mut receiver) = unbounded_channel();
    let display = async {
        let mut view = ProgressView::new(ui);
        let mut takes = true;
        while let Some(event) = receiver.recv().await {
            // Work goes on when nothing can be shown any more: half a stack helps nobody.
            takes = takes && view.show(&event).is_ok();
        }
    };
    tokio::join!(work(sender), display).0
}

/// The finished template for these settings; `code` are the parameters that follow from the package.
pub(super) fn complete(
    settings: &Settings,
    emails: &[EmailAddress],
    code: impl IntoIterator<Item = (&'static str, String)>,
) -> Result<(String, Template), CommandError> {
    let mut parameters = settings.parameters();
    parameters.extend(code.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let completion = Completion {
        emails: emails.iter().map(|email| email.as_str().to_owned()).collect(),
        tags: settings.tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        parameters,
    };
    Ok(completion.apply(template::EMBEDDED, resources::naming)?)
}

fn resolve(
    session: &Session,
    settings: &Settings,
    emails: &[EmailAddress],
    code: impl IntoIterator<Item = (&'static str, String)>,
) -> Result<(String, Stack), CommandError> {
    let (text, template) = complete(settings, emails, code)?;
    let place =
        Place::new(settings.stack.as_str(), session.account(), session.region(), session.endpoint().map(str::to_owned));
    let stack = template.resolve(&Inputs { place, parameters: Default::default() }, resources::naming)?;
    resources::check(&stack)?;
    Ok((text, stack))
}

/// What stays though it should not exist, and why.
pub(super) fn tell_leftovers(plan: &Plan, ui: &Ui) {
    for Leftover { resource_type, physical_id, why, .. } in &plan.leftovers {
        ui.warn(&format!("left {resource_type} {physical_id}: {why}"));
    }
}

/// A plan in words, one line per change and one per property.
pub(super) fn describe(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for change in plan.changes.iter().filter(|change| change.action != Action::None) {
        let (sign, verb) = match change.action {
            Action::Create => ("+", "create"),
            Action::Update => ("~", "update"),
            Action::Replace => ("±", "replace"),
            Action::Delete | Action::None => ("-", "delete"),
        };
        let cause = change.cause.as_ref().map_or_else(String::new, |cause| format!(" ({cause})"));
        let loss = if change.data_loss { " — its data is lost" } else { "" };
        lines.push(format!("{sign} {verb:7} {:36} {}{cause}{loss}", change.resource_type, change.logical_id));
        lines.extend(change.properties.iter().map(|property| {
            let (before, after) = (property.before.to_string(), property.after.to_string());
            let start = first_difference(&before, &after);
            format!("      {}: {} → {}", property.path, shorten(&before, start), shorten(&after, start))
        }));
    }
    lines.extend(
        plan.leftovers
            .iter()
            .map(|left| format!("= leave   {:36} {} ({})", left.resource_type, left.physical_id, left.why)),
    );
    lines.push(summary(plan));
    lines.join("\n")
}

/// `3 to create, 1 to update, 20 unchanged`.
pub(super) fn summary(plan: &Plan) -> String {
    let counts = [
        (Action::Create, "to create"),
        (Action::Update, "to update"),
        (Action::Replace, "to replace"),
        (Action::Delete, "to delete"),
        (Action::None, "unchanged"),
    ];
    let parts = counts.into_iter().map(|(action, words)| (plan.count(action), words));
    let parts: Vec<String> =
        parts.filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
}

/// The longest value that stands in a line as it is, in characters.
const LIMIT: usize = 80;

fn first_difference(before: &str, after: &str) -> usize {
    before.chars().zip(after.chars()).take_while(|(before, after)| before == after).count()
}

/// A value in a line: of a long document only what stands around a place.
fn shorten(text: &str, place: usize) -> String {
    let length = text.chars().count();
    if length <= LIMIT {
        return text.to_owned();
    }
    let start = place.min(length).saturating_sub(LIMIT / 4);
    let part: String = text.chars().skip(start).take(LIMIT).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + LIMIT < length { "…" } else { "" };
    format!("{before}{part}{after}")
}

impl From<TemplateError> for CommandError {
    fn from(error: TemplateError) -> Self {
        Self::from_error(Kind::Failed, &error)
    }
}

impl From<PlanError> for CommandError {
    fn from(error: PlanError) -> Self {
        Self::from_error(Kind::User, &error).hint(error.hint())
    }
}

impl From<NamedReplacement> for CommandError {
    fn from(error: NamedReplacement) -> Self {
        Self::from_error(Kind::User, &error).hint(
            "`incidentctl down --keep-data` and `incidentctl up --engine direct` make it anew, without CloudFormation",
        )
    }
}

impl From<OwnedByOther> for CommandError {
    fn from(error: OwnedByOther) -> Self {
        Self::from_error(Kind::User, &error)
            .hint(format!("`--engine {}`, or none, works on it", error.owner))
            .hint("another --stack name makes a stack of its own")
    }
}

impl From<PackageError> for CommandError {
    fn from(error: PackageError) -> Self {
        let failure = match &error {
            // One line each: a file has as many problems as it likes.
            PackageError::Rules(OwnRulesError::Wrong { source, .. }) => Self::user(&error).causes(source.lines()),
            _ => Self::from_error(Kind::User, &error),
        };
        failure.hints(error.hint().map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_shown_where_it_differs() {
        let (before, after) = ("a".repeat(100) + "b", "a".repeat(100) + "c");
        let place = first_difference(&before, &after);
        assert_eq!(shorten(&before, place), format!("…{}b", "a".repeat(20)));
        assert_eq!(shorten(&after, place), format!("…{}c", "a".repeat(20)));
        assert_eq!(shorten(&"ä".repeat(100), 0), format!("{}…", "ä".repeat(80)));
        assert_eq!(shorten("short", 3), "short");
    }
}
