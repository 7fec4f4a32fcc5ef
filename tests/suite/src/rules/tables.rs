//! The tables. A member without `since` and `until` is in all revisions that are served.

use super::Kind::{Any, Choice, Flag, Id, List, Map, Number, Object, Shape, Tagged, Text};
use super::Revision::{July2026, June2025, November2025};
use super::{Case, Kind, Member, case, may, must};

/// No bound on a list.
const MANY: usize = usize::MAX;
const META: Member = may("_meta", Object);
const TITLE: Member = may("title", Text).since(June2025);
const ICONS: Member = may("icons", List(&Shape(ICON), MANY)).since(November2025);
const ICON: &[Member] = &[
    must("src", Text),
    may("mimeType", Text),
    may("sizes", List(&Text, MANY)),
    may("theme", Choice(&["light", "dark"])),
];
const ROLE: Kind = Choice(&["user", "assistant"]);
const ANNOTATIONS: Member = may(
    "annotations",
    Shape(&[may("audience", List(&ROLE, MANY)), may("priority", Number), may("lastModified", Text).since(June2025)]),
);

const TOOL: &[Member] = &[
    must("name", Text),
    TITLE,
    may("description", Text),
    must("inputSchema", Object),
    may("outputSchema", Object).since(June2025),
    may("annotations", Shape(TOOL_ANNOTATIONS)),
    ICONS,
    META,
];
const TOOL_ANNOTATIONS: &[Member] = &[
    may("title", Text),
    may("readOnlyHint", Flag),
    may("destructiveHint", Flag),
    may("idempotentHint", Flag),
    may("openWorldHint", Flag),
];
const PROMPT: &[Member] = &[
    must("name", Text),
    TITLE,
    may("description", Text),
    may("arguments", List(&Shape(PROMPT_ARGUMENT), MANY)),
    ICONS,
    META,
];
const PROMPT_ARGUMENT: &[Member] = &[must("name", Text), TITLE, may("description", Text), may("required", Flag)];
const RESOURCE: &[Member] = &[
    must("uri", Text),
    must("name", Text),
    TITLE,
    may("description", Text),
    may("mimeType", Text),
    may("size", Number),
    ANNOTATIONS,
    ICONS,
    META,
];
const RESOURCE_LINK: &[Member] = &[
    must("type", Text),
    must("uri", Text),
    must("name", Text),
    TITLE,
    may("description", Text),
    may("mimeType", Text),
    may("size", Number),
    ANNOTATIONS,
    ICONS,
    META,
];
const TEMPLATE: &[Member] = &[
    must("uriTemplate", Text),
    must("name", Text),
    TITLE,
    may("description", Text),
    may("mimeType", Text),
    ANNOTATIONS,
    ICONS,
    META,
];
const CONTENTS: Kind = Shape(&[must("uri", Text), may("mimeType", Text), may("text", Text), may("blob", Text), META]);
const CONTENT: Kind = Tagged("type", CONTENTS_BY_TYPE);
const CONTENTS_BY_TYPE: &[Case] = &[
    case("text", &[must("type", Text), must("text", Text), ANNOTATIONS, META]),
    case("image", MEDIA),
    case("audio", MEDIA),
    case("resource_link", RESOURCE_LINK).since(June2025),
    case("resource", &[must("type", Text), must("resource", CONTENTS), ANNOTATIONS, META]),
    // A kind that no revision has, which a plugin of the tests gives as it is.
    case("other", &[must("type", Text)]),
];
const MEDIA: &[Member] = &[must("type", Text), must("data", Text), must("mimeType", Text), ANNOTATIONS, META];
const MESSAGE: Kind = Shape(&[must("role", ROLE), must("content", CONTENT)]);

const IMPLEMENTATION: Kind = Shape(&[must("name", Text), TITLE, must("version", Text)]);
const LIST_CHANGED: Kind = Shape(&[may("listChanged", Flag)]);
const CAPABILITIES: Kind = Shape(&[
    may("tools", LIST_CHANGED),
    may("prompts", LIST_CHANGED),
    may("resources", Shape(&[may("subscribe", Flag), may("listChanged", Flag)])),
    may("completions", Object),
    may("logging", Object).until(November2025),
    may("extensions", Map(&Object)).since(July2026),
]);

/// What every result has.
pub(super) const RESULT: &[Member] = &[
    must("resultType", Choice(&["complete", "input_required", "task"])).since(July2026),
    META.until(November2025),
    must("_meta", Object).since(July2026),
];
/// The key that `_meta` of every result has since 2026-07-28.
pub(super) const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

const NEXT: Member = may("nextCursor", Text);
const TTL: Member = must("ttlMs", Number).since(July2026);
const SCOPE: Member = must("cacheScope", Choice(&["public", "private"])).since(July2026);
const TASK: &[Member] = &[
    must("taskId", Text),
    must("status", Choice(&["working", "input_required", "completed", "failed", "cancelled"])),
    must("createdAt", Text),
    must("lastUpdatedAt", Text),
    must("ttlMs", Number),
    may("pollIntervalMs", Number),
    may("inputRequests", Map(&QUESTION)),
    may("result", Object),
    may("error", ERROR),
    META,
];

