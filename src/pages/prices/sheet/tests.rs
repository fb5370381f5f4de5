use super::*;
use crate::domain::pricing::{Layer, PriceBook};

#[test]
fn every_shipped_price_survives_the_form() {
    for entry in PriceBook::built_in().layer(Layer::BuiltIn) {
        let sheet = Sheet::of(entry).with_room();
        let Quote::Price(mut expected) = entry.quote.clone() else {
            panic!("shipped prices are prices");
        };
        let Quote::Price(mut read) = sheet.quote().expect(&entry.model) else {
            panic!("a price stays a price");
        };
        expected.tiers.sort_by(|a, b| a.tier.cmp(&b.tier));
        read.tiers.sort_by(|a, b| a.tier.cmp(&b.tier));
        assert_eq!(read, expected, "{}", entry.model);
    }
}

fn sheet(lines: &[(&str, &str, &str, &str)]) -> Sheet {
    let line = |(tier, over, times, input): &(&str, &str, &str, &str)| Line {
        tier: (*tier).to_owned(),
        over: (*over).to_owned(),
        times: (*times).to_owned(),
        rates: std::array::from_fn(|n| if n == 0 { *input } else { "" }.to_owned()),
        ..Line::default()
    };
    Sheet {
        model: String::from("m"),
        lines: lines.iter().map(line).collect(),
        ..Sheet::default()
    }
}

#[track_caller]
fn wrong(sheet: &Sheet, expected: &[(&str, Wrong)]) {
    let mistakes = sheet.quote().unwrap_err();
    let found: Vec<_> = mistakes.iter().map(|(n, w)| (n.as_str(), *w)).collect();
    assert_eq!(found, expected);
}

#[test]
fn mistakes_are_named_by_their_cell() {
    wrong(&Sheet::default(), &[("model", Wrong::NoModel)]);
    wrong(&sheet(&[("", "", "", "")]), &[("input-0", Wrong::NoRate)]);
    wrong(
        &sheet(&[("", "", "", "1,5")]),
        &[("input-0", Wrong::NotANumber)],
    );
    wrong(
        &sheet(&[("", "", "", "-1")]),
        &[("input-0", Wrong::Negative)],
    );
    wrong(
        &sheet(&[("", "", "", "1"), ("", "much", "", "2")]),
        &[("over-1", Wrong::NotACount)],
    );
    wrong(
        &sheet(&[("", "", "", "1"), ("", "9", "", "2"), ("", "9", "", "3")]),
        &[("over-2", Wrong::Twice)],
    );
    wrong(
        &sheet(&[
            ("", "", "", "1"),
            ("flex", "", "x", ""),
            ("flex", "", "2", ""),
        ]),
        &[("times-1", Wrong::NotANumber)],
    );
    wrong(
        &sheet(&[
            ("", "", "", "1"),
            ("flex", "", "2", ""),
            ("FLEX", "", "3", ""),
        ]),
        &[("tier-2", Wrong::Twice)],
    );
}

#[test]
fn zero_is_a_price_and_empty_is_none() {
    let Ok(Quote::Price(price)) = sheet(&[("", "", "", "0"), ("", "272k", "", "$4")]).quote()
    else {
        panic!("a sound sheet");
    };
    assert_eq!(price.rates.input, Some(Rate::ZERO));
    assert_eq!(price.rates.output, None);
    assert_eq!(price.above[0].over, 272_000);
}
