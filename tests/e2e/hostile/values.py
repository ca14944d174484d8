"""Values for the members of requests: right ones, from botocore's shapes and what exists in the account, and hostile ones."""

import base64
import random

ACCOUNT = "000000000000"
ARN = "arn:aws:{}:us-east-1:" + ACCOUNT + ":{}"
DATE = 1_795_776_000
ASSUMED = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*"],"Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:*:a?c"},"NumericLessThan":{"s3:max-keys":"10"},"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}}'
TEMPLATE = '{"Parameters":{"P":{"Type":"String","Default":"a,b"}},"Conditions":{"C":{"Fn::Equals":[{"Ref":"P"},"x"]}},"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::Sub":"${AWS::StackName}-${P}"},"Tags":[{"Fn::If":["C",{"Key":"a","Value":{"Fn::Select":["0",{"Fn::Split":[",",{"Ref":"P"}]}]}},{"Ref":"AWS::NoValue"}]}]}}},"Outputs":{"O":{"Value":{"Fn::GetAtt":["Q","Arn"]}}}}'

# What a member of this name usually holds. Right for the account that `account.py` makes.
NAMED = {
    "TableName": ["table"],
    "ConditionExpression": ["attribute_exists(a) AND b > :v", "NOT (a = :v OR #n IN (:v, :v))", "size(m.l[0]) >= :v", "b BETWEEN :v AND :v"],
    "FilterExpression": ["attribute_type(#n, :v) OR contains(a, :v)", "begins_with(a, :v)"],
    "UpdateExpression": ["SET b = if_not_exists(b, :v) + :v, #n = list_append(#n, :v) REMOVE m.l[1] ADD c :v DELETE s :v", "SET m.a[0].b = :v", "ADD b :v"],
    "ProjectionExpression": ["a, m.l[0], #n", "a"],
    "KeyConditionExpression": ["a = :v", "a = :v AND begins_with(r, :v)", "#n = :v AND r BETWEEN :v AND :v"],
    "ExpressionAttributeNames": [{"#n": "b"}, {"#n": "a"}],
    "ExpressionAttributeValues": [{":v": {"N": "1"}}, {":v": {"S": "x"}}, {":v": {"L": [{"M": {"a": {"NULL": True}}}]}}, {":v": {"NS": ["1", "2"]}}, {":v": {"B": "AAAA"}}],
    "Key": [{"a": {"S": "x"}}, {"a": {"S": "x"}, "r": {"N": "1"}}],
    "ExclusiveStartKey": [{"a": {"S": "x"}}],
    "Item": [{"a": {"S": "x"}, "b": {"N": "1"}, "m": {"M": {"l": {"L": [{"S": "y"}]}}}, "s": {"SS": ["u"]}, "bin": {"B": "AAAA"}}],
    "RequestItems": [{"table": {"Keys": [{"a": {"S": "x"}}]}}, {"table": [{"PutRequest": {"Item": {"a": {"S": "x"}}}}, {"DeleteRequest": {"Key": {"a": {"S": "y"}}}}]}],
    "IndexName": ["index"],
    "QueueUrl": ["http://127.0.0.1/" + ACCOUNT + "/q"],
    "QueueName": ["q", "new"],
    "WaitTimeSeconds": [0],
    "ReceiptHandle": ["AQEB", "x#1"],
    "TopicArn": [ARN.format("sns", "t")],
    "SubscriptionArn": [ARN.format("sns", "t:00000000-0000-0000-0000-000000000000")],
    "FilterPolicy": ['{"a":["b",{"prefix":"c"},{"numeric":[">",1,"<=",3]},{"anything-but":["d"]}]}'],
    "Protocol": ["email", "sqs", "lambda"],
    "RoleName": ["r", "new"],
    "RoleArn": [f"arn:aws:iam::{ACCOUNT}:role/r"],
    "Role": [f"arn:aws:iam::{ACCOUNT}:role/r"],
    "PolicyArn": [f"arn:aws:iam::{ACCOUNT}:policy/p"],
    "PolicySourceArn": [f"arn:aws:iam::{ACCOUNT}:role/r"],
    "PolicyName": ["p"],
    "AssumeRolePolicyDocument": [ASSUMED],
    "PolicyDocument": [POLICY, ASSUMED],
    "Policy": [POLICY],
    "PolicyInputList": [[POLICY]],
    "ActionNames": [["s3:GetObject"]],
    "FunctionName": ["f", ARN.format("lambda", "function:f"), "f:1"],
    "Runtime": ["provided.al2023", "python3.13"],
    "EventSourceArn": [ARN.format("sqs", "q")],
    "Rule": ["rule"],
    "ScheduleExpression": ["rate(5 minutes)", "cron(0/15 8-17 ? * MON-FRI *)", "cron(0 0 L * ? 2030)"],
    "EventPattern": ['{"source":["a",{"prefix":"b"},{"anything-but":{"suffix":"x"}},{"numeric":["=",1]},{"wildcard":"*a*b"},{"cidr":"10.0.0.0/8"},{"exists":true}],"$or":[{"a":[1]},{"b":[{"equals-ignore-case":"C"}]}]}'],
    "Event": ['{"id":"1","account":"000000000000","source":"a","time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":[],"detail-type":"d","detail":{"a":[1,{"b":"c"}]}}'],
    "Detail": ['{"a":1}', '{"errorMessage":"x"}'],
    "EventBusName": ["default", "bus"],
    "InputPath": ["$.detail"],
    "InputTemplate": ['"<a> b"'],
    "logGroupName": ["g"],
    "logStreamName": ["s"],
    "logGroupIdentifier": ["g"],
    "filterPattern": ['{ $.a.b[0] = "x*" && ($.c > 1.5 || $.d IS NULL) }', '[ip, user, status=4*, ...]', '?ERROR ?"a b" -c', "%a.*b%"],
    "retentionInDays": [30],
    "AlarmName": ["alarm"],
    "DashboardName": ["d"],
    "DashboardBody": ['{"widgets":[{"type":"metric","x":0,"y":0,"width":6,"height":6,"properties":{"metrics":[["N","M","D","V"]],"region":"us-east-1","title":"t"}}]}'],
    "Namespace": ["N", "AWS/Lambda"],
    "MetricName": ["M"],
    "Expression": ["m1 / IF(m2, m2, 1) * 100", 'SELECT SUM(M) FROM SCHEMA("N", D) WHERE D = \'v\' GROUP BY D ORDER BY SUM() DESC LIMIT 10', "FILL(METRICS(), 0)", "-(1 + 2) ^ 3"],
    "Statistics": [["Sum", "p99.9"]],
    "Period": [60],
    "StackName": ["stack", "new"],
    "ChangeSetName": ["c"],
    "TemplateBody": [TEMPLATE, "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties: {TopicName: !Sub '${AWS::Region}-x', Tags: !If [a, [], !Ref b]}\n"],
    "Bucket": ["bucket"],
    "Body": ["hello", "6\r\nhello \r\n0\r\n\r\n"],
    "ZipFile": [base64.b64encode(b"PK\x03\x04" + bytes(30)).decode()],
    "Payload": ["{}"],
    "message": ['{"_aws":{"Timestamp":1795776000000,"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["D"]],"Metrics":[{"Name":"M","Unit":"Count"}]}]},"D":"v","M":[1,2]}', "ERROR x"],
    "ResourceArn": [ARN.format("dynamodb", "table/table"), ARN.format("sns", "t"), ARN.format("lambda", "function:f")],
    "ResourceARN": [ARN.format("events", "rule/rule"), ARN.format("cloudwatch", "alarm:alarm")],
    "resourceArn": [ARN.format("logs", "log-group:g")],
    "NextToken": ["AAAA"],
    "Action": ["lambda:InvokeFunction"],
    "Principal": ["events.amazonaws.com"],
    "StatementId": ["s"],
    "FunctionVersion": ["$LATEST", "1"],
    "LookupAttributes": [[{"AttributeKey": "EventName", "AttributeValue": "CreateFunction20150331"}], [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]],
    "executionArn": [ARN.format("states", "execution:machine:run")],
    "taskDefinition": ["web", "web:1", ARN.format("ecs", "task-definition/web:1")],
}

