//! The parser: a cursor over the tokens, and the parts that all expressions share.
//!
//! It descends recursively; [`Parser::nested`] counts the levels.

mod condition;
mod update;

use super::Kind;
use super::fault::Fault;
use super::lexer::{self, Lexeme, Token};
use super::limits;
use super::syntax::{Call, Condition, Operand, Path, Step, Update};

/// The words that are part of conditions, and no names there.
const OPERATORS: [&str; 5] = ["AND", "OR", "NOT", "IN", "BETWEEN"];

/// Reads a condition, filter or key condition.
pub(super) fn condition(text: &str, kind: Kind) -> Result<Condition, Fault> {
    parse(text, kind, Parser::condition)
}

pub(super) fn update(text: &str) -> Result<Update, Fault> {
    parse(text, Kind::Update, Parser::update)
}

pub(super) fn projection(text: &str) -> Result<Vec<Path>, Fault> {
    parse(text, Kind::Projection, |parser| parser.list(Parser::path))
}

fn parse<'t, T>(text: &'t str, kind: Kind, read: impl FnOnce(&mut Parser<'t>) -> Result<T, Fault>) -> Result<T, Fault> {
    limits::check_length(text)?;
    let tokens = lexer::tokens(text);
    limits::check_operators(&tokens, kind)?;
    let mut parser = Parser { text, tokens, at: 0, depth: 0, redundant: false, last_group: (0, 0), kind };
    let tree = read(&mut parser)?;
    match parser.peek() {
        Lexeme::End if parser.redundant => Err(Fault::Redundant),
        Lexeme::End => Ok(tree),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
    at: usize,
    depth: usize,
    /// Whether there were brackets around nothing but brackets.
    redundant: bool,
    /// The tokens of the brackets that closed last: the first, and the one behind.
    last_group: (usize, usize),
    kind: Kind,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Lexeme<'t> {
        self.ahead(0)
    }

    fn ahead(&self, distance: usize) -> Lexeme<'t> {
        self.tokens.get(self.at + distance).map_or(Lexeme::End, |token| token.lexeme)
    }

    /// Goes on if a certain sign comes next; says whether it did.
    fn takes(&mut self, sign: &str) -> bool {
        let found = self.peek() == Lexeme::Sign(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), Fault> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Goes on if a certain word comes next, in whatever case.
    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Lexeme::Word(found) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    /// The next token is none that may stand here. AWS shows it with its neighbours.
    fn unexpected(&self) -> Fault {
        let token = |at: usize| self.tokens.get(at).filter(|token| token.lexeme != Lexeme::End);
        let start = self.at.checked_sub(1).and_then(token).or_else(|| token(self.at)).map_or(0, |token| token.start);
        let end =
            [self.at + 1, self.at].into_iter().find_map(token).map_or(self.text.trim_end().len(), |last| last.end);
        let found = token(self.at).map_or("<EOF>", |token| &self.text[token.start..token.end]);
        Fault::Syntax { token: found.to_owned(), near: self.text.get(start..end).unwrap_or_default().to_owned() }
    }

    /// Goes one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth == limits::DEEPEST {
            return Err(Fault::TooDeep(limits::DEEPEST));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// One or more, with commas between them.
    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let mut list = vec![read(self)?];
        while self.takes(",") {
            list.push(read(self)?);
        }
        Ok(list)
    }

    fn name(&mut self) -> Result<Step, Fault> {
        let name = match self.peek() {
            Lexeme::Word(word) if !self.is_operator(word) => word,
            Lexeme::Name(name) => name,
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(Step::Name(name.to_owned()))
    }

    fn is_operator(&self, word: &str) -> bool {
        let takes_conditions = !matches!(self.kind, Kind::Update | Kind::Projection);
        takes_conditions && OPERATORS.iter().any(|operator| word.eq_ignore_ascii_case(operator))
    }

    fn path(&mut self) -> Result<Path, Fault> {
        let first = self.name()?;
        self.steps(vec![first])
    }

    /// What follows the beginning of a path.
    fn steps(&mut self, mut steps: Vec<Step>) -> Result<Path, Fault> {
        loop {
            if self.takes(".") {
                steps.push(self.name()?);
            } else if self.takes("[") {
                let Lexeme::Digits(digits) = self.peek() else { return Err(self.unexpected()) };
                self.at += 1;
                self.expect("]")?;
                let index = digits.parse::<i32>().ok().and_then(|index| usize::try_from(index).ok());
                steps.push(Step::Index(index.ok_or_else(|| Fault::Index(digits.to_owned()))?));
            } else if steps.len() > limits::LONGEST_PATH {
                return Err(Fault::LongPath(steps.len()));
            } else {
                return Ok(Path(steps));
            }
        }
    }

    /// A path, a value or a call, in brackets or not.
    fn operand(&mut self) -> Result<Operand, Fault> {
        if self.peek() != Lexeme::Sign("(") {
            return self.bare_operand();
        }
        let operand = self.group(Self::operand)?;
        self.continued(operand)
    }

    /// What is in the brackets that open here.
    fn group<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let open = self.at;
        self.expect("(")?;
        let inner = self.nested(read)?;
        // `((a = b))`, and not `((a = b) AND (c = d))`.
        self.redundant |= self.last_group == (open + 1, self.at);
        self.expect(")")?;
        self.last_group = (open, self.at);
        Ok(inner)
    }

    /// `(a.b).c` is a path, except in an update.
    fn continued(&mut self, operand: Operand) -> Result<Operand, Fault> {
        match operand {
            Operand::Path(Path(steps)) if self.kind != Kind::Update => self.steps(steps).map(Operand::Path),
            operand => Ok(operand),
        }
    }

    fn bare_operand(&mut self) -> Result<Operand, Fault> {
        match (self.peek(), self.ahead(1)) {
            (Lexeme::Value(value), _) => {
                self.at += 1;
                Ok(Operand::Value(value.to_owned()))
            }
            (Lexeme::Word(word), Lexeme::Sign("(")) if !self.is_operator(word) => {
                self.at += 2;
                let arguments = self.nested(|parser| parser.list(Self::operand))?;
                self.expect(")")?;
                Ok(Operand::Call(Call { function: word.to_owned(), arguments }))
            }
            _ => self.path().map(Operand::Path),
        }
    }
}
