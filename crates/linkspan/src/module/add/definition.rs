//! The edit of connector.toml: its comments and its order stay.

use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::Addition;
use crate::document::suggest;
use crate::module::init::plural;

/// The definition with the addition.
pub(super) struct Edited {
    /// As it was when it has the addition already.
    pub(super) text: String,
    /// The entities that the addition is about.
    pub(super) entities: Vec<String>,
}

pub(super) fn edited(text: &str, addition: &Addition) -> Result<Edited, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("connector.toml: {error}"))?;
    let (changed, entities) = match addition {
        Addition::Binding { entity, model } => (binding(&mut document, entity, model)?, vec![entity.clone()]),
        Addition::Webhook { topic, entity } => {
            let (changed, entity) = webhook(&mut document, topic, entity.as_deref())?;
            (changed, vec![entity])
        }
        Addition::Export { model } => export(&mut document, model)?,
    };
    Ok(Edited { text: if changed { document.to_string() } else { text.to_owned() }, entities })
}

fn binding(document: &mut DocumentMut, entity: &str, model: &str) -> Result<bool, String> {
    let is_name = entity.starts_with(|c: char| c.is_ascii_lowercase())
        && entity.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_name {
        return Err(format!(
            "\"{entity}\" is no name for an entity: use small letters, digits and _, with a letter first, such as sale_order"
        ));
    }
    if let Some(known) = entities(document).and_then(|entities| entities.get(entity)) {
        let bound = model_of(known).unwrap_or("no model");
        // A binding of a variant writes its template too: Odoo delegates.
        let covers = bound == model || (bound, model) == ("product.product", "product.template");
        return if covers {
            Ok(false)
        } else {
            Err(format!("the definition binds {entity} to {bound} already; choose another name for {model}"))
        };
    }
    let like = entities(document).and_then(|entities| {
        entities.iter().map(|(_, entity)| entity).find(|entity| part(entity, &["import", "list"]).is_some())
    });
    let many = plural(entity);
    let (list, get) = (format!("list_{many}"), format!("get_{entity}"));
    let sketch = Sketch::like(document, like);
    let mut new = Table::new();
    new["external"] = sketch.external;
    new["odoo"] = inline(&[("model", model.into())]);
    let mut import = InlineTable::new();
    import.insert("list", list.as_str().into());
    import.insert("get", get.as_str().into());
    if let Some(since) = sketch.since {
        import.insert("since", since);
    }
    new["import"] = Item::Value(import.into());
    let mut map = Table::new();
    map[field_of(model)] = inline(&[("from", "name".into())]);
    map.decor_mut().set_prefix("\n");
    new.insert("map", Item::Table(map));
    new.decor_mut().set_prefix(format!(
        "\n# {entity}: added by linkspan add-binding. Say here what the system really sends.\n\n"
    ));
    let operations = [(list, format!("/{many}"), sketch.paginate), (get, format!("/{many}/{{id}}"), None)];
    for (name, path, paginate) in operations {
        operation(document, &name, "GET", &path, "safe", sketch.records.as_deref(), paginate);
    }
    tables(document, "entities").insert(entity, Item::Table(new));
    Ok(true)
}

/// What another entity of the same system tells about lists.
struct Sketch {
    external: Item,
    since: Option<Value>,
    records: Option<String>,
    paginate: Option<Value>,
}

impl Sketch {
    fn like(document: &DocumentMut, like: Option<&Item>) -> Sketch {
        let list = like
            .and_then(|entity| part(entity, &["import", "list"])?.as_str().map(str::to_owned))
            .and_then(|list| document.get("operations")?.as_table_like()?.get(&list));
        let value = |item: Option<&Item>| item.and_then(|item| item.clone().into_value().ok()).map(decorated);
        let external = like.and_then(|entity| part(entity, &["external"])).cloned();
        let page = || {
            let mut page = InlineTable::new();
            page.insert("kind", "page".into());
            page.insert("param", "page".into());
            page.insert("size_param", "per_page".into());
            page.insert("size", 100.into());
            page.into()
        };
        Sketch {
            external: external
                .and_then(|external| external.into_value().ok())
                .map_or_else(|| inline(&[("id", "id".into())]), |external| Item::Value(decorated(external))),
            since: value(like.and_then(|entity| part(entity, &["import", "since"]))),
            records: list.and_then(|list| part(list, &["records"])?.as_str().map(str::to_owned)),
            paginate: value(list.and_then(|list| part(list, &["paginate"]))).or_else(|| Some(page())),
        }
    }
}

