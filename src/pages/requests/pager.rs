//! From one page of the list to the next: by key, not by number, so that every
//! page is as quick as the first however deep it lies.

use crate::domain::filter::{Edge, PageOf, Sort, View};
use crate::store::requests::{Cursor, Page};
use crate::web::ctx::Ctx;

pub(super) struct Pager {
    pub text: String,
    pub newer: String,
    pub newer_href: Option<String>,
    pub older: String,
    pub older_href: Option<String>,
    pub sizes: Vec<(usize, Option<String>)>,
}

pub(super) fn pager(view: &View, page: &Page, whole: i64, ctx: &Ctx) -> Pager {
    let (t, lang) = (ctx.t.requests, ctx.lang);
    let shown = i64::try_from(page.rows.len()).unwrap_or_default();
    let by_time = view.sort == Sort::default();
    let to = |page| Some(ctx.url(&view.at(page).url("/requests")));
    Pager {
        text: match view.page {
            _ if shown == 0 => lang.count(whole),
            PageOf::Start => (t.first_rows)(&lang.count(shown), &lang.count(whole)),
            _ => (t.some_rows)(&lang.count(shown), &lang.count(whole)),
        },
        newer: if by_time { t.newer } else { t.previous }.to_owned(),
        newer_href: page.before.and_then(|c| to(PageOf::Before(edge(c)))),
        older: if by_time { t.older } else { t.next }.to_owned(),
        older_href: page.after.and_then(|c| to(PageOf::After(edge(c)))),
        sizes: [View::ROWS, 100, 200]
            .into_iter()
            .map(|n| {
                let href = (n != view.rows).then(|| ctx.url(&view.of_rows(n).url("/requests")));
                (n, href)
            })
            .collect(),
    }
}

fn edge(cursor: Cursor) -> Edge {
    Edge {
        value: cursor.value,
        key: cursor.key,
    }
}
