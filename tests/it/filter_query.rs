//! Every view is a link: what a URL says survives being written and read.

use cpamp::domain::event::{EventId, EventKey};
use cpamp::domain::filter::{
    Cache, Column, Cost, Edge, Metric, Outcome, PageOf, Selection, Sort, SortBy, SumBy, SumSort,
    UsageView, View, WeekHours, Why,
};
use cpamp::domain::time::{Grain, Range, Zone};
use cpamp::domain::units::{At, Ms};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn parse(query: &str) -> View {
    let (view, ignored) = View::parse(query, Zone::UTC);
    assert!(ignored.is_empty(), "{query}: {ignored:?}");
    view
}

#[test]
fn the_default_view_has_no_query() {
    assert_eq!(View::default().query(), "");
    assert_eq!(parse("range=24h&sort=-time&n=50&live=1"), View::default());
}

#[test]
fn a_full_link_reads_back_in_its_canonical_order() {
    let view = parse(
        "live=0&q=a+b&provider=codex&provider=claude&http=429,503&min_ms=300&cache=hit\
         &status=failed&range=7d&sort=latency&cols=key,model&n=100&tz=Europe/Berlin",
    );
    assert_eq!(
        view.query(),
        "range=7d&tz=Europe/Berlin&provider=codex&provider=claude&status=failed&http=429&http=503\
         &min_ms=300&cache=hit&q=a+b&sort=latency&cols=model,key&n=100&live=0"
    );
}

#[test]
fn links_of_cpa_manager_plus_are_understood() {
    let view = parse(
        "from_ms=1764000000000&to_ms=1764003600000&api_key_hash=ab&auth_index=cd&search=gpt\
         &min_latency_ms=5&cache_status=miss&header_trace_id=t1&status=success&model=m",
    );
    assert_eq!(
        view.range,
        Range::Between(At(1_764_000_000_000), At(1_764_003_600_000))
    );
    assert_eq!(view.only.keys, ["ab"]);
    assert_eq!(view.only.accounts, ["cd"]);
    assert_eq!(view.only.cache, Some(Cache::Miss));
    assert_eq!(view.only.request_id.as_deref(), Some("t1"));
}

#[test]
fn what_is_not_understood_is_ignored_and_named() {
    let (view, ignored) = View::parse(
        "range=week&granularity=hour&http=abc&n=0&model=m&q=",
        Zone::UTC,
    );
    assert_eq!(view.query(), "model=m");
    let names: Vec<&str> = ignored.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["range", "granularity", "http", "n"]);

    // One wrong code does not take the others with it.
    let (view, ignored) = View::parse("http=abc, 429,503", Zone::UTC);
    assert_eq!(view.only.http, [429, 503]);
    let values: Vec<&str> = ignored.iter().map(|i| i.value.as_str()).collect();
    assert_eq!(values, ["abc"]);
}

#[test]
fn a_range_given_end_first_is_turned_round_and_said() {
    let (view, ignored) = View::parse("from=2026-03-02&to=2026-03-01", Zone::UTC);
    assert_eq!(
        view.query(),
        "from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z"
    );
    let why: Vec<Why> = ignored.iter().map(|one| one.why).collect();
    assert_eq!(why, [Why::Swapped]);
    for fine in ["from=2026-03-01&to=2026-03-01", "to=2026-03-01", ""] {
        assert_eq!(View::parse(fine, Zone::UTC).1, [], "{fine}");
    }
}

#[test]
fn a_range_ends_a_year_beyond_what_there_can_be() {
    let (now, first) = (At(1_772_359_200_000), At(1_764_000_000_000));
    let year = Ms(366 * Ms::DAY.0);
    let of = |query: &str| parse(query).resolve(Zone::UTC, now, Some(first));
    let all_time = of("from=1970-01-02&to=9999-12-31");
    assert_eq!(all_time, (first - year, now + year));
    let asked = (At(1_763_000_000_000), At(1_773_000_000_000));
    let query = format!("from={}&to={}", asked.0.0, asked.1.0);
    assert_eq!(of(&query), asked);
    for nothing in [
        "from=1990-01-01&to=1991-01-01",
        "from=2090-01-01&to=2091-01-01",
    ] {
        let (from, to) = of(nothing);
        assert_eq!(from, to, "{nothing}");
    }
}

