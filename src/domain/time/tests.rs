//! Calendars that go wrong first: clock changes, half-hour zones, a lost day.

use super::*;
use proptest::prelude::*;

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

fn at(text: &str) -> At {
    At(DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis())
}

fn check_day(zone_name: &str, inside: &str, start: &str, next: &str) {
    let zone = zone(zone_name);
    assert_eq!(zone.day_start(at(inside)), at(start), "{zone_name} start");
    assert_eq!(zone.next_day(at(inside)), at(next), "{zone_name} next");
}

#[test]
fn days_follow_local_clocks() {
    check_day(
        "UTC",
        "2026-03-01T10:00:00Z",
        "2026-03-01T00:00:00Z",
        "2026-03-02T00:00:00Z",
    );
    check_day(
        "Asia/Kolkata",
        "2026-03-01T20:00:00Z",
        "2026-03-01T18:30:00Z",
        "2026-03-02T18:30:00Z",
    );
    check_day(
        "Asia/Kathmandu",
        "2026-03-01T10:00:00Z",
        "2026-02-28T18:15:00Z",
        "2026-03-01T18:15:00Z",
    );
}

#[test]
fn clock_changes_make_days_of_23_and_25_hours() {
    check_day(
        "Europe/Berlin",
        "2026-03-29T12:00:00Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T22:00:00Z",
    );
    check_day(
        "Europe/Berlin",
        "2026-10-25T12:00:00Z",
        "2026-10-24T22:00:00Z",
        "2026-10-25T23:00:00Z",
    );
    // Midnight itself does not exist: clocks jump from 24:00 to 01:00.
    check_day(
        "America/Asuncion",
        "2023-10-01T12:00:00Z",
        "2023-10-01T04:00:00Z",
        "2023-10-02T03:00:00Z",
    );
    // Midnight happens twice: the day begins with the first.
    check_day(
        "America/Havana",
        "2025-11-02T12:00:00Z",
        "2025-11-02T04:00:00Z",
        "2025-11-03T05:00:00Z",
    );
}

#[test]
fn samoa_had_no_thirtieth_of_december_2011() {
    let apia = zone("Pacific/Apia");
    let last_of_29 = at("2011-12-30T09:59:59Z");
    assert_eq!(apia.next_day(last_of_29), at("2011-12-30T10:00:00Z"));
    assert_eq!(
        apia.local(at("2011-12-30T10:00:00Z")).date_naive(),
        NaiveDate::from_ymd_opt(2011, 12, 31).unwrap()
    );
    let edges = Grain::Day.edges(apia, at("2011-12-29T10:00:00Z"), at("2012-01-01T10:00:00Z"));
    assert_eq!(edges.len(), 4, "29, 31, 1: {edges:?}");
}

#[test]
fn hours_are_local() {
    let edges = Grain::Hour.edges(
        zone("Asia/Kolkata"),
        at("2026-03-01T10:00:00Z"),
        at("2026-03-01T12:00:00Z"),
    );
    let expected = ["10:00", "10:30", "11:30", "12:00"].map(|t| at(&format!("2026-03-01T{t}:00Z")));
    assert_eq!(edges, expected);
}

#[test]
fn a_change_of_thirty_minutes_keeps_hours_whole() {
    let edges = Grain::Hour.edges(
        zone("Australia/Lord_Howe"),
        at("2026-10-03T14:30:00Z"),
        at("2026-10-03T18:00:00Z"),
    );
    // 02:00 becomes 02:30 at 15:30 UTC; 03:00 comes half an hour later.
    let expected =
        ["14:30", "15:30", "16:00", "17:00", "18:00"].map(|t| at(&format!("2026-10-03T{t}:00Z")));
    assert_eq!(edges, expected);
}

#[test]
fn weeks_begin_on_monday() {
    let berlin = zone("Europe/Berlin");
    assert_eq!(
        berlin.week_start(at("2026-11-24T14:32:00+01:00")),
        at("2026-11-23T00:00:00+01:00")
    );
    let edges = Grain::Week.edges(
        berlin,
        at("2026-10-20T00:00:00+02:00"),
        at("2026-11-03T00:00:00+01:00"),
    );
    let expected = [
        "2026-10-20T00:00:00+02:00",
        "2026-10-26T00:00:00+01:00",
        "2026-11-02T00:00:00+01:00",
        "2026-11-03T00:00:00+01:00",
    ]
    .map(at);
    assert_eq!(edges, expected);
}

#[test]
fn ranges_resolve_on_local_days() {
    let berlin = zone("Europe/Berlin");
    let now = at("2026-11-24T14:32:00+01:00");
    let end = now + Ms(1);
    assert_eq!(
        Range::Today.resolve(berlin, now, None),
        (at("2026-11-24T00:00:00+01:00"), end)
    );
    assert_eq!(
        Range::Days(7).resolve(berlin, now, None),
        (at("2026-11-18T00:00:00+01:00"), end)
    );
    assert_eq!(
        Range::LastHour.resolve(berlin, now, None),
        (end - Ms::HOUR, end)
    );
    assert_eq!(Range::All.resolve(berlin, now, Some(At(5))), (At(5), end));
    assert_eq!(
        Range::Between(At(9), At(3)).resolve(berlin, now, None),
        (At(3), At(9))
    );
}

