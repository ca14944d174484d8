//! Metric math: arithmetic, and the functions `SUM`, `AVG`, `MIN`, `MAX`, `FILL`, `IF`, `ABS` and `METRICS`.

use std::collections::BTreeMap;

use crate::ApiError;

use super::query::{Points, Window};
use super::validation;

/// Nesting limit of brackets, functions and signs: far above practical use, far below the limit of a thread's stack.
const MAX_DEPTH: usize = 50;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Number(f64),
    Metric(String),
    Binary(char, Box<Expression>, Box<Expression>),
    Function(String, Vec<Expression>),
}

/// A node of the expression.
enum Value {
    Scalar(f64),
    Line(Points),
    Lines(Vec<Points>),
}

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    /// `ValidationError` for invalid syntax; `NotImplemented` for an unsupported function.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let mut parser = Parser { tokens: tokens(text)?, position: 0, depth: 0, text };
        let expression = parser.comparison()?;
        if parser.position < parser.tokens.len() { Err(parser.error()) } else { Ok(expression) }
    }

    /// The metric ids it references.
    pub(super) fn metrics(&self) -> Vec<&str> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Metric(id) => vec![id],
            Self::Binary(_, left, right) => [left.metrics(), right.metrics()].concat(),
            Self::Function(_, arguments) => arguments.iter().flat_map(Self::metrics).collect(),
        }
    }

    pub(super) fn evaluate(&self, metrics: &BTreeMap<String, Points>, window: &Window) -> Result<Points, ApiError> {
        match self.value(metrics, window)? {
            Value::Line(points) => Ok(points),
            Value::Scalar(number) => Ok(window.starts.iter().map(|start| (*start, number)).collect()),
            Value::Lines(_) => Err(validation("The expression returns an array of time series where one is expected.")),
        }
    }

    fn value(&self, metrics: &BTreeMap<String, Points>, window: &Window) -> Result<Value, ApiError> {
        match self {
            Self::Number(number) => Ok(Value::Scalar(*number)),
            Self::Metric(id) => metrics
                .get(id)
                .cloned()
                .map(Value::Line)
                .ok_or_else(|| validation(format!("Unknown metric id '{id}' in expression."))),
            Self::Binary(operator, left, right) => {
                Ok(combine(*operator, left.value(metrics, window)?, right.value(metrics, window)?))
            }
            Self::Function(name, arguments) => call(name, arguments, metrics, window),
        }
    }
}

fn call(
    name: &str,
    arguments: &[Expression],
    metrics: &BTreeMap<String, Points>,
    window: &Window,
) -> Result<Value, ApiError> {
    if name == "METRICS" {
        return Ok(Value::Lines(metrics.values().cloned().collect()));
    }
    let mut values =
        arguments.iter().map(|argument| argument.value(metrics, window)).collect::<Result<Vec<_>, _>>()?.into_iter();
    match (name, values.next(), values.next(), values.next()) {
        ("SUM" | "AVG" | "MIN" | "MAX", Some(Value::Lines(lines)), None, None) => Ok(Value::Line(across(name, &lines))),
        ("SUM" | "AVG" | "MIN" | "MAX", Some(Value::Line(points)), None, None) => {
            let all: Vec<f64> = points.values().copied().collect();
            Ok(Value::Scalar(reduce(name, &all).unwrap_or(0.0)))
        }
        ("ABS", Some(Value::Line(points)), None, None) => {
            Ok(Value::Line(points.into_iter().map(|(start, value)| (start, value.abs())).collect()))
        }
        ("FILL", Some(Value::Line(mut points)), Some(Value::Scalar(filler)), None) => {
            for start in &window.starts {
                points.entry(*start).or_insert(filler);
            }
            Ok(Value::Line(points))
        }
        ("IF", Some(Value::Line(condition)), Some(then), Some(otherwise)) => {
            let at = |value: &Value, start: &i64| match value {
                Value::Scalar(number) => Some(*number),
                Value::Line(points) => points.get(start).copied(),
                Value::Lines(_) => None,
            };
            let choose =
                |(start, test): (&i64, &f64)| Some((*start, at(if *test == 0.0 { &otherwise } else { &then }, start)?));
            Ok(Value::Line(condition.iter().filter_map(choose).collect()))
        }
        _ => Err(ApiError::not_implemented("monitoring", &format!("metric math {name} with these arguments"))),
    }
}

fn across(function: &str, lines: &[Points]) -> Points {
    let mut grouped: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for (start, value) in lines.iter().flatten() {
        grouped.entry(*start).or_default().push(*value);
    }
    grouped.into_iter().filter_map(|(start, values)| Some((start, reduce(function, &values)?))).collect()
}

fn reduce(function: &str, values: &[f64]) -> Option<f64> {
    match function {
        _ if values.is_empty() => None,
        "SUM" => Some(values.iter().sum()),
        "AVG" => Some(values.iter().sum::<f64>() / values.len() as f64),
        "MIN" => values.iter().copied().reduce(f64::min),
        "MAX" => values.iter().copied().reduce(f64::max),
        _ => None,
    }
}

