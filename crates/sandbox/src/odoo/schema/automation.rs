//! What the app Automation Rules adds (17.0 and later, as far as a rule that calls a webhook needs it). Rules do not run here.

use super::Model;
use super::field::short::{boolean, char, many2many, many2one, one2many, selection, text};

const TRIGGERS: &[(&str, &str)] = &[
    ("on_create_or_write", "On create and edit"),
    ("on_unlink", "On deletion"),
    ("on_archive", "On archived"),
    ("on_unarchive", "On unarchived"),
];

const STATES: &[(&str, &str)] =
    &[("object_write", "Update Record"), ("code", "Execute Code"), ("webhook", "Send Webhook Notification")];

pub(super) fn models() -> Vec<Model> {
    let model = Model::new(
        "ir.model",
        "Models",
        "model",
        vec![
            char("name", "Model Description").required(),
            char("model", "Model").required(),
            one2many("field_id", "Fields", "ir.model.fields", "model_id"),
        ],
    );
    let fields = Model::new(
        "ir.model.fields",
        "Fields",
        "name, id",
        vec![
            char("name", "Field Name").required(),
            char("model", "Model Name").required(),
            many2one("model_id", "Model", "ir.model").required().cascade(),
        ],
    );
    let automation = Model::new(
        "base.automation",
        "Automation Rule",
        "id",
        vec![
            char("name", "Automation Rule Name").required(),
            many2one("model_id", "Model", "ir.model").required(),
            selection("trigger", "Trigger", TRIGGERS).required(),
            text("filter_domain", "Apply on"),
            boolean("active", "Active").or_true(),
            one2many("action_server_ids", "Actions", "ir.actions.server", "base_automation_id"),
        ],
    );
    let action = Model::new(
        "ir.actions.server",
        "Server Actions",
        "id",
        vec![
            char("name", "Action Name").required(),
            many2one("model_id", "Model", "ir.model").required(),
            selection("state", "Type", STATES).required(),
            many2one("base_automation_id", "Automation Rule", "base.automation").cascade(),
            char("webhook_url", "Webhook URL"),
            many2many("webhook_field_ids", "Webhook Fields", "ir.model.fields"),
            text("code", "Python Code"),
        ],
    );
    vec![model, fields, automation, action]
}
