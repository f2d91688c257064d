//! The settings of traces: the standard variables of OpenTelemetry, of which the SDK reads none itself.

use http::HeaderMap;
use percent_encoding::percent_decode_str;
use url::Url;

use super::{
    connections::ServerHeaders,
    reader::{Reader, entries, one_of},
    variables as var,
};
use crate::telemetry::{Sampling, TracesConfig};

/// Whether traces are exported.
const EXPORTERS: [(&str, bool); 2] = [("otlp", true), ("none", false)];
const YES_OR_NO: [(&str, bool); 2] = [("true", true), ("false", false)];
/// The newer spellings name a place too; there are no events here.
const CONTENTS: [(&str, bool); 4] = [
    ("true", true),
    ("span_only", true),
    ("false", false),
    ("no_content", false),
];
const SERVICE_NAME: &str = "service.name";

/// The settings, if traces are on. `service` is the name of a service that is given none.
pub(super) fn traces(reader: &mut Reader, service: &str) -> Option<TracesConfig> {
    let endpoints = [
        &var::OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
        &var::OTEL_EXPORTER_OTLP_ENDPOINT,
    ];
    if endpoints.iter().all(|it| reader.text(it).is_none()) {
        return None;
    }
    let endpoint = endpoint(reader);
    let is_disabled = reader.value(&var::OTEL_SDK_DISABLED, one_of(&YES_OR_NO));
    let is_exported = reader.value(&var::OTEL_TRACES_EXPORTER, one_of(&EXPORTERS));
    if is_disabled || !is_exported {
        return None;
    }
    reader.value(
        &var::OTEL_EXPORTER_OTLP_PROTOCOL,
        one_of(&[("http/protobuf", ())]),
    );
    let attributes = reader.optional(&var::OTEL_RESOURCE_ATTRIBUTES, pairs);
    let (named, attributes): (Vec<_>, Vec<_>) = attributes
        .unwrap_or_default()
        .into_iter()
        .partition(|(key, _)| key == SERVICE_NAME);
    let name = reader.text(&var::OTEL_SERVICE_NAME).map(str::to_owned);
    let name = name.or_else(|| named.into_iter().next_back().map(|(_, name)| name));
    Some(TracesConfig {
        headers: headers(reader),
        timeout: reader.millis(&var::OTEL_EXPORTER_OTLP_TIMEOUT),
        service_name: name.unwrap_or_else(|| service.to_owned()),
        attributes,
        sampling: sampling(reader),
        max_queue: reader.number(&var::OTEL_BSP_MAX_QUEUE_SIZE),
        max_batch: reader.number(&var::OTEL_BSP_MAX_EXPORT_BATCH_SIZE),
        delay: reader.millis(&var::OTEL_BSP_SCHEDULE_DELAY),
        contents: reader.value(
            &var::OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT,
            one_of(&CONTENTS),
        ),
        // Last: all others have been read, and their faults are named.
        endpoint: endpoint?,
    })
}

/// The URL of traces, or else the path of traces at the collector's.
fn endpoint(reader: &mut Reader) -> Option<Url> {
    if let Some(url) = reader.optional_url(&var::OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) {
        return Some(url);
    }
    let mut url = reader.optional_url(&var::OTEL_EXPORTER_OTLP_ENDPOINT)?;
    reader.refuse_query(&var::OTEL_EXPORTER_OTLP_ENDPOINT, &url);
    let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Some(url)
}

fn sampling(reader: &mut Reader) -> Sampling {
    let ratio = reader.value(&var::OTEL_TRACES_SAMPLER_ARG, |text| {
        let ratio: f64 = text.trim().parse().ok()?;
        (0.0..=1.0).contains(&ratio).then_some(ratio)
    });
    // Whether the caller's decision comes first, and the ratio.
    let samplers = [
        ("always_on", (false, 1.0)),
        ("always_off", (false, 0.0)),
        ("traceidratio", (false, ratio)),
        ("parentbased_always_on", (true, 1.0)),
        ("parentbased_always_off", (true, 0.0)),
        ("parentbased_traceidratio", (true, ratio)),
    ];
    let (parent_based, ratio) = reader.value(&var::OTEL_TRACES_SAMPLER, one_of(&samplers));
    Sampling {
        parent_based,
        ratio,
    }
}

/// `key=value,…`, with values that may be percent-encoded.
fn pairs(list: &str) -> Option<Vec<(String, String)>> {
    let pair = |entry: &str| {
        let (key, value) = entry.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let key = key.trim();
        (!key.is_empty()).then(|| (key.to_owned(), value.into_owned()))
    };
    entries(list).map(pair).collect()
}

/// Those of traces, or else those of all signals. Headers that the client sets itself, such as `host`, are refused.
fn headers(reader: &mut Reader) -> HeaderMap {
    let parse = |list: &str| ServerHeaders::new(pairs(list)?).ok();
    let all = reader.optional(&var::OTEL_EXPORTER_OTLP_HEADERS, parse);
    let own = reader.optional(&var::OTEL_EXPORTER_OTLP_TRACES_HEADERS, parse);
    own.or(all).unwrap_or_default().to_map()
}

#[cfg(test)]
mod tests;
