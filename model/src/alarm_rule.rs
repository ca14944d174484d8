//! The rules of composite alarms:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>.

/// Limit on the alarms that are looked for. A rule may name a hundred.
const MOST: usize = 10;

/// The names of the alarms that turn a composite alarm on, at most ten: those in `ALARM(…)` and in `AT_LEAST(…, ALARM, (…))`,
/// except after `NOT`.
pub fn children(rule: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (at, word) in rule.match_indices("ALARM") {
        let before = &rule[..at];
        let is_word = before.chars().next_back().is_none_or(|last| last.is_whitespace() || "(,".contains(last));
        if !is_word || before.trim_end().ends_with("NOT") {
            continue;
        }
        let after = rule[at + word.len()..].trim_start();
        let after = after.strip_prefix(',').map_or(after, str::trim_start);
        names.extend(after.strip_prefix('(').map(listed).unwrap_or_default());
    }
    names.sort();
    names.dedup();
    names.truncate(MOST);
    names
}

/// The names up to the closing bracket, quoted or not.
fn listed(mut rest: &str) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        rest = rest.trim_start();
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find([',', ')']).unwrap_or(rest.len())),
        };
        let name = name.trim().rsplit(":alarm:").next().unwrap_or_default();
        if !name.is_empty() {
            names.push(name.to_owned());
        }
        match after.trim_start().strip_prefix(',') {
            Some(next) => rest = next,
            None => return names,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_its_alarms() {
        for (rule, expected) in [
            ("ALARM(cpu) OR ALARM(memory)", &["cpu", "memory"][..]),
            (r#"ALARM("api 5xx (eu)") AND NOT ALARM(maintenance)"#, &["api 5xx (eu)"]),
            ("(ALARM(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:cpu) AND OK(disk))", &["cpu"]),
            ("AT_LEAST(2, ALARM, (a, \"b c\", a))", &["a", "b c"]),
            ("OK(ALARM-of-mine) OR INSUFFICIENT_DATA(cpu)", &[]),
            ("TRUE", &[]),
            ("ALARM(", &[]),
            ("ALARM(\"open", &["open"]),
            ("", &[]),
        ] {
            assert_eq!(children(rule), expected, "{rule}");
        }
        let many: Vec<String> = (0..100).map(|number| format!("ALARM(a{number})")).collect();
        assert_eq!(children(&many.join(" OR ")).len(), MOST);
    }
}