/// Whether the topic is new, and the entity that it imports.
fn webhook(document: &mut DocumentMut, topic: &str, entity: Option<&str>) -> Result<(bool, String), String> {
    let known = importable(document);
    let entity = match entity {
        Some(entity) if known.iter().any(|known| known == entity) => entity.to_owned(),
        Some(entity) => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(format!(
                "the definition imports no entity {entity}. {}",
                suggest::instead_of(entity, "entity", &known)
            ));
        }
        None => named_by(topic, &known).ok_or_else(|| {
            format!(
                "\"{topic}\" names no entity of the definition; say which with --entity ({})",
                known.join(", ")
            )
        })?,
    };
    if let Some(there) = document.get("webhooks").and_then(|item| part(item, &["topics", topic])) {
        let imports = part(there, &["import"]).and_then(Item::as_str).unwrap_or("nothing");
        return if imports == entity {
            Ok((false, entity))
        } else {
            Err(format!("the topic {topic} imports {imports} already; change it in connector.toml"))
        };
    }
    let id = first_topic_id(document).unwrap_or_else(|| "id".to_owned());
    if document.get("webhooks").is_none() {
        begin_webhooks(document);
    }
    let webhooks = tables(document, "webhooks");
    if webhooks.get("topics").is_none() {
        webhooks.insert("topics", Item::Table(Table::new()));
    }
    let topics = webhooks.get_mut("topics").and_then(Item::as_table_like_mut);
    let topics = topics.ok_or("connector.toml: webhooks.topics is no table")?;
    topics.insert(topic, inline(&[("import", entity.as_str().into()), ("id", id.as_str().into())]));
    Ok((true, entity))
}

/// The usual way of signing, to be changed to the system's own.
fn begin_webhooks(document: &mut DocumentMut) {
    if document.get("secrets").and_then(|secrets| part(secrets, &["webhook_secret"])).is_none() {
        let secret = inline(&[("title", "Webhook secret".into()), ("optional", true.into())]);
        tables(document, "secrets").insert("webhook_secret", secret);
    }
    let webhooks = tables(document, "webhooks");
    let verify = [
        ("kind", Value::from("hmac_sha256")),
        ("header", "X-Signature".into()),
        ("encoding", "hex".into()),
        ("secret", "webhook_secret".into()),
    ];
    webhooks.insert("verify", inline(&verify));
    webhooks.insert("delivery_id", inline(&[("header", "X-Delivery-Id".into())]));
    webhooks.insert("topic", inline(&[("header", "X-Topic".into())]));
}

/// Whether the way out is new, and the entities that have it.
fn export(document: &mut DocumentMut, model: &str) -> Result<(bool, Vec<String>), String> {
    let bound: Vec<String> = entities(document)
        .into_iter()
        .flat_map(TableLike::iter)
        .filter(|(_, entity)| model_of(entity) == Some(model))
        .map(|(name, _)| name.to_owned())
        .collect();
    let Some(first) = bound.first() else {
        return Err(format!(
            "no entity of the definition is bound to {model}; first: linkspan add-binding <module> <entity> --odoo-model {model}"
        ));
    };
    let has_export = |name: &&String| {
        entities(document).and_then(|entities| part(entities.get(name)?, &["export"])).is_some()
    };
    let exported: Vec<String> = bound.iter().filter(has_export).cloned().collect();
    if !exported.is_empty() {
        return Ok((false, exported));
    }
    way_out(document, first)?;
    Ok((true, vec![first.clone()]))
}

