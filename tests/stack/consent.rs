//! A user at a terminal who takes time to decide.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use crate::harness::{ADDRESS, TestResult, World, tiny_program};

#[tokio::test]
async fn up_stops_when_aws_changed_during_the_prompt() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    std::fs::write(world.home().join("incidentctl.yaml"), "log_retention_days: 14\n")?;
    let mut terminal = Terminal::run(&world, &["up", "--local", "--email", ADDRESS])?;
    terminal.wait_for("Apply these changes?")?;
    let group = "/aws/lambda/devops-error-generator";
    aws.logs.put_retention_policy().log_group_name(group).retention_in_days(7).send().await?;
    let (code, said) = terminal.answer("y\n")?;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("AWS changed after the plan was shown: GeneratorLogGroup"), "{said}");
    let groups = aws.logs.describe_log_groups().send().await?;
    let mut kept: Vec<_> = groups.log_groups().iter().filter_map(|group| group.retention_in_days()).collect();
    kept.sort_unstable();
    assert_eq!(kept, [7, 30], "something was changed: {said}");

    // No interference the second time.
    let mut terminal = Terminal::run(&world, &["up", "--local", "--email", ADDRESS])?;
    terminal.wait_for("Apply these changes?")?;
    let (code, said) = terminal.answer("y\n")?;
    assert_eq!(code, Some(0), "{said}");
    Ok(())
}

#[tokio::test]
async fn data_loss_needs_its_own_typed_yes() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let group = "/aws/lambda/devops-gone";
    aws.logs.create_log_group().log_group_name(group).tags("incidentctl:stack", "devops").send().await?;
    for (answer, expected) in [("y\n", 1), ("yes\n", 0)] {
        let mut terminal = Terminal::run(&world, &["up", "--local", "--email", ADDRESS])?;
        terminal.wait_for("Apply these changes?")?;
        terminal.say("y\n")?;
        terminal.wait_for("with all data. Continue?")?;
        let (code, said) = terminal.answer(answer)?;
        assert_eq!(code, Some(expected), "{said}");
        assert!(said.contains(group), "{said}");
        let groups = aws.logs.describe_log_groups().log_group_name_prefix(group).send().await?;
        assert_eq!(groups.log_groups().len(), usize::from(expected == 1));
    }
    Ok(())
}

#[tokio::test]
async fn down_stops_when_a_message_arrived_during_the_prompt() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let mut terminal = Terminal::run(&world, &["down", "--local"])?;
    terminal.wait_for("Delete all of this, recorded incidents included?")?;
    super::queues::fill(&aws, "devops-rule-dlq").await?;
    let (code, said) = terminal.answer("y\n")?;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("devops-rule-dlq (3 messages); nothing was changed"), "{said}");
    assert_eq!(aws.lambda.list_functions().send().await?.functions().len(), 2, "something was deleted: {said}");
    Ok(())
}

#[tokio::test]
async fn interrupts_end_the_prompt() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    std::fs::write(world.home().join("bootstrap"), tiny_program())?;
    for engine in ["direct", "cloudformation"] {
        for signal in ["INT", "TERM", "HUP"] {
            let arguments = ["up", "--local", "--handler", "bootstrap", "--email", ADDRESS, "--engine", engine];
            let mut terminal = Terminal::run(&world, &arguments)?;
            terminal.wait_for("Apply these changes?")?;
            let (code, said) = terminal.kill(signal)?;
            assert_eq!(code, Some(130), "{engine} {signal} {said}");
            assert!(said.contains("interrupted"), "{engine} {signal} {said}");
        }
    }
    assert!(aws.dynamodb.list_tables().send().await?.table_names().is_empty());
    // No change set is left behind either.
    assert!(aws.cloudformation.describe_stacks().send().await?.stacks().is_empty());
    Ok(())
}

/// A command at a terminal, provided by `script` of util-linux.
struct Terminal {
    child: Child,
    said: String,
}

impl Terminal {
    fn run(world: &World, arguments: &[&str]) -> TestResult<Self> {
        let inner = world.command(arguments);
        let line = format!("{} {}", env!("CARGO_BIN_EXE_incidentctl"), arguments.join(" "));
        let mut command = Command::new("script");
        command.args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"]);
        command.current_dir(world.home()).env_clear().env("SHELL", "/bin/sh").env("TERM", "dumb");
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        Ok(Self { child, said: String::new() })
    }

    fn wait_for(&mut self, words: &str) -> TestResult {
        let output = self.child.stdout.as_mut().ok_or("no output")?;
        let mut part = [0; 1024];
        while !self.said.contains(words) {
            match output.read(&mut part)? {
                0 => return Err(format!("it ended without `{words}`: {}", self.said).into()),
                length => self.said += &String::from_utf8_lossy(&part[..length]),
            }
        }
        Ok(())
    }

    fn say(&mut self, answer: &str) -> TestResult {
        Ok(self.child.stdin.as_mut().ok_or("no input")?.write_all(answer.as_bytes())?)
    }

    /// The exit code and the whole output.
    fn answer(mut self, answer: &str) -> TestResult<(Option<i32>, String)> {
        self.say(answer)?;
        self.end()
    }

    /// Signals the command, the last process `script` started.
    fn kill(self, signal: &str) -> TestResult<(Option<i32>, String)> {
        let mut process = self.child.id().to_string();
        while let Ok(children) = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"))
            && let Some(child) = children.split_whitespace().next_back()
        {
            process = child.to_owned();
        }
        Command::new("kill").args([&format!("-{signal}"), &process]).status()?;
        self.end()
    }

    fn end(mut self) -> TestResult<(Option<i32>, String)> {
        self.child.stdout.as_mut().ok_or("no output")?.read_to_string(&mut self.said)?;
        Ok((self.child.wait()?.code(), self.said))
    }
}
