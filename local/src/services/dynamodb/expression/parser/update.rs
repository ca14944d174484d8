//! Updates: sections, each with its actions.

use super::super::fault::Fault;
use super::super::lexer::Lexeme;
use super::super::syntax::{Action, Assigned, Operand, Section, Update};
use super::Parser;

impl Parser<'_> {
    pub(super) fn update(&mut self) -> Result<Update, Fault> {
        let mut update = Update { actions: Vec::new(), repeated: None };
        let mut seen = Vec::new();
        while self.peek() != Lexeme::End {
            let section = Section::ALL.into_iter().find(|section| self.takes_word(section.keyword()));
            let section = section.ok_or_else(|| self.unexpected())?;
            if seen.contains(&section) {
                update.repeated = update.repeated.or(Some(section));
            }
            seen.push(section);
            update.actions.extend(self.list(|parser| parser.action(section))?);
        }
        Ok(update)
    }

    fn action(&mut self, section: Section) -> Result<Action, Fault> {
        let path = self.path()?;
        match section {
            Section::Remove => Ok(Action::Remove(path)),
            Section::Add => Ok(Action::Add(path, self.value()?)),
            Section::Delete => Ok(Action::Delete(path, self.value()?)),
            Section::Set => {
                self.expect("=")?;
                Ok(Action::Set(path, self.assigned()?))
            }
        }
    }

    fn value(&mut self) -> Result<String, Fault> {
        let Lexeme::Value(value) = self.peek() else { return Err(self.unexpected()) };
        self.at += 1;
        Ok(value.to_owned())
    }

    /// An operand or two, all of it in brackets or not.
    fn assigned(&mut self) -> Result<Assigned, Fault> {
        let left = match self.peek() {
            Lexeme::Sign("(") => match self.group(Self::assigned)? {
                Assigned::Operand(operand) => operand,
                whole => return Ok(whole),
            },
            _ => self.bare_operand()?,
        };
        self.second(left)
    }

    fn second(&mut self, left: Operand) -> Result<Assigned, Fault> {
        if self.takes("+") {
            return Ok(Assigned::Plus(left, self.operand()?));
        }
        if self.takes("-") {
            return Ok(Assigned::Minus(left, self.operand()?));
        }
        Ok(Assigned::Operand(left))
    }
}
