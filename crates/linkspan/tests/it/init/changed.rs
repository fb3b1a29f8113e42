//! Definitions of one's own: a starter in which something was changed, as a module.

use linkspan::module::init::AuthKind;

use super::{InitError, Module, Request, file, init, request};

const CRM: &str = include_str!("../../../connectors/starters/crm/connector.toml");
const LOGISTICS: &str = include_str!("../../../connectors/starters/logistics/connector.toml");

const BEARER: &str = "kind = \"bearer\"\nsecret = \"api_token\"";
const OAUTH: &str = "kind = \"oauth2\"\ntoken_url = \"{api_url}/token\"\nscope = \"all\"\nclient_id = \"client\"\n\
                     client_secret = \"api_token\"\nclient_in = \"body\"\nheader = \"x-access-token\"";

/// A starter with changes. Its samples stay where they are.
fn changed(starter: &str, changes: &[(&str, &str)]) -> String {
    let lines = starter.lines().filter(|line| !line.starts_with("sample ="));
    let mut text: String = lines.map(|line| format!("{line}\n")).collect();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

/// The module that a definition makes.
fn made_of(definition: &str) -> Result<Module, InitError> {
    made_with(definition, None)
}

/// The module that a definition makes, with another authentication.
fn made_with(definition: &str, auth: Option<AuthKind>) -> Result<Module, InitError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connector.toml");
    std::fs::write(&path, definition).unwrap();
    init::generate(&Request { connector: Some(path.display().to_string()), auth, ..request("acme") })
}

