//! Request bodies: read whole with a limit and a deadline, or read on and dropped.

use std::{pin::pin, time::Duration};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout, timeout_at};

use crate::http::problem::ApiError;

/// Room for more than this is made only as it comes.
const MAX_EXPECTED: usize = 1024 * 1024;
/// How long the rest of a refused body is read (and thrown away), so that the client gets to read the refusal.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// The whole body, unless it is too large. Then, and only then, `body` is left for [`discard`].
pub(crate) async fn read(
    headers: &HeaderMap,
    body: &mut Option<Body>,
    max: usize,
    deadline: Instant,
) -> Result<Bytes, ApiError> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > max as u64) {
        return Err(ApiError::payload_too_large(max));
    }
    let Some(mut whole) = body.take() else {
        return Err(ApiError::internal());
    };
    let expected = announced.and_then(|length| usize::try_from(length).ok());
    let gathered = gather(Limited::new(&mut whole, max), expected.unwrap_or_default());
    match timeout_at(deadline, gathered).await {
        Err(_) => Err(ApiError::too_slow()),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            *body = Some(whole);
            Err(ApiError::payload_too_large(max))
        }
        Ok(Err(_)) => Err(ApiError::invalid_json("The body broke off.")),
    }
}

/// Piece by piece into one place, so that what it was received in can be used again.
async fn gather<B>(mut body: B, expected: usize) -> Result<Bytes, B::Error>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let mut bytes = BytesMut::with_capacity(expected.min(MAX_EXPECTED));
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data() {
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(bytes.freeze())
}

/// Reads on for a while, since closing at once would reset the connection under the refusal.
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
