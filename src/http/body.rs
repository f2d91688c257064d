//! Request bodies: reads a whole body with a size limit and a deadline, or discards it.

use std::{pin::pin, time::Duration};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout, timeout_at};

use super::problem::{Code, Problem};

/// The most that is allocated in advance for an announced length.
const MAX_PREALLOCATED: usize = 1024 * 1024;
/// How long the rest of a rejected body is read, so that the client gets to read the response.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);
/// `Retry-After` when a body was too slow.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Reads the whole body. Only when it is too large, `body` is left for [`discard`].
pub(crate) async fn read(
    headers: &HeaderMap,
    body: &mut Option<Body>,
    max: usize,
    deadline: Instant,
) -> Result<Bytes, Problem> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > max as u64) {
        return Err(Problem::payload_too_large(max));
    }
    let Some(mut whole) = body.take() else {
        return Err(Problem::internal());
    };
    let expected = announced.and_then(|length| usize::try_from(length).ok());
    let collected = collect(Limited::new(&mut whole, max), expected.unwrap_or_default());
    match timeout_at(deadline, collected).await {
        Err(_) => {
            let detail = "The body did not arrive in time.";
            Err(Problem::new(Code::Timeout, detail).with_retry_after(RETRY_AFTER))
        }
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            *body = Some(whole);
            Err(Problem::payload_too_large(max))
        }
        Ok(Err(_)) => Err(Problem::invalid_json("The body broke off.")),
    }
}

/// Copies the frames into one buffer, so that the receive buffers can be reused.
async fn collect<B>(mut body: B, expected: usize) -> Result<Bytes, B::Error>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let mut bytes = BytesMut::with_capacity(expected.min(MAX_PREALLOCATED));
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data() {
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(bytes.freeze())
}

/// Reads the rest of a rejected body, within limits: closing at once would reset the connection before the client has read
/// the response.
pub(crate) async fn discard(body: Body, max: usize) {
    let rest = async {
        let (mut body, mut left) = (pin!(body), max.saturating_mul(4));
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    let _ = timeout(DISCARD_TIMEOUT, rest).await;
}
