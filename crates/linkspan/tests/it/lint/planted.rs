//! A clean connector module, and the same with one defect planted in it.

use linkspan::module::lint::{Options, rules};

use super::folder::Folder;

/// The module as files. `generic_connector` and the others it depends on are known without their sources.
pub(crate) fn clean() -> Vec<(String, String)> {
    let text = include_str!("data/clean.txt");
    let parts = text.split("--- file: ").skip(1);
    parts
        .map(|part| part.split_once('\n').unwrap())
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect()
}

#[test]
fn the_clean_module_has_no_findings() {
    let outcome = Folder::exactly(&clean()).check(&Options::default());
    let texts: Vec<String> = outcome
        .diagnostics
        .iter()
        .map(|found| format!("{} {}:{} {}", found.code, found.file(), found.line(), found.message))
        .collect();
    assert!(texts.is_empty(), "{}", texts.join("\n"));
}

/// The rule that has to find it, the file, what stands there, what stands there instead.
type Planted = (&'static str, &'static str, &'static str, &'static str);

const PLANTED: &[Planted] = &[
    ("E01", "models/order_binding.py", "class ShopOrder(models.Model):", "class ShopOrder(models.Model:"),
    ("E02", "views/menu_views.xml", "</odoo>", "<odoo>"),
    ("E03", "__manifest__.py", "\"18.0.1.0.0\"", "\"18.0.\" + \"1.0.0\""),
    (
        "E06",
        "security/ir.model.access.csv",
        "model_shop_order,group_shop_user,1,1,1,1",
        "model_shop_order,group_shop_user,1,1,1",
    ),
    (
        "E07",
        "models/product_binding.py",
        "    def skus(self):",
        "    def skus(self):\n        return []\n\n    def skus(self):",
    ),
    (
        "E08",
        "__manifest__.py",
        "    \"license\": \"LGPL-3\",\n",
        "    \"license\": \"LGPL-3\",\n    \"license\": \"AGPL-3\",\n",
    ),
    (
        "F03",
        "models/backend.py",
        "\"generic.backend\", required=True, ondelete=\"cascade\", index=True",
        "\"generic.backend\"",
    ),
    ("F04", "models/backend.py", "_test_connection_implementation", "_test_connection"),
    ("F05", "models/order_binding.py", "_name = \"shop.order\"", "_name = \"shop.sale\""),
    ("F07", "models/backend.py", "def _sync_orders_implementation", "def _sync_order_implementation"),
    ("F08", "models/backend.py", "get_adapter(\"shop.adapter\")", "get_adapter(\"shop.backend.adapter\")"),
    (
        "C01",
        "components/importer.py",
        "class ProductBatchImporter(Component):",
        "class ProductBatchImporter(ProductImporter):",
    ),
    (
        "C02",
        "components/importer.py",
        "    _name = \"shop.product.importer\"\n    _inherit = [\"generic.importer\", \"shop.component\"]\n",
        "",
    ),
    ("C03", "components/importer.py", "_apply_on = \"shop.order\"", "_apply_on = \"shop.sale.order\""),
    ("C04", "components/core.py", "\"generic.connector.component\"", "\"generic.connector.components\""),
    ("C05", "components/importer.py", "_name = \"shop.order.importer\"", "_name = \"shop.product.importer\""),
    (
        "C06",
        "components/importer.py",
        "[\"generic.batch.importer\", \"shop.component\"]\n    _apply_on = \"shop.product\"",
        "[\"generic.importer\", \"shop.component\"]\n    _apply_on = \"shop.product\"",
    ),
    ("C07", "models/backend.py", "usage=\"batch.importer\"", "usage=\"batch.import\""),
    ("C08", "components/__init__.py", "from . import exporter\n", ""),
    (
        "C09",
        "components/mapper.py",
        "return {\"list_price\": float(Decimal(record[\"price\"]) / 100)}",
        "return [(\"list_price\", record[\"price\"])]",
    ),
    ("C12", "components/core.py", "    _collection = \"shop.backend\"\n", "    _shared = True\n"),
    ("C13", "components/exporter.py", "    _apply_on = \"shop.product\"\n", ""),
    ("C14", "components/mapper.py", "from odoo.addons.connector.components.mapper import mapping\n", ""),
    ("C17", "components/mapper.py", "(\"number\", \"client_order_ref\")", "(\"country\", \"country_id\")"),
    ("B01", "models/product_binding.py", "UNIQUE(backend_id, external_id)", "CHECK(external_id != '')"),
    (
        "B02",
        "models/product_binding.py",
        "external_id = fields.Char(index=True)",
        "external_id = fields.Integer(index=True)",
    ),
    (
        "B03",
        "models/order_binding.py",
        "\"sale.order\", required=True, ondelete=\"cascade\"",
        "\"sale.order\"",
    ),
    (
        "B04",
        "components/importer.py",
        "binding.with_context(connector_no_export=True).write(values)",
        "binding.write(values)",
    ),
    (
        "B05",
        "components/importer.py",
        "binding.with_context(connector_no_export=True)",
        "values[\"line_ids\"] = [(5, 0, 0)]\n        binding.with_context(connector_no_export=True)",
    ),
    ("B06", "components/importer.py", "def _match_domain", "def _find_domain"),
    ("B07", "models/backend.py", "    _check_company_auto = True\n", ""),
    ("B08", "models/order_binding.py", "UNIQUE(backend_id, odoo_id)", "UNIQUE(odoo_id)"),
    (
        "B09",
        "models/order_binding.py",
        "\"shop.backend\", required=True, ondelete=\"restrict\"",
        "\"shop.backend\", ondelete=\"restrict\"",
    ),
    ("B10", "models/order_binding.py", "ondelete=\"restrict\"", "ondelete=\"cascade\""),
    (
        "Q01",
        "data/queue_job_function_data.xml",
        "<field name=\"method\">sync_orders</field>",
        "<field name=\"method\">sync_products</field>",
    ),
    ("Q03", "components/importer.py", ".write(values)\n", ".write(values)\n        self.env.cr.commit()\n"),
    ("Q04", "models/product_binding.py", "self.with_delay(identity_key=identity_exact)", "self.with_delay()"),
    ("Q06", "models/product_binding.py", ".export_record()", ".export_record({1, 2})"),
    ("Q07", "data/queue_job_channel_data.xml", "id=\"channel_shop\"", "id=\"channel_store\""),
    (
        "Q08",
        "models/backend.py",
        "self.env[\"generic.sync.failure\"]._note(record)",
        "self.write({\"state\": \"failed\"})\n                raise",
    ),
    (
        "Q09",
        "models/product_binding.py",
        "        with self.backend_id.work_on(self._name) as work:\n            return work.component(usage=\"record.exporter\").run(self)",
        "        try:\n            return self.send()\n        except Exception:\n            return False",
    ),
    (
        "Q10",
        "models/product_binding.py",
        "identity_key=identity_exact",
        "identity_key=identity_exact, max_retries=0",
    ),
    (
        "Q11",
        "components/adapter.py",
        "raise RetryableJobError(\"The shop does not answer\", seconds=60)",
        "raise UserError(\"The shop does not answer\")",
    ),
    (
        "Q12",
        "models/backend.py",
        "self.search([(\"state\", \"=\", \"connected\")], limit=100)",
        "self.env[\"product.product\"].search([])",
    ),
    (
        "Q15",
        "models/backend.py",
        "chain(self.delayable().sync_products(), self.delayable().sync_orders()).delay()",
        "self.with_delay(identity_key=identity_exact).sync_products()\n        self.with_delay(identity_key=identity_exact).sync_orders()",
    ),
    (
        "Q16",
        "data/queue_job_function_data.xml",
        "        <field name=\"edit_retry_pattern\" eval=\"{1: 60, 3: 300}\" />\n",
        "",
    ),
    (
        "Q17",
        "data/queue_job_function_data.xml",
        "<field name=\"method\">export_record</field>",
        "<field name=\"method\">export_records</field>",
    ),
    ("H01", "components/adapter.py", ", timeout=30", ""),
    ("H02", "components/adapter.py", "timeout=30", "timeout=30, verify=False"),
    ("H05", "components/adapter.py", "answer.raise_for_status()", "time.sleep(1)"),
    (
        "H06",
        "components/adapter.py",
        "            if page[\"next\"] == cursor:\n                return\n",
        "",
    ),
    (
        "H07",
        "components/adapter.py",
        "_logger.debug(\"reading %s\", path)",
        "_logger.debug(\"reading %s\", self.backend_record.api_key)",
    ),
    ("H08", "models/backend.py", "groups=\"generic_connector.group_manager\", ", ""),
    (
        "H09",
        "components/adapter.py",
        "f\"Bearer {self.backend_record.api_key}\"",
        "\"Bearer 4f1c9a7e2b8d6035c1e7\"",
    ),
    ("H10", "components/adapter.py", "https://api.shop.io", "http://api.shop.io"),
    ("H11", "components/adapter.py", "self.base_url + path", "f\"{path}?token={self.key}\""),
    ("H12", "models/backend.py", ", copy=False", ""),
    ("H13", "views/backend_views.xml", " password=\"True\"", ""),
    ("W01", "controllers/webhook.py", "type=\"http\"", "type=\"json\""),
    (
        "W02",
        "controllers/webhook.py",
        "not self._verify(body, given, backend.sudo().api_key or \"\")",
        "not given",
    ),
    ("W03", "controllers/webhook.py", "(request.httprequest.content_length or 0) > 1_000_000", "not token"),
    ("W05", "controllers/webhook.py", "webhook.with_delay().process_webhook()", "webhook.process_webhook()"),
    ("W06", "controllers/webhook.py", "\"webhook_token\", \"=\"", "\"webhook_token\", \"ilike\""),
    ("W07", "controllers/webhook.py", "        csrf=False,\n", ""),
    ("W08", "controllers/webhook.py", "return Response(status=400)", "return Response(\"bad\")"),
    (
        "W09",
        "controllers/webhook.py",
        "body = request.httprequest.get_data()",
        "body = request.httprequest.get_data() + request.httprequest.headers[\"X-Shop-Timestamp\"]",
    ),
    ("W10", "data/ir_cron_data.xml", "model=\"ir.cron\"", "model=\"ir.filters\""),
    (
        "W11",
        "controllers/webhook.py",
        "hmac.compare_digest(computed, given)",
        "hmac.new(secret, body) == given",
    ),
    ("W12", "controllers/webhook.py", "get_data()", "get_data(as_text=True)"),
    (
        "W13",
        "controllers/webhook.py",
        "hmac.compare_digest(computed, given)",
        "hmac.compare_digest(computed, request.httprequest.headers.get(\"X-S\"))",
    ),
    ("W14", "controllers/webhook.py", "        save_session=False,\n", ""),
    ("W15", "controllers/webhook.py", "return Response(status=401)", "return {}, 401"),
    ("W16", "controllers/webhook.py", "auth=\"public\"", "auth=\"none\""),
    (
        "S01",
        "models/backend.py",
        "            backend.with_delay(identity_key=identity_exact).sync_orders()",
        "            backend.with_delay(identity_key=identity_exact).sync_orders()\n            backend.last_sync_date = fields.Datetime.now()",
    ),
    (
        "S02",
        "models/backend.py",
        "        self.ensure_one()\n",
        "        self._filters = {\"modified_after\": self.last_sync_date}\n",
    ),
    (
        "S03",
        "models/product_binding.py",
        "        if self.external_updated_at and record[\"updated_at\"] < self.external_updated_at:\n            return\n",
        "",
    ),
    (
        "S04",
        "components/listener.py",
        "    @skip_if(lambda self, record, **kwargs: self.no_connector_export(record))\n",
        "",
    ),
    (
        "S06",
        "models/backend.py",
        "        self.ensure_one()\n",
        "        self.last_sync_date = datetime.now()\n",
    ),
    (
        "S07",
        "components/mapper.py",
        "float(Decimal(record[\"price\"]) / 100)",
        "float(record[\"price\"]) / 100",
    ),
    ("S08", "models/product_binding.py", "self.odoo_id.active = False", "self.odoo_id.unlink()"),
    (
        "S09",
        "models/backend.py",
        "                with self.env.cr.savepoint():\n                    self.env[\"shop.product\"].create(record)\n            except ValueError:",
        "                self.env[\"shop.product\"].create(record)\n            except Exception:",
    ),
    (
        "A01",
        "security/ir.model.access.csv",
        "access_shop_order,shop.order,model_shop_order,group_shop_user,1,1,1,1\n",
        "",
    ),
    (
        "A02",
        "security/ir.model.access.csv",
        "model_shop_order,group_shop_user",
        "model_shop_order,base.group_user",
    ),
    ("A03", "security/security.xml", "ref=\"model_shop_backend\"", "ref=\"model_shop_order\""),
    (
        "A04",
        "controllers/webhook.py",
        "if not backend or not self._verify(body, given, backend.sudo().api_key or \"\"):",
        "if not request.env[\"shop.backend\"].sudo().browse(int(token)):",
    ),
    (
        "A05",
        "wizards/sync_wizard_views.xml",
        "        <field name=\"groups_id\" eval=\"[(4, ref('group_shop_user'))]\" />\n",
        "",
    ),
    (
        "A06",
        "models/product_binding.py",
        "    def skus(self):\n        return self.mapped(",
        "    def skus(self, domain):\n        return self.sudo().search(domain).mapped(",
    ),
    ("A07", "security/ir.model.access.csv", "model_shop_order,", "model_shop_orders,"),
    (
        "A08",
        "models/backend.py",
        "\"SELECT id FROM shop_backend WHERE shop_url = %s\", (token,)",
        "\"SELECT id FROM shop_backend WHERE shop_url = '%s'\" % token",
    ),
    ("A09", "controllers/webhook.py", "json.loads(body)", "eval(body)"),
    (
        "J03",
        "models/product_binding.py",
        "return self.mapped(\"odoo_id.default_code\")",
        "return set(self.mapped(\"odoo_id.default_code\"))",
    ),
    (
        "M01",
        "models/backend.py",
        "from odoo import _, fields, models",
        "from odoo import _, fields, models\nfrom odoo.addons.stock import utils",
    ),
    (
        "M02",
        "__manifest__.py",
        "        \"data/queue_job_channel_data.xml\",\n        \"data/queue_job_function_data.xml\",",
        "        \"data/queue_job_function_data.xml\",\n        \"data/queue_job_channel_data.xml\",",
    ),
    ("M03", "__manifest__.py", "\"views/menu_views.xml\"", "\"views/menus.xml\""),
    ("M04", "__manifest__.py", "18.0.1.0.0", "18.0.1"),
    ("M05", "components/adapter.py", "import requests", "import requests\nimport shopify"),
    ("M06", "__manifest__.py", "\"sale\"]", "\"sale\", \"webservice\"]"),
    ("M07", "data/ir_cron_data.xml", "<odoo noupdate=\"1\">", "<odoo>"),
    ("M08", "data/ir_cron_data.xml", "        <field name=\"active\" eval=\"False\" />\n", ""),
    (
        "M10",
        "views/menu_views.xml",
        "id=\"menu_shop\" name=\"Shop\"",
        "id=\"menu_shop\" parent=\"crm.crm_menu_root\"",
    ),
    ("M11", "models/order_binding.py", "\"res.country\"", "\"stock.picking\""),
    ("M12", "views/menu_views.xml", "action=\"action_shop_backend\"", "action=\"action_shop_backends\""),
    ("M13", "__manifest__.py", "        \"views/binding_views.xml\",\n", ""),
    ("M14", "__manifest__.py", "    \"license\": \"LGPL-3\",\n", ""),
    ("M15", "views/backend_views.xml", "id=\"shop_backend_search\"", "id=\"shop_backend_form\""),
    (
        "P05",
        "views/binding_views.xml",
        "<list><field name=\"external_id\" /></list>",
        "<tree><field name=\"external_id\" /></tree>",
    ),
    (
        "P07",
        "views/backend_views.xml",
        "readonly=\"state == 'connected'\"",
        "attrs=\"{'readonly': [('state', '=', 'connected')]}\"",
    ),
    (
        "P08",
        "data/ir_cron_data.xml",
        "<field name=\"active\" eval=\"False\" />",
        "<field name=\"active\" eval=\"False\" /><field name=\"numbercall\">-1</field>",
    ),
    ("P15", "models/product_binding.py", "_compute_display_name", "name_get"),
    ("P24", "components/adapter.py", "import RetryableJobError", "import NothingToDoJob, RetryableJobError"),
    ("T01", "tests/test_adapter.py", "self.adapter.get_orders()", "[]"),
    ("T02", "tests/__init__.py", "from . import test_webhook\n", ""),
    ("T03", "tests/test_webhook.py", "401", "204"),
    ("T07", "tests/test_adapter.py", "import_record(self.backend, \"7\")", "browse(7)"),
    ("T06", "__init__.py", "from . import models\n", "from . import models\nfrom . import tests\n"),
];

