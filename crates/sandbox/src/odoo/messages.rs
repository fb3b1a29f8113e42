//! What Odoo says to people, in English and in Arabic. A client that looks at these texts to tell errors apart breaks
//! on the first user who works in another language, which is what the Arabic is for.

/// The sentence `english` in `lang`, each `{}` replaced by the next of `values`.
pub(crate) fn say(lang: &str, english: &str, values: &[&str]) -> String {
    let template = if lang.starts_with("ar") {
        ARABIC.iter().find(|(key, _)| *key == english).map_or(english, |(_, arabic)| arabic)
    } else {
        english
    };
    let mut text = String::with_capacity(template.len() + 32);
    let mut values = values.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{}") {
        text.push_str(before);
        text.push_str(values.next().copied().unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    text
}

pub(crate) const ACCESS_DENIED: &str = "Access Denied";
pub(crate) const SESSION_EXPIRED: &str = "Session expired";
pub(crate) const NOT_ALLOWED: &str = "You are not allowed to {} '{}' ({}) records.\n\n{}\n\nContact your administrator to request access if necessary.";
pub(crate) const GROUPS: &str = "This operation is allowed for the following groups:\n\t- {}";
pub(crate) const FOREIGN_COMPANY: &str = "Access to unauthorized or invalid companies.";
pub(crate) const HIDDEN: &str = "Due to security restrictions, you are not allowed to access '{}' records.";
pub(crate) const MISSING: &str = "Record does not exist or has been deleted.\n(Record: {}({},), User: {})";
/// Until 18.0.
pub(crate) const MANDATORY: &str = "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n- Delete: another model requires the record being deleted. If possible, archive it instead.\n\nModel: {} ({})\nField: {} ({})\n";
/// Since 19.0; `load` says it without the first half sentence.
pub(crate) const NOT_COMPLETED: &str = "The operation cannot be completed: {}";
pub(crate) const MISSING_REQUIRED_19: &str = "Missing required value for the field '{}' ({}).\nModel: {}\n- create/update: a mandatory field is not set\n- delete: another model requires the record being deleted, you can archive it instead\n";
pub(crate) const MISSING_REQUIRED: &str = "Missing required value for the field '{}' ({})";
/// Until 17.0 of a field of another table.
pub(crate) const MISSING_REQUIRED_17: &str = "Missing required value for the field '{}'";
pub(crate) const MISSING_LINKED: &str = "Missing required value for the field '{}' on a linked model [{}]";
pub(crate) const REQUIRED_BY_OTHER: &str = "The operation cannot be completed: another model requires the record being deleted. If possible, archive it instead.\n\nModel: {} ({})\nConstraint: {}\n";
pub(crate) const REQUIRED_BY_OTHER_19: &str = "The operation cannot be completed: Another model is using the record you are trying to delete.\n\nThe troublemaker is: '{}' ({})\nThanks to the following constraint: '{}' ({})\nHow about archiving the record instead?";
pub(crate) const CONTACT_NAME: &str = "Contacts require a name";
pub(crate) const ACCOUNTABLE: &str = "Missing required fields on accountable sale order line.";
pub(crate) const CREDIT_LIMIT: &str = "You do not have enough rights to access the field \"credit_limit\" on {} ({}). Please contact your system administrator.\n\nOperation: read\nUser: {}";
pub(crate) const BARCODE_TAKEN: &str = "Barcode(s) already assigned:\n\n- Barcode \"{}\" already assigned to product(s): {} and {}\n\nNote: products that you don't have access to will not be shown above.";
pub(crate) const BARCODE_TAKEN_16: &str =
    "Barcode(s) already assigned:\n\n- Barcode \"{}\" already assigned to product(s): {}, {}";
pub(crate) const CONFIRM_STATE: &str = "Some orders are not in a state requiring confirmation.";
pub(crate) const CONFIRM_STATE_17: &str =
    "The following orders are not in a state requiring confirmation: {}";
pub(crate) const CONFIRM_STATE_16: &str =
    "It is not allowed to confirm an order in the following states: cancel, done";
pub(crate) const LINE_OF_CONFIRMED: &str = "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets invoiced or delivered).\n                Set the quantity to 0 instead.";
pub(crate) const LINE_OF_CONFIRMED_16: &str = "You can not remove an order line once the sales order is confirmed.\nYou should rather set the quantity to 0.";
pub(crate) const LINE_OF_LOCKED: &str =
    "It is forbidden to modify the following fields in a locked order:\n{}";
pub(crate) const ORDER_NOT_CANCELLED: &str =
    "You can not delete a sent quotation or a confirmed sales order. You must first cancel it.";
pub(crate) const UNKNOWN_DB_ID: &str = "Unknown database identifier '{}'";
pub(crate) const NOT_INTEGER: &str = "'{}' does not seem to be an integer for field '{}'";
pub(crate) const NOT_NUMBER: &str = "'{}' does not seem to be a number for field '{}'";
pub(crate) const NOT_DATE: &str = "'{}' does not seem to be a valid date for field '{}'";
pub(crate) const NOT_DATETIME: &str = "'{}' does not seem to be a valid datetime for field '{}'";
pub(crate) const UNKNOWN_BOOLEAN: &str = "Unknown value '{}' for boolean field '{}'";
pub(crate) const NOT_IN_SELECTION: &str = "Value '{}' not found in selection field '{}'";
pub(crate) const INVALID_DB_ID: &str = "Invalid database id '{}' for the field '{}'";
pub(crate) const NO_MATCH: &str = "No matching record found for {} '{}' in field '{}'";
pub(crate) const MANY_MATCHES_16: &str = "Found multiple matches for value '{}' in field '{}' ({} matches)";
pub(crate) const WRONG_XMLID_MODEL: &str = "Invalid external ID {}: expected model '{}', found '{}'";
pub(crate) const NO_INDIRECT: &str =
    "Can not create Many-To-One records indirectly, import the field separately";
pub(crate) const USE_DATE: &str = "Use the format '{}'";
pub(crate) const USE_BOOLEAN: &str = "Use '1' for yes and '0' for no";
pub(crate) const POSSIBLE_VALUES: &str = "Possible Values";
pub(crate) const SEE_VALUES: &str = "See all possible values";
pub(crate) const MANY_MATCHES: &str = "Found multiple matches for value \"{}\" in field \"{}\" ({} matches)";
pub(crate) const EXTERNAL_ID: &str = "external id";
pub(crate) const DATABASE_ID: &str = "database id";
pub(crate) const NAME: &str = "name";
pub(crate) const TOO_MANY_ERRORS: &str = "Found more than 10 errors and more than one error per 10 records, interrupted to avoid showing too many errors.";
pub(crate) const UNKNOWN_IMPORT_ERROR: &str = "Unknown error during import: {}: {}";

/// Translations in Odoo's own sense; wording is ours.
const ARABIC: &[(&str, &str)] = &[
    (ACCESS_DENIED, "تم رفض الوصول"),
    (SESSION_EXPIRED, "انتهت صلاحية الجلسة"),
    (
        NOT_ALLOWED,
        "لا يسمح لك بإجراء ({}) على سجلات '{}' ({}).\n\n{}\n\nاتصل بالمسؤول لطلب الصلاحية إذا لزم الأمر.",
    ),
    (GROUPS, "هذه العملية مسموح بها للمجموعات التالية:\n\t- {}"),
    (FOREIGN_COMPANY, "الوصول إلى شركات غير مصرح بها أو غير صالحة."),
    (MISSING, "السجل غير موجود أو تم حذفه.\n(السجل: {}({},)، المستخدم: {})"),
    (UNKNOWN_DB_ID, "معرف قاعدة بيانات غير معروف '{}'"),
    (NOT_INTEGER, "لا يبدو أن '{}' عدد صحيح للحقل '{}'"),
    (NOT_NUMBER, "لا يبدو أن '{}' رقم للحقل '{}'"),
    (NOT_DATE, "لا يبدو أن '{}' تاريخ صحيح للحقل '{}'"),
    (NOT_DATETIME, "لا يبدو أن '{}' تاريخ ووقت صحيح للحقل '{}'"),
    (UNKNOWN_BOOLEAN, "قيمة غير معروفة '{}' للحقل المنطقي '{}'"),
    (NOT_IN_SELECTION, "القيمة '{}' غير موجودة في حقل الاختيار '{}'"),
    (INVALID_DB_ID, "معرف قاعدة البيانات '{}' غير صالح للحقل '{}'"),
    (NO_MATCH, "لم يتم العثور على سجل مطابق لـ{} '{}' في الحقل '{}'"),
    (MANY_MATCHES, "تم العثور على عدة تطابقات للقيمة \"{}\" في الحقل \"{}\" ({} تطابقات)"),
    (EXTERNAL_ID, "معرف خارجي"),
    (DATABASE_ID, "معرف قاعدة البيانات"),
    (NAME, "الاسم"),
    (TOO_MANY_ERRORS, "تم العثور على أكثر من 10 أخطاء وأكثر من خطأ واحد لكل 10 سجلات، توقفت العملية."),
    (UNKNOWN_IMPORT_ERROR, "خطأ غير معروف أثناء الاستيراد: {}: {}"),
    (
        MANDATORY,
        "لا يمكن إتمام العملية:\n- إنشاء/تحديث: حقل إلزامي غير معين.\n- حذف: نموذج آخر يتطلب السجل الجاري حذفه.\n\nالنموذج: {} ({})\nالحقل: {} ({})\n",
    ),
    (NOT_COMPLETED, "لا يمكن إتمام العملية: {}"),
    (
        MISSING_REQUIRED_19,
        "القيمة المطلوبة غير موجودة للحقل '{}' ({}).\nالنموذج: {}\n- إنشاء/تحديث: حقل إلزامي غير معين\n",
    ),
    (MISSING_REQUIRED, "القيمة المطلوبة غير موجودة للحقل '{}' ({})"),
    (MISSING_REQUIRED_17, "القيمة المطلوبة غير موجودة للحقل '{}'"),
    (MISSING_LINKED, "القيمة المطلوبة غير موجودة للحقل '{}' في نموذج مرتبط [{}]"),
    (
        REQUIRED_BY_OTHER,
        "لا يمكن إتمام العملية: نموذج آخر يتطلب السجل الجاري حذفه.\n\nالنموذج: {} ({})\nالقيد: {}\n",
    ),
    (
        REQUIRED_BY_OTHER_19,
        "لا يمكن إتمام العملية: نموذج آخر يستخدم السجل الذي تحاول حذفه.\n\nالنموذج: '{}' ({})\nالقيد: '{}' ({})\n",
    ),
    (CONTACT_NAME, "جهات الاتصال تتطلب اسماً"),
    (ACCOUNTABLE, "حقول مطلوبة مفقودة في بند أمر البيع."),
    (
        CREDIT_LIMIT,
        "ليس لديك صلاحيات كافية للوصول إلى الحقل \"credit_limit\" في {} ({}).\n\nالعملية: قراءة\nالمستخدم: {}",
    ),
    (BARCODE_TAKEN, "الباركود معين بالفعل:\n\n- الباركود \"{}\" معين بالفعل للمنتجات: {} و {}"),
    (BARCODE_TAKEN_16, "الباركود معين بالفعل:\n\n- الباركود \"{}\" معين بالفعل للمنتجات: {}، {}"),
    (CONFIRM_STATE, "بعض الطلبات ليست في حالة تتطلب التأكيد."),
    (CONFIRM_STATE_17, "الأوامر التالية ليست في حالة تستدعي التأكيد: {} "),
    (CONFIRM_STATE_16, "لا يُسمح بتأكيد طلب في الحالات التالية: cancel, done"),
    (
        LINE_OF_CONFIRMED,
        "بعد تأكيد أمر البيع، لا يمكنك إزالة أحد بنوده.\n                قم بتعيين الكمية إلى 0 عوضاً عن ذلك.",
    ),
    (LINE_OF_CONFIRMED_16, "لا يمكنك إزالة بند بعد تأكيد أمر البيع.\nيجب تعيين الكمية إلى 0."),
    (LINE_OF_LOCKED, "يُمنع تعديل الحقول التالية في طلب مقفل:\n{}"),
    (ORDER_NOT_CANCELLED, "لا يمكنك حذف عرض سعر مرسل أو أمر بيع مؤكد. عليك إلغاؤه أولاً."),
    (MANY_MATCHES_16, "تم العثور على عدة تطابقات للقيمة '{}' في الحقل '{}' ({} تطابقات)"),
    (WRONG_XMLID_MODEL, "المعرف الخارجي {} غير صالح: النموذج المتوقع '{}'، الموجود '{}'"),
    (NO_INDIRECT, "لا يمكن إنشاء سجلات متعدد-لواحد بشكل غير مباشر، قم باستيراد الحقل على حدة"),
    (USE_DATE, "استخدم الصيغة '{}'"),
    (USE_BOOLEAN, "استخدم '1' لنعم و '0' للا"),
    (POSSIBLE_VALUES, "القيم الممكنة"),
    (SEE_VALUES, "الاطلاع على كل القيم الممكنة"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arabic_sentence_takes_the_values_of_the_english_one() {
        for (english, arabic) in ARABIC {
            assert_eq!(english.matches("{}").count(), arabic.matches("{}").count(), "{english}");
        }
        assert_eq!(say("ar_001", UNKNOWN_DB_ID, &["7"]), "معرف قاعدة بيانات غير معروف '7'");
        assert_eq!(say("en_US", UNKNOWN_DB_ID, &["7"]), "Unknown database identifier '7'");
    }
}
