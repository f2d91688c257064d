//! The messages that a face makes of its request, in the format of `/chat`, which validates them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::agent::{
    approvals,
    claude::Role,
    http::chat::messages::{Messages, Place, Translated},
    json::{Invalid, JsonStr},
};

/// The longest id of a client's that is kept for the answer, in characters.
const MAX_ID_CHARS: usize = 256;

/// An id of the client's, which the answer repeats.
pub(super) fn bounded_id(id: JsonStr<'_>) -> Result<String, Invalid> {
    let id = id.unescape();
    if id.chars().nth(MAX_ID_CHARS).is_some() {
        let why = format!("must not be longer than {MAX_ID_CHARS} characters");
        return Err(Invalid::new(why));
    }
    Ok(id.into_owned())
}

/// The messages so far, and the places of their blocks in the request of the face.
#[derive(Default)]
pub(super) struct Translation<'a> {
    messages: Vec<Message<'a>>,
    places: Vec<(Place, Vec<Place>)>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: Role,
    content: Vec<Block<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block<'a> {
    Text {
        text: Text<'a>,
    },
    Image {
        source: Source<'a>,
    },
    Document {
        source: Source<'a>,
    },
    Thinking {
        thinking: JsonStr<'a>,
        signature: Text<'a>,
    },
    RedactedThinking {
        data: Text<'a>,
    },
    ToolUse {
        id: JsonStr<'a>,
        name: Text<'a>,
        input: Cow<'a, RawValue>,
    },
    ToolResult {
        tool_use_id: JsonStr<'a>,
        content: Vec<Block<'a>>,
        is_error: bool,
    },
    /// A block of another type that Claude wrote.
    #[serde(untagged)]
    Opaque(Cow<'a, RawValue>),
}

/// A text as it was received, or one of our own.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Text<'a> {
    Received(JsonStr<'a>),
    Own(Cow<'a, str>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Source<'a> {
    Base64 {
        media_type: &'static str,
        data: Cow<'a, str>,
    },
    Url {
        url: JsonStr<'a>,
    },
}

impl<'a> Block<'a> {
    pub(super) fn text(text: JsonStr<'a>) -> Self {
        Self::Text {
            text: Text::Received(text),
        }
    }

    pub(super) fn own_text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text {
            text: Text::Own(text.into()),
        }
    }

    /// An image, or else a PDF. The bytes decide their media type.
    pub(super) fn file(source: FileSource<'a>, is_image: bool) -> Self {
        let media_type = if is_image {
            "image/png"
        } else {
            "application/pdf"
        };
        let source = match source {
            FileSource::Base64(data) => Source::Base64 { media_type, data },
            FileSource::Url(url) => Source::Url { url },
        };
        if is_image {
            Self::Image { source }
        } else {
            Self::Document { source }
        }
    }

    /// The result of a held call that the user has not answered.
    pub(super) fn waiting(tool_use_id: JsonStr<'a>) -> Self {
        Self::ToolResult {
            tool_use_id,
            content: vec![Self::own_text(approvals::WAITING)],
            is_error: false,
        }
    }
}

/// Where the bytes of a file are.
pub(super) enum FileSource<'a> {
    Base64(Cow<'a, str>),
    Url(JsonStr<'a>),
}

impl<'a> Translation<'a> {
    /// Begins a message.
    pub(super) fn begin(&mut self, role: Role, place: Place) {
        self.drop_empty_step();
        self.messages.push(Message {
            role,
            content: Vec::new(),
        });
        self.places.push((place, Vec::new()));
    }

    /// A step of the assistant of which nothing is part of the history, as one that has failed at once.
    fn drop_empty_step(&mut self) {
        let is_empty = |it: &mut Message<'_>| it.role == Role::Assistant && it.content.is_empty();
        if self.messages.pop_if(is_empty).is_some() {
            self.places.pop();
        }
    }

    /// Adds a block to the last message.
    pub(super) fn push(&mut self, place: Place, block: Block<'a>) {
        let last = (self.messages.last_mut(), self.places.last_mut());
        if let (Some(message), Some((_, places))) = last {
            message.content.push(block);
            places.push(place);
        }
    }

    /// As the messages of a request to `/chat`, which are about as long as those of the face.
    pub(super) fn finish(mut self, length: usize) -> serde_json::Result<Messages<'static>> {
        self.drop_empty_step();
        let mut json = Vec::with_capacity(length);
        serde_json::to_writer(&mut json, &self.messages)?;
        json.shrink_to_fit();
        let (json, places) = (json.into(), self.places);
        Ok(Messages::Translated(Translated { json, places }))
    }
}