#[test]
fn every_planted_defect_is_found() {
    let mut missed = Vec::new();
    for (rule, path, old, new) in PLANTED {
        assert!(rules().any(|known| known.id == *rule), "there is no rule {rule}");
        let mut files = clean();
        let file =
            files.iter_mut().find(|(known, _)| known == path).unwrap_or_else(|| panic!("no file {path}"));
        assert!(file.1.contains(old), "{rule}: {path} holds no {old:?}");
        file.1 = file.1.replace(old, new);
        let outcome = Folder::exactly(&files).check(&Options::default());
        if !outcome.diagnostics.iter().any(|found| found.code == *rule) {
            let codes: Vec<&str> = outcome.diagnostics.iter().map(|found| found.code).collect();
            missed.push(format!("{rule} in {path}; found {codes:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_missing_file_is_found() {
    let missing = [
        ("F01", "README.md"),
        ("M09", "static/description/icon.png"),
        ("M03", "data/ir_cron_data.xml"),
        ("T05", "tests/"),
    ];
    for (rule, gone) in missing {
        let files: Vec<_> = clean().into_iter().filter(|(path, _)| !path.starts_with(gone)).collect();
        let outcome = Folder::exactly(&files).check(&Options::default());
        assert!(
            outcome.diagnostics.iter().any(|found| found.code == rule),
            "{rule} does not find that {gone} is gone"
        );
    }
}
