//! The JSON Schema that the Rust types generate, made fit for TOML, and a view on it.

use serde_json::{Map, Value};

/// The schema of `T` for TOML: null is no alternative, because TOML has none, and descriptions are one line a
/// paragraph.
pub fn of<T: schemars::JsonSchema>(title: &str) -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    tidy(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), Value::from(title));
    }
    schema
}

fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(object) => {
            drop_null(object);
            object.values_mut().for_each(tidy);
        }
        _ => {}
    }
}

fn drop_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(any)) = object.get_mut("anyOf") {
        any.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
        if let [Value::Object(only)] = any.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = one_line(text);
    }
}

/// Doc comments wrap where the source is full; a paragraph is one line for everybody else.
fn one_line(text: &str) -> String {
    let paragraphs: Vec<String> =
        text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    paragraphs.join("\n\n")
}

/// One place in a schema.
#[derive(Debug, Clone, Copy)]
pub struct View<'s> {
    root: &'s Value,
    here: &'s Value,
}

/// What a value may be.
pub enum Shape<'s> {
    /// A table with these keys and no others.
    Object {
        /// Key and what it holds.
        keys: &'s Map<String, Value>,
        /// Keys that must be there.
        required: Vec<&'s str>,
    },
    /// A table of free keys.
    Map(View<'s>),
    /// A list.
    List(View<'s>),
    /// A table whose `kind` says which of these it is.
    Tagged(Vec<(&'s str, View<'s>)>),
    /// One of these texts, each with its description.
    OneOf(Vec<(&'s str, &'s str)>),
    /// Several shapes, told apart by the value's type.
    Any(Vec<View<'s>>),
    /// Text.
    Text,
    /// A whole number in this range.
    Integer(i128, i128),
    /// A number.
    Number,
    /// True or false.
    Boolean,
}

impl<'s> View<'s> {
    /// The whole schema.
    pub fn new(root: &'s Value) -> Self {
        View { root, here: root }
    }

    /// Another place in the same schema; what it refers to, if it does.
    pub fn at(self, here: &'s Value) -> Self {
        self.place(here).resolved()
    }

    /// Another place in the same schema, a reference itself.
    pub fn place(self, here: &'s Value) -> Self {
        View { root: self.root, here }
    }

    /// The description, empty if there is none.
    pub fn description(self) -> &'s str {
        self.here.get("description").and_then(Value::as_str).unwrap_or_default()
    }

    /// The text under `key`, for extensions such as `x-instead`.
    pub fn extension(self, key: &str) -> Option<&'s str> {
        self.resolved().here.get(key)?.as_str()
    }

    /// Name in `$defs` of what stands here, if it has one.
    pub fn reference(self) -> Option<&'s str> {
        self.here.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
    }

    fn resolved(self) -> Self {
        match self.reference().and_then(|name| self.root.get("$defs")?.get(name)) {
            Some(here) => View { root: self.root, here },
            None => self,
        }
    }

    fn list_of(self, key: &str) -> impl Iterator<Item = &'s Value> {
        self.here.get(key).and_then(Value::as_array).into_iter().flatten()
    }

    /// What a value may be here.
    pub fn shape(self) -> Shape<'s> {
        self.resolved().shape_here()
    }

    fn shape_here(self) -> Shape<'s> {
        if self.here.get("oneOf").is_some() {
            return self.one_of();
        }
        if self.here.get("anyOf").is_some() {
            return Shape::Any(self.list_of("anyOf").map(|one| self.place(one)).collect());
        }
        match self.here.get("type").and_then(Value::as_str) {
            Some("object") => self.object(),
            Some("array") => Shape::List(self.place(self.here.get("items").unwrap_or(&Value::Null))),
            Some("integer") => self.integer(),
            Some("number") => Shape::Number,
            Some("boolean") => Shape::Boolean,
            _ if self.here.get("enum").is_some() => {
                Shape::OneOf(self.list_of("enum").filter_map(Value::as_str).map(|name| (name, "")).collect())
            }
            _ => Shape::Text,
        }
    }

    fn one_of(self) -> Shape<'s> {
        let tagged = |one: &'s Value| Some((one.pointer("/properties/kind/const")?.as_str()?, self.at(one)));
        let tags: Vec<_> = self.list_of("oneOf").filter_map(tagged).collect();
        if !tags.is_empty() {
            return Shape::Tagged(tags);
        }
        let mut texts = Vec::new();
        for one in self.list_of("oneOf") {
            let description = one.get("description").and_then(Value::as_str).unwrap_or_default();
            let constant = one.get("const").into_iter();
            let several = one.get("enum").and_then(Value::as_array).into_iter().flatten();
            texts.extend(constant.chain(several).filter_map(Value::as_str).map(|name| (name, description)));
        }
        Shape::OneOf(texts)
    }

    fn object(self) -> Shape<'s> {
        match (self.here.get("properties"), self.here.get("additionalProperties")) {
            (None, Some(value @ Value::Object(_))) => Shape::Map(self.place(value)),
            (keys, _) => {
                static NO_KEYS: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
                let keys = keys.and_then(Value::as_object).unwrap_or(&NO_KEYS);
                Shape::Object { keys, required: self.list_of("required").filter_map(Value::as_str).collect() }
            }
        }
    }

    fn integer(self) -> Shape<'s> {
        let bound = |key: &str| self.here.get(key).and_then(Value::as_i64).map(i128::from);
        // TOML's own range is that of i64; `format` says nothing that is narrower and not in the bounds.
        let minimum = bound("minimum").unwrap_or(i128::from(i64::MIN));
        Shape::Integer(minimum, bound("maximum").unwrap_or(i128::from(i64::MAX)))
    }
}
