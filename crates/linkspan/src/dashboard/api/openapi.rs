//! The OpenAPI 3.1 description, made from the table of routes. 3.1 takes JSON Schema as it is.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::routes::Endpoint;
use super::{BASE, Problem, endpoints};
use crate::dashboard::Access;

/// The description as JSON.
pub fn description() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = SchemaGenerator::new(settings);
    let problem = generator.subschema_for::<Problem>();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for endpoint in endpoints() {
        let operation = operation(&endpoint, &problem, &mut generator);
        let methods = paths.entry(format!("{BASE}{}", endpoint.path)).or_default();
        methods.insert(endpoint.method.as_str().to_lowercase(), operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Linkspan admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the dashboard shows and does. Times are milliseconds since 1970 in UTC.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`linkspan tokens add <name>` makes one.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "linkspan_session",
                    "description": "The dashboard's own session; what changes something also needs its CSRF token in the header X-CSRF-Token.",
                },
            },
        },
    })
}

fn operation(endpoint: &Endpoint, problem: &Schema, generator: &mut SchemaGenerator) -> Value {
    let mut parameters = path_parameters(endpoint.path);
    if let Some(query) = endpoint.query {
        parameters.extend(query_parameters(query(generator), generator));
    }
    let mut operation = json!({
        "operationId": name(endpoint),
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": {
            "200": { "description": "Done.", "content": { "application/json": { "schema": (endpoint.answer)(generator) } } },
            "default": {
                "description": "Not done; the detail says why and what to do next.",
                "content": { "application/problem+json": { "schema": problem } },
            },
        },
        "security": security(endpoint.access),
        "x-role": endpoint.access,
    });
    if let Some(body) = endpoint.body {
        let schema = body(generator);
        operation["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
    }
    operation
}

fn security(access: Access) -> Value {
    match access {
        Access::Anyone => json!([]),
        Access::Viewer | Access::Operator => json!([{ "token": [] }, { "session": [] }]),
    }
}

/// `post_dead_letters_id_retry`
fn name(endpoint: &Endpoint) -> String {
    let words: String =
        endpoint.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let words: Vec<&str> = words.split('_').filter(|word| !word.is_empty()).collect();
    format!("{}_{}", endpoint.method.as_str().to_lowercase(), words.join("_"))
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let schema = |name: &str| match name {
        "id" => json!({ "type": "integer", "format": "int64" }),
        "direction" => json!({ "type": "string", "enum": ["in", "out"] }),
        _ => json!({ "type": "string" }),
    };
    names
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": schema(name) }))
        .collect()
}

/// A parameter for each property of the query's type.
fn query_parameters(query: Schema, generator: &SchemaGenerator) -> Vec<Value> {
    let query = query.to_value();
    let named = query["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    let Some(object) = named.and_then(|name| generator.definitions().get(name)) else { return Vec::new() };
    let required =
        |name: &str| object["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let properties = object["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, schema)| {
            json!({
                "name": name,
                "in": "query",
                "required": required(name),
                "description": schema["description"],
                "schema": schema,
            })
        })
        .collect()
}
