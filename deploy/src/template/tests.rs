#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn place() -> Place {
    Place {
        stack: "devops".to_owned(),
        partition: incident_model::Partition::commercial(),
        account: "123456789012".to_owned(),
        region: "eu-central-1".to_owned(),
        endpoint: None,
    }
}

fn naming(resource_type: &str, properties: &Value, place: &Place) -> Option<Attributes> {
    (resource_type == "T").then(|| {
        let name = properties.get("Name").and_then(Value::as_str).unwrap_or("unnamed").to_owned();
        Attributes { attributes: BTreeMap::from([("Arn", place.arn("t", &name))]), reference: name }
    })
}

/// The properties of resource `A` of a template whose conditions and parameters are the same for all cases.
fn properties(yaml: &str) -> Result<Value, TemplateError> {
    let source = format!(
        "Parameters:\n  Size: {{Type: Number, Default: 5}}\n  Mode: {{Type: String, Default: '', AllowedValues: ['', x]}}\n  \
         Names: {{Type: CommaDelimitedList, Default: 'a, b'}}\n\
         Conditions:\n  HasMode: !Not [!Equals [!Ref Mode, '']]\n  Both: !And [!Condition HasMode, !Condition HasMode]\n  \
         Either: !Or [Condition: HasMode, !Equals [a, a]]\n\
         Resources:\n  B:\n    Type: T\n    Properties: {{Name: bee}}\n  A:\n    Type: T\n    Properties:\n      X: {yaml}\n"
    );
    let inputs = Inputs { place: place(), parameters: BTreeMap::new() };
    let stack = Template::parse(&source)?.resolve(&inputs, naming)?;
    Ok(stack.get("A").unwrap().properties.get("X").cloned().unwrap_or(json!("absent")))
}

#[test]
fn functions_give_what_cloudformation_gives() {
    let cases = [
        ("!Ref Size", json!("5")),
        ("!Ref B", json!("bee")),
        ("!Ref Names", json!(["a", "b"])),
        ("{Ref: AWS::Region}", json!("eu-central-1")),
        ("!GetAtt B.Arn", json!("arn:aws:t:eu-central-1:123456789012:bee")),
        ("!GetAtt [B, Arn]", json!("arn:aws:t:eu-central-1:123456789012:bee")),
        ("!Sub 'a-${AWS::StackName}-${B.Arn}'", json!("a-devops-arn:aws:t:eu-central-1:123456789012:bee")),
        ("!Sub ['${Name} and ${Size}', {Name: !Ref B}]", json!("bee and 5")),
        ("!Sub ['${Size}', {Size: shadowed}]", json!("shadowed")),
        ("!Sub '${!NotAName} ${B}'", json!("${NotAName} bee")),
        ("!Join ['-', [a, !Ref B]]", json!("a-bee")),
        ("Fn::Join: ['', !Ref Names]", json!("ab")),
        ("!If [HasMode, 1, 2]", json!(2)),
        ("!If [Both, 1, 2]", json!(2)),
        ("!If [Either, 1, 2]", json!(1)),
        ("!If [HasMode, 1, !Ref AWS::NoValue]", json!("absent")),
        ("[1, !If [HasMode, 1, !Ref AWS::NoValue], 3]", json!([1, 3])),
        ("{Condition: {Bool: {k: true}}}", json!({"Condition": {"Bool": {"k": true}}})),
        ("'012345678901'", json!("012345678901")),
    ];
    for (yaml, expected) in cases {
        let yaml = if yaml.starts_with("Fn::") { format!("{{{yaml}}}") } else { yaml.to_owned() };
        assert_eq!(properties(&yaml).unwrap(), expected, "{yaml}");
    }
}

#[test]
fn what_is_not_supported_is_named_with_its_place() {
    let cases = [
        ("!ImportValue other", "template, A.Properties.X: the function ImportValue is not supported"),
        ("{Y: [!Cidr a]}", "template, A.Properties.X.Y[0]: the function Cidr is not supported"),
        ("!Ref Unknown", "template, A.Properties.X: there is no parameter or resource Unknown"),
        ("!GetAtt B.Colour", "template, A.Properties.X: the attribute Colour of B is not supported"),
        ("!GetAtt B", "template, A.Properties.X: GetAtt takes a logical id and an attribute"),
        ("!Sub '${B'", "template, A.Properties.X: Sub has a `${` without its `}`"),
        ("!If [Nothing, 1, 2]", "template, A.Properties.X: there is no condition Nothing"),
        ("!Join [a]", "template, A.Properties.X: Join takes a separator and a list"),
        ("!Ref A", "template: these resources depend on each other: A → A"),
    ];
    for (yaml, expected) in cases {
        assert_eq!(properties(yaml).unwrap_err().to_string(), expected, "{yaml}");
    }
}

