//! What can be wrong with an expression, in AWS's words.

use super::super::{Failure, invalid};
use super::Kind;

/// Why an expression is refused. The texts are those of DynamoDB's `ValidationException`, behind `Invalid
/// FilterExpression: ` and its like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("The expression can not be empty;")]
    Empty,
    #[error("Expression size has exceeded the maximum allowed size; expression size: {0}")]
    TooLong(usize),
    #[error("The expression contains too many operators; operator count: {0}")]
    TooManyOperators(usize),
    /// AWS names no limit of levels; the message is ours.
    #[error("The expression is nested too deeply; maximum number of levels: {0}")]
    TooDeep(usize),
    #[error("Syntax error; token: \"{token}\", near: \"{near}\"")]
    Syntax { token: String, near: String },
    #[error("List index is not within the allowable range; index: [{0}]")]
    Index(String),
    #[error("The document path has too many nesting elements; nesting levels: {0}")]
    LongPath(usize),
    #[error("The expression has redundant parentheses;")]
    Redundant,
    #[error("Invalid function name; function: {0}")]
    UnknownFunction(String),
    #[error("The function is not allowed in a condition expression; function: {0}")]
    NotInCondition(String),
    #[error("The function is not allowed in an update expression; function: {0}")]
    NotInUpdate(String),
    #[error("The function is not allowed to be used this way in an expression; function: {0}")]
    Misused(String),
    #[error("Attribute name is a reserved keyword; reserved keyword: {0}")]
    Reserved(String),
    #[error("The \"{0}\" section can only be used once in an update expression;")]
    Repeated(&'static str),
    #[error("An expression attribute name used in the document path is not defined; attribute name: {0}")]
    UndefinedName(String),
    #[error("An expression attribute value used in expression is not defined; attribute value: {0}")]
    UndefinedValue(String),
    #[error(
        "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {0}, path two: {1}"
    )]
    Overlap(String, String),
    #[error(
        "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {0}, path two: {1}"
    )]
    Conflict(String, String),
    #[error(
        "Incorrect operand type for operator or function; operator: {section}, operand type: {kind}, typeSet: ALLOWED_FOR_{section}_OPERAND"
    )]
    SectionOperand { section: &'static str, kind: &'static str },
    #[error(
        "Incorrect number of operands for operator or function; operator or function: {function}, number of operands: {count}"
    )]
    OperandCount { function: String, count: usize },
    #[error("The IN operator is provided with too many operands; number of operands: {0}")]
    TooManyCandidates(usize),
    #[error("Operator or function requires a document path; operator or function: {0}")]
    NoPath(&'static str),
    #[error("Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}")]
    OperandType { operator: &'static str, kind: &'static str },
    #[error("Invalid attribute type name found; type: {0}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}")]
    UnknownType(String),
    #[error(
        "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: {path}"
    )]
    Indistinct { operator: &'static str, path: String },
    #[error(
        "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: {low}, upper bound operand: {high}"
    )]
    MixedBounds { low: String, high: String },
    #[error(
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: {low}, upper bound operand: {high}"
    )]
    ReversedBounds { low: String, high: String },
}

impl Fault {
    /// The answer to the request.
    pub(super) fn of(self, kind: Kind) -> Failure {
        invalid(format!("Invalid {}: {self}", kind.parameter()))
    }
}
