//! Which lines of a ranking a page shows: hundreds of accounts are read a page
//! at a time, in the order asked for. A page beyond the last is the last. The
//! summary shows the first few; its page is another tab.

use crate::domain::filter::UsageView;
use crate::pages::usage::tab::Tab;
use crate::web::ctx::Ctx;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    number: usize,
    rows: usize,
    all: usize,
    turns: bool,
}

impl Page {
    pub(super) fn of(tab: Tab, view: &UsageView, all: usize) -> Self {
        let (rows, turns) = (tab.rows(), tab != Tab::Summary);
        let last = all.saturating_sub(1) / rows;
        Self {
            number: if turns { view.page.min(last) } else { 0 },
            rows,
            all,
            turns,
        }
    }

    /// What it shows, and everything else.
    pub(super) fn split<T: Copy>(self, all: &[T]) -> (Vec<T>, Vec<T>) {
        let (first, last) = self.edges();
        let (before, rest) = all.split_at_checked(first).unwrap_or((all, &[]));
        let shown = last - first;
        let (shown, after) = rest.split_at_checked(shown).unwrap_or((rest, &[]));
        (shown.to_vec(), [before, after].concat())
    }

    /// `Rows 101–200 of 500`; nothing where all are shown.
    pub(super) fn said(self, ctx: &Ctx) -> String {
        if self.all <= self.rows {
            return String::new();
        }
        let (first, last) = self.edges();
        let count = |n| ctx.lang.count(counted(n));
        (ctx.t.usage.some_rows)(&count(first + 1), &count(last), &count(self.all))
    }

    pub(super) fn before(self) -> Option<usize> {
        self.number.checked_sub(1).filter(|_| self.turns)
    }

    pub(super) fn after(self) -> Option<usize> {
        let (_, last) = self.edges();
        (self.turns && last < self.all).then_some(self.number + 1)
    }

    fn edges(self) -> (usize, usize) {
        let first = self.number * self.rows;
        (first, (first + self.rows).min(self.all))
    }
}

pub(super) fn counted(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(tab: Tab, number: usize, all: usize) -> (Vec<usize>, [Option<usize>; 2], usize) {
        let view = UsageView::default().at(number);
        let page = Page::of(tab, &view, all);
        let (shown, hidden) = page.split(&(0..all).collect::<Vec<_>>());
        assert_eq!(shown.len() + hidden.len(), all);
        assert!(hidden.iter().all(|row| !shown.contains(row)));
        (shown, [page.before(), page.after()], hidden.len())
    }

    #[test]
    fn every_row_is_on_one_page() {
        let (first, around, hidden) = page(Tab::Accounts, 0, 250);
        assert_eq!(
            (first, around, hidden),
            ((0..100).collect(), [None, Some(1)], 150)
        );
        let (second, around, _) = page(Tab::Accounts, 1, 250);
        assert_eq!((second, around), ((100..200).collect(), [Some(0), Some(2)]));
        let (last, around, _) = page(Tab::Accounts, 2, 250);
        assert_eq!((last, around), ((200..250).collect(), [Some(1), None]));
    }

    #[test]
    fn beyond_the_last_page_is_the_last() {
        assert_eq!(page(Tab::Keys, 9, 250), page(Tab::Keys, 2, 250));
        assert_eq!(page(Tab::Keys, 3, 200), page(Tab::Keys, 1, 200));
        assert_eq!(page(Tab::Keys, 7, 0), (Vec::new(), [None, None], 0));
    }

    #[test]
    fn the_summary_shows_the_first_few_whatever_is_asked() {
        let (shown, around, hidden) = page(Tab::Summary, 3, 50);
        assert_eq!(
            (shown, around, hidden),
            ((0..12).collect(), [None, None], 38)
        );
    }
}