#[test]
fn unknown_sections_and_keys_are_refused() {
    for (source, expected) in [
        ("Resources: {}", "template, Resources: the section is missing or empty"),
        ("Transform: x", "template, the document: `Transform` is not supported"),
        ("Resources: {A: {Type: T, CreationPolicy: {}}}", "template, A: `CreationPolicy` is not supported"),
        ("Resources: {A: {Type: T, DependsOn: B}}", "template, A: DependsOn names B, which does not exist"),
        ("Resources: {A: {Type: U}}", "template, A: the type U is not supported"),
        ("Resources: {A: {Type: T}, A: {Type: T}}", "the template is not valid YAML"),
    ] {
        let inputs = Inputs { place: place(), parameters: BTreeMap::new() };
        let error = Template::parse(source).and_then(|template| template.resolve(&inputs, naming)).unwrap_err();
        assert_eq!(error.to_string(), expected, "{source}");
    }
}

#[test]
fn parameters_are_checked() {
    let template =
        Template::parse("Parameters: {A: {Type: String, AllowedValues: [x, y]}}\nResources: {R: {Type: T}}").unwrap();
    let resolve = |name: &str, value: &str| {
        let parameters = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        template.resolve(&Inputs { place: place(), parameters }, naming).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(resolve("A", "x"), Ok(()));
    assert_eq!(resolve("A", "z"), Err("parameter A is `z`, but must be one of x, y".to_owned()));
    assert_eq!(resolve("B", "x"), Err("the template has no parameter B".to_owned()));
}

#[test]
fn the_embedded_template_resolves_with_every_type_supported() {
    let completion = Completion {
        emails: vec!["you@example.com".to_owned()],
        tags: vec![("team".into(), "x".into())],
        parameters: BTreeMap::from([("LogRetentionInDays".to_owned(), "14".to_owned())]),
        ..Completion::default()
    };
    let (text, template) = completion.apply(EMBEDDED, crate::resources::naming).unwrap();
    let inputs = Inputs { place: place(), parameters: BTreeMap::new() };
    let stack = template.resolve(&inputs, crate::resources::naming).unwrap();
    assert_eq!(
        stack.get(&subscription_id("you@example.com")).unwrap().properties["Endpoint"],
        json!("you@example.com")
    );
    assert_eq!(stack.get("IncidentTable").unwrap().attributes.reference, "devops-incidents");
    assert_eq!(stack.get("HandlerLogGroup").unwrap().properties["RetentionInDays"], "14");
    assert!(stack.resources.iter().all(|resource| (1..=10).contains(&resource.step)));
    // The text is the template: what is printed and what is deployed cannot differ.
    assert_eq!(Template::parse(&text).unwrap(), template);
    assert_eq!(tag(&stack, "AlertTopic", "incidentctl:stack"), "devops");
    assert_eq!(tag(&stack, "AlertTopic", "team"), "x");
}

#[test]
fn state_tags_follow_what_is_deployed_and_nothing_else() {
    let stack = |name: &str, emails: &[&str], parameters: &[(&str, &str)]| {
        let completion = Completion {
            emails: emails.iter().map(|email| (*email).to_owned()).collect(),
            parameters: parameters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ..Completion::default()
        };
        let (_, template) = completion.apply(EMBEDDED, crate::resources::naming).unwrap();
        let inputs = Inputs { place: Place { stack: name.to_owned(), ..place() }, parameters: BTreeMap::new() };
        template.resolve(&inputs, crate::resources::naming).unwrap()
    };
    let first = stack("devops", &[], &[]);
    let elsewhere = stack("other", &["you@example.com"], &[("CodeKey", "new.zip"), ("Architecture", "arm64")]);
    let more_memory = stack("devops", &[], &[("HandlerMemorySize", "512")]);
    for resource in &first.resources {
        let id = resource.logical_id.as_str();
        if resource.properties.get("Tags").is_none() {
            continue;
        }
        for key in [APPLIED_TAG, OWNS_TAG] {
            assert_eq!(tag(&first, id, key), tag(&elsewhere, id, key), "{id} {key}");
        }
        let changed = tag(&first, id, APPLIED_TAG) != tag(&more_memory, id, APPLIED_TAG);
        assert_eq!(changed, id == HANDLER, "{id}");
        assert!(tag(&first, id, OWNS_TAG).len() <= 256);
    }
    assert_eq!(tag(&first, HANDLER, PARTS_TAG), tag(&more_memory, HANDLER, PARTS_TAG));
    assert_eq!(tag(&first, HANDLER, PARTS_TAG), tag(&elsewhere, HANDLER, PARTS_TAG));
    assert_eq!(tag(&elsewhere, HANDLER, CODE_TAG), "new.zip");
}

fn tag<'a>(stack: &'a Stack, id: &str, key: &str) -> &'a str {
    let tags = stack.get(id).unwrap().properties["Tags"].as_array().unwrap();
    tags.iter().find(|tag| tag["Key"] == key).unwrap()["Value"].as_str().unwrap()
}

