//! Rows of deliveries, and the delivery that the end of a run makes.

use jiff::Timestamp;
use sqlx::{AnyConnection, Error, Row, any::AnyRow};

use super::{run_row::Unknown, text::to_u32};
use crate::{
    database::{
        query,
        row::{decode, optional_timestamp, timestamp},
    },
    runs::model::{Delivery, DeliveryId, DeliveryState, RunId, Status, event_of},
};

/// The columns of a delivery, from `delivery v JOIN delivery_dispatch d`.
pub(super) const COLUMNS: &str = "v.delivery_id, v.event, v.url, v.state, v.attempts, v.last_status, v.last_error, \
     v.created_at, v.last_attempt_at, d.due_at";

pub(super) fn delivery_id(text: &str) -> Result<DeliveryId, Error> {
    DeliveryId::parse(text).ok_or_else(|| decode(Unknown("delivery id")))
}

/// The delivery of a row with [`COLUMNS`].
pub(super) fn delivery(row: &AnyRow) -> Result<Delivery, Error> {
    let state = DeliveryState::parse(row.try_get("state")?);
    let status: Option<i64> = row.try_get("last_status")?;
    Ok(Delivery {
        id: delivery_id(row.try_get("delivery_id")?)?,
        event: row.try_get("event")?,
        url: row.try_get("url")?,
        state: state.ok_or_else(|| decode(Unknown("state of a delivery")))?,
        attempts: to_u32(row.try_get("attempts")?),
        last_status: status.and_then(|status| u16::try_from(status).ok()),
        last_error: row.try_get("last_error")?,
        created_at: timestamp(row, "created_at")?,
        last_attempt_at: optional_timestamp(row, "last_attempt_at")?,
        next_at: optional_timestamp(row, "due_at")?,
    })
}

/// Makes the callback of a run that has ended with this status, if the run has a URL for it.
pub(super) async fn insert(
    db: &mut AnyConnection,
    owner: &str,
    run: RunId,
    status: Status,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "SELECT callback_url FROM run WHERE run_id = $1 AND user_id = $2";
    let row = query!(sql; run.to_string(), owner)
        .fetch_one(&mut *db)
        .await?;
    let Some(url) = row.try_get::<Option<String>, _>(0)? else {
        return Ok(());
    };
    let (id, now) = (DeliveryId::new().to_string(), now.as_millisecond());
    let event = event_of(status);
    let sql = "INSERT INTO delivery (delivery_id, user_id, run_id, event, url, state, attempts, created_at)
               VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6)";
    query!(sql; &id, owner, run.to_string(), event, url, now)
        .execute(&mut *db)
        .await?;
    let sql =
        "INSERT INTO delivery_dispatch (delivery_id, owner, due_at, lease) VALUES ($1, $2, $3, 0)";
    query!(sql; id, owner, now).execute(db).await?;
    Ok(())
}
