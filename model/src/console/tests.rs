use super::*;

fn of(source: &str, resource: &str, region: &str) -> Vec<Link> {
    links_for(source, resource, region, Window::around("2026-03-04T05:06:07Z", "2026-03-04T05:16:07.5Z"))
}

fn first(source: &str, resource: &str, region: &str) -> String {
    of(source, resource, region).into_iter().next().map(|link| link.url).unwrap_or_default()
}

#[test]
fn the_region_decides_the_partition_and_an_unknown_one_has_no_link() {
    for (region, host) in [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
        ("ap-southeast-4", "https://ap-southeast-4.console.aws.amazon.com/"),
        ("mx-central-1", "https://mx-central-1.console.aws.amazon.com/"),
        ("cn-northwest-1", "https://cn-northwest-1.console.amazonaws.cn/"),
        ("us-gov-east-1", "https://us-gov-east-1.console.amazonaws-us-gov.com/"),
        ("eusc-de-east-1", "https://eusc-de-east-1.console.amazonaws-eusc.eu/"),
    ] {
        assert!(first("lambda", "orders", region).starts_with(host), "{region}");
        assert!(of("lambda", "orders", region).iter().all(|link| link.url.starts_with(host)), "{region}");
    }
    for region in [
        "",
        "global",
        "us-iso-east-1",
        "us-isob-east-1",
        "eu-isoe-west-1",
        "xx-west-1",
        "eu-west-1.evil.example",
        "eu-west-1/",
        "EU-WEST-1",
        "eu--1",
        "[redacted]",
    ] {
        assert_eq!(of("lambda", "orders", region), [], "{region}");
    }
    assert_eq!(of("lambda", "", "eu-west-1"), []);
}

#[test]
fn a_log_group_is_shown_in_the_time_around_the_incident() {
    let window = "/log-events$3Fstart$3D1772599567000$26end$3D1772601667500";
    for (source, resource, group) in [
        ("lambda", "orders", "$252Faws$252Flambda$252Forders"),
        ("codebuild", "shop", "$252Faws$252Fcodebuild$252Fshop"),
        ("logs", "/a.b/c#d", "$252Fa.b$252Fc$2523d"),
    ] {
        let link = of(source, resource, "eu-west-1").into_iter().find(|link| link.label == "Log group");
        let expected = format!(
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/{group}{window}"
        );
        assert_eq!(link.map(|link| link.url), Some(expected), "{source} {resource}");
    }
    let without_time = links_for("lambda", "orders", "eu-west-1", Window::around("", ""));
    assert!(without_time.iter().all(|link| !link.url.contains("log-events")), "{without_time:?}");
}

#[test]
fn a_resource_that_cannot_have_its_name_has_no_link() {
    for (source, resource) in [
        ("lambda", "orders?x=https://evil.example"),
        ("lambda", "a b"),
        ("cloudformation", "1st"),
        ("codebuild", "a/b"),
        ("codepipeline", ""),
        ("synthetics", "a\u{202e}"),
        ("logs", "/a b"),
        ("cloudwatch", "a\u{2028}b"),
    ] {
        assert_eq!(of(source, resource, "eu-west-1"), [], "{source} {resource}");
    }
    assert!(first("cloudwatch", "High CPU (web)", "eu-west-1").ends_with("#alarmsV2:alarm/High%20CPU%20%28web%29"));
}

#[test]
fn every_link_is_an_address_without_blanks_or_quotes() {
    for source in ["lambda", "cloudwatch", "codebuild", "codepipeline", "cloudformation", "synthetics", "logs", "other"]
    {
        for link in of(source, "a b\"c<d>é\n", "eu-west-1") {
            assert!(link.url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>".contains(&byte)), "{}", link.url);
        }
    }
}
