# Fed to `odoo-bin shell`: the language, users and API keys of the tests, in 16.0 to 19.0.
# Prints one line that template.rs reads.
import datetime
import inspect
import secrets

arabic = env["res.lang"].with_context(active_test=False).search([("code", "=", "ar_001")])
if not arabic.active:
    wizard = env["base.language.install"]
    wizard.create({"lang_ids": [(6, 0, arabic.ids)], "overwrite": False}).lang_install()
env["res.partner"].search([]).write({"lang": "en_US"})


def groups(*names):
    # Not every series has every group.
    return [group.id for group in (env.ref(name, raise_if_not_found=False) for name in names) if group]


def user(login, name, group_ids):
    users = env["res.users"].with_context(no_reset_password=True, mail_create_nolog=True)
    group_field = "group_ids" if "group_ids" in users._fields else "groups_id"
    password = secrets.token_urlsafe(12)
    values = {"login": login, "name": name, "email": login, "password": password, "lang": "en_US"}
    return users.create({**values, group_field: [(6, 0, group_ids)]}), password


def api_key(owner):
    keys = env["res.users.apikeys"].with_user(owner)
    arguments = ["rpc", "linkspan live tests"]
    if "expiration_date" in inspect.signature(type(keys)._generate).parameters:
        arguments.append(datetime.datetime.now() + datetime.timedelta(hours=1))
    return keys._generate(*arguments)


common = ("base.group_user", "base.group_partner_manager")
manager, manager_password = user(
    "manager@example.com",
    "Sales Manager",
    groups(*common, "sales_team.group_sale_manager", "product.group_product_manager"),
)
plain, plain_password = user(
    "sales@example.com", "Sales User", groups(*common, "sales_team.group_sale_salesman_all_leads")
)
manager_key, plain_key = api_key(manager), api_key(plain)
admin_password = secrets.token_urlsafe(12)
env.ref("base.user_admin").password = admin_password
env.flush_all()
# How long a key may live depends on the user's groups; the template is used for months.
if "expiration_date" in env["res.users.apikeys"]._fields:
    env.cr.execute("UPDATE res_users_apikeys SET expiration_date = NULL")
env.cr.commit()
print("LINKSPAN-USERS", admin_password, manager_password, manager_key, plain_password, plain_key)