fn combine(operator: char, left: Value, right: Value) -> Value {
    let apply = |left: f64, right: f64| match operator {
        '+' => Some(left + right),
        '-' => Some(left - right),
        '*' => Some(left * right),
        '/' => (right != 0.0).then(|| left / right),
        '>' => Some(f64::from(left > right)),
        _ => Some(f64::from(left < right)),
    };
    let map = |points: &Points, apply: &dyn Fn(f64) -> Option<f64>| -> Points {
        points.iter().filter_map(|(start, value)| Some((*start, apply(*value)?))).collect()
    };
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => Value::Scalar(apply(left, right).unwrap_or(0.0)),
        (Value::Line(left), Value::Scalar(right)) => Value::Line(map(&left, &|value| apply(value, right))),
        (Value::Scalar(left), Value::Line(right)) => Value::Line(map(&right, &|value| apply(left, value))),
        (Value::Line(left), Value::Line(right)) => Value::Line(
            left.iter().filter_map(|(start, value)| Some((*start, apply(*value, *right.get(start)?)?))).collect(),
        ),
        (Value::Lines(lines), other) | (other, Value::Lines(lines)) => {
            let other = |start: &i64| match &other {
                Value::Scalar(number) => Some(*number),
                Value::Line(points) => points.get(start).copied(),
                Value::Lines(_) => None,
            };
            let each = |line: &Points| {
                line.iter().filter_map(|(start, value)| Some((*start, apply(*value, other(start)?)?))).collect()
            };
            Value::Lines(lines.iter().map(each).collect())
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Word(String),
    Symbol(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, ApiError> {
    let mut rest = text.trim_start();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.');
        let length = if is_part(first) { rest.find(|c| !is_part(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (token, after) = rest.split_at(length);
        tokens.push(match token.parse::<f64>() {
            Ok(number) if first.is_ascii_digit() || first == '.' => Token::Number(number),
            _ if is_part(first) => Token::Word(token.to_owned()),
            _ if "+-*/(),<>".contains(first) => Token::Symbol(first),
            _ => return Err(validation(format!("Error in expression '{text}': unexpected '{first}'."))),
        });
        rest = after.trim_start();
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    position: usize,
    /// Current nesting depth.
    depth: usize,
    text: &'a str,
}

impl Parser<'_> {
    fn error(&self) -> ApiError {
        validation(format!("Error in expression '{}': syntax error at token {}.", self.text, self.position + 1))
    }

    fn take(&mut self, symbols: &str) -> Option<char> {
        match self.tokens.get(self.position) {
            Some(Token::Symbol(symbol)) if symbols.contains(*symbol) => {
                self.position += 1;
                Some(*symbol)
            }
            _ => None,
        }
    }

    fn comparison(&mut self) -> Result<Expression, ApiError> {
        let left = self.sum()?;
        match self.take("<>") {
            Some(operator) => Ok(Expression::Binary(operator, Box::new(left), Box::new(self.sum()?))),
            None => Ok(left),
        }
    }

    fn sum(&mut self) -> Result<Expression, ApiError> {
        let mut left = self.product()?;
        while let Some(operator) = self.take("+-") {
            left = Expression::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expression, ApiError> {
        let mut left = self.factor()?;
        while let Some(operator) = self.take("*/") {
            left = Expression::Binary(operator, Box::new(left), Box::new(self.factor()?));
        }
        Ok(left)
    }

    fn factor(&mut self) -> Result<Expression, ApiError> {
        if self.depth == MAX_DEPTH {
            return Err(validation(format!("Error in expression: more than {MAX_DEPTH} levels stand in one another.")));
        }
        self.depth += 1;
        let factor = self.signed();
        self.depth -= 1;
        factor
    }

    fn signed(&mut self) -> Result<Expression, ApiError> {
        if self.take("-").is_some() {
            return Ok(Expression::Binary('-', Box::new(Expression::Number(0.0)), Box::new(self.factor()?)));
        }
        if self.take("(").is_some() {
            let inner = self.comparison()?;
            return self.take(")").map(|_| inner).ok_or_else(|| self.error());
        }
        let token = self.tokens.get(self.position).cloned();
        self.position += 1;
        match token {
            Some(Token::Number(number)) => Ok(Expression::Number(number)),
            Some(Token::Word(word)) if self.take("(").is_some() => self.arguments(word),
            Some(Token::Word(word)) => Ok(Expression::Metric(word)),
            _ => Err(self.error()),
        }
    }

    fn arguments(&mut self, function: String) -> Result<Expression, ApiError> {
        const KNOWN: [&str; 8] = ["SUM", "AVG", "MIN", "MAX", "FILL", "IF", "ABS", "METRICS"];
        if !KNOWN.contains(&function.as_str()) {
            return Err(ApiError::not_implemented("monitoring", &format!("metric math {function}")));
        }
        let mut arguments = Vec::new();
        if self.take(")").is_some() {
            return Ok(Expression::Function(function, arguments));
        }
        loop {
            arguments.push(self.comparison()?);
            match self.take(",)") {
                Some(',') => {}
                Some(_) => return Ok(Expression::Function(function, arguments)),
                None => return Err(self.error()),
            }
        }
    }
}
