//! The week as a file: its hours, and those unlike other weeks with whoever made
//! them.

use super::{Table, columns, measures};
use crate::domain::filter::{Metric, WeekHours};
use crate::domain::time::HourOfWeek;
use crate::domain::unusual::{RULE, What};
use crate::pages::sheet::Value;
use crate::pages::usage::table;
use crate::store::oddities;
use crate::store::requests::Totals;
use crate::store::usage::Usage;
use crate::web::ctx::Ctx;

pub(super) fn hours(usage: &Usage) -> Table {
    let Some(week) = &usage.week else {
        return Table::default();
    };
    let zone = usage.zone;
    let cells = week.cells.iter().zip(&week.hours);
    let row = |(place, (totals, hours)): (u32, (&Totals, &i64))| {
        let cell = HourOfWeek {
            weekday: place / 24,
            hour: place % 24,
        };
        let unusual = usage.unusual.iter().flatten();
        let flagged = unusual.filter(|odd| HourOfWeek::of(zone, odd.from) == cell);
        let mut row = vec![
            Value::text(WeekHours::day_name(cell.weekday)),
            Value::Count(cell.hour.into()),
            Value::Count(*hours),
            Value::Flag(flagged.count() > 0),
        ];
        row.extend(measures(totals));
        row
    };
    (
        columns(&["weekday", "hour", "hours", "unusual"], false),
        (0..).zip(cells).map(row).collect(),
    )
}

pub(super) fn unusual(usage: &Usage, ctx: &Ctx) -> Table {
    let columns = [
        "from",
        "to",
        "metric",
        "value",
        "usual",
        "deviations",
        "weeks",
        "least_requests",
        "least_deviations",
        "cause_1_by",
        "cause_1_id",
        "cause_1_name",
        "cause_1_share",
        "cause_2_by",
        "cause_2_id",
        "cause_2_name",
        "cause_2_share",
    ];
    let metric = |what| match what {
        What::Requests => Metric::Requests.name(),
        What::Failures => Metric::Failed.name(),
        What::Tokens => Metric::Tokens.name(),
        What::Cost => "cost_usd",
        What::Latency => "latency_p95_ms",
    };
    let unit = |what| match what {
        What::Cost => 1e9,
        _ => 1.0,
    };
    let found = usage.unusual.iter().flatten();
    // Of the last of very many hours nobody is named.
    let causes = usage.causes.iter().map(Vec::as_slice);
    let causes = causes.chain(std::iter::repeat(&[][..]));
    let rows = found.zip(causes).map(|(odd, causes)| {
        let mut row = vec![
            Value::Time(odd.from),
            Value::Time(odd.to),
            Value::text(metric(odd.what)),
            Value::Real(odd.value / unit(odd.what)),
            Value::Real(odd.usual / unit(odd.what)),
            Value::Real(odd.deviations),
            Value::Count(i64::try_from(odd.base.len()).unwrap_or(i64::MAX)),
            Value::Count(RULE.least_requests),
            Value::Real(RULE.deviations),
        ];
        for place in 0..oddities::NAMED {
            row.extend(match causes.get(place) {
                Some(one) => [
                    Value::text(oddities::filter(one.dimension)),
                    Value::text(&one.choice.value),
                    Value::Text(match one.choice.value.as_str() {
                        "" => String::new(),
                        _ => table::name(one.dimension, &one.choice, ctx),
                    }),
                    Value::Real(one.share),
                ],
                None => [const { Value::None }; 4],
            });
        }
        row
    });
    (columns.map(str::to_owned).to_vec(), rows.collect())
}
