//! The ruled line above a ranking: how many there are, and which of them leads,
//! costs, fails and waits most. The sums of all are the last line of the table,
//! and the head of the summary.

use super::table;
use crate::domain::filter::{Outcome, SortBy, UsageView};
use crate::i18n::UNKNOWN;
use crate::pages::sums::{FAIR_BASE, Sum};
use crate::store::requests::{Choice, Dimension, Totals};
use crate::store::usage::Usage;
use crate::web::ctx::Ctx;

type Found = (Choice, Totals);

pub(super) fn of(dimension: Dimension, view: &UsageView, usage: &Usage, ctx: &Ctx) -> Vec<Sum> {
    let all: Vec<&Found> = usage.report.by.iter().flatten().collect();
    let head = Head {
        dimension,
        view,
        usage,
        all,
        ctx,
    };
    let mut sums = vec![head.in_use(), head.busiest(), head.dearest()];
    sums.extend([head.worst(), head.slowest()]);
    if dimension == Dimension::Model {
        sums.push(head.without_price());
    }
    sums
}

struct Head<'a> {
    dimension: Dimension,
    view: &'a UsageView,
    usage: &'a Usage,
    all: Vec<&'a Found>,
    ctx: &'a Ctx,
}

impl Head<'_> {
    fn in_use(&self) -> Sum {
        let (t, lang) = (self.ctx.t.usage, self.ctx.lang);
        let count = |n: usize| lang.count(i64::try_from(n).unwrap_or(i64::MAX));
        let before = self.usage.before.as_ref();
        let before = before.filter(|before| before.lack.is_none());
        let past = before.and_then(|before| before.report.by.first());
        Sum {
            label: match self.dimension {
                Dimension::Key => t.keys_in_use,
                Dimension::Account => t.accounts_in_use,
                Dimension::Provider => t.providers_in_use,
                _ => t.models_in_use,
            },
            figure: count(self.all.len()),
            note: past.map_or_else(String::new, |past| (t.from)(&count(past.len()))),
            ..Sum::default()
        }
    }

    fn busiest(&self) -> Sum {
        let (t, lang) = (self.ctx.t.usage, self.ctx.lang);
        let whole = self.usage.report.totals.requests;
        let most = self.all.iter().max_by_key(|(_, totals)| totals.requests);
        self.about(t.most_requests, most.copied(), |totals| {
            let share = lang.share(totals.requests, whole)?;
            let exact = (t.some_requests)(&lang.count(totals.requests));
            Some((share, exact, SortBy::Time, None))
        })
    }

    fn dearest(&self) -> Sum {
        let (t, lang) = (self.ctx.t.usage, self.ctx.lang);
        let whole = self.usage.report.totals.cost.0;
        let most = self.all.iter().max_by_key(|(_, totals)| totals.cost);
        self.about(t.highest_cost, most.copied(), |totals| {
            let cost = totals.known_cost().filter(|cost| cost.0 > 0)?;
            let share = lang.share(cost.0, whole)?;
            Some((share, lang.cents(cost), SortBy::Cost, None))
        })
    }

    /// Of those with enough requests to speak of a rate.
    fn worst(&self) -> Sum {
        let (t, lang) = (self.ctx.t.usage, self.ctx.lang);
        let fair = self.all.iter().filter(|(_, totals)| {
            // Where nothing fails nobody is the worst.
            totals.requests >= FAIR_BASE && totals.failed > 0
        });
        let worst = fair.min_by(|(_, a), (_, b)| {
            let product = |a: i64, b: i64| i128::from(a) * i128::from(b);
            let (left, right) = (
                product(a.succeeded(), b.requests),
                product(b.succeeded(), a.requests),
            );
            left.cmp(&right)
        });
        self.about(t.lowest_success, worst.copied(), |totals| {
            let share = lang.share(totals.succeeded(), totals.requests)?;
            let (failed, all) = (lang.count(totals.failed), lang.count(totals.requests));
            let exact = (t.some_failed)(&failed, &all);
            Some((share, exact, SortBy::Time, Some(Outcome::Failed)))
        })
    }

    fn slowest(&self) -> Sum {
        let (t, lang) = (self.ctx.t.usage, self.ctx.lang);
        let fair = self.all.iter();
        let fair = fair.filter(|(_, totals)| totals.latency.samples >= FAIR_BASE);
        let median = |totals: &Totals| totals.latency.p50.unwrap_or(0.0);
        let slowest = fair.max_by(|(_, a), (_, b)| median(a).total_cmp(&median(b)));
        let sum = self.about(t.slowest, slowest.copied(), |totals| {
            let said = lang.quantile_seconds(totals.latency.p50?);
            Some((said, String::new(), SortBy::Latency, None))
        });
        Sum {
            unit: match sum.href.as_str() {
                "" => "",
                _ => self.ctx.t.requests.second,
            },
            ..sum
        }
    }

    fn without_price(&self) -> Sum {
        let (t, lang) = (self.ctx.t.usage, self.ctx.lang);
        let unpriced = self.all.iter().filter(|(_, totals)| {
            // Some of the requests of a priced model may not be countable.
            totals.unpriced > 0 && totals.known_cost().is_none()
        });
        let (models, requests) = unpriced.fold((0_i64, 0), |(models, requests), (_, totals)| {
            (models + 1, requests + totals.unpriced)
        });
        Sum {
            label: t.without_price,
            figure: lang.count(models),
            href: match models {
                0 => String::new(),
                _ => self.ctx.url("/usage/prices"),
            },
            note: match requests {
                0 => String::new(),
                n => (t.some_requests)(&lang.count(n)),
            },
            ..Sum::default()
        }
    }

    /// A figure of one of them, with its name and the rows behind it.
    fn about(
        &self,
        label: &'static str,
        one: Option<&Found>,
        say: impl Fn(&Totals) -> Option<(String, String, SortBy, Option<Outcome>)>,
    ) -> Sum {
        let said = one.and_then(|one| Some((one, say(&one.1)?)));
        let Some(((choice, _), (figure, exact, by, outcome))) = said else {
            return Sum {
                label,
                figure: UNKNOWN.to_owned(),
                ..Sum::default()
            };
        };
        let own = self.view.narrowed(|only| {
            table::choose(only, self.dimension, &choice.value);
            only.outcome = outcome.or(only.outcome);
        });
        Sum {
            label,
            figure,
            exact,
            href: self.ctx.url(&own.rows().sorted(by).url("/requests")),
            note: table::name(self.dimension, choice, self.ctx),
            ..Sum::default()
        }
    }
}
