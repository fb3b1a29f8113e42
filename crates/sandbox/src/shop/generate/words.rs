//! What records are made of. Everything is fictitious; mail addresses end in `.example`.

pub(super) const MATERIALS: [&str; 12] = [
    "Oak", "Blue", "Cotton", "Copper", "Linen", "Folding", "Small", "Grand", "Wool", "Glass", "Travel",
    "Classic",
];
pub(super) const THINGS: [&str; 16] = [
    "desk lamp",
    "chair",
    "tea pot",
    "scarf",
    "notebook",
    "garden bench",
    "mug",
    "candle",
    "backpack",
    "mirror",
    "cookbook",
    "blanket",
    "clock",
    "water bottle",
    "shelf",
    "umbrella",
];
/// Names that are no plain English: other scripts, entities as WordPress stores them, tags, quotes, long dashes.
pub(super) const SPECIAL: [&str; 16] = [
    "مصباح مكتب كلاسيكي",
    "قهوة عربية فاخرة",
    "حقيبة سفر جلدية",
    "Tea <b>\"Royal\"</b> &amp; mug – 250 g",
    "Salt &amp; pepper set",
    "Gemütliche Wolldecke",
    "Bücherregal „Nordlicht“",
    "Crème brûlée set",
    "Théière en fonte émaillée",
    "Jamón ibérico 1/2 kg",
    "急須 常滑焼",
    "木製の椅子",
    "Плед шерстяной",
    "Çelik termos",
    "O'Neill surf towel",
    "5&quot; screen cleaner",
];
pub(super) const CATEGORIES: [&str; 20] = [
    "Home",
    "Lighting",
    "Desk lamps",
    "Books &amp; Media",
    "ملابس",
    "Küche",
    "Garden",
    "Office",
    "Travel",
    "Food &amp; Drink",
    "Toys",
    "إضاءة",
    "Bücher",
    "Électronique",
    "Sports",
    "Bath",
    "Kids",
    "Art",
    "Tools",
    "Sale %",
];
pub(super) const COLORS: [(&str, &str); 3] = [("Red", "red"), ("Blue", "blue"), ("أخضر", "أخضر")];

/// First name, last name, both in Latin letters for the mail address.
pub(super) const PEOPLE: [(&str, &str, &str); 24] = [
    ("Lina", "Harb", "lina.harb"),
    ("نور", "الهاشمي", "noor.alhashimi"),
    ("Jürgen", "Groß", "juergen.gross"),
    ("Zoë", "Lefèvre", "zoe.lefevre"),
    ("Sami", "Aziz", "sami.aziz"),
    ("محمد", "العتيبي", "mohammed.alotaibi"),
    ("Anna", "Müller", "anna.mueller"),
    ("Omar", "", "omar"),
    ("Seán", "O'Brien", "sean.obrien"),
    ("José", "García Márquez", "jose.garcia"),
    ("美咲", "田中", "misaki.tanaka"),
    ("Иван", "Петров", "ivan.petrov"),
    ("Fatma", "Yılmaz", "fatma.yilmaz"),
    ("Grace", "Okafor", "grace.okafor"),
    ("سارة", "القحطاني", "sara.alqahtani"),
    ("Emily", "Clark", "emily.clark"),
    ("Łukasz", "Żak", "lukasz.zak"),
    ("Nguyễn", "Thị Hoa", "hoa.nguyen"),
    ("Priya", "Sharma", "priya.sharma"),
    ("Hala", "Saad", "hala.saad"),
    ("Björn", "Åkesson", "bjorn.akesson"),
    ("خالد", "الدوسري", "khaled.aldosari"),
    ("Maria", "da Silva", "maria.dasilva"),
    ("Wei", "Chen", "wei.chen"),
];
pub(super) const COMPANIES: [&str; 5] =
    ["Acme Trading LLC", "Müller & Söhne GmbH", "شركة الأفق المحدودة", "Blue Ocean B.V.", "R&D Partners"];

/// Street, city, state, postcode, country; the share of orders that goes there.
pub(super) const PLACES: [(u64, [&str; 5]); 8] = [
    (40, ["Olaya 5", "Riyadh", "", "12211", "SA"]),
    (18, ["طريق الملك فهد ١٠", "جدة", "", "21577", "SA"]),
    (8, ["Sheikh Zayed Rd 44", "Dubai", "", "", "AE"]),
    (14, ["Königstraße 3", "München", "DE-BY", "80331", "DE"]),
    (6, ["12 rue de l'Église", "Lyon", "", "69002", "FR"]),
    (6, ["742 Evergreen Terrace", "Springfield", "OR", "97403", "US"]),
    (5, ["1 High Street", "Leeds", "", "LS1 1AA", "GB"]),
    (3, ["شارع التحرير ٧", "القاهرة", "EGC", "", "EG"]),
];
