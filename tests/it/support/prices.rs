//! Prices for tests: every request costs the same, whatever is in it, and all
//! that are stored are priced anew.

use cpamp::domain::pricing::{Entry, Layer, Price, Quote, Rate, Rates};
use cpamp::domain::units::{At, NanoUsd};
use cpamp::store::Store;
use cpamp::store::prices::{Edit, Item};
use cpamp::store::reprice::{self, Ask, Step};

use super::events::MORNING;

/// From now on.
pub(crate) async fn each_costs(open: &Store, request: NanoUsd) {
    let entry = Entry {
        model: String::from("*"),
        seller: String::new(),
        quote: Quote::Price(Price {
            rates: Rates {
                input: Some(Rate::ZERO),
                output: Some(Rate::ZERO),
                ..Rates::default()
            },
            request: Some(request),
            ..Price::default()
        }),
        source: String::from("manual"),
        as_of: MORNING,
    };
    let edit = Edit::Put(Item::Price(Layer::Override, Box::new(entry)));
    open.edit_prices(MORNING, vec![edit]).await.unwrap();
}

/// Orders it, and does none of it yet.
pub(crate) async fn order_anew(open: &Store, now: At) {
    let ask = Ask {
        from: At(0),
        to: now,
        models: Vec::new(),
    };
    let book = open.prices();
    let job = open.write(move |c| reprice::start(c, now, &ask, &book));
    let job = job.await;
    job.unwrap().unwrap();
}

/// All of it.
pub(crate) async fn price_anew(open: &Store, now: At) {
    order_anew(open, now).await;
    while open.reprice_step().await.unwrap() != Step::Idle {}
}