#[test]
fn local_times_are_in_the_zone_the_query_asks_for() {
    let from = |query: &str| match parse(query).range {
        Range::Between(from, _) => from.rfc3339(),
        range => panic!("{range:?}"),
    };
    assert_eq!(from("from=2026-11-24T14:30"), "2026-11-24T14:30:00.000Z");
    assert_eq!(
        from("from=2026-11-24T14:30&tz=Europe/Berlin"),
        "2026-11-24T13:30:00.000Z"
    );
    assert_eq!(
        from("tz=Asia/Kolkata&from=2026-11-24"),
        "2026-11-23T18:30:00.000Z"
    );
    // The plus of an offset that nobody escaped.
    assert_eq!(
        from("from=2026-11-24T14:30:00+01:00"),
        "2026-11-24T13:30:00.000Z"
    );
}

#[test]
fn rows_arrive_only_at_the_top_of_the_newest_page() {
    assert!(parse("model=m").is_live());
    assert!(parse("from=1764000000000").is_live());
    for query in [
        "live=0",
        "sort=latency",
        "to=1764000000000",
        "after=1-0000000000000000",
    ] {
        assert!(!parse(query).is_live(), "{query}");
    }
}

#[test]
fn sorting_twice_turns_the_order_round() {
    let latency = View::default().sorted(SortBy::Latency);
    assert!(latency.sort.descending);
    assert!(!latency.sorted(SortBy::Latency).sort.descending);
}

fn names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![
        6 => "[a-zA-Z0-9 &=+%/:@é,\"<>]{0,8}[a-z]",
        // What has none, and names made of nothing but dashes.
        1 => "-{0,3}",
    ];
    vec(name, 0..4).prop_map(|names| {
        let mut unique: Vec<String> = Vec::new();
        for name in names {
            let name = name.trim().to_owned();
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        unique
    })
}

fn ranges() -> impl Strategy<Value = Range> {
    let moment = 1_000_i64..253_402_300_799_999;
    prop_oneof![
        Just(Range::Today),
        Just(Range::LastHour),
        Just(Range::Last24Hours),
        Just(Range::All),
        (1_u32..3660).prop_map(Range::Days),
        (moment.clone(), moment.clone())
            .prop_map(|(a, b)| Range::Between(At(a.min(b)), At(a.max(b)))),
        moment
            .clone()
            .prop_map(|from| Range::Between(At(from), View::OPEN.1)),
        moment.prop_map(|to| Range::Between(View::OPEN.0, At(to))),
    ]
}

fn edges() -> impl Strategy<Value = PageOf> {
    let edge =
        (option::of(any::<i64>()), 0_i64..1 << 50, any::<i64>()).prop_map(|(value, at, id)| Edge {
            value,
            key: EventKey {
                at: At(at),
                id: EventId(id),
            },
        });
    prop_oneof![
        Just(PageOf::Start),
        edge.clone().prop_map(PageOf::After),
        edge.prop_map(PageOf::Before),
    ]
}

fn conditions() -> impl Strategy<Value = Selection> {
    let text = || option::of("[a-z0-9%_ +&]{0,10}[a-z]".prop_map(|text| text.trim().to_owned()));
    let millis = || option::of((0..i64::MAX).prop_map(Ms));
    (
        (
            names(),
            names(),
            names(),
            names(),
            names(),
            names(),
            names(),
        ),
        option::of(select(vec![Outcome::Ok, Outcome::Failed])),
        proptest::collection::btree_set(0_i32..1000, 0..4),
        (millis(), millis()),
        (
            option::of(select(vec![Cache::Hit, Cache::Miss])),
            option::of(select(Cost::ALL.to_vec())),
        ),
        (text(), text()),
        (vec(0_u32..7, 0..4), vec(0_u32..24, 0..4)),
    )
        .prop_map(
            |(lists, outcome, http, latency, cache, texts, hours)| Selection {
                providers: lists.0,
                models: lists.1,
                aliases: lists.2,
                accounts: lists.3,
                keys: lists.4,
                endpoints: lists.5,
                tiers: lists.6,
                outcome,
                http: http.into_iter().collect(),
                min_latency: latency.0,
                max_latency: latency.1,
                cache: cache.0,
                cost: cache.1,
                hours: WeekHours::new(Zone::UTC, hours.0, hours.1),
                request_id: texts.0,
                search: texts.1,
                ..Selection::between(At(0), At(0))
            },
        )
}

fn views() -> impl Strategy<Value = View> {
    let columns = proptest::sample::subsequence(Column::ALL.to_vec(), 1..=Column::ALL.len());
    let zones: Vec<Zone> = Zone::all().collect();
    (
        ranges(),
        option::of(select(zones)),
        conditions(),
        (select(SortBy::ALL.to_vec()), any::<bool>()),
        edges(),
        1..=View::MOST_ROWS,
        option::of(columns),
        any::<bool>(),
    )
        .prop_map(
            |(range, zone, only, (by, descending), page, rows, columns, live)| View {
                range,
                zone,
                only: Selection {
                    hours: only.hours.and_then(|hours| {
                        let zone = zone.unwrap_or(Zone::UTC);
                        WeekHours::new(zone, hours.weekdays(), hours.hours_of_day())
                    }),
                    ..only
                },
                sort: Sort { by, descending },
                page,
                rows,
                columns,
                live,
            },
        )
}

