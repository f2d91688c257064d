//! Deliveries of callbacks: taking what is due, recording what came of it, and reading.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Error, Row, any::AnyRow};

use super::{
    Store, StoreError,
    delivery_row::{COLUMNS, delivery, delivery_id},
    run_row::{run_id, status},
    text::{storable, subject, to_u32},
};
use crate::{
    database::{query, row::timestamp},
    runs::model::{
        Delivery, DeliveryId, DeliveryOutcome, DeliveryState, DueDelivery, RunId, UserId,
    },
};

impl Store {
    /// Takes at most `limit` deliveries that are due, the longest due first. Nobody else gets them before `now + lease`.
    pub async fn due_deliveries(
        &self,
        limit: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        let mut tx = self.db.system_read().await?;
        let sql = "SELECT delivery_id, owner, lease FROM delivery_dispatch WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
        let rows = query!(sql; now.as_millisecond(), i64::from(limit))
            .fetch_all(tx.connection())
            .await?;
        drop(tx);
        let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let until = now.as_millisecond().saturating_add(lease);
        let mut due = Vec::new();
        for row in rows {
            let id = delivery_id(row.try_get("delivery_id")?)?;
            let owner = subject(row.try_get("owner")?)?;
            let mut tx = self.db.write(&owner).await?;
            let taken = take(tx.parts().0, &owner, id, row.try_get("lease")?, until).await?;
            tx.commit().await?;
            due.extend(taken);
        }
        Ok(due)
    }

    /// Records how an attempt ended; false, and nothing recorded, if the delivery was taken again since.
    pub async fn record_delivery(
        &self,
        due: &DueDelivery,
        outcome: &DeliveryOutcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (state, status, error, next) = match outcome {
            DeliveryOutcome::Delivered { status } => {
                (DeliveryState::Delivered, Some(*status), None, None)
            }
            DeliveryOutcome::Again { at, status, error } => {
                (DeliveryState::Pending, *status, Some(error), Some(*at))
            }
            DeliveryOutcome::GivenUp { status, error } => {
                (DeliveryState::Failed, *status, Some(error), None)
            }
        };
        let mut tx = self.db.write(&due.owner).await?;
        let (db, user) = tx.parts();
        let id = due.id.to_string();
        let sql = "UPDATE delivery_dispatch SET due_at = $2, lease = lease + 1 WHERE delivery_id = $1 AND lease = $3";
        let moved = query!(sql; &id, next.map(Timestamp::as_millisecond), due.lease)
            .execute(&mut *db)
            .await?;
        if moved.rows_affected() == 0 {
            return Ok(false);
        }
        let sql = "UPDATE delivery SET state = $3, attempts = attempts + 1, last_status = $4, last_error = $5, last_attempt_at = $6
                   WHERE delivery_id = $1 AND user_id = $2";
        let error = error.map(|error| storable(error).into_owned());
        query!(sql; id, user, state.as_str(), status.map(i64::from), error, now.as_millisecond())
            .execute(&mut *db)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The deliveries of the owner's run; None if there is no such run.
    pub async fn deliveries(
        &self,
        owner: &UserId,
        run: RunId,
    ) -> Result<Option<Vec<Delivery>>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = "SELECT run_id FROM run WHERE run_id = $1 AND user_id = $2";
        let found = query!(sql; run.to_string(), user)
            .fetch_optional(&mut *db)
            .await?;
        if found.is_none() {
            return Ok(None);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery v JOIN delivery_dispatch d ON d.delivery_id = v.delivery_id
             WHERE v.run_id = $1 AND v.user_id = $2 ORDER BY v.delivery_id"
        );
        let rows = query!(AssertSqlSafe(sql); run.to_string(), user)
            .fetch_all(db)
            .await?;
        let deliveries: Result<_, Error> = rows.iter().map(delivery).collect();
        Ok(Some(deliveries?))
    }

    /// Makes a delivery of the owner's run due again, from its first attempt on, with the same id.
    pub async fn redeliver(
        &self,
        owner: &UserId,
        run: RunId,
        id: DeliveryId,
        now: Timestamp,
    ) -> Result<Option<Delivery>, StoreError> {
        let mut tx = self.db.write(owner).await?;
        let (db, user) = tx.parts();
        let id = id.to_string();
        let sql = "UPDATE delivery SET state = 'pending', attempts = 0 WHERE delivery_id = $1 AND user_id = $2 AND run_id = $3";
        let changed = query!(sql; &id, user, run.to_string())
            .execute(&mut *db)
            .await?;
        if changed.rows_affected() == 0 {
            return Ok(None);
        }
        let sql =
            "UPDATE delivery_dispatch SET due_at = $2, lease = lease + 1 WHERE delivery_id = $1";
        query!(sql; &id, now.as_millisecond())
            .execute(&mut *db)
            .await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery v JOIN delivery_dispatch d ON d.delivery_id = v.delivery_id
             WHERE v.delivery_id = $1 AND v.user_id = $2"
        );
        let row = query!(AssertSqlSafe(sql); id, user)
            .fetch_one(&mut *db)
            .await?;
        let again = delivery(&row)?;
        tx.commit().await?;
        Ok(Some(again))
    }
}

/// Takes the delivery until then, if it has not been taken since `lease`.
async fn take(
    db: &mut AnyConnection,
    owner: &UserId,
    id: DeliveryId,
    lease: i64,
    until: i64,
) -> Result<Option<DueDelivery>, Error> {
    let sql = "UPDATE delivery_dispatch SET due_at = $2, lease = lease + 1 WHERE delivery_id = $1 AND lease = $3";
    let taken = query!(sql; id.to_string(), until, lease)
        .execute(&mut *db)
        .await?;
    if taken.rows_affected() == 0 {
        return Ok(None);
    }
    let sql = "SELECT v.url, v.attempts, r.run_id, r.request_id, d.state, d.ended_at
               FROM delivery v JOIN run r ON r.run_id = v.run_id JOIN run_dispatch d ON d.run_id = v.run_id
               WHERE v.delivery_id = $1 AND v.user_id = $2";
    let row = query!(sql; id.to_string(), owner.as_str())
        .fetch_one(db)
        .await?;
    due(&row, owner, id, lease + 1).map(Some)
}

fn due(row: &AnyRow, owner: &UserId, id: DeliveryId, lease: i64) -> Result<DueDelivery, Error> {
    Ok(DueDelivery {
        id,
        owner: owner.clone(),
        url: row.try_get("url")?,
        attempts: to_u32(row.try_get("attempts")?),
        run: run_id(row.try_get("run_id")?)?,
        request_id: row.try_get("request_id")?,
        status: status(row, "state")?,
        ended_at: timestamp(row, "ended_at")?,
        lease,
    })
}
