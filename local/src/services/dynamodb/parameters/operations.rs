//! The members of each operation.

use super::{Member, Members};

const TABLE: (&str, Member) = ("TableName", Member::Text);
const INDEX: (&str, Member) = ("IndexName", Member::Sized(3..=255));
const RESOURCE: (&str, Member) = ("ResourceArn", Member::Text);
const ITEM: (&str, Member) = ("Item", Member::Map);
const KEY: (&str, Member) = ("Key", Member::Map);
const NAMES: (&str, Member) = ("ExpressionAttributeNames", Member::Entries(&Member::Text));
const VALUES: (&str, Member) = ("ExpressionAttributeValues", Member::Map);
const CONDITION: (&str, Member) = ("ConditionExpression", Member::Text);
const FILTER: (&str, Member) = ("FilterExpression", Member::Text);
const PROJECTION: (&str, Member) = ("ProjectionExpression", Member::Text);
const UPDATE: (&str, Member) = ("UpdateExpression", Member::Text);
const CONSISTENT: (&str, Member) = ("ConsistentRead", Member::Flag);
const CAPACITY: (&str, Member) = ("ReturnConsumedCapacity", Member::Choice(&["INDEXES", "TOTAL", "NONE"]));
const COLLECTIONS: (&str, Member) = ("ReturnItemCollectionMetrics", Member::Choice(&["SIZE", "NONE"]));
const RETURNED: (&str, Member) =
    ("ReturnValues", Member::Choice(&["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"]));
const REFUSED: (&str, Member) = ("ReturnValuesOnConditionCheckFailure", Member::Choice(&["ALL_OLD", "NONE"]));
const START: (&str, Member) = ("ExclusiveStartKey", Member::Map);
const LIMIT: (&str, Member) = ("Limit", Member::Within(1..=i32::MAX as i64));
const SELECT: (&str, Member) =
    ("Select", Member::Choice(&["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"]));

const ATTRIBUTE: Member = Member::Sized(1..=255);
const SCHEMA: (&str, Member) = (
    "KeySchema",
    Member::Each(&Member::Structure(&[("AttributeName", ATTRIBUTE), ("KeyType", Member::Choice(&["HASH", "RANGE"]))])),
);
const DEFINITIONS: (&str, Member) = (
    "AttributeDefinitions",
    Member::Each(&Member::Structure(&[
        ("AttributeName", ATTRIBUTE),
        ("AttributeType", Member::Choice(&["B", "N", "S"])),
    ])),
);
const POSITIVE: Member = Member::Within(1..=i64::MAX);
const UNITS: (&str, Member) =
    ("ProvisionedThroughput", Member::Structure(&[("ReadCapacityUnits", POSITIVE), ("WriteCapacityUnits", POSITIVE)]));
const BILLING: (&str, Member) = ("BillingMode", Member::Choice(&["PROVISIONED", "PAY_PER_REQUEST"]));
const PROTECTION: (&str, Member) = ("DeletionProtectionEnabled", Member::Flag);
const CLASS: (&str, Member) = ("TableClass", Member::Choice(&["STANDARD", "STANDARD_INFREQUENT_ACCESS"]));
const ENCRYPTION: (&str, Member) = (
    "SSESpecification",
    Member::Structure(&[
        ("Enabled", Member::Flag),
        ("SSEType", Member::Choice(&["AES256", "KMS"])),
        ("KMSMasterKeyId", Member::Text),
    ]),
);
const TAGS: (&str, Member) =
    ("Tags", Member::Each(&Member::Structure(&[("Key", Member::Text), ("Value", Member::Text)])));
const NEW_INDEX: Member = Member::Structure(&[INDEX, SCHEMA, INDEX_PROJECTION, UNITS]);
const INDEX_PROJECTION: (&str, Member) = (
    "Projection",
    Member::Structure(&[("ProjectionType", Member::Text), ("NonKeyAttributes", Member::Each(&ATTRIBUTE))]),
);
const INDEX_CHANGE: Member = Member::Structure(&[
    ("Create", NEW_INDEX),
    ("Update", Member::Structure(&[INDEX, UNITS])),
    ("Delete", Member::Structure(&[INDEX])),
]);

const LOOK_UP: Members = &[("Keys", Member::Each(&Member::Map)), CONSISTENT, PROJECTION, NAMES];
const REQUEST: Member =
    Member::Structure(&[("PutRequest", Member::Structure(&[ITEM])), ("DeleteRequest", Member::Structure(&[KEY]))]);