#[test]
fn the_grain_fits_the_chart() {
    assert_eq!(
        Grain::fitting(At(0), At(Ms::HOUR.0), 100),
        Grain::FiveMinutes
    );
    assert_eq!(Grain::fitting(At(0), At(Ms::DAY.0), 100), Grain::Quarter);
    assert_eq!(Grain::fitting(At(0), At(90 * Ms::DAY.0), 100), Grain::Day);
    assert_eq!(
        Grain::fitting(At(0), At(9_000 * Ms::DAY.0), 100),
        Grain::Week
    );
}

proptest! {
    #[test]
    fn edges_cover_the_range_once(
        zone in (0..chrono_tz::TZ_VARIANTS.len()).prop_map(|n| Zone(chrono_tz::TZ_VARIANTS[n])),
        grain in (0..Grain::ALL.len()).prop_map(|n| Grain::ALL[n]),
        // 1990 to 2037.
        from in 631_152_000_000_i64..2_114_380_800_000,
        steps in 1_i64..40,
    ) {
        let (from, to) = (At(from), At(from + steps * grain.usual().0));
        let edges = grain.edges(zone, from, to);
        prop_assert_eq!((edges[0], *edges.last().unwrap()), (from, to));
        prop_assert!(edges.windows(2).all(|pair| pair[0] < pair[1]));
        for edge in &edges[1..edges.len() - 1] {
            prop_assert_eq!(grain.start(zone, *edge), *edge, "{} {:?}", zone, grain);
        }
    }
}

fn check_back(range: Range, zone_name: &str, span: [&str; 2], before: [&str; 2]) {
    let zone = zone(zone_name);
    let back = range.back(zone, (at(span[0]), at(span[1]))).unwrap();
    assert_eq!(
        span.map(|edge| back.from(zone, at(edge))),
        before.map(at),
        "{range:?}"
    );
}

#[test]
fn the_period_before_ends_at_the_same_time_of_day() {
    // Clocks in Berlin go forward on 29 March.
    check_back(
        Range::Today,
        "Europe/Berlin",
        ["2026-03-29T22:00:00Z", "2026-03-30T12:00:00Z"],
        ["2026-03-28T23:00:00Z", "2026-03-29T12:00:00Z"],
    );
    check_back(
        Range::Days(7),
        "Europe/Berlin",
        ["2026-03-25T23:00:00Z", "2026-04-01T12:00:00Z"],
        ["2026-03-18T23:00:00Z", "2026-03-25T13:00:00Z"],
    );
    check_back(
        Range::Last24Hours,
        "Europe/Berlin",
        ["2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"],
        ["2026-03-27T12:00:00Z", "2026-03-28T12:00:00Z"],
    );
}

#[test]
fn whole_days_are_compared_with_whole_days() {
    let march = [at("2026-02-28T23:00:00Z"), at("2026-03-31T22:00:00Z")];
    let berlin = zone("Europe/Berlin");
    let range = Range::Between(march[0], march[1]);
    assert_eq!(
        range.back(berlin, (march[0], march[1])),
        Some(Back::Days(31))
    );
    let later = march[1] + Ms(1);
    let back = range.back(berlin, (march[0], later));
    assert_eq!(back, Some(Back::Span(later - march[0])));
    assert_eq!(Range::All.back(berlin, (march[0], later)), None);
    assert_eq!(range.back(berlin, (later, later)), None);
}

#[test]
fn edges_of_the_period_before_never_descend() {
    let berlin = zone("Europe/Berlin");
    // 25 October 2026 has 25 hours.
    let day = at("2026-10-24T22:00:00Z");
    let edges = Grain::HalfHour.edges(berlin, day, berlin.next_day(day));
    let before = Back::Days(1).edges(berlin, &edges);
    assert_eq!(edges.len(), 51);
    assert_eq!(before.len(), 51);
    assert!(before.is_sorted());
    assert_eq!((before[0], before[50]), (day - Ms::DAY, day));
}

#[test]
fn any_minute_of_a_gap_is_the_end_of_the_gap() {
    let berlin: Zone = "Europe/Berlin".parse().unwrap();
    let date = chrono::NaiveDate::from_ymd_opt(2026, 3, 29).unwrap();
    for minute in [0, 7, 15, 37, 59] {
        let local = date.and_hms_opt(2, minute, 0).unwrap();
        assert_eq!(
            berlin.at(local).rfc3339(),
            "2026-03-29T01:00:00.000Z",
            "{minute}"
        );
    }
    let local = date.and_hms_opt(3, 7, 0).unwrap();
    assert_eq!(berlin.at(local).rfc3339(), "2026-03-29T01:07:00.000Z");
}