proptest! {
    /// Edges only from later to earlier numbers: a graph without cycles, in a shuffled order of declaration.
    #[test]
    fn order_puts_needs_first(
        size in 1usize..20,
        edges in prop::collection::vec((0usize..20, 0usize..20), 0..60),
        seed in any::<u64>(),
    ) {
        let name = |number: usize| format!("R{number}");
        let mut numbers: Vec<usize> = (0..size).collect();
        numbers.sort_by_key(|number| (*number as u64 + 1).wrapping_mul(seed | 1));
        let needs = |from: usize| -> BTreeSet<Edge> {
            edges.iter().filter(|(a, b)| *a == from && b < a)
                .map(|(_, to)| Edge { to: name(*to), because: "Ref".to_owned() }).collect()
        };
        let graph = Graph::new(numbers.iter().map(|number| (name(*number), needs(*number))).collect());
        let order = graph.order().unwrap();
        prop_assert_eq!(order.len(), size);
        let position = |id: &str| order.iter().position(|other| other == id);
        for id in &order {
            for need in graph.needs(id) {
                prop_assert!(position(&need) < position(id));
            }
        }
        // Closing any path to a circle is noticed.
        if let Some((from, to)) = edges.iter().find(|(a, b)| b < a && *a < size) {
            let mut closed: indexmap::IndexMap<_, _> =
                numbers.iter().map(|number| (name(*number), needs(*number))).collect();
            closed.get_mut(&name(*to)).unwrap().insert(Edge { to: name(*from), because: "Ref".to_owned() });
            prop_assert!(matches!(Graph::new(closed).order(), Err(TemplateError::Cycle(_))));
        }
    }
}

#[test]
fn conditions_made_of_one_another_without_end_are_refused() {
    for (count, fits) in [(40, true), (20_000, false)] {
        let mut source = "Resources: {A: {Type: T}}\nConditions:\n".to_owned();
        for number in 0..count {
            source += &format!("  C{number}: !Not [!Condition C{}]\n", number + 1);
        }
        source += &format!("  C{count}: !Equals [a, a]\n");
        let inputs = Inputs { place: place(), parameters: BTreeMap::new() };
        let resolved = Template::parse(&source).and_then(|template| template.resolve(&inputs, naming));
        assert_eq!(resolved.is_ok(), fits, "{count}: {:?}", resolved.err());
    }
}

/// One use of each function.
const FUNCTIONS: &str = "{A: !If [HasMode, {B: !Ref Size}, !Ref AWS::NoValue], C: !Sub ['${AWS::Region}-${x}', \
                         {x: !Join [',', !Ref Names]}], D: !Select [0, !Split [',', 'a,b']], E: {Fn::GetAtt: [B, Arn]}}";

proptest! {
    #[test]
    fn no_template_makes_it_panic(
        at in 0..FUNCTIONS.len(),
        length in 0usize..12,
        with in "([\\[\\]{}:,'!&*#|-]|Fn::[A-Z][a-z]{1,3}|[$][{]|Ref|[0-9]{1,20}|\n {0,4}|.){0,4}",
    ) {
        let (before, after) = FUNCTIONS.split_at(at);
        let _ = properties(&format!("{before}{with}{}", after.get(length..).unwrap_or_default()));
    }
}
