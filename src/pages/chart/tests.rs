//! What the drawings look like for a few plain numbers.

use super::*;
use crate::domain::time::Zone;
use crate::domain::units::{At, Ms};
use crate::i18n::Lang;

fn column(requests: i64, failed: i64) -> Column {
    Column {
        requests,
        failed,
        ..Column::default()
    }
}

#[test]
fn scales_end_at_a_round_number_near_the_top() {
    let check = |most, lines, top, step| assert_eq!(nice(most, lines), (top, step), "{most}");
    check(0, 4, 1, 1);
    check(1, 4, 1, 1);
    check(7, 4, 8, 2);
    check(100, 4, 100, 25);
    check(281, 4, 300, 100);
    check(120, 1, 200, 200);
    check(9_999, 4, 10_000, 2_500);
    check(1_000_000_007, 4, 1_500_000_000, 500_000_000);
}

#[test]
fn bars_stand_on_zero_and_a_failure_is_never_invisible() {
    let chart = bars(
        vec![column(100, 0), column(50, 1), column(0, 0)],
        &[],
        40.0,
        1,
        Lang::En,
    );
    let drawn: Vec<String> = chart
        .bars
        .iter()
        .map(|b| {
            let part = |r: &Rect| format!(" {} {}+{}", r.class, r.y, r.height);
            let parts: String = b.rects.iter().map(part).collect();
            format!("{}{parts}", b.x)
        })
        .collect();
    assert_eq!(
        drawn,
        [
            "0.8 fill 0+40",
            "10.8 fill-bad 38.8+1.2 fill 20+18.8",
            "20.8",
        ]
    );
    assert_eq!(chart.scale, ["100", "0"]);
    assert_eq!((chart.width, chart.grid), (N(30.0), vec![N(0.0)]));
    let low = bars(vec![column(130, 0)], &[], 40.0, 1, Lang::En);
    assert_eq!(low.scale, ["150", "0"]);
}

#[test]
fn parts_stand_on_each_other() {
    let stack = |parts: &[(&'static str, i64)]| Stack {
        parts: parts.to_vec(),
        ..Stack::default()
    };
    let label = |n: i64| format!("{n} s");
    let columns = vec![stack(&[("a", 5), ("b", 0), ("c", 15)]), stack(&[])];
    let chart = stacks(columns, &[None, Some(10)], 40.0, 2, &label);
    let rects: Vec<(f64, f64, &str)> = chart.bars[0]
        .rects
        .iter()
        .map(|rect| (rect.y.0, rect.height.0, rect.class))
        .collect();
    assert_eq!(rects, [(30.0, 10.0, "a"), (0.0, 30.0, "c")]);
    assert_eq!(chart.bars[1].rects, []);
    assert_eq!(chart.scale, ["20 s", "10 s", "0 s"]);
    assert_eq!(chart.past, "M15 20h.1");
}

#[test]
fn the_earlier_period_may_be_longer_than_this_one() {
    let chart = bars(vec![column(5, 0)], &[10, 5, 0], 100.0, 4, Lang::En);
    assert_eq!(chart.width, N(30.0));
    assert_eq!(chart.past, "M5 0 15 50 25 100");
}

#[test]
fn a_trend_has_gaps_where_nothing_is_known() {
    let check = |values: &[Option<f64>], path, open| {
        let drawn = spark(values);
        assert_eq!((drawn.path.as_str(), drawn.open.as_str()), (path, open));
    };
    let [one, two] = [1.0, 2.0].map(Some);
    check(&[one, two, None, two], "M0 11 33.3 2", "M100 2h.1");
    check(&[one, two, one, None], "M0 11 33.3 2 66.7 11", "");
    check(&[], "", "");
}

#[test]
fn a_trend_shows_what_still_grows_apart() {
    let drawn = spark(&[2.0, 2.0, 1.0].map(Some));
    assert_eq!(drawn.path, "M0 2 50 2");
    assert_eq!(drawn.open, "M50 2 100 11");
    let first = spark(&[Some(1.0)]);
    assert_eq!((first.path.as_str(), first.open.as_str()), ("", "M0 2h.1"));
}

#[test]
fn the_foot_of_a_cell_grows_with_its_failures() {
    let strip = strip(&[(10, 0), (10, 1), (10, 10), (0, 0)]);
    assert_eq!(strip.good, "M0 0h8v20h-8zM10 0h8v16h-8z");
    assert_eq!(strip.fail, "M10 16h8v4h-8zM20 0h8v20h-8z");
    assert_eq!(strip.none, "M30 18h8v2h-8z");
}

#[test]
fn parts_fill_the_whole_bar() {
    let parts = shares(&[("a", 1), ("b", 0), ("c", 3)]);
    assert_eq!(
        parts,
        [
            Part {
                x: N(0.0),
                width: N(248.0),
                class: "a"
            },
            Part {
                x: N(250.0),
                width: N(748.0),
                class: "c"
            },
        ]
    );
    assert!(shares(&[("a", 0)]).is_empty());
}

#[test]
fn an_axis_speaks_round_local_times() {
    let berlin: Zone = "Europe/Berlin".parse().unwrap();
    let day = At(1_774_738_800_000); // 29 March 2026, 00:00 in Berlin: 23 hours long
    let labels = |from, to| {
        ticks(berlin, from, to, 9, Lang::En)
            .iter()
            .map(|tick| format!("{} {}", tick.x, tick.label))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        labels(day, berlin.next_day(day)),
        [
            "0.00% 00:00",
            "8.70% 03:00",
            "21.74% 06:00",
            "34.78% 09:00",
            "47.83% 12:00",
            "60.87% 15:00",
            "73.91% 18:00",
            "86.96% 21:00",
            "100.00% 00:00",
        ]
    );
    assert_eq!(labels(day, day + Ms(7 * Ms::DAY.0)).len(), 8);
    let years = labels(day, day + Ms(900 * Ms::DAY.0));
    assert!((4..=10).contains(&years.len()), "{years:?}");
}
