use http::HeaderValue;

use super::*;

fn read(settings: &[(&str, &str)]) -> Result<Option<TracesConfig>, String> {
    let settings = settings.iter();
    let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut reader = Reader::from_iter(settings);
    let config = traces(&mut reader, "agent");
    reader.finish(config).map_err(|error| error.to_string())
}

const ON: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

fn on(settings: &[(&str, &str)]) -> TracesConfig {
    let settings = [&[ON], settings].concat();
    read(&settings)
        .expect("good settings")
        .expect("traces are on")
}

#[test]
fn traces_are_off_without_an_endpoint_or_when_the_sdk_is_disabled() {
    for settings in [
        &[][..],
        &[
            ("OTEL_SERVICE_NAME", "x"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ],
        &[ON, ("OTEL_SDK_DISABLED", "TRUE")],
        &[ON, ("OTEL_TRACES_EXPORTER", "none")],
    ] {
        assert!(matches!(read(settings), Ok(None)), "{settings:?}");
    }
}

#[test]
fn the_path_of_traces_is_added_to_the_collectors_and_not_to_their_own() {
    for (endpoint, expected) in [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        (
            "https://cloud.langfuse.com/api/public/otel/",
            "https://cloud.langfuse.com/api/public/otel/v1/traces",
        ),
    ] {
        let config = on(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]);
        assert_eq!(config.endpoint.as_str(), expected);
    }
    let own = (
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "http://other/traces?x=1",
    );
    assert_eq!(on(&[own]).endpoint.as_str(), own.1);
}

#[test]
fn unset_settings_have_the_defaults_of_the_specification() {
    let config = on(&[]);
    assert_eq!(config.service_name, "agent");
    assert!(config.headers.is_empty() && config.attributes.is_empty() && !config.contents);
    assert_eq!(config.timeout.as_secs(), 10);
    assert_eq!((config.max_queue, config.max_batch), (2048, 512));
    assert_eq!(config.delay.as_secs(), 5);
    let always = Sampling {
        parent_based: true,
        ratio: 1.0,
    };
    assert_eq!(config.sampling, always);
}

#[test]
fn headers_and_attributes_are_lists_with_percent_encoded_values() {
    let config = on(&[
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "Authorization=Basic%20YTpi , x-tenant=a=b",
        ),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=named,deployment.environment.name=pr%C3%B6d",
        ),
    ]);
    assert_eq!(config.headers["authorization"], "Basic YTpi");
    assert_eq!(config.headers["x-tenant"], "a=b");
    let own = on(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a,x-other=b"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-tenant=c"),
    ]);
    assert_eq!(
        (own.headers.len(), &own.headers["x-tenant"]),
        (1, &HeaderValue::from_static("c"))
    );
    assert!(!format!("{config:?}").contains("YTpi"), "{config:?}");
    assert_eq!(config.service_name, "named");
    let environment = ("deployment.environment.name".to_owned(), "pröd".to_owned());
    assert_eq!(config.attributes, [environment]);
    let named = on(&[
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=named"),
        ("OTEL_SERVICE_NAME", "wins"),
    ]);
    assert_eq!(named.service_name, "wins");
}

#[test]
fn samplers_and_contents_have_the_standard_spellings() {
    let quarter = ("OTEL_TRACES_SAMPLER_ARG", "0.25");
    for (sampler, parent_based, ratio) in [
        ("always_on", false, 1.0),
        ("always_off", false, 0.0),
        ("traceidratio", false, 0.25),
        ("parentbased_always_on", true, 1.0),
        ("parentbased_always_off", true, 0.0),
        ("parentbased_traceidratio", true, 0.25),
    ] {
        let config = on(&[quarter, ("OTEL_TRACES_SAMPLER", sampler)]);
        let expected = Sampling {
            parent_based,
            ratio,
        };
        assert_eq!(config.sampling, expected, "{sampler}");
    }
    for (text, contents) in [
        ("true", true),
        ("SPAN_ONLY", true),
        ("false", false),
        ("NO_CONTENT", false),
    ] {
        let name = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
        assert_eq!(on(&[(name, text)]).contents, contents, "{text}");
    }
}

#[test]
fn every_fault_is_named_and_no_secret_is_shown() {
    let error = read(&[
        ON,
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization: Bearer MARKER"),
        ("OTEL_RESOURCE_ATTRIBUTES", "nothing"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        (
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
            "EVENT_ONLY",
        ),
    ])
    .expect_err("faults");
    for name in [
        "OTEL_EXPORTER_OTLP_PROTOCOL must be `http/protobuf`; no other protocol is spoken",
        "OTEL_EXPORTER_OTLP_HEADERS must be",
        "OTEL_RESOURCE_ATTRIBUTES must be",
        "OTEL_TRACES_EXPORTER must be `otlp` or `none`",
        "OTEL_TRACES_SAMPLER must be",
        "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1",
        "OTEL_EXPORTER_OTLP_TIMEOUT must be",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT must be",
    ] {
        assert!(error.contains(name), "{name}: {error}");
    }
    assert!(!error.contains("MARKER"), "{error}");
    let both = read(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://collector"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
    ]);
    let both = both.expect_err("two faults");
    assert!(
        both.contains("OTEL_EXPORTER_OTLP_ENDPOINT must be"),
        "{both}"
    );
    assert!(both.contains("OTEL_TRACES_SAMPLER must be"), "{both}");
    for header in [
        "host=x",
        "Content-Length=1",
        "content-type=x",
        "connection=close",
    ] {
        let error = read(&[ON, ("OTEL_EXPORTER_OTLP_HEADERS", header)]);
        let refused = error.is_err_and(|error| error.contains("such as host"));
        assert!(refused, "{header}");
    }
    let query = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector/?key=1")]);
    assert!(query.is_err_and(|error| error.contains("must have no `?…`")));
}
