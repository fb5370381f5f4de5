//! Which models are in use, and who serves them: what prices are wanted for.
//! Names come from clients, so there is a cap.

use diesel::prelude::*;

use crate::domain::pricing::Usage;
use crate::domain::pricing::plan::Wanted;
use crate::store::error::Result;
use crate::store::schema::price_seen;

const CAP: i64 = 5_000;
const LONGEST_NAME: usize = 200;

/// Every model that was met, with each provider that served it.
pub fn models(c: &mut SqliteConnection) -> Result<Vec<Wanted>> {
    let rows: Vec<(String, String)> = price_seen::table
        .order((price_seen::model, price_seen::provider))
        .load(c)?;
    let wanted = |(model, provider)| Wanted { model, provider };
    Ok(rows.into_iter().map(wanted).collect())
}

/// Notes the model of a request; costs something only for a new one.
pub(super) fn note(c: &mut SqliteConnection, usage: &Usage<'_>) -> Result<()> {
    let model = usage.named();
    if model.is_empty() || model.len() > LONGEST_NAME {
        return Ok(());
    }
    let known = price_seen::table.find((model, usage.provider));
    let known: bool = diesel::select(diesel::dsl::exists(known)).get_result(c)?;
    if known || price_seen::table.count().get_result::<i64>(c)? >= CAP {
        return Ok(());
    }
    diesel::insert_into(price_seen::table)
        .values((
            price_seen::model.eq(model),
            price_seen::provider.eq(usage.provider),
        ))
        .execute(c)?;
    Ok(())
}