NUMBERS = [0, -1, 1, 2, 255, 10_001, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**64, 10**30, 0.1, -0.0, 1e-320, 1e300, -1e300, 1.7976931348623157e308]
TEXTS = [
    "", " ", "a", "é", "日本語" * 30, "\u0000", "\n", "\x1b[31m", "\u2028", "\ufeff", "😀", "a" * 256, "é" * 1025, "x" * 70_000, "💥" * 70_000,
    "*", "**", "*" * 3000 + "b", "?", "%", "%zz", "%ff%fe", "../../etc/passwd", "a/../b", "//", ".", "..", "null", "NaN", "-inf", "1e400", "-", "+", "0x10",
    "9" * 400, "1E+126", "1e-131", "00000000000000000000000000000000000000000001", "arn:", "arn:aws:sns", "arn:aws:sns:us-east-1:000000000000:", ":::::::", "arn:aws:iam::000000000000:role/é",
    "((((((((", "a[", "a[99999999999999999999]", "a[-1]", "#", ":", "#é", "a.b.", "a..b", "SET", "SET a =", "a IN ()", "NOT", "size(", "a BETWEEN :v", "attribute_exists(", "AND AND",
    "rate(0 minutes)", "rate(99999999999999999999 days)", "cron(* * * * * *)", "cron(0/0 0 ? * 1#9 2199)", "cron(60 24 32 13 8 1969)", "cron(0 0 30 2 ? *)", "cron(é)", "rate(é minutes)",
    "{", "}", "[", "]", "{}", "[]", '"', "{ $", "{ $. = }", "{ $.a[9999999999999999999] = 1 }", "[...]", "[a=, b]", "?", '"\\', "%(%", "%[a%", "{ $.é = é }", "-é", '"é',
    '{"a":[{"numeric":[">"]}]}', '{"a":[{"wildcard":"**"}]}', '{"a":[{"wildcard":"\\\\"}]}', '{"a":[{"cidr":"10.0.0.0/99"}]}', '{"a":[{"cidr":"::/é"}]}', '{"$or":[]}', '{"a":{"b":{}}}', '{"a":[]}', '{"a":[1e400]}',
    "SELECT", "SELECT SUM(", "SELECT SUM(M) FROM SCHEMA(", "SELECT AVG(M) FROM \"é\" WHERE a = 'é", "m1 +", "IF(", "SUM([", "1/0", "1%0", "0^-1", "9" * 310, "1e309", "RATE(m1", "m1[", "FILL(m1,", "SEARCH('{", "é", "TIME_SERIES(1", "SORT(METRICS(), SUM, DESC, 1e99)",
    "2026-02-30T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "-9999-01-01T00:00:00Z", "0000-00-00", "2026-01-01T00:00:00+99:99", "P1D", "99999999999999999999",
    "${", "${!", "${!Literal}", "${AWS::}", "${é}", "!Sub", "&a *a", "&a [*a, *a]", "a: &a\n  b: *a", "a: !!python/object", "? ? ?", "- - - -", "\t", "a: 'é", "Resources: {A: {Type: 'AWS::SQS::Queue', DependsOn: A}}",
    '{"Resources":{"A":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Ref":"A"}}}}}', '{"Resources":{"A":{"Fn::Transform":[]}}}', '{"Fn::Select":[-1,[]]}', '{"Resources":{"A":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::Select":[99999999999999999999,["a"]]}}}}}',
    "PK\x03\x04", "ffffffffffffffffffff\r\n", "-1\r\nx\r\n0\r\n\r\n", "<a", "<a>&#0;</a>", "<a>&#xD800;</a>", "<!DOCTYPE a [<!ENTITY b 'b'>]><a>&b;</a>", "<a:b xmlns:a='x'/>", "]]>",
]


