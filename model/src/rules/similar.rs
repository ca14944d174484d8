//! Suggestions for unknown words.

/// `; did you mean X?` with the nearest known word, else the list of all.
pub(super) fn similar(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(meant) => format!("; did you mean {meant}?"),
        None => format!("; allowed are {}", known.join(", ")),
    }
}

/// The known word at a small edit distance.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let (distance, nearest) = known.iter().map(|known| (distance(word, known), *known)).min()?;
    (distance <= 2.max(word.len() / 4)).then_some(nearest)
}

/// The edit distance of two words (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (at, left) in one.chars().enumerate() {
        let mut diagonal = at;
        row[0] = at + 1;
        for (column, right) in other.chars().enumerate() {
            let change = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
