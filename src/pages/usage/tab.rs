//! The pages of sums and the way between them: all show the same view, so a
//! link carries range and filter but not the order of a table.

use crate::domain::filter::UsageView;
use crate::store::requests::Dimension;
use crate::web::ctx::Ctx;

/// One page of sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Summary,
    Models,
    Keys,
    Accounts,
    Providers,
    Hours,
}

impl Tab {
    pub(super) const ALL: [Self; 6] = [
        Self::Summary,
        Self::Models,
        Self::Keys,
        Self::Accounts,
        Self::Providers,
        Self::Hours,
    ];

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Summary => "/usage",
            Self::Models => "/usage/models",
            Self::Keys => "/usage/keys",
            Self::Accounts => "/usage/accounts",
            Self::Providers => "/usage/providers",
            Self::Hours => "/usage/hours",
        }
    }

    pub(super) fn name(self, ctx: &Ctx) -> &'static str {
        let t = ctx.t.usage;
        match self {
            Self::Summary => t.summary,
            Self::Models => t.models,
            Self::Keys => t.keys,
            Self::Accounts => t.accounts,
            Self::Providers => t.providers,
            Self::Hours => t.hours,
        }
    }

    /// What its table ranks, if it has one.
    pub(super) fn dimension(self) -> Dimension {
        match self {
            Self::Summary | Self::Models | Self::Hours => Dimension::Model,
            Self::Keys => Dimension::Key,
            Self::Accounts => Dimension::Account,
            Self::Providers => Dimension::Provider,
        }
    }

    /// Rows of its table, or of a page of it.
    pub(super) fn rows(self) -> usize {
        if self == Self::Summary { 12 } else { 100 }
    }
}

pub(super) struct TabLink {
    pub name: &'static str,
    pub href: String,
    pub here: bool,
}

pub(super) fn tabs(here: Tab, view: &UsageView, ctx: &Ctx) -> Vec<TabLink> {
    let carried = UsageView {
        sort: None,
        ..view.at(0)
    };
    let mut tabs: Vec<TabLink> = Tab::ALL
        .into_iter()
        .map(|tab| TabLink {
            name: tab.name(ctx),
            href: ctx.url(&carried.url(tab.path())),
            here: tab == here,
        })
        .collect();
    tabs.push(TabLink {
        name: ctx.t.usage.prices,
        href: ctx.url("/usage/prices"),
        here: false,
    });
    tabs
}