def nested(levels):
    value = "x"
    for level in range(levels):
        value = [value] if level % 2 else {"L": value, "M": {"a": "b"}}
    return value


def hostile(rng):
    """A value that no member expects."""
    kind = rng.randrange(12)
    if kind < 6:
        return rng.choice(TEXTS)
    if kind < 9:
        return rng.choice(NUMBERS)
    return rng.choice([None, True, False, [], {}, [None], {"": ""}, [[]], nested(rng.choice([3, 20, 60, 120])), ["x"] * 300, {f"k{n}": n for n in range(300)}, [{}] * 30])


def usual(shape, rng, name="", depth=0):
    """A value of a shape, usually a right one."""
    if name in NAMED and rng.random() < 0.9:
        return rng.choice(NAMED[name])
    match shape.type_name:
        case "structure":
            if shape.name == "AttributeValue":
                return rng.choice([{"S": "x"}, {"N": "1"}, {"BOOL": True}, {"L": []}, {"M": {}}, {"SS": ["a"]}, {"NULL": True}])
            wanted = [one for one in shape.members if one in shape.required_members or depth < 5 and rng.random() < 0.3]
            return {one: usual(shape.members[one], rng, one, depth + 1) for one in wanted}
        case "list":
            return [usual(shape.member, rng, name.removesuffix("s"), depth + 1) for _ in range(rng.choice([1, 1, 2]))]
        case "map":
            key = usual(shape.key, rng)
            return {key: usual(shape.value, rng, str(key), depth + 1)}
        case "string":
            return rng.choice(shape.enum) if getattr(shape, "enum", None) else rng.choice(["a", "name", "x-1", "table", "1"])
        case "blob":
            return base64.b64encode(rng.choice([b"", b"hello", b"\x00\xff"])).decode()
        case "boolean":
            return rng.random() < 0.5
        case "timestamp":
            return DATE + rng.choice([0, 60, 3600, -3600])
        case "float" | "double":
            return rng.choice([0.0, 1.0, 99.5])
        case _:
            return rng.choice([1, 1, 2, 10, 60, 300])