/// By the method of the request: what its result has beside [`RESULT`].
pub(super) const RESULTS: &[Case] = &[
    case(
        "initialize",
        &[
            must("protocolVersion", Text),
            must("capabilities", CAPABILITIES),
            must("serverInfo", IMPLEMENTATION),
            may("instructions", Text),
        ],
    )
    .until(November2025),
    case(
        "server/discover",
        &[
            must("supportedVersions", List(&Text, MANY)),
            must("capabilities", CAPABILITIES),
            // Clients of drafts read it here.
            may("serverInfo", IMPLEMENTATION),
            may("instructions", Text),
            TTL,
            SCOPE,
        ],
    )
    .since(July2026),
    case("ping", &[]).until(November2025),
    case("logging/setLevel", &[]).until(November2025),
    case("resources/subscribe", &[]).until(November2025),
    case("resources/unsubscribe", &[]).until(November2025),
    case("tools/list", &[must("tools", List(&Shape(TOOL), MANY)), NEXT, TTL, SCOPE]),
    case("prompts/list", &[must("prompts", List(&Shape(PROMPT), MANY)), NEXT, TTL, SCOPE]),
    case("resources/list", &[must("resources", List(&Shape(RESOURCE), MANY)), NEXT, TTL, SCOPE]),
    case("resources/templates/list", &[must("resourceTemplates", List(&Shape(TEMPLATE), MANY)), NEXT, TTL, SCOPE]),
    case(
        "tools/call",
        &[must("content", List(&CONTENT, MANY)), may("structuredContent", Any).since(June2025), may("isError", Flag)],
    ),
    case("prompts/get", &[may("description", Text), must("messages", List(&MESSAGE, MANY))]),
    case("resources/read", &[must("contents", List(&CONTENTS, MANY)), TTL, SCOPE]),
    case(
        "completion/complete",
        &[must("completion", Shape(&[must("values", List(&Text, 100)), may("total", Number), may("hasMore", Flag)]))],
    ),
    case("subscriptions/listen", &[]).since(July2026),
    case("tasks/get", TASK).since(July2026),
    case("tasks/update", &[]).since(July2026),
    case("tasks/cancel", &[]).since(July2026),
];

/// What stands in the place of those of [`RESULTS`] where `resultType` says so.
pub(super) const OTHER_RESULTS: &[Case] = &[
    case("input_required", &[may("inputRequests", Map(&QUESTION)), may("requestState", Text)]).since(July2026),
    case("task", TASK).since(July2026),
];

/// The methods that may be answered with `input_required`.
pub(super) const MAY_ASK: &[&str] = &["tools/call", "prompts/get", "resources/read"];

const QUESTION: Kind = Tagged(
    "method",
    &[
        case("elicitation/create", &[must("method", Text), must("params", ELICITATION)]),
        case("sampling/createMessage", &[must("method", Text), must("params", SAMPLING)]),
        case("roots/list", &[must("method", Text)]),
    ],
);
const ELICITATION: Kind = Shape(&[
    may("mode", Choice(&["form", "url"])).since(November2025),
    must("message", Text),
    may(
        "requestedSchema",
        Shape(&[
            must("type", Choice(&["object"])),
            must("properties", Map(&Object)),
            may("required", List(&Text, MANY)),
        ]),
    ),
    may("url", Text).since(November2025),
    may("elicitationId", Text).since(November2025).until(November2025),
]);
const SAMPLING: Kind = Shape(&[
    must("messages", List(&Shape(&[must("role", ROLE), must("content", Any)]), MANY)),
    must("maxTokens", Number),
    may("systemPrompt", Text),
    may("temperature", Number),
    may("modelPreferences", Object),
    may("tools", List(&Shape(TOOL), MANY)).since(November2025),
    may("toolChoice", Object).since(November2025),
]);

/// What a server may ask: on the revisions where it sends requests of its own.
pub(super) const REQUESTS: &[Case] = &[
    case("elicitation/create", &[must("params", ELICITATION)]).since(June2025).until(November2025),
    case("sampling/createMessage", &[must("params", SAMPLING)]).until(November2025),
    case("roots/list", &[may("params", Object)]).until(November2025),
];

/// What a server may tell.
pub(super) const NOTIFICATIONS: &[Case] = &[
    case(
        "notifications/progress",
        &[must(
            "params",
            Shape(&[
                must("progressToken", Id),
                must("progress", Number),
                may("total", Number),
                may("message", Text),
                META,
            ]),
        )],
    ),
    case(
        "notifications/message",
        &[must(
            "params",
            Shape(&[
                must(
                    "level",
                    Choice(&["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]),
                ),
                may("logger", Text),
                must("data", Any),
                META,
            ]),
        )],
    ),
    case("notifications/cancelled", &[must("params", Shape(&[must("requestId", Id), may("reason", Text)]))])
        .until(November2025),
    case("notifications/tools/list_changed", CHANGED),
    case("notifications/prompts/list_changed", CHANGED),
    case("notifications/resources/list_changed", CHANGED),
    case(
        "notifications/resources/updated",
        &[must(
            "params",
            Shape(&[must("uri", Text), META.until(November2025), must("_meta", SUBSCRIBED).since(July2026)]),
        )],
    ),
    case("notifications/tasks", &[must("params", Shape(TASK))]).since(July2026),
    case(
        "notifications/subscriptions/acknowledged",
        &[must("params", Shape(&[must("notifications", Object), must("_meta", SUBSCRIBED)]))],
    )
    .since(July2026),
];
const SUBSCRIBED: Kind = Shape(&[must("io.modelcontextprotocol/subscriptionId", Id)]);
const CHANGED: &[Member] =
    &[may("params", Object).until(November2025), must("params", Shape(&[must("_meta", SUBSCRIBED)])).since(July2026)];

/// A JSON-RPC error.
pub(super) const ERROR: Kind = Shape(&[must("code", Number), must("message", Text), may("data", Any)]);

/// Members that plugins of the tests add of their own, which every object is open to.
pub(super) const ADDED: &[&str] = &["more"];
