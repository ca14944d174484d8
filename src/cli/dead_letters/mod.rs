//! `incidentctl dead-letters`.

mod list;
mod purge;
mod redrive;
mod removal;
mod render;
mod selection;
mod show;

use clap::{Args, Subcommand, ValueEnum};

use super::interruptible::until;
use crate::dead_letters::{DeadLetter, DeadLettersError, Look, Origin, Queue, look};
use crate::error::CommandError;
use crate::settings::{Settings, StackName};
use crate::ui::Ui;
use incident_deploy::aws::Clients;
use incident_deploy::engine::Interrupt;

/// See why events did not reach the handler or failed in it, send them again, or drop them
#[derive(Debug, Args)]
pub struct DeadLettersArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: DeadLettersCommand,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum DeadLettersCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Redrive(redrive::RedriveArgs),
    Purge(purge::PurgeArgs),
}

impl DeadLettersArgs {
    /// Whether the command's JSON is one object per line with a last result.
    pub(super) fn streams_result(&self) -> bool {
        !matches!(self.command, DeadLettersCommand::Show(_))
    }
}

/// The queues that a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QueueArg {
    /// Both
    All,
    /// That of the rules: EventBridge could not deliver to the handler
    Rule,
    /// That of the handler: it failed at every attempt
    Handler,
}

impl QueueArg {
    fn origins(self) -> &'static [Origin] {
        match self {
            Self::All => &[Origin::Rule, Origin::Handler],
            Self::Rule => &[Origin::Rule],
            Self::Handler => &[Origin::Handler],
        }
    }
}

/// Runs one of them.
pub(super) async fn run(args: DeadLettersArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let interrupt = Interrupt::listen()?;
    let session = until(&interrupt, super::connect(settings, ui)).await?;
    let clients = Clients::new(session.sdk());
    let desk = Desk { clients, stack: settings.stack.clone(), yes: settings.yes, interrupt, ui: ui.clone() };
    match args.command {
        DeadLettersCommand::List(args) => list::run(&args, &desk).await,
        DeadLettersCommand::Show(args) => show::run(&args, &desk).await,
        DeadLettersCommand::Redrive(args) => redrive::run(&args, &desk).await,
        DeadLettersCommand::Purge(args) => purge::run(&args, &desk).await,
    }
}

/// What all of them work with.
struct Desk {
    clients: Clients,
    stack: StackName,
    yes: bool,
    interrupt: Interrupt,
    ui: Ui,
}

/// A queue, and what a look at it saw.
struct Seen {
    queue: Queue,
    look: Look,
}

impl Desk {
    /// Looks at the queues that exist. A first interrupt ends it after the call in hand, so that nothing stays hidden.
    async fn look(&self, queues: QueueArg, limit: usize) -> Result<Vec<Seen>, CommandError> {
        self.unless_hurried(async {
            let mut seen = Vec::new();
            for queue in self.open(queues).await? {
                let look = look(&queue, limit, &self.interrupt).await?;
                if let Some(error) = &look.not_put_back {
                    self.ui.warn(&format!(
                        "messages of {} stay hidden for half a minute, because they could not be put back: {error}",
                        queue.name
                    ));
                }
                seen.push(Seen { queue, look });
            }
            match self.interrupt.is_set() {
                true => Err(CommandError::interrupted()),
                false => Ok(seen),
            }
        })
        .await
    }

    async fn open(&self, queues: QueueArg) -> Result<Vec<Queue>, CommandError> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for origin in queues.origins() {
            match Queue::open(&self.clients, &self.stack, *origin).await? {
                Some(queue) => found.push(queue),
                None => missing.push(Queue::name_of(&self.stack, *origin)),
            }
        }
        if found.is_empty() {
            return Err(DeadLettersError::NoQueue { names: missing }.into());
        }
        for name in missing {
            self.ui.warn(&format!(
                "there is no queue {name}, so what belongs into it is lost: `incidentctl up` makes it again"
            ));
        }
        Ok(found)
    }

    /// Does work that ends in its own time after an interrupt, and at once after a second.
    async fn unless_hurried<T>(&self, work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
        tokio::select! {
            biased;
            () = self.interrupt.wait_for_second() => Err(CommandError::interrupted()),
            result = work => result,
        }
    }

    /// Asks the person; an interrupt is an answer, too.
    async fn ask(
        &self,
        question: impl FnOnce(&Ui) -> Result<(), CommandError> + Send + 'static,
    ) -> Result<(), CommandError> {
        let ui = self.ui.clone();
        until(&self.interrupt, async {
            let answer = tokio::task::spawn_blocking(move || question(&ui)).await;
            answer.map_err(|error| CommandError::failed("the question was cut off").caused_by(error))?
        })
        .await
    }
}

/// The letters of all queues.
fn letters(seen: &[Seen]) -> Vec<DeadLetter> {
    seen.iter().flat_map(|one| one.look.letters.iter().cloned()).collect()
}

/// Says which queues hold more than was seen.
fn tell_unseen(seen: &[Seen], ui: &Ui) {
    for Seen { queue, look } in seen.iter().filter(|one| !one.look.complete) {
        ui.warn(&format!(
            "saw {1} of about {2} messages in {0}; the others are beyond --limit or held by another reader",
            queue.name,
            look.letters.len(),
            look.about.max(look.letters.len() as u64),
        ));
    }
}