/// Gives an entity operations that create and update, and says so at its fields.
fn way_out(document: &mut DocumentMut, entity: &str) -> Result<(), String> {
    let many = plural(entity);
    let records = document.get("operations").and_then(|operations| {
        part(operations, &[&format!("get_{entity}"), "records"])?.as_str().map(str::to_owned)
    });
    let (create, update) = (format!("create_{entity}"), format!("update_{entity}"));
    operation(document, &create, "POST", &format!("/{many}"), "look_up_first", records.as_deref(), None);
    operation(document, &update, "PUT", &format!("/{many}/{{id}}"), "idempotent", records.as_deref(), None);
    let table = tables(document, "entities").get_mut(entity).and_then(Item::as_table_like_mut);
    let table = table.ok_or_else(|| format!("connector.toml: entities.{entity} is no table"))?;
    table.insert("export", inline(&[("create", create.as_str().into()), ("update", update.as_str().into())]));
    // Updates send what both sides may change; what is the other side's alone goes out with new records only.
    let fields = table.get_mut("map").and_then(Item::as_table_like_mut);
    for (_, field) in fields.into_iter().flat_map(|fields| fields.iter_mut()) {
        let Some(field) = field.as_inline_table_mut() else { continue };
        if field.contains_key("from") && !field.contains_key("owner") {
            field.insert("owner", "shared".into());
            field.fmt();
        }
    }
    Ok(())
}

/// Adds an operation unless there is one of that name.
fn operation(
    document: &mut DocumentMut,
    name: &str,
    method: &str,
    path: &str,
    repeat: &str,
    records: Option<&str>,
    paginate: Option<Value>,
) {
    let operations = tables(document, "operations");
    if operations.get(name).is_some() {
        return;
    }
    let mut table = Table::new();
    table["method"] = toml_edit::value(method);
    table["path"] = toml_edit::value(path);
    table["repeat"] = toml_edit::value(repeat);
    if let Some(records) = records {
        table["records"] = toml_edit::value(records);
    }
    if let Some(paginate) = paginate {
        table["paginate"] = Item::Value(paginate);
    }
    table.decor_mut().set_prefix("\n");
    operations.insert(name, Item::Table(table));
}

/// The field that most records of a model get first.
fn field_of(model: &str) -> &'static str {
    match model {
        "sale.order" | "purchase.order" => "client_order_ref",
        "account.move" | "account.payment" => "ref",
        "stock.picking" => "origin",
        _ => "name",
    }
}

fn entities(document: &DocumentMut) -> Option<&dyn TableLike> {
    document.get("entities")?.as_table_like()
}

fn importable(document: &DocumentMut) -> Vec<String> {
    let all = entities(document).into_iter().flat_map(TableLike::iter);
    all.filter(|(_, entity)| part(entity, &["import"]).is_some()).map(|(name, _)| name.to_owned()).collect()
}

fn model_of(entity: &Item) -> Option<&str> {
    part(entity, &["odoo", "model"])?.as_str()
}

fn part<'i>(item: &'i Item, path: &[&str]) -> Option<&'i Item> {
    path.iter().try_fold(item, |item, key| item.as_table_like()?.get(key))
}

/// The entity whose name, or its plural, is a word of the topic; of several the longest.
fn named_by(topic: &str, known: &[String]) -> Option<String> {
    let topic = topic.to_lowercase().replace(['-', ' '], "_");
    let words: Vec<&str> = topic.split(['.', '/', ':']).collect();
    let is_named = |name: &&String| words.iter().any(|word| *word == **name || *word == plural(name));
    known.iter().filter(is_named).max_by_key(|name| name.len()).cloned()
}

/// Where other topics have the id of their record.
fn first_topic_id(document: &DocumentMut) -> Option<String> {
    let topics = part(document.get("webhooks")?, &["topics"])?.as_table_like()?;
    topics.iter().find_map(|(_, topic)| part(topic, &["id"])?.as_str().map(str::to_owned))
}

/// A table of the document, made if it is not there.
fn tables<'d>(document: &'d mut DocumentMut, name: &str) -> &'d mut Table {
    let item = document.entry(name).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    if !item.is_table() {
        let table = std::mem::take(item).into_table().unwrap_or_default();
        *item = Item::Table(table);
    }
    match item {
        Item::Table(table) => table,
        // It was made one above.
        _ => unreachable!("an item that was turned into a table"),
    }
}

fn inline(pairs: &[(&str, Value)]) -> Item {
    let mut table = InlineTable::new();
    for (key, value) in pairs {
        table.insert(*key, value.clone());
    }
    Item::Value(table.into())
}

/// A copied value without the blanks and comments that stood around it.
fn decorated(mut value: Value) -> Value {
    value.decor_mut().clear();
    value
}
