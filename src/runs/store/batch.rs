//! Group commits: runs that are created at the same time share a transaction, and its wait for the disk.

use sqlx::Executor;
use tokio::sync::{mpsc, oneshot};

use super::{
    StoreError,
    create::{Created, Creation, create},
};
use crate::database::{Database, SystemTransaction};

/// How many runs one transaction creates at most.
const MAX_BATCH: usize = 128;
/// How many creations wait for the next transaction; more wait for a place.
const WAITING: usize = 1024;

type Answer = Result<Created, StoreError>;
type Job = (Creation, oneshot::Sender<Answer>);

/// The task that creates runs. It ends when this is dropped.
pub(super) struct Batches {
    jobs: mpsc::Sender<Job>,
}

impl Batches {
    pub(super) fn new(db: Database) -> Self {
        let (jobs, mut waiting) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(MAX_BATCH);
            while waiting.recv_many(&mut batch, MAX_BATCH).await > 0 {
                run(&db, std::mem::take(&mut batch)).await;
            }
        });
        Self { jobs }
    }

    /// Creates the run in the next transaction.
    pub(super) async fn create(&self, creation: Creation) -> Answer {
        let (answer, created) = oneshot::channel();
        let sent = self.jobs.send((creation, answer)).await;
        sent.map_err(|_| sqlx::Error::WorkerCrashed)?;
        created.await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }
}

async fn run(db: &Database, jobs: Vec<Job>) {
    let (creations, answers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
    match create_all(db, &creations).await {
        Ok(results) => {
            for (answer, result) in answers.into_iter().zip(results) {
                // A caller that has left can ask again.
                drop(answer.send(result.map_err(StoreError::from)));
            }
        }
        Err(error) => {
            let text = error.to_string();
            for answer in answers {
                let error = sqlx::Error::Protocol(text.clone());
                drop(answer.send(Err(error.into())));
            }
        }
    }
}

/// Creates the runs, each in a savepoint of its own: one that fails does not take the others with it.
async fn create_all(
    db: &Database,
    creations: &[Creation],
) -> Result<Vec<Result<Created, sqlx::Error>>, sqlx::Error> {
    let mut tx = db.system_write().await?;
    let mut results = Vec::with_capacity(creations.len());
    for creation in creations {
        results.push(create_in_savepoint(&mut tx, creation).await?);
    }
    tx.commit().await?;
    Ok(results)
}

async fn create_in_savepoint(
    tx: &mut SystemTransaction,
    creation: &Creation,
) -> Result<Result<Created, sqlx::Error>, sqlx::Error> {
    tx.act_as(&creation.owner).await?;
    let db = tx.connection();
    db.execute("SAVEPOINT creation").await?;
    let created = create(db, creation).await;
    if created.is_err() {
        db.execute("ROLLBACK TO creation").await?;
    }
    db.execute("RELEASE creation").await?;
    Ok(created)
}
