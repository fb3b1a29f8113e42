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
pub(crate) const NO_GROUP: &str = "No group currently allows this operation.";
pub(crate) const GROUPS: &str = "This operation is allowed for the following groups:\n\t- {}";
pub(crate) const FOREIGN_COMPANY: &str = "Access to unauthorized or invalid companies.";
pub(crate) const MISSING: &str = "Record does not exist or has been deleted.\n(Record: {}({},), User: {})";
pub(crate) const MANDATORY: &str = "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n- Delete: another model requires the record being deleted. If possible, archive it instead.\n\nModel: {} ({})\nField: {} ({})\n";
pub(crate) const MISSING_REQUIRED: &str = "Missing required value for the field '{}' ({})";
pub(crate) const CONTACT_NAME: &str = "The operation cannot be completed: Contacts require a name";
pub(crate) const BARCODE_TAKEN: &str =
    "Barcode(s) already assigned:\n\n- Barcode \"{}\" already assigned to product(s): {}";
pub(crate) const CONFIRM_STATE: &str = "The following orders are not in a state requiring confirmation: {}";
pub(crate) const LINE_OF_CONFIRMED: &str = "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets invoiced or delivered).\n                Set the quantity to 0 instead.";
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
    (NO_GROUP, "لا توجد مجموعة تسمح بهذه العملية حالياً."),
    (GROUPS, "هذه العملية مسموح بها للمجموعات التالية:\n\t- {}"),
    (FOREIGN_COMPANY, "الوصول إلى شركات غير مصرح بها أو غير صالحة."),
    (MISSING, "السجل غير موجود أو تم حذفه.\n(السجل: {}({},)، المستخدم: {})"),
    (
        MANDATORY,
        "لا يمكن إتمام العملية:\n- إنشاء/تحديث: حقل إلزامي غير معين.\n- حذف: نموذج آخر يتطلب السجل الجاري حذفه.\n\nالنموذج: {} ({})\nالحقل: {} ({})\n",
    ),
    (MISSING_REQUIRED, "القيمة المطلوبة غير موجودة للحقل '{}' ({})"),
    (CONTACT_NAME, "لا يمكن إتمام العملية: جهات الاتصال تتطلب اسماً"),
    (BARCODE_TAKEN, "الباركود معين بالفعل:\n\n- الباركود \"{}\" معين بالفعل للمنتجات: {}"),
    (CONFIRM_STATE, "الطلبات التالية ليست في حالة تتطلب التأكيد: {}"),
    (
        LINE_OF_CONFIRMED,
        "بعد تأكيد أمر البيع، لا يمكنك إزالة أحد بنوده.\n                قم بتعيين الكمية إلى 0 عوضاً عن ذلك.",
    ),
    (ORDER_NOT_CANCELLED, "لا يمكنك حذف عرض سعر مرسل أو أمر بيع مؤكد. عليك إلغاؤه أولاً."),
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