fn usage_views() -> impl Strategy<Value = UsageView> {
    let sort = (select(SumBy::ALL.to_vec()), any::<bool>())
        .prop_map(|(by, descending)| SumSort { by, descending });
    (
        views(),
        option::of(select(Grain::ALL.to_vec())),
        select(Metric::ALL.to_vec()),
        any::<bool>(),
        option::of(sort),
        any::<bool>(),
        0..300_usize,
    )
        .prop_map(
            |(rows, grain, metric, compare, sort, mean, page)| UsageView {
                grain,
                metric,
                compare,
                sort,
                mean,
                page,
                ..UsageView::of_rows(&rows)
            },
        )
}

fn parse_usage(query: &str) -> UsageView {
    let (view, ignored) = UsageView::parse(query, Zone::UTC);
    assert!(ignored.is_empty(), "{query}: {ignored:?}");
    view
}

#[test]
fn sums_cover_a_week_and_compare_unless_told_otherwise() {
    assert_eq!(UsageView::default().query(), "");
    assert_eq!(
        parse_usage("range=7d&vs=previous&metric=requests&by=auto"),
        UsageView::default()
    );
    assert_eq!(parse_usage("range=24h").query(), "range=24h");
    assert_eq!(parse_usage("vs=none&by=day").query(), "by=day&vs=none");
}

#[test]
fn another_question_begins_on_the_first_page() {
    let third = parse_usage("model=m&page=2");
    assert_eq!(third.page, 2);
    assert_eq!(third.over(Range::Today).query(), "range=today&model=m");
    assert_eq!(third.narrowed(|only| only.models.clear()).query(), "");
    let cost = SumSort {
        by: SumBy::Cost,
        descending: true,
    };
    assert_eq!(third.sorted(SumBy::Name, cost).query(), "model=m&sort=name");
    assert_eq!(third.rows().query(), "range=7d&model=m");
    assert_eq!(parse_usage("page=99999999").page, 10_000);
}

#[test]
fn links_between_rows_and_sums_carry_range_and_conditions() {
    let rows = parse("model=m&status=failed");
    let sums = UsageView::of_rows(&rows);
    assert_eq!(sums.query(), "range=24h&model=m&status=failed");
    assert_eq!(parse_usage(&sums.query()).rows(), rows);
    let week = parse_usage("key=ab&metric=cost&sort=-cost");
    assert_eq!(week.rows().query(), "range=7d&key=ab");
    assert_eq!(
        UsageView::of_rows(&parse(&week.rows().query())).query(),
        "key=ab"
    );
}

#[test]
fn what_only_the_list_knows_is_no_error_among_sums() {
    assert_eq!(parse_usage("sort=time&n=100&cols=key&live=0").query(), "");
    let (view, ignored) = UsageView::parse("by=minute&metric=x&vs=1&foo=1", Zone::UTC);
    assert_eq!(view, UsageView::default());
    let names: Vec<&str> = ignored.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["by", "metric", "vs", "foo"]);
}

proptest! {
    #[test]
    fn a_view_of_sums_survives_its_link(view in usage_views()) {
        let (again, ignored) = UsageView::parse(&view.query(), Zone::UTC);
        prop_assert_eq!(&again, &view);
        prop_assert!(ignored.is_empty());
        prop_assert_eq!(again.query(), view.query());
    }

    #[test]
    fn any_query_reads_to_a_view_of_sums_that_survives(query in "\\PC{0,200}") {
        let (view, _) = UsageView::parse(&query, Zone::UTC);
        let (again, _) = UsageView::parse(&view.query(), Zone::UTC);
        prop_assert_eq!(again, view);
    }

    #[test]
    fn a_view_survives_its_link(view in views()) {
        let (again, ignored) = View::parse(&view.query(), Zone::UTC);
        prop_assert_eq!(&again, &view);
        prop_assert!(ignored.is_empty());
        prop_assert_eq!(again.query(), view.query());
    }

    #[test]
    fn any_query_reads_to_a_view_that_survives(query in "\\PC{0,200}") {
        let (view, _) = View::parse(&query, Zone::UTC);
        let (again, _) = View::parse(&view.query(), Zone::UTC);
        prop_assert_eq!(again, view);
    }
}
