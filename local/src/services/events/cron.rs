//! Cron expressions (EventBridge user guide, "Setting a schedule pattern").

use jiff::civil::{Date, DateTime};

/// Six fields: minute, hour, day of month, month, day of week, year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: Vec<i16>,
    hours: Vec<i16>,
    /// Of the month or of the week: one of the two fields is `?`.
    days: Vec<Day>,
    months: Vec<i16>,
    years: Vec<i16>,
}

/// A day of a month; days of the week are counted from 1, Sunday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    OfMonth(i16),
    LastOfMonth,
    /// The weekday nearest to a day, in the same month.
    NearestWeekday(i16),
    OfWeek(i16),
    /// The last such day of the month.
    LastOfWeek(i16),
    /// Such a day, and which of them in the month.
    NthOfWeek(i16, i16),
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Cron {
    /// The inside of `cron(…)`; `None` when it is invalid.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays, years] = fields[..] else { return None };
        let days = match (days, weekdays) {
            ("?", "?") => return None,
            (days, "?") => days_of_month(days)?,
            ("?", weekdays) => days_of_week(weekdays)?,
            _ => return None,
        };
        Some(Self {
            minutes: values(minutes, 0, 59, &[])?,
            hours: values(hours, 0, 23, &[])?,
            days,
            months: values(months, 1, 12, &MONTHS)?,
            years: values(years, 1970, 2199, &[])?,
        })
    }

    pub(super) fn matches(&self, at: DateTime) -> bool {
        self.minutes.contains(&i16::from(at.minute()))
            && self.hours.contains(&i16::from(at.hour()))
            && self.days.iter().any(|day| day.is(at.date()))
            && self.months.contains(&i16::from(at.month()))
            && self.years.contains(&at.year())
    }
}

impl Day {
    fn is(self, date: Date) -> bool {
        let (day, last) = (i16::from(date.day()), i16::from(date.days_in_month()));
        let weekday = i16::from(date.weekday().to_sunday_one_offset());
        match self {
            Self::OfMonth(wanted) => day == wanted,
            Self::LastOfMonth => day == last,
            Self::NearestWeekday(wanted) => nearest_weekday(date, wanted, last) == Some(day),
            Self::OfWeek(wanted) => weekday == wanted,
            Self::LastOfWeek(wanted) => weekday == wanted && day + 7 > last,
            Self::NthOfWeek(wanted, nth) => weekday == wanted && (day - 1) / 7 + 1 == nth,
        }
    }
}

/// `None` when the month is too short to have the day.
fn nearest_weekday(month: Date, wanted: i16, last: i16) -> Option<i16> {
    let date = Date::new(month.year(), month.month(), i8::try_from(wanted).ok()?).ok()?;
    Some(match date.weekday() {
        jiff::civil::Weekday::Saturday if wanted == 1 => 3,
        jiff::civil::Weekday::Saturday => wanted - 1,
        jiff::civil::Weekday::Sunday if wanted == last => wanted - 2,
        jiff::civil::Weekday::Sunday => wanted + 1,
        _ => wanted,
    })
}

fn days_of_month(field: &str) -> Option<Vec<Day>> {
    let mut days = Vec::new();
    for part in field.split(',') {
        match (part, part.strip_suffix('W')) {
            ("L", _) => days.push(Day::LastOfMonth),
            (_, Some(day)) => days.push(Day::NearestWeekday(number(day, 1, 31, &[])?)),
            _ => days.extend(values(part, 1, 31, &[])?.into_iter().map(Day::OfMonth)),
        }
    }
    Some(days)
}

/// `#` stands alone: AWS refuses a list with it. `L` alone is Saturday, the last day of the week.
fn days_of_week(field: &str) -> Option<Vec<Day>> {
    let weekday = |text: &str| number(text, 1, 7, &WEEKDAYS);
    if let Some((day, nth)) = field.split_once('#') {
        return Some(vec![Day::NthOfWeek(weekday(day)?, number(nth, 1, 5, &[])?)]);
    }
    let mut days = Vec::new();
    for part in field.split(',') {
        match part.strip_suffix('L') {
            Some("") => days.push(Day::OfWeek(7)),
            Some(day) => days.push(Day::LastOfWeek(weekday(day)?)),
            None => days.extend(values(part, 1, 7, &WEEKDAYS)?.into_iter().map(Day::OfWeek)),
        }
    }
    Some(days)
}

/// A number within bounds, or a name: the first is the lowest number.
fn number(text: &str, least: i16, most: i16, names: &[&str]) -> Option<i16> {
    if let Some(index) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return i16::try_from(index).ok().map(|index| index + least);
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && (least..=most).contains(number))
}

/// The values of a field: `*`, `5`, `1,3`, `1-5`, `0/15`, names.
fn values(field: &str, least: i16, most: i16, names: &[&str]) -> Option<Vec<i16>> {
    let number = |text: &str| number(text, least, most, names);
    let mut values = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None if range == "*" => (least, most),
            None if part.contains('/') => (number(range)?, most),
            None => (number(range)?, number(range)?),
        };
        values.extend((first..=last).step_by(step));
    }
    (!values.is_empty()).then_some(values)
}
