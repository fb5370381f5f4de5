//! A key's alias is shown wherever the key is, and found by searching.

use cpamp::domain::filter::{Selection, Sort};
use cpamp::domain::key_alias::KeyAlias;
use cpamp::domain::units::{At, Ms};
use cpamp::store::requests::{Dimension, From, ListQuery};
use cpamp::store::{choices, list};

use crate::support::database::{Database, store};
use crate::support::events::{MORNING, event, events};

#[tokio::test]
async fn an_alias_is_shown_and_found_wherever_its_key_is() {
    let database = Database::new();
    let open = database.open();
    store(&open, events(0, 3)).await.unwrap();
    let mut other = event(9);
    other.client_key.hash = String::from("00000000000000ff");
    store(&open, vec![other]).await.unwrap();
    let alias = KeyAlias::parse("Team web").ok();
    let hash = event(0).client_key.hash;
    open.name_key(hash.clone(), alias, MORNING).await.unwrap();

    let names = open.names();
    let (from, to) = (MORNING, MORNING + Ms::DAY);
    let offered = open
        .read(move |c| choices::of(c, &names, Dimension::Key, from, to))
        .await
        .unwrap();
    assert_eq!(
        (&offered[0].label, &offered[0].value),
        (&"Team web".into(), &hash)
    );

    let search = |text: &str| Selection {
        search: Some(text.to_owned()),
        ..Selection::between(At(0), to)
    };
    for (text, found) in [("TEAM w", 3), ("clie…0001", 4), ("absent", 0)] {
        let names = open.names();
        let query = ListQuery {
            selection: search(text),
            sort: Sort::default(),
            from: From::Start,
            limit: 9,
        };
        let page = open
            .read(move |c| list::page(c, &names, &query))
            .await
            .unwrap();
        assert_eq!(page.rows.len(), found, "{text}");
        if found == 3 {
            assert_eq!(page.rows[0].client_key.title(), "Team web");
            assert_eq!(page.rows[0].client_key.mask, "clie…0001");
        }
    }
}
