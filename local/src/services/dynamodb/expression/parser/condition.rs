//! Conditions. From the weakest: `OR`, `AND`, `NOT`, comparisons.

use super::super::fault::Fault;
use super::super::lexer::Lexeme;
use super::super::syntax::{Comparator, Condition, Operand};
use super::Parser;

/// What stands in brackets may turn out to be either.
enum Term {
    Operand(Operand),
    Condition(Condition),
}

impl Parser<'_> {
    pub(super) fn condition(&mut self) -> Result<Condition, Fault> {
        let term = self.disjunction()?;
        self.decided(term)
    }

    /// A call can be a condition, another operand cannot: a comparator has to follow it.
    fn decided(&self, term: Term) -> Result<Condition, Fault> {
        match term {
            Term::Condition(condition) => Ok(condition),
            Term::Operand(Operand::Call(call)) => Ok(Condition::Call(call)),
            Term::Operand(_) => Err(self.unexpected()),
        }
    }

    fn disjunction(&mut self) -> Result<Term, Fault> {
        self.chain("OR", Self::conjunction, Condition::Or)
    }

    fn conjunction(&mut self) -> Result<Term, Fault> {
        self.chain("AND", Self::negation, Condition::And)
    }

    fn chain(
        &mut self,
        word: &str,
        read: fn(&mut Self) -> Result<Term, Fault>,
        make: fn(Vec<Condition>) -> Condition,
    ) -> Result<Term, Fault> {
        let first = read(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut parts = vec![self.decided(first)?];
        while self.takes_word(word) {
            let next = read(self)?;
            parts.push(self.decided(next)?);
        }
        Ok(Term::Condition(make(parts)))
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Lexeme::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn negation(&mut self) -> Result<Term, Fault> {
        if !self.takes_word("NOT") {
            return self.comparison();
        }
        let inner = self.nested(Self::negation)?;
        Ok(Term::Condition(Condition::Not(Box::new(self.decided(inner)?))))
    }

    fn comparison(&mut self) -> Result<Term, Fault> {
        let left = match self.primary()? {
            Term::Operand(left) => left,
            condition => return Ok(condition),
        };
        if let Some(comparator) = Comparator::ALL.into_iter().find(|comparator| self.takes(comparator.sign())) {
            return Ok(Term::Condition(Condition::Compare(left, comparator, self.operand()?)));
        }
        if self.takes_word("BETWEEN") {
            let low = self.operand()?;
            if !self.takes_word("AND") {
                return Err(self.unexpected());
            }
            return Ok(Term::Condition(Condition::Between(left, low, self.operand()?)));
        }
        if self.takes_word("IN") {
            self.expect("(")?;
            let candidates = self.list(Self::operand)?;
            self.expect(")")?;
            return Ok(Term::Condition(Condition::In(left, candidates)));
        }
        Ok(Term::Operand(left))
    }

    /// An operand, or whatever is in brackets.
    fn primary(&mut self) -> Result<Term, Fault> {
        if self.peek() != Lexeme::Sign("(") {
            return self.bare_operand().map(Term::Operand);
        }
        match self.group(Self::disjunction)? {
            Term::Operand(operand) => self.continued(operand).map(Term::Operand),
            condition => Ok(condition),
        }
    }
}
