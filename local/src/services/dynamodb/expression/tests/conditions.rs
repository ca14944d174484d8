//! What conditions say of items.

use super::*;

fn subject() -> Item {
    item(json!({
        "a": {"N": "2"}, "b": {"N": "10"}, "word": {"S": "Alexa"}, "bytes": {"B": "gAEC"}, "low": {"B": "AQ=="},
        "status": {"S": "open"}, "yes": {"BOOL": true}, "nothing": {"NULL": true},
        "texts": {"SS": ["y", "x"]}, "numbers": {"NS": ["2.0", "1"]}, "binaries": {"BS": ["AQ=="]},
        "entries": {"L": [{"N": "2.00"}, {"L": [{"S": "deep"}]}]},
        "doc": {"M": {"k": {"S": "v"}, "nested": {"M": {"n": {"N": "7"}}}}},
    }))
}

#[test]
fn comparisons_are_of_one_type() {
    for (text, holds) in [
        ("a = :n", true),
        ("#a = :n", true),
        ("a <> :s", true),
        ("a = :s", false),
        ("a < b", true),
        ("b < a", false),
        ("b >= a", true),
        ("word < :s", true),
        ("a < word", false),
        ("word > a", false),
        ("yes = :bool", true),
        ("nothing = :null", true),
        ("texts = :ss", true),
        ("numbers = :ns", true),
        ("binaries = :bs", true),
        ("entries = :l", false),
        ("entries[0] = :n", true),
        ("doc.nested.n > :n", true),
        ("doc.k.n > :n", false),
        (":n = a", true),
        (":s = :s", true),
        ("absent = :n", false),
        ("absent <> :n", true),
        ("absent <> gone", true),
        ("absent = gone", false),
        ("absent < :n", false),
        ("yes < a", false),
    ] {
        assert_eq!(filter(text).map(|condition| condition.holds(&subject())), Ok(holds), "{text}");
    }
}

#[test]
fn binary_values_compare_by_their_bytes() {
    // In base64, "AQ==" is less than "gAEC" and "gAE=" greater than "gAEC": the bytes are 01, 80 01 02, 80 01.
    for (text, holds) in [
        ("low < bytes", true),
        ("bytes > :b", true),
        ("bytes BETWEEN :b AND bytes2", false),
        ("begins_with(bytes, :b)", true),
        ("begins_with(low, :b)", false),
        ("contains(bytes, low)", true),
        ("contains(low, bytes)", false),
        ("size(bytes) = a", false),
        ("size(:b) = a", true),
    ] {
        assert_eq!(filter(text).map(|condition| condition.holds(&subject())), Ok(holds), "{text}");
    }
}

#[test]
fn functions_look_at_the_item() {
    for (text, holds) in [
        ("attribute_exists(doc.nested.n)", true),
        ("attribute_exists (entries[1][0])", true),
        ("attribute_exists(entries[2])", false),
        ("attribute_not_exists(doc.absent)", true),
        ("attribute_not_exists(#s)", false),
        ("begins_with(word, :p)", true),
        ("begins_with(a, :p)", false),
        ("begins_with(:s, word)", false),
        ("contains(word, :p)", true),
        ("contains(texts, :x)", true),
        ("contains(texts, :p)", false),
        ("contains(numbers, :n)", true),
        ("contains(entries, :n)", true),
        ("contains(entries[1], :deep)", true),
        ("contains(a, :n)", false),
        ("contains(absent, :n)", false),
        ("attribute_type(a, :N)", true),
        ("attribute_type(doc, :N)", false),
        ("attribute_type(absent, :N)", false),
        ("size(word) = :five", true),
        ("size(texts) = a", true),
        ("size(doc) = a", true),
        ("size(entries) < :five", true),
        ("size(a) = :five", false),
        ("size(absent) <> :five", true),
        ("a IN (:five, :n)", true),
        ("a IN (:five)", false),
        ("a IN (:five, size(texts))", true),
        ("a BETWEEN :one AND :n", true),
        ("a between :n and :five", true),
        ("a BETWEEN :five AND b", false),
        ("word BETWEEN :one AND :five", false),
    ] {
        let values = json!({":n": {"N": "2.0"}, ":five": {"N": "5"}, ":one": {"N": "1"}, ":p": {"S": "Al"},
            ":x": {"S": "x"}, ":s": {"S": "A"}, ":deep": {"S": "deep"}, ":N": {"S": "N"}});
        assert_eq!(filter_with(text, &values).map(|condition| condition.holds(&subject())), Ok(holds), "{text}");
    }
}

#[test]
fn not_binds_more_strongly_than_and_and_that_more_than_or() {
    let yes = "a = :n";
    let no = "a = :s";
    for (text, holds) in [
        (format!("{yes} OR {no} AND {no}"), true),
        (format!("({yes} OR {no}) AND {no}"), false),
        (format!("NOT {no} AND {no}"), false),
        (format!("NOT ({no} AND {no})"), true),
        (format!("not Not {yes}"), true),
        (format!("{no} or {yes} aNd {yes}"), true),
        (format!("a BETWEEN :zero AND :n AND {yes}"), true),
        (format!("(({yes}) AND ({no}))"), false),
        ("(a) = (:n)".to_owned(), true),
        ("(size(texts)) = :n".to_owned(), true),
        ("(doc.nested).n > :n".to_owned(), true),
        ("(attribute_exists(a)) AND (a) IN ((:n))".to_owned(), true),
    ] {
        assert_eq!(filter(&text).map(|condition| condition.holds(&subject())), Ok(holds), "{text}");
    }
}
