//! What names the packages of a release: `server.json`, the wheel's and the bundle's descriptions.

use std::{collections::BTreeSet, fs, path::Path};

use prog_strength_agent::config::variables::VARIABLES;
use serde_json::Value;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).expect("JSON")
}

fn is_a_setting(name: &str) -> bool {
    VARIABLES.iter().any(|variable| variable.name == name)
}

#[test]
fn server_json_names_the_image_the_wheel_and_the_bundle_with_this_version() {
    let server = json("server.json");
    assert_eq!(server["version"], VERSION);
    let packages = server["packages"].as_array().expect("a list");
    let kinds: BTreeSet<_> = packages
        .iter()
        .map(|it| it["registryType"].as_str())
        .collect();
    assert_eq!(
        kinds,
        BTreeSet::from([Some("mcpb"), Some("oci"), Some("pypi")])
    );
    for package in packages {
        let identifier = package["identifier"].as_str().expect("a text");
        if package["registryType"] == "pypi" {
            assert_eq!(
                (identifier, &package["version"]),
                (env!("CARGO_PKG_NAME"), &VERSION.into())
            );
            continue;
        }
        // The registry takes no `version` of an image, which has its tag.
        let version = package.get("version").and_then(Value::as_str);
        let expected = (package["registryType"] != "oci").then_some(VERSION);
        assert_eq!(version, expected, "{identifier}");
        let mut named = identifier.split(|c: char| !c.is_ascii_digit() && c != '.');
        assert!(
            named.any(|part| part.trim_matches('.') == VERSION),
            "{identifier}"
        );
    }
}

/// The registry's schema, and the rules of its documentation that the schema does not have.
#[test]
fn server_json_is_valid_by_the_registrys_schema_and_names_public_packages() {
    let schema = json("tests/it/packaging/server.schema.json");
    let mut server = json("server.json");
    assert_eq!(server["$schema"], schema["$id"]);
    let validator = jsonschema::draft7::new(&schema).expect("a schema");
    let problems = |server: &Value| -> Vec<String> {
        let errors = validator.iter_errors(server);
        errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    };
    assert_eq!(problems(&server), [""; 0]);
    for package in server["packages"].as_array().expect("a list") {
        let identifier = package["identifier"].as_str().expect("a text");
        let kind = package["registryType"].as_str().expect("a text");
        let is_public = match kind {
            // Of GitHub or GitLab, with `mcp` in the URL.
            "mcpb" => ["https://github.com/", "https://gitlab.com/"]
                .iter()
                .any(|host| {
                    identifier.starts_with(host)
                        && identifier.contains("/releases/")
                        && identifier.contains("mcp")
                }),
            // `namespace/image:tag` is on Docker Hub.
            "oci" => identifier
                .split_once(':')
                .is_some_and(|(image, _)| image.split('/').count() == 2),
            _ => package["registryBaseUrl"].is_null(),
        };
        assert!(is_public, "{kind} {identifier}");
    }
    // The schema refuses something.
    server["packages"][0]["transport"]["type"] = "pipe".into();
    server["name"] = "workouts".into();
    assert_eq!(problems(&server).len(), 2);
}

#[test]
fn every_package_starts_the_server_over_stdio_with_settings_that_exist() {
    let server = json("server.json");
    for package in server["packages"].as_array().expect("a list") {
        assert_eq!(package["transport"]["type"], "stdio");
        let arguments = package["packageArguments"].as_array().into_iter().flatten();
        let arguments: Vec<_> = arguments.map(|it| it["value"].as_str()).collect();
        let own_command = package["registryType"] == "mcpb";
        let expected = if own_command {
            vec![]
        } else {
            vec![Some("mcp"), Some("--stdio")]
        };
        assert_eq!(arguments, expected);
        for variable in package["environmentVariables"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let name = variable["name"].as_str().expect("a name");
            assert!(is_a_setting(name), "{name}");
        }
    }
    let bundle = json("packaging/mcpb/manifest.json");
    let started = &bundle["server"]["mcp_config"];
    assert_eq!(started["args"], serde_json::json!(["mcp", "--stdio"]));
    for name in started["env"].as_object().expect("an object").keys() {
        assert!(is_a_setting(name), "{name}");
    }
}

#[test]
fn the_registry_finds_the_servers_name_in_the_image_and_in_the_wheel() {
    let server = json("server.json");
    let name = server["name"].as_str().expect("a name");
    assert!(
        text("Dockerfile").contains(&format!("io.modelcontextprotocol.server.name=\"{name}\""))
    );
    assert!(text("packaging/description.md").contains(&format!("mcp-name: {name} ")));
}
