use serde_json::json;

use super::*;

#[test]
fn the_innermost_frame_of_the_applications_own_code_is_found() {
    for (frames, place, source_line, position) in [
        // Python: the innermost call comes last, and its line is quoted.
        (
            json!([
                "  File \"/var/task/app.py\", line 53, in handler\n    return app.resolve(event)\n",
                "  File \"/opt/python/x.py\", line 17, in resolve\n    raise\n"
            ]),
            "File \"/var/task/app.py\", line #, in handler",
            "return app.resolve(event)",
            "",
        ),
        (
            json!(["  File \"/var/task/app.py\", line 4, in handler\n    order['total'] + 1\n    ~~~~~^^^^^^^^^\n"]),
            "File \"/var/task/app.py\", line #, in handler",
            "order['total'] + 1",
            "",
        ),
        (
            json!([
                ["/usr/lib64/python2.7/json/__init__.py", 251, "dumps", "x"],
                ["/var/task/app.py", 31, "handler", "raise TypeError(o)"]
            ]),
            "File \"/var/task/app.py\", line #, in handler",
            "raise TypeError(o)",
            "",
        ),
        // Node: the innermost call comes first, after the error.
        (
            json!([
                "Error: x",
                "    at settle (/var/task/node_modules/axios/settle.js:19:12)",
                "    at async sync (/var/task/sync.js:9:3)"
            ]),
            "at async sync (/var/task/sync.js:#:#)",
            "",
            "9:3",
        ),
        // Whatever its class, and however many lines its message has.
        (
            json!([
                "NotFoundException: no user 'ada'",
                "see: https://example.com/users",
                "    at de_NotFound (/var/task/node_modules/@aws-sdk/x.js:1:2)",
                "    at Runtime.handler (file:///var/task/index.mjs:12:9)"
            ]),
            "at Runtime.handler (file:///var/task/index.mjs:#:#)",
            "",
            "12:9",
        ),
        (json!(["InvalidCountry: Invalid country name Narnia"]), "", "", ""),
        (
            json!(["/var/task/app.rb:12:in `handler'", "/var/runtime/lib/x.rb:28:in `call'"]),
            "/var/task/app.rb:#:in `handler'",
            "",
            "12",
        ),
        (
            json!(["java.base/java.util.Optional.get(Optional.java:143)", "com.example.Bill.total(Bill.java:31)"]),
            "com.example.Bill.total(Bill.java:#)",
            "",
            "31",
        ),
        (
            json!([{"path": "/usr/local/go/src/runtime/panic.go", "line": 1, "label": "gopanic"}, {"path": "main.go", "line": 12, "label": "handler"}]),
            "main.go:# handler",
            "",
            "12",
        ),
        (
            json!(["at System.Linq.First()", "at Orders.Function.Pay(Order o) in /src/Pay.cs:line 31"]),
            "at Orders.Function.Pay(Order o) in /src/Pay.cs:line #",
            "",
            "31",
        ),
        (json!(["    at GetAddrInfoReqWrap.onlookup [as oncomplete] (node:dns:71:26)"]), "", "", ""),
        (json!([]), "", "", ""),
    ] {
        let top = top(&json!({"stackTrace": frames}));
        assert_eq!(
            (top.place.as_str(), top.source_line.as_str(), top.position.as_str()),
            (place, source_line, position)
        );
    }
}

#[test]
fn version_1_keeps_its_frame() {
    let top = top(
        &json!({"stackTrace": ["java.util.Optional.get(Optional.java:143)", "com.example.Bill.total(Bill.java:31)"]}),
    );
    assert_eq!(top.former, "java.util.Optional.get(Optional.java:#)");
    assert_eq!(top.place, "com.example.Bill.total(Bill.java:#)");
}