const ACTION: Member = Member::Structure(&[
    ("ConditionCheck", Member::Structure(&[TABLE, KEY, CONDITION, NAMES, VALUES, REFUSED])),
    ("Put", Member::Structure(&[TABLE, ITEM, CONDITION, NAMES, VALUES, REFUSED])),
    ("Delete", Member::Structure(&[TABLE, KEY, CONDITION, NAMES, VALUES, REFUSED])),
    ("Update", Member::Structure(&[TABLE, KEY, UPDATE, CONDITION, NAMES, VALUES, REFUSED])),
]);
const RECOVERY: Member = Member::Structure(&[
    ("PointInTimeRecoveryEnabled", Member::Flag),
    ("RecoveryPeriodInDays", Member::Within(1..=35)),
]);

/// The members of an operation; nothing for one that is not implemented at all.
pub(super) fn members(operation: &str) -> Option<Members> {
    Some(match operation {
        "GetItem" => &[TABLE, KEY, CONSISTENT, PROJECTION, NAMES, CAPACITY],
        "PutItem" => &[TABLE, ITEM, CONDITION, NAMES, VALUES, RETURNED, REFUSED, CAPACITY, COLLECTIONS],
        "DeleteItem" => &[TABLE, KEY, CONDITION, NAMES, VALUES, RETURNED, REFUSED, CAPACITY, COLLECTIONS],
        "UpdateItem" => &[TABLE, KEY, UPDATE, CONDITION, NAMES, VALUES, RETURNED, REFUSED, CAPACITY, COLLECTIONS],
        "Query" => &[
            TABLE,
            INDEX,
            ("KeyConditionExpression", Member::Text),
            FILTER,
            PROJECTION,
            NAMES,
            VALUES,
            SELECT,
            LIMIT,
            START,
            CONSISTENT,
            ("ScanIndexForward", Member::Flag),
            CAPACITY,
        ],
        "Scan" => &[
            TABLE,
            INDEX,
            FILTER,
            PROJECTION,
            NAMES,
            VALUES,
            SELECT,
            LIMIT,
            START,
            CONSISTENT,
            ("Segment", Member::Within(0..=999_999)),
            ("TotalSegments", Member::Within(1..=1_000_000)),
            CAPACITY,
        ],
        "BatchGetItem" => &[("RequestItems", Member::Entries(&Member::Structure(LOOK_UP))), CAPACITY],
        "BatchWriteItem" => &[("RequestItems", Member::Entries(&Member::Each(&REQUEST))), CAPACITY, COLLECTIONS],
        "TransactWriteItems" => &[
            ("TransactItems", Member::Each(&ACTION)),
            ("ClientRequestToken", Member::Sized(1..=36)),
            CAPACITY,
            COLLECTIONS,
        ],
        "TransactGetItems" => &[
            (
                "TransactItems",
                Member::Each(&Member::Structure(&[("Get", Member::Structure(&[TABLE, KEY, PROJECTION, NAMES]))])),
            ),
            CAPACITY,
        ],
        operation => return of_tables(operation),
    })
}

fn of_tables(operation: &str) -> Option<Members> {
    Some(match operation {
        "CreateTable" => &[
            TABLE,
            DEFINITIONS,
            SCHEMA,
            ("GlobalSecondaryIndexes", Member::Each(&NEW_INDEX)),
            ("LocalSecondaryIndexes", Member::Each(&NEW_INDEX)),
            BILLING,
            UNITS,
            (
                "StreamSpecification",
                Member::Structure(&[("StreamEnabled", Member::Flag), ("StreamViewType", Member::Text)]),
            ),
            ENCRYPTION,
            TAGS,
            CLASS,
            PROTECTION,
        ],
        "UpdateTable" => &[
            TABLE,
            DEFINITIONS,
            BILLING,
            UNITS,
            ("GlobalSecondaryIndexUpdates", Member::Each(&INDEX_CHANGE)),
            ENCRYPTION,
            CLASS,
            PROTECTION,
        ],
        "ListTables" => &[("ExclusiveStartTableName", Member::Text), ("Limit", Member::Within(1..=100))],
        "TagResource" => &[RESOURCE, TAGS],
        "UntagResource" => &[RESOURCE, ("TagKeys", Member::Each(&Member::Text))],
        "ListTagsOfResource" | "GetResourcePolicy" => &[RESOURCE],
        "UpdateTimeToLive" => &[
            TABLE,
            ("TimeToLiveSpecification", Member::Structure(&[("AttributeName", ATTRIBUTE), ("Enabled", Member::Flag)])),
        ],
        "UpdateContinuousBackups" => &[TABLE, ("PointInTimeRecoverySpecification", RECOVERY)],
        "DescribeContributorInsights" => &[TABLE, INDEX],
        "DescribeTable"
        | "DeleteTable"
        | "DescribeTimeToLive"
        | "DescribeContinuousBackups"
        | "DescribeKinesisStreamingDestination" => &[TABLE],
        _ => return None,
    })
}