/// What a module cannot do of a definition.
fn refusals(definition: &str) -> Vec<String> {
    match made_of(definition) {
        Err(InitError::Unsupported(refusals)) => refusals,
        Err(InitError::Definition(report)) => {
            panic!("{:?}", report.diagnostics.iter().map(|problem| &problem.message).collect::<Vec<_>>())
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("a module was made of\n{definition}"),
    }
}

/// The starter for CRMs reads no single meeting.
const NO_GET: [(&str, &str); 2] = [
    ("get = \"get_meeting\", ", ""),
    (
        "get_meeting = { method = \"GET\", path = \"/meetings/{id}\", repeat = \"safe\", records = \"data\" }\n",
        "",
    ),
];

#[test]
fn the_zone_of_the_last_change_is_the_definitions() {
    let zone = ("path = \"updated_at\"", "path = \"updated_at\", zone = \"Asia/Riyadh\"");
    let module = made_of(&changed(LOGISTICS, &[zone])).unwrap();
    let importer = file(&module, "components/item_importer.py");
    assert!(importer.contains("_version_zone = \"Asia/Riyadh\""), "{importer}");
}

#[test]
fn a_match_may_name_the_warehouse() {
    let place =
        ("odoo = \"sequence_code\"", "odoo = \"sequence_code\", where = { \"warehouse_id.code\" = \"WH\" }");
    let module = made_of(&changed(LOGISTICS, &[place])).unwrap();
    let importer = file(&module, "components/transfer_type_importer.py");
    assert!(importer.contains("(\"warehouse_id.code\", \"=\", \"WH\")"), "{importer}");
}

#[test]
fn what_a_module_cannot_do_is_told_with_all_its_keys() {
    let mut changes = NO_GET.to_vec();
    changes.extend([
        ("odoo = { model = \"calendar.event\" }", "odoo = { model = \"meeting.room\" }"),
        ("name = \"api\"\n", "name = \"api\"\nscope = \"host\"\n"),
    ]);
    let told = refusals(&changed(CRM, &changes));
    let keys: Vec<&str> = told.iter().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(keys, ["entities.meeting.import.get", "limits[0].scope", "entities.meeting.odoo.model"]);
}

#[test]
fn a_password_that_need_not_be_given_is_none_in_a_module_too() {
    let basic = "kind = \"basic\"\nusername = \"api_token\"\npassword = \"pin\"";
    let definition = changed(
        CRM,
        &[("[secrets]\n", "[secrets]\npin = { title = \"PIN\", optional = true }\n"), (BEARER, basic)],
    );
    let module = made_of(&definition).unwrap();
    assert!(file(&module, "components/adapter.py").contains("    _password_optional = True\n"));
}

#[test]
fn a_value_that_tells_an_error_is_declared_with_its_path() {
    let tells = "[http]\nerror_if = { path = \"success\", is = false }";
    let module = made_of(&changed(CRM, &[("[http]", tells)])).unwrap();
    let adapter = file(&module, "components/adapter.py");
    assert!(adapter.contains("    _error_if = (\"success\", False)\n"), "{adapter}");
}

#[test]
fn the_places_of_a_reason_are_declared_in_their_order() {
    let several = "error_message = [\"Detail\", \"Message\"]";
    let module = made_of(&changed(CRM, &[("error_message = \"error.message\"", several)])).unwrap();
    let adapter = file(&module, "components/adapter.py");
    assert!(adapter.contains("    _error_message_path = [\"Detail\", \"Message\"]\n"), "{adapter}");
}

#[test]
fn a_login_is_declared_with_the_fields_of_the_backend() {
    let secrets = "[secrets]\nuser = { title = \"API user\" }\n";
    let with = |login: &str| changed(CRM, &[("[secrets]\n", secrets), (BEARER, login)]);
    let login = "kind = \"login\"\npath = \"/user/login\"\nusername = \"user\"\npassword = \"api_token\"\n";
    let module = made_of(&with(&format!("{login}token = \"data.token\""))).unwrap();
    let adapter = file(&module, "components/adapter.py");
    assert!(adapter.contains("import Login, Operation"), "{adapter}");
    let attribute = adapter.split_once("_login = ").unwrap().1.split_once("\n    )\n").unwrap().0;
    let attribute: String = attribute.split_whitespace().collect();
    let body = r#"{"password":"{password}","username":"{username}"}"#;
    assert_eq!(attribute, format!("Login(\"user/login\",{body},token=\"data.token\","));
    let backend = file(&module, "models/backend.py");
    assert!(backend.contains("\"auth_kind\": \"login\""), "{backend}");
    assert!(file(&module, "views/backend_views.xml").contains("API user"));

    let other =
        format!("{login}body = {{ a = \"{{user}}\", b = \"{{api_token}}\", c = \"{{webhook_secret}}\" }}");
    let told = refusals(&with(&other));
    assert!(told.iter().any(|line| line.starts_with("auth: ")), "{told:?}");
}

#[test]
fn what_signs_requests_is_declared_with_the_fields_of_the_backend() {
    let settings = "[settings]\naccount = { type = \"text\", title = \"Account\" }\n";
    let secrets = "[secrets]\nkey = { title = \"Consumer key\" }\nshared = { title = \"Consumer secret\" }\n\
                   of_token = { title = \"Token secret\" }\n";
    let with =
        |auth: &str| changed(CRM, &[("[settings]\n", settings), ("[secrets]\n", secrets), (BEARER, auth)]);
    let client = "kind = \"oauth1\"\nconsumer_key = \"key\"\nconsumer_secret = \"shared\"\n";
    let token = "token = \"api_token\"\ntoken_secret = \"of_token\"\nhash = \"sha1\"\nrealm = \"{account}\"";
    let module = made_of(&with(&format!("{client}{token}"))).unwrap();
    let adapter = file(&module, "components/adapter.py");
    assert!(adapter.contains("    _oauth1_hash = \"sha1\"\n"), "{adapter}");
    assert!(adapter.contains("    _oauth1_realm = \"{account}\"\n"), "{adapter}");
    assert!(file(&module, "models/backend.py").contains("\"auth_kind\": \"oauth1\""));
    let view = file(&module, "views/backend_views.xml");
    for (field, title) in [("client_id", "Consumer key"), ("token_secret", "Token secret")] {
        assert!(view.contains(&format!("name=\"{field}\"")) && view.contains(title), "{view}");
    }

    let lonely = format!("{client}token = \"api_token\"");
    let told = format!("{:?}", made_of(&with(&lonely)).unwrap_err());
    assert!(told.contains("`token` needs `token_secret`"), "{told}");

    let basic = "kind = \"basic\"\nusername = \"key\"\npassword = \"api_token\"\nsign_over_http = true";
    let secrets = "[secrets]\nkey = { title = \"User\" }\n";
    let module = made_of(&changed(CRM, &[("[secrets]\n", secrets), (BEARER, basic)])).unwrap();
    assert!(file(&module, "components/adapter.py").contains("    _sign_over_http = True\n"));
}

#[test]
fn a_header_carries_the_secret_of_authentication_or_one_of_its_own() {
    // One is called as the field that has the token.
    let secrets = "[secrets]\nmanager = { title = \"Manager token\", optional = true }\n\
                   spare = { title = \"Spare\" }\naccess_token = { title = \"Other\" }\n";
    let headers = "timeout_ms = 30_000\nheaders = { X-Also = \"{api_token}{access_token}\", X-Manager = \"Key {manager}\", Role = \"a\" }";
    let changes = [("[secrets]\n", secrets), ("timeout_ms = 30_000", headers)];
    assert_eq!(refusals(&changed(CRM, &changes)), ["secrets.spare: nothing uses this secret"]);

    let used = [&changes[..], &[("Role = \"a\"", "Role = \"{spare}\"")]].concat();
    let module = made_of(&changed(CRM, &used)).unwrap();
    let adapter: String = file(&module, "components/adapter.py").split_whitespace().collect();
    let sent = r#"_headers={"Role":"{header_spare}","X-Also":"{access_token}{header_access_token}","X-Manager":"Key{header_manager}",}"#;
    assert!(adapter.contains(sent), "{adapter}");
    let needed = r#"_header_secrets={"header_access_token":True,"access_token":True,"header_manager":False,"header_spare":True,}"#;
    assert!(adapter.contains(needed), "{adapter}");
    let backend = file(&module, "models/backend.py");
    assert!(
        backend.contains("header_manager = fields.Char(string=\"Manager token\", **SECRET)"),
        "{backend}"
    );
    assert!(backend.contains("_secret_fields() + ["), "{backend}");
    let tests = file(&module, "tests/test_backend.py");
    assert!(tests.contains("headers[\"X-Manager\"], \"Key test-header-manager\""), "{tests}");
}

#[test]
fn what_the_other_side_owns_goes_out_with_new_records_only() {
    let export = "export = { create = \"create_contact\", update = \"update_contact\"";
    let owned = format!(
        "{export}, map = {{ code = {{ from = \"ref\", owner = \"external\" }}, \
         origin = {{ value = \"odoo\", owner = \"external\" }} }}"
    );
    let module = made_of(&changed(CRM, &[(export, &owned)])).unwrap();
    let exporter = file(&module, "components/contact_exporter.py");
    let direct_on_create = exporter.split_once("direct_on_create = [").unwrap().1;
    assert!(direct_on_create.split_once(']').unwrap().0.contains("(\"ref\", \"code\")"), "{exporter}");
    let method = "    @mapping\n    @only_create\n    def origin(self, record):\n        return {\"origin\": \"odoo\"}\n";
    assert!(exporter.contains(method), "{exporter}");
    assert!(exporter.contains("mapper import mapping, only_create\n"), "{exporter}");
}

/// A definition that asks for much of what `init` refuses; what it says stands on the page, word for word.
#[test]
fn the_page_lists_what_a_module_cannot_do() {
    let page = include_str!("../../../../../docs/framework.md");
    let (_, page) = page.split_once("## What a module cannot do that the service can\n").unwrap();
    let mut changes = NO_GET.to_vec();
    changes.push((
        "name = \"api\"\n",
        "name = \"host\"\nrate = 9\nper_ms = 1_000\nscope = \"host\"\nremaining_header = \"X-Left\"\nreset_header = { \
         name = \"X-Reset\", unit = \"seconds\" }\n\n[[limits]]\nname = \"api\"\n",
    ));
    let definition = changed(CRM, &changes);
    let (before, after) = definition.split_once("[webhooks]\n").unwrap();
    let (_, topics) = after.split_once("[webhooks.topics]\n").unwrap();
    let topics = topics.replace("id = \"data.id\"", "id = \"id\"");
    let mut told = Vec::new();
    for verify in [
        "kind = \"stripe\", secret = \"webhook_secret\"",
        "kind = \"token\", query = \"t\", secret = \"webhook_secret\"",
    ] {
        let webhooks = format!(
            "[webhooks]\nverify = {{ {verify} }}\ndelivery_id = {{ path = \"delivery\" }}\ntopic = {{ path = \"topic\" \
             }}\neach = \"events[]\"\nping = [{{ method = \"GET\", query = \"challenge\", echo = true }}]\n\n[webhooks.topics]\n"
        );
        told.extend(refusals(&format!("{before}{webhooks}{topics}")));
    }
    let keys: std::collections::BTreeSet<&str> =
        told.iter().filter_map(|line| line.split(": ").next()).collect();
    for key in ["limits[0].remaining_header", "limits[0].reset_header", "limits[1]", "webhooks.each"] {
        assert!(keys.contains(key), "{keys:?}");
    }
    for line in &told {
        let (key, reason) = line.split_once(": ").unwrap();
        assert!(page.contains(reason), "docs/framework.md says nothing of {key}: {reason}");
    }
}

#[test]
fn webhooks_that_a_module_cannot_check_are_told() {
    let (_, after) = CRM.split_once("[webhooks]\n").unwrap();
    let verify = after.lines().find(|line| line.starts_with("verify")).unwrap();
    let secret = verify.split("secret = ").nth(1).unwrap().split('"').nth(1).unwrap();
    let with = |webhooks: &str| changed(CRM, &[(verify, &format!("verify = {{ {webhooks} }}"))]);
    for (webhooks, told) in [
        (format!("kind = \"stripe\", secret = \"{secret}\""), "webhooks.verify.kind"),
        (format!("kind = \"standard_webhooks\", secret = \"{secret}\""), "webhooks.verify.kind"),
        (format!("kind = \"token\", query = \"t\", secret = \"{secret}\""), "webhooks.verify.query"),
    ] {
        let keys = refusals(&with(&webhooks));
        assert!(keys.iter().any(|key| key.starts_with(told)), "{webhooks}: {keys:?}");
    }
    for kind in [
        format!(
            "kind = \"hmac_sha1\", header = \"X-S\", encoding = \"hex\", prefix = \"sha1=\", secret = \"{secret}\""
        ),
        format!("kind = \"bearer\", secret = \"{secret}\""),
        format!("kind = \"token\", header = \"X-Token\", secret = \"{secret}\""),
    ] {
        made_of(&with(&kind)).unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
}

#[test]
fn the_user_of_webhooks_is_who_the_definition_says() {
    const HMAC: &str =
        "kind = \"hmac_sha256\", header = \"X-Signature\", encoding = \"hex\", secret = \"webhook_secret\"";
    let basic = "kind = \"basic\", username = \"hook_user\", password = \"webhook_secret\"";
    let with = |place: &str, user: &str| {
        made_of(&changed(CRM, &[(place, &format!("{place}hook_user = {user}\n")), (HMAC, basic)])).unwrap()
    };
    let secret = with("[secrets]\n", "{ title = \"Hook user\" }");
    let view: Vec<&str> = file(&secret, "views/backend_views.xml").split_whitespace().collect();
    let view = view.join(" ");
    assert!(view.contains("<field name=\"webhook_username\" string=\"Hook user\" />"), "{view}");
    assert!(file(&secret, "tests/test_webhook.py").contains("\"webhook_username\": \"test\""));

    let setting = with("[settings]\n", "{ type = \"text\", title = \"Hook user\" }");
    let backend = file(&setting, "models/backend.py");
    assert!(backend.contains("def _webhook_username(self):\n        return self.hook_user\n"), "{backend}");
    assert!(!file(&setting, "views/backend_views.xml").contains("webhook_username"));
}

#[test]
fn another_way_to_a_token_keeps_what_the_definition_says_of_tokens() {
    let secrets = "[secrets]\nclient = { title = \"App id\" }\n";
    let oauth = changed(CRM, &[("[secrets]\n", secrets), (BEARER, OAUTH)]);
    for auth in [None, Some(AuthKind::Oauth2Client), Some(AuthKind::Oauth2Code)] {
        let module = made_with(&oauth, auth).unwrap();
        let adapter = file(&module, "components/adapter.py");
        assert!(adapter.contains("    _oauth_header = \"x-access-token\"\n"), "{auth:?}: {adapter}");
        assert!(adapter.contains("    _client_in_form = True\n"), "{auth:?}: {adapter}");
        let backend = file(&module, "models/backend.py");
        assert!(backend.contains("\"oauth_token_url\": \"{api_url}/token\""), "{auth:?}: {backend}");
        assert!(backend.contains("\"oauth_scope\": \"all\""), "{auth:?}: {backend}");
        assert!(file(&module, "views/backend_views.xml").contains("string=\"App id\""), "{auth:?}");
        let tests = file(&module, "tests/common.py");
        assert!(tests.contains("oauth_access_token = \"test-token\""), "{auth:?}: {tests}");
    }

    let refresh = changed(&oauth, &[("scope = ", "refresh_token = \"webhook_secret\"\nscope = ")]);
    assert!(refusals(&refresh)[0].starts_with("auth.refresh_token: "));
    made_with(&refresh, Some(AuthKind::Oauth2Code)).unwrap();

    let setting = "[settings]\nclient = { type = \"text\", title = \"App id\" }\n";
    let setting = changed(CRM, &[("[settings]\n", setting), (BEARER, OAUTH)]);
    for auth in [None, Some(AuthKind::Oauth2Code)] {
        let told = made_with(&setting, auth).unwrap_err().to_string();
        assert!(told.contains("auth.client_id: "), "{auth:?}: {told}");
    }
}

#[test]
fn the_kind_of_authentication_that_the_definition_has_changes_nothing() {
    let key = "kind = \"api_key\"\nsecret = \"api_token\"\nheader = \"X-Key\"\nprefix = \"Token \"";
    let key = changed(CRM, &[(BEARER, key)]);
    let [plain, asked] = [None, Some(AuthKind::ApiKey)].map(|auth| made_with(&key, auth).unwrap());
    for path in ["components/adapter.py", "models/backend.py", "views/backend_views.xml"] {
        assert_eq!(file(&plain, path), file(&asked, path));
    }
    assert!(file(&asked, "models/backend.py").contains("\"api_key_header\": \"X-Key\""));
}

#[test]
fn several_related_records_are_mapped_as_the_field_says() {
    const TAGS: &str = "category_id = { from = \"tags[].id\", relation = \"tag\", missing = \"fetch\", optional = true, owner = \"shared\" }";
    let made = |field: &str| made_of(&changed(CRM, &[(TAGS, field)])).unwrap();
    for (field, expected) in [
        (
            "category_id = { expr = \"record['tags'] or []\", relation = \"tag\", many = true, missing = \"wait\" }",
            "return self.put(\n            \"category_id\",\n            record[\"tags\"] or [],\n            relation=\"acme.res.partner.category\",\n            many=True,\n            missing=\"wait\",\n        )",
        ),
        (
            "category_id = { from = \"tag_ids[]\", relation = \"tag\", owner = \"odoo\" }",
            "each(record, \"tag_ids[]\"),\n            relation=\"acme.res.partner.category\",\n            many=True,",
        ),
        (
            "category_id = { from = \"tag_ids[]\", relation = \"tag\", empty = \"skip\" }",
            "convert.relations(\"tag_ids[]\", \"acme.res.partner.category\", empty=\"skip\"),",
        ),
    ] {
        let module = made(field);
        let mapper = file(&module, "components/contact_mapper.py").replace('\'', "\"");
        assert!(mapper.contains(expected), "{field}:\n{mapper}");
    }
    // A plain list goes back as one, and what cannot go back is told.
    let module = made("category_id = { from = \"tag_ids[]\", relation = \"tag\", owner = \"shared\" }");
    let exporter = file(&module, "components/contact_exporter.py");
    assert!(
        exporter.contains("convert_back.relations(\"category_id\", \"acme.res.partner.category\")"),
        "{exporter}"
    );
    assert!(exporter.contains("\"tag_ids\": \"\","), "{exporter}");
    let module = made("category_id = { from = \"groups[].tags[].id\", relation = \"tag\" }");
    let told = file(&module, "README.rst");
    assert!(told.contains("``category_id`` is not sent: its rule has no way back."), "{told}");
}

#[test]
fn several_records_that_stand_inside_another_are_embedded() {
    let tags = "category_id = { from = \"tags[].id\", relation = \"tag\", missing = \"fetch\", optional = true, owner = \"shared\" }";
    let label = "\n[entities.label]\nexternal = { id = \"name\" }\nodoo = { model = \"res.partner.category\" }\n[entities.label.map]\nname = { from = \"name\" }\n\n# --- Contacts ---";
    for (field, expected) in [
        (
            "category_id = { embed = { expr = \"[{'name': label} for label in record['labels'].split(', ')]\" }, relation = \"label\", many = true, optional = true }",
            "[{\"name\": label} for label in record[\"labels\"].split(\", \")],",
        ),
        ("category_id = { embed = \"labels[]\", relation = \"label\" }", "each(record, \"labels[]\")"),
    ] {
        let module = made_of(&changed(CRM, &[(tags, field), ("# --- Contacts ---", label)])).unwrap();
        let mapper = file(&module, "components/contact_mapper.py").replace('\'', "\"");
        assert!(mapper.contains("return self.embed_each(") && mapper.contains(expected), "{mapper}");
    }
}

#[test]
fn a_title_is_text_in_every_file() {
    let title = r#"Bob's "Best" <Shop> & 'Co' {{ 1 }}"#;
    let line = CRM.lines().find(|line| line.starts_with("title = ")).unwrap();
    let module = made_of(&changed(CRM, &[(line, &format!("title = {}", serde_json::json!(title)))])).unwrap();
    for file in &module.files {
        let text = String::from_utf8_lossy(&file.bytes);
        if file.path.ends_with(".py") {
            ruff_python_parser::parse_module(&text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        } else if file.path.ends_with(".xml") {
            let document = roxmltree::Document::parse(&text);
            document.unwrap_or_else(|error| panic!("{}: {error}\n{text}", file.path));
        }
    }
    let menu = file(&module, "views/menu_views.xml");
    let menu = roxmltree::Document::parse(menu).unwrap();
    assert!(menu.descendants().any(|node| node.attribute("name") == Some(title)));
}
