//! What `up`, `plan` and `down` have in common: the stack for this account, what exists of it, and the words for it.

mod args;

use futures_util::future::try_join_all;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::CommandError;
use super::command_error::Kind;
use crate::aws::{AwsError, Clients, Session};
use crate::engine::cloudformation::{NamedReplacement, StackRecord};
use crate::engine::{self, Event, Interrupt, Outcome, OwnedByOther, Progress};
use crate::health::Pending;
use crate::package::{Destination, OwnRulesError, Package, PackageError};
use crate::plan::{Action, Change, Leftover, NewerSchema, Observations, Plan, PlanError};
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
        let destination = Destination::of(session.sdk().endpoint_url());
        let package = Package::make(args.handler.as_deref(), rules, destination).await?;
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
        Subscription::of_topic(&self.clients, self.alert_topic()).await
    }

    /// ARN of the topic of the alerts.
    pub(super) fn alert_topic(&self) -> &str {
        self.stack.get("AlertTopic").map_or("", |topic| &topic.attributes.reference)
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
            remembers: true,
        }
    }

    /// What exists.
    pub(super) async fn observe(&self, scope: Scope) -> Result<Observations, CommandError> {
        Ok(resources::observe(&self.context(), &self.stack, scope).await?)
    }

    /// What `up` has to change, and what CloudFormation knows of the stack; the reads go out together. Which
    /// subscriptions the stack made is remembered by the engine that owns it.
    pub(super) async fn survey(&self) -> Result<(Plan, Option<StackRecord>), CommandError> {
        let record = async {
            let record = StackRecord::read_whole(&self.clients, &self.stack.place.stack).await?;
            record.as_ref().map_or(Ok(()), StackRecord::refuse_newer)?;
            Ok(record)
        };
        let (mut observations, record) = tokio::try_join!(self.observe(Scope::WithSurplus), record)?;
        let mut stack = self.stack.clone();
        if let Some(template) = record.as_ref().and_then(|record| record.template.as_deref()) {
            let known = template::subscribed(template)?;
            resources::by_record(&self.context(), &mut stack, &mut observations, &known).await?;
        }
        let mut plan = Plan::up(&stack, &observations, &resources::RULES)?;
        self.weigh(&mut plan).await?;
        Ok((plan, record))
    }

    /// Marks the deletions that lose what is in the resource at this moment.
    pub(super) async fn weigh(&self, plan: &mut Plan) -> Result<(), CommandError> {
        Ok(resources::weigh(&self.context(), plan).await?)
    }

    /// Refuses a plan when data came, while the person was deciding, into what had none.
    pub(super) async fn check_still_empty(&self, plan: &Plan) -> Result<(), CommandError> {
        let mut now = plan.clone();
        self.weigh(&mut now).await?;
        let filled = now.changes.iter().zip(&plan.changes).find(|(now, before)| now.data_loss && !before.data_loss);
        let Some((filled, _)) = filled else { return Ok(()) };
        Err(CommandError::user(format!("AWS changed while you were deciding: {}; nothing was changed", named(filled)))
            .hint("run the command again, which plans anew"))
    }

    /// What CloudFormation knows of the stack, unless a newer program deployed it.
    pub(super) async fn record(&self) -> Result<Option<StackRecord>, CommandError> {
        let record = StackRecord::read(&self.clients, &self.stack.place.stack).await?;
        record.as_ref().map_or(Ok(()), StackRecord::refuse_newer)?;
        Ok(record)
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

    /// Waits until what was made or changed works.
    pub(super) async fn wait_for(&self, outcome: &Outcome) -> Result<(), CommandError> {
        let made = outcome.finished.iter().map(|finished| &finished.change);
        let made = made.filter(|change| change.action != Action::Delete);
        let context = self.context();
        Ok(try_join_all(made.map(|change| resources::ready(&context, change))).await.map(|_| ())?)
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
        let loss = match &change.holds {
            Some(holds) => format!(" — its data is lost: {holds}"),
            None if change.data_loss => " — its data is lost".to_owned(),
            None => String::new(),
        };
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

/// What a change is about: its name in AWS, and what is in it.
pub(super) fn named(change: &Change) -> String {
    let name = change.observed.as_ref().map_or(&change.logical_id, |observed| &observed.physical_id);
    // Of a queue's URL the name says enough.
    let name = if change.holds.is_some() { name.rsplit('/').next().unwrap_or_default() } else { name };
    change.holds.as_ref().map_or_else(|| name.to_owned(), |holds| format!("{name} ({holds})"))
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

impl From<NewerSchema> for CommandError {
    fn from(error: NewerSchema) -> Self {
        Self::from_error(Kind::User, &error).hint(NewerSchema::HINT)
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
