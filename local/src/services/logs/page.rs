//! Pages of events: what fits into one, and the tokens between them. Pure.

use super::parameters::invalid;
use super::store::{Event, Place};
use crate::ApiError;

/// Events and bytes in a page (API reference, `FilterLogEvents` and `GetLogEvents`).
pub(super) const EVENTS: usize = 10_000;
const BYTES: usize = 1 << 20;

/// What a page still takes.
pub(super) struct Room {
    events: usize,
    bytes: usize,
    is_empty: bool,
}

impl Room {
    /// An empty page of at most so many events.
    pub(super) fn of(events: usize) -> Self {
        Self { events, bytes: BYTES, is_empty: true }
    }

    /// Takes an event, if there is room. The first one always has.
    pub(super) fn take(&mut self, event: &Event) -> bool {
        let size = event.size();
        if !self.is_empty && (self.events == 0 || size > self.bytes) {
            return false;
        }
        self.is_empty = false;
        self.events = self.events.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(size);
        true
    }
}

/// Which way a token leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Towards newer events.
    Forward,
    /// Towards older ones.
    Backward,
}

/// The token of a page that begins at a place.
pub(super) fn token(direction: Direction, (timestamp, id): Place) -> String {
    let sign = if direction == Direction::Forward { 'f' } else { 'b' };
    format!("{sign}/{timestamp:020}{id:036}/s")
}

/// Reads such a token.
///
/// # Errors
/// `InvalidParameterException` for any other text.
pub(super) fn parse(token: &str) -> Result<(Direction, Place), ApiError> {
    let read = || {
        let (sign, rest) = token.split_once('/')?;
        let direction = match sign {
            "f" => Direction::Forward,
            "b" => Direction::Backward,
            _ => return None,
        };
        let digits = rest.strip_suffix("/s").filter(|digits| digits.len() == 56)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some((direction, (digits[..20].parse().ok()?, digits[20..].parse().ok()?)))
    };
    read().ok_or_else(|| invalid("The specified nextToken is invalid."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_its_direction_and_place() {
        for direction in [Direction::Forward, Direction::Backward] {
            let place = (1_764_000_000_123, 42);
            assert_eq!(parse(&token(direction, place)), Ok((direction, place)));
        }
        for wrong in ["", "f", "f/1", "x/00000000000000000000000000000000000000000000000000000000/s", &"f/é".repeat(9)]
        {
            assert_eq!(
                parse(wrong).map_err(|error| error.code),
                Err("InvalidParameterException".to_owned()),
                "{wrong}"
            );
        }
    }
}