def places(value, path=()):
    """The paths of all values in a value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def spoilt(value, rng):
    """The same with one value in it replaced, removed, or with another name. Never the whole."""
    paths = [path for path in places(value) if path]
    if not paths:
        return value
    path = rng.choice(paths)
    value = copied(value)
    at = value
    for key in path[:-1]:
        at = at[key]
    last = path[-1]
    choice = rng.random()
    if choice < 0.85 or isinstance(at, list):
        inner = at[last]
        # Half a right text and half a wrong one get further into a parser.
        if isinstance(inner, str) and inner and rng.random() < 0.5:
            cut = rng.randrange(len(inner) + 1)
            at[last] = inner[:cut] + rng.choice(["", *TEXTS])[:200] + inner[cut + rng.randrange(3):]
        else:
            at[last] = hostile(rng)
    elif choice < 0.93:
        del at[last]
    else:
        at[text_of(hostile(rng))[:300]] = at.pop(last)
    return value


def text_of(value):
    return value if isinstance(value, str) else str(value)


def copied(value):
    if isinstance(value, dict):
        return {name: copied(member) for name, member in value.items()}
    return [copied(element) for element in value] if isinstance(value, list) else value


def scrambled(body, rng):
    """A body with some of its bytes changed, or random bytes."""
    if not body or rng.random() < 0.1:
        return rng.randbytes(rng.choice([1, 7, 100, 5000]))
    body = bytearray(body)
    for _ in range(rng.choice([1, 1, 2, 8])):
        at = rng.randrange(len(body) + 1)
        match rng.randrange(4):
            case 0:
                body[at:at] = rng.randbytes(rng.choice([1, 4]))
            case 1:
                del body[at:at + rng.choice([1, 4, 64])]
            case 2:
                body[at:at] = body[: rng.choice([1, 16, 256])]
            case _:
                body[at:at + 1] = rng.choice([b'"', b"{", b"[", b"\\", b"\x00", b"\xff", b"%", b"&", b"=", b"<", b"9" * 30, b"\\ud800", b"\xed\xa0\x80"])
    return bytes(body)
