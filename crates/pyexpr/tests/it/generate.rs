//! Random expressions, mostly well typed, and random records for them.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// What an expression is meant to give. One in twelve gives something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Float,
    Decimal,
    Text,
    Bool,
    Ints,
    Texts,
    Rows,
    Row,
    Date,
    DateTime,
    Nothing,
}

const KINDS: &[Kind] = &[
    Kind::Int,
    Kind::Float,
    Kind::Decimal,
    Kind::Text,
    Kind::Bool,
    Kind::Ints,
    Kind::Texts,
    Kind::Rows,
    Kind::Row,
    Kind::Date,
    Kind::DateTime,
    Kind::Nothing,
];

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "abc",
    "Hello World",
    "  pad ",
    "x-y-z",
    "a,b,,c",
    "a b  c",
    "Ünïcödé ß",
    "日本",
    "ΣΑΣ ΟΔΟΣ",
    "İi",
    "é",
    "'q'",
    "\"dq\"",
    "'\"",
    "back\\slash",
    "tab\tnew\nline\r\nend",
    "\u{1c}x\u{85}y\u{2028}",
    "\u{a0}nb\u{a0}",
    "\u{7}\u{200b}",
    "😀 ok",
    "they're o'neil",
    "1",
    "-12",
    "3.50",
    "149.00",
    "1e3",
    "1E-7",
    "0.00",
    "-0",
    "+5",
    " 12 ",
    "1_000",
    "1__0",
    "_1",
    "0x10",
    "NaN",
    "inf",
    "1.",
    ".5",
    ".",
    "-",
    "5e",
    "٣",
    "²",
    "½",
    "1,5",
    "12345678901234567890",
    "0.1234567890123456789012345678901234567",
    "9.99e29",
    "2.675",
    "<p>Caf&eacute; &amp; <b>bar</b><br/>x &lt; y &#8211; &#x2013;&unknown;</p>",
    "<script>x<y</script>t",
    "a<b & c>d",
    "2024-02-29",
    "2023-02-29",
    "2024-05-31T10:20:30Z",
    "2024-05-31 23:59:59.123456789+02:00",
    "2024-05-31T00:10:00-0530",
    "2024-05-31T10:20",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-01:00",
    "2024-05-31T24:00:00Z",
    "2024-13-01",
    "2024-05-31T10:20:30+02",
    "2024-05-31T10:20:30.5",
];

const HTML: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "<p>",
    "</p>",
    "<br>",
    "<BR/>",
    "<li class='x'>",
    "<!--",
    "-->",
    "<!DOCTYPE x>",
    "<script>",
    "</script>",
    "</SCRIPT >",
    "<style",
    "&",
    "&amp;",
    "&lt",
    ";",
    "&#65;",
    "&#x41;",
    "&#0;",
    "&#xd800;",
    "&#1114112;",
    "&nbsp;",
    "&Eacute;",
    "&apos;",
    "&ampx;",
    "a",
    "b c",
    " ",
    "\n",
    "\t",
    "é",
    "İ",
    "ſ",
];

const DATES: &[&str] =
    &["2024-02-29", "2023-12-31", "2024-05-31T22:15:30+02:00", "1999-01-01T00:00:00.25Z", "2024-13-01"];

const INTS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "3",
    "5",
    "7",
    "10",
    "-5",
    "12",
    "100",
    "-250",
    "1234567",
    "9007199254740993",
    "9223372036854775807",
];

const FLOATS: &[&str] = &[
    "0.0",
    "-0.0",
    "0.1",
    "0.5",
    "1.5",
    "2.5",
    "-2.5",
    "2.675",
    "3.0",
    "1e16",
    "1e-5",
    "1e22",
    "123456.789",
    "1e300",
    "5e-324",
    "0.30000000000000004",
    "1e15",
    "-7.25",
    "100.0",
    "9007199254740993.0",
    "0.0001",
    "1234567890.125",
];

const DECIMALS: &[&str] = &[
    "'0'",
    "'1'",
    "'-1.50'",
    "'149.00'",
    "'0.1'",
    "'2.5'",
    "'2.675'",
    "'1E+3'",
    "'-0.00'",
    "'1E-9'",
    "'12345678901234567890.12'",
    "'9999999999999999999999999999'",
    "'0.0000001'",
    "'1e30'",
    "'-3E-30'",
    "7",
    "-3",
    "0.1",
    "2.5",
    "1e-7",
    "'1234567890123456789012345678901234'",
];

/// Makes expressions and records from a seed.
pub(crate) struct Generator {
    rng: StdRng,
    /// Names of comprehension variables in sight, with what they hold.
    variables: Vec<(String, Kind)>,
    next_variable: usize,
}

impl Generator {
    pub(crate) fn new(rng: StdRng) -> Generator {
        Generator { rng, variables: Vec::new(), next_variable: 0 }
    }

    /// An expression over `record`.
    pub(crate) fn expression(&mut self) -> String {
        self.next_variable = 0;
        let kind = self.pick(KINDS);
        let depth = self.rng.random_range(1..=4);
        let text = self.expr(kind, depth);
        if text.len() > 3000 { "record['i']".to_owned() } else { text }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *from.choose(&mut self.rng).expect("the tables are not empty")
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.rng.random_ratio(1, one_in)
    }

    fn expr(&mut self, kind: Kind, depth: u32) -> String {
        let kind = if self.chance(30) { self.pick(KINDS) } else { kind };
        if depth == 0 || self.chance(8) {
            return self.leaf(kind);
        }
        if self.chance(10) {
            let (test, then, other) =
                (self.expr(Kind::Bool, depth - 1), self.expr(kind, depth - 1), self.expr(kind, depth - 1));
            return format!("({then} if {test} else {other})");
        }
        if self.chance(30) {
            let (item, list) = self.pick(&[(Kind::Int, Kind::Ints), (Kind::Row, Kind::Rows)]);
            let (name, source) = self.variable(item, list, depth - 1);
            let (element, test) = (self.expr(kind, depth.min(1)), self.expr(Kind::Bool, depth.min(1)));
            self.variables.pop();
            return format!(
                "next(({element} for {name} in {source} if {test}), {})",
                self.expr(kind, depth - 1)
            );
        }
        if self.chance(14) {
            let word = self.pick(&["and", "or"]);
            return format!("({} {word} {})", self.expr(kind, depth - 1), self.expr(kind, depth - 1));
        }
        match kind {
            Kind::Int => self.int(depth - 1),
            Kind::Float => self.float(depth - 1),
            Kind::Decimal => self.decimal(depth - 1),
            Kind::Text => self.text(depth - 1),
            Kind::Bool => self.bool(depth - 1),
            Kind::Ints => self.ints(depth - 1),
            Kind::Texts => self.texts(depth - 1),
            Kind::Rows => self.rows(depth - 1),
            Kind::Row => self.row(depth - 1),
            Kind::Date => self.date(depth - 1),
            Kind::DateTime => self.datetime(depth - 1),
            Kind::Nothing => self.leaf(kind),
        }
    }

    /// A literal, a member of the record or a variable.
    fn leaf(&mut self, kind: Kind) -> String {
        let fitting: Vec<String> =
            self.variables.iter().filter(|(_, held)| *held == kind).map(|(name, _)| name.clone()).collect();
        if !fitting.is_empty() && !self.chance(3) {
            return fitting.choose(&mut self.rng).expect("not empty").clone();
        }
        let of_record: &[&str] = match kind {
            Kind::Int => {
                &["record['i']", "record['j']", "record.get('i')", "record['row']['n']", "record['ints'][0]"]
            }
            Kind::Float => &["record['f']", "record.get('f', 1.5)", "record['row']['x']"],
            Kind::Decimal => &["decimal(record['price'])", "decimal(record['f'])", "decimal(record['i'])"],
            Kind::Text => &[
                "record['s']",
                "record['t']",
                "record['price']",
                "record['row']['k']",
                "record.get('none', 'd')",
                "record['when']",
            ],
            Kind::Bool => &["record['b']", "True", "False", "record['row'].get('b')"],
            Kind::Ints => &["record['ints']", "[1, 2, 3]", "[]", "(4, 5)", "list(range(4))"],
            Kind::Texts => &["record['texts']", "['a', 'b']", "record['s'].split()", "('x',)"],
            Kind::Rows => &["record['rows']", "[]", "[{'n': 1, 'k': 'z'}]"],
            Kind::Row => {
                &["record['row']", "{}", "{'n': 1, 'k': 'v', 'x': 0.5}", "record['rows'][0]", "record"]
            }
            Kind::Date => &["date(record['when'])", "date('2024-02-29')"],
            Kind::DateTime => &["datetime(record['when'])", "datetime('2024-02-29T23:30:00-01:00')"],
            Kind::Nothing => &["None", "record['null']", "record.get('absent')", "record['absent']"],
        };
        if self.chance(2) {
            return self.pick(of_record).to_owned();
        }
        match kind {
            Kind::Int if self.chance(2) => format!("({})", self.rng.random_range(-20..60)),
            Kind::Int if self.chance(3) => {
                let bits = self.rng.random_range(1..63);
                format!("({})", self.rng.random::<i64>() >> bits)
            }
            Kind::Int => format!("({})", self.pick(INTS)),
            Kind::Float if self.chance(3) => format!("({:?})", self.any_float()),
            Kind::Float => format!("({})", self.pick(FLOATS)),
            Kind::Decimal if self.chance(2) => format!("decimal('{}')", self.any_decimal()),
            Kind::Decimal => format!("decimal({})", self.pick(DECIMALS)),
            Kind::Text => literal(&self.any_text()),
            Kind::Date => format!("date({})", literal(self.pick(DATES))),
            Kind::DateTime => format!("datetime({})", literal(self.pick(DATES))),
            _ => self.pick(of_record).to_owned(),
        }
    }

    /// Up to 34 digits, the point anywhere near.
    fn any_decimal(&mut self) -> String {
        let digits = self.rng.random_range(1..=34);
        let coefficient: String = (0..digits).map(|_| self.pick(&["0", "1", "5", "9", "9", "3"])).collect();
        let exponent = self.rng.random_range(-45..20);
        let sign = self.pick(&["", "-"]);
        if self.chance(2) || digits > 32 {
            format!("{sign}{coefficient}e{exponent}")
        } else {
            format!("{sign}{coefficient}.50")
        }
    }

    /// A text of the table, one with a character changed, or a heap of what one of the helpers looks for.
    fn any_text(&mut self) -> String {
        let known = self.pick(TEXTS);
        match self.rng.random_range(0..9) {
            0 => {
                let at = self.rng.random_range(0..=known.chars().count());
                let other = self.pick(&["", "0", "9", "-", "_", " ", "T", "é", ".", "\u{661}", ":"]);
                known.chars().take(at).chain(other.chars()).chain(known.chars().skip(at + 1)).collect()
            }
            1 => self.heap(HTML),
            2 => self.heap(&["0", "1", "9", ".", "e", "E", "+", "-", "_", " ", "\u{a0}", "٣"]),
            3 => self.heap(&[
                "a", "B", "ß", "Σ", "σ", "İ", "ŉ", " ", "'", "-", "é", "日", "😀", "1", "\n", "\r", "\t",
            ]),
            _ => known.to_owned(),
        }
    }

    fn heap(&mut self, parts: &[&str]) -> String {
        let count = self.rng.random_range(0..9);
        (0..count).map(|_| self.pick(parts)).collect()
    }

    /// A float of any size.
    fn any_float(&mut self) -> f64 {
        match self.rng.random_range(0..3) {
            0 => self.rng.random_range(-1000.0..1000.0),
            // Quarters near 2^53, where two shortest forms can be equally near.
            1 => self.rng.random_range(1i64 << 40..1 << 53) as f64 / self.pick(&[1.0, 2.0, 4.0, 8.0, 1e4]),
            _ => Some(f64::from_bits(self.rng.random())).filter(|float| float.is_finite()).unwrap_or(0.25),
        }
    }

    fn int(&mut self, depth: u32) -> String {
        match self.rng.random_range(0..16) {
            0..=3 => {
                let op = self.pick(&["+", "-", "*", "//", "%"]);
                format!("({} {op} {})", self.expr(Kind::Int, depth), self.expr(Kind::Int, depth))
            }
            4 => format!("len({})", self.any_sequence(depth)),
            5 => format!("int({})", self.any_scalar(depth)),
            6 => format!("sum({})", self.iterable(Kind::Ints, depth)),
            7 => {
                let name = self.pick(&["min", "max"]);
                let end = self.pick(&["", ", default=0"]);
                format!("{name}({}{end})", self.iterable(Kind::Ints, depth))
            }
            8 => format!("{}({}, {})", self.pick(&["min", "max"]), self.number(depth), self.number(depth)),
            9 => format!("abs({})", self.number(depth)),
            10 => format!("round({})", self.number(depth)),
            11 => format!(
                "round({}, {})",
                self.expr(Kind::Int, depth),
                self.pick(&["-1", "-2", "0", "2", "None"])
            ),
            12 => {
                let name = self.pick(&["find", "rfind", "count", "index"]);
                format!("{}.{name}({})", self.expr(Kind::Text, depth), self.expr(Kind::Text, depth))
            }
            13 => {
                let name = self.pick(&["year", "month", "day", "hour", "minute", "second", "microsecond"]);
                let kind = self.pick(&[Kind::Date, Kind::DateTime, Kind::DateTime]);
                format!("{}.{name}", self.expr(kind, depth))
            }
            14 => format!(
                "({} ** {})",
                self.expr(Kind::Int, depth),
                self.pick(&["0", "1", "2", "3", "-1", "0.5"])
            ),
            _ => {
                let sign = self.pick(&["-", "+"]);
                format!("{sign}{}", self.expr(Kind::Int, depth))
            }
        }
    }

    fn float(&mut self, depth: u32) -> String {
        match self.rng.random_range(0..9) {
            0..=2 => {
                let op = self.pick(&["+", "-", "*", "/", "//", "%"]);
                format!("({} {op} {})", self.expr(Kind::Float, depth), self.number(depth))
            }
            3 => format!("({} / {})", self.expr(Kind::Int, depth), self.expr(Kind::Int, depth)),
            4 => format!("float({})", self.any_scalar(depth)),
            5 => format!(
                "round({}, {})",
                self.expr(Kind::Float, depth),
                self.pick(&["0", "1", "2", "3", "-1", "-3", "25"])
            ),
            6 => format!("abs({})", self.expr(Kind::Float, depth)),
            7 => format!(
                "({} ** {})",
                self.expr(Kind::Float, depth),
                self.pick(&["2", "0.5", "-1", "3", "-0.5"])
            ),
            _ => format!("-{}", self.expr(Kind::Float, depth)),
        }
    }

    fn decimal(&mut self, depth: u32) -> String {
        match self.rng.random_range(0..12) {
            0..=4 => {
                let op = self.pick(&["+", "-", "*", "/", "//", "%"]);
                let other = self.pick(&[Kind::Decimal, Kind::Decimal, Kind::Int]);
                if self.chance(3) {
                    format!("({} {op} {})", self.expr(other, depth), self.expr(Kind::Decimal, depth))
                } else {
                    format!("({} {op} {})", self.expr(Kind::Decimal, depth), self.expr(other, depth))
                }
            }
            5 => format!("decimal({})", self.any_scalar(depth)),
            6 => format!(
                "round_half_up({}, {})",
                self.number(depth),
                self.pick(&["0", "1", "2", "3", "6", "12", "-1", "13"])
            ),
            7 => format!(
                "round({}, {})",
                self.expr(Kind::Decimal, depth),
                self.pick(&["0", "1", "2", "-1", "5"])
            ),
            8 => format!(
                "{}.quantize(decimal({}))",
                self.expr(Kind::Decimal, depth),
                self.pick(&["'0.01'", "'1'", "'1E+2'", "'0.001'"])
            ),
            9 => format!("{}({})", self.pick(&["abs", "+", "-"]), self.expr(Kind::Decimal, depth)),
            10 => {
                let (name, rows) = self.variable(Kind::Row, Kind::Rows, depth);
                let item = self.expr(Kind::Decimal, depth.min(1));
                self.variables.pop();
                format!("sum(({item} for {name} in {rows}), decimal('0.00'))")
            }
            _ => format!(
                "{}({}, {})",
                self.pick(&["min", "max"]),
                self.expr(Kind::Decimal, depth),
                self.number(depth)
            ),
        }
    }

    fn text(&mut self, depth: u32) -> String {
        let subject = self.expr(Kind::Text, depth);
        let part = self.expr(Kind::Text, depth.min(1));
        match self.rng.random_range(0..26) {
            0 => format!("({subject} + {part})"),
            1 => format!("str({})", self.expr_of_any(depth)),
            2 => format!(
                "{subject}[{}]",
                self.pick(&[
                    "0", "-1", "1", "5", "True", "1:", ":2", "::-1", "-3:-1", "1:10:2", "None:3", "'a'",
                    "1.0"
                ])
            ),
            3 => format!(
                "{subject}.{}()",
                self.pick(&["upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip"])
            ),
            4 => format!(
                "{subject}.{}({part})",
                self.pick(&["strip", "lstrip", "rstrip", "removeprefix", "removesuffix"])
            ),
            5 => format!("{subject}.replace({part}, {})", self.expr(Kind::Text, 0)),
            6 => format!("{subject}.replace({part}, '-', {})", self.pick(&["0", "1", "2", "-1", "None"])),
            7 => format!("{part}.join({})", self.iterable(Kind::Texts, depth)),
            8 => format!("join({part}, {})", self.iterable(Kind::Texts, depth)),
            9 => format!("{subject}.zfill({})", self.pick(&["0", "5", "12", "'3'"])),
            10 => format!(
                "{subject}.{}({}, {})",
                self.pick(&["ljust", "rjust"]),
                self.pick(&["3", "10"]),
                self.pick(&["'*'", "'é'", "''", "'ab'", "1"])
            ),
            11 => format!("digest({subject})"),
            12 => format!("html_to_text({subject})"),
            13 => format!("({subject} * {})", self.pick(&["0", "1", "2", "3", "-1", "True", "1.5"])),
            14 => {
                let kind = self.pick(&[Kind::Date, Kind::DateTime]);
                format!("{}.isoformat()", self.expr(kind, depth))
            }
            15 => {
                let kind = self.pick(&[Kind::Date, Kind::DateTime]);
                let format = self.pick(&["'%Y-%m-%d'", "'%d/%m/%y %H:%M:%S.%f'", "'%j %%'", "record['s']"]);
                format!("{}.strftime({format})", self.expr(kind, depth))
            }
            16 => format!(
                "{}.get({})",
                self.expr(Kind::Row, depth),
                self.pick(&["'k'", "'k', 'd'", "'zz', 'd'", "None", "[]", "record['t']"])
            ),
            17..=21 => self.f_string(depth),
            22 => format!("{}[{}]", self.expr(Kind::Texts, depth), self.pick(&["0", "-1", "1"])),
            23 => format!("{}['k']", self.expr(Kind::Row, depth)),
            24 => format!(
                "{subject}.{}({part})[{}]",
                self.pick(&["partition", "rpartition"]),
                self.pick(&["0", "1", "-1", ":"])
            ),
            _ => format!("({subject} or {part})"),
        }
    }

    /// Inside, no quote of the same kind and no backslash: Python 3.11 reads neither.
    fn f_string(&mut self, depth: u32) -> String {
        let kind = self.pick(&[
            Kind::Int,
            Kind::Float,
            Kind::Decimal,
            Kind::Text,
            Kind::Bool,
            Kind::Nothing,
            Kind::Date,
            Kind::Ints,
        ]);
        let inner = self.expr(kind, depth.min(2));
        let spec = self.pick(&[
            "", "!r", "!s", ":.2f", ":05d", ":>8", ":<8", ":^9", ":*^9", ":,", ":,.2f", ":+.1f", ":08.2f",
            ":d", ":f", ":.0f", ":+d", ":010,", ":s", ":.3", ":6", "!r:>12", "!s:.2", ":012,.2f", ":05",
            ":05s",
        ]);
        if inner.contains(['"', '\\', '\n']) || inner.contains("f'") {
            return format!("str({inner})");
        }
        format!("f\"<{{({inner}){spec}}}>\"")
    }

    fn bool(&mut self, depth: u32) -> String {
        match self.rng.random_range(0..16) {
            0..=2 => {
                let op = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                format!("({} {op} {})", self.number(depth), self.number(depth))
            }
            3 => {
                let kind = self.pick(KINDS);
                let op = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                format!("({} {op} {})", self.expr(kind, depth), self.expr(kind, depth))
            }
            4 => {
                let op = self.pick(&["==", "!=", "<", ">"]);
                format!("({} {op} {})", self.expr_of_any(depth), self.expr_of_any(depth))
            }
            5 => format!("({} < {} <= {})", self.number(depth), self.number(depth), self.number(depth)),
            6 => format!(
                "({} {} {})",
                self.expr_of_any(depth),
                self.pick(&["in", "not in"]),
                self.any_sequence(depth)
            ),
            7 => format!(
                "({} in {})",
                self.expr(Kind::Text, depth),
                self.pick(&[
                    "('a', 'abc')",
                    "{'a', '1', 1}",
                    "['', 'b']",
                    "record['row'].keys()",
                    "record['row'].values()"
                ])
            ),
            8 => format!(
                "({} {} {})",
                self.expr_of_any(depth),
                self.pick(&["is", "is not"]),
                self.pick(&["None", "True", "False"])
            ),
            9 => format!("(not {})", self.expr_of_any(depth)),
            10 => format!("bool({})", self.expr_of_any(depth)),
            11 => format!("{}({})", self.pick(&["any", "all"]), self.any_iterable(depth)),
            12 => format!(
                "{}.{}({})",
                self.expr(Kind::Text, depth),
                self.pick(&["startswith", "endswith"]),
                self.pick(&["'a'", "('a', 'A', '')", "('x', 1)", "record['t']", "['a']", "()"])
            ),
            13 => format!(
                "{}.{}()",
                self.expr(Kind::Text, depth),
                self.pick(&["isdigit", "isdecimal", "isspace"])
            ),
            14 if self.chance(2) => format!(
                "isinstance({}, {})",
                self.expr_of_any(depth),
                self.pick(&["str", "int", "(list, dict)", "(float, bool)", "tuple"])
            ),
            14 => format!(
                "({} in ({} for w in {}))",
                self.expr(Kind::Int, depth),
                "w",
                self.expr(Kind::Ints, depth)
            ),
            _ => {
                let kind = self.pick(&[Kind::Date, Kind::DateTime]);
                format!(
                    "({} {} {})",
                    self.expr(kind, depth),
                    self.pick(&["<", "==", ">="]),
                    self.expr(kind, depth)
                )
            }
        }
    }

    fn ints(&mut self, depth: u32) -> String {
        match self.rng.random_range(0..11) {
            0..=2 => self.comprehension(Kind::Int, "[", "]", depth),
            3 => format!(
                "sorted({}{})",
                self.iterable(Kind::Ints, depth),
                self.pick(&["", ", reverse=True", ", reverse=0"])
            ),
            4 => format!("({} + {})", self.expr(Kind::Ints, depth), self.expr(Kind::Ints, depth)),
            5 => format!(
                "{}[{}]",
                self.expr(Kind::Ints, depth),
                self.pick(&["1:", "::-1", ":-1", "::2", "-2:"])
            ),
            6 => format!("list({})", self.iterable(Kind::Ints, depth)),
            7 => format!("[{}, {}]", self.number(depth), self.number(depth)),
            8 => format!("list(reversed({}))", self.expr(Kind::Ints, depth)),
            9 => format!(
                "list(range({}, {}, {}))",
                self.pick(&["0", "5", "record['i']"]),
                self.pick(&["3", "-4", "8"]),
                self.pick(&["1", "2", "-1", "0"])
            ),
            _ => format!("({} * {})", self.expr(Kind::Ints, depth), self.pick(&["0", "2", "-1"])),
        }
    }

    fn texts(&mut self, depth: u32) -> String {
        let subject = self.expr(Kind::Text, depth);
        match self.rng.random_range(0..9) {
            0 => format!(
                "{subject}.{}({})",
                self.pick(&["split", "rsplit"]),
                self.pick(&["", "','", "'-'", "' '", "None, 1", "',', 1", "'', 1", "None, 0", "'a', -1"])
            ),
            1 => format!("{subject}.splitlines()"),
            2..=3 => self.comprehension(Kind::Text, "[", "]", depth),
            4 => format!("sorted({})", self.iterable(Kind::Texts, depth)),
            5 => format!("list({subject})"),
            6 => format!("list({}{})", self.expr(Kind::Row, depth), self.pick(&["", ".keys()"])),
            7 => format!("[{subject}, {}]", self.expr(Kind::Text, depth)),
            _ => format!("{subject}.partition({})", self.expr(Kind::Text, 0)),
        }
    }

    fn rows(&mut self, depth: u32) -> String {
        match self.rng.random_range(0..6) {
            0..=1 => self.comprehension(Kind::Row, "[", "]", depth),
            2 => format!("[{}]", self.expr(Kind::Row, depth)),
            3 => format!("list({}.items())", self.expr(Kind::Row, depth)),
            4 => format!("list(zip({}, {}))", self.expr(Kind::Ints, depth), self.expr(Kind::Texts, depth)),
            _ => format!("list(enumerate({}, {}))", self.any_iterable(depth), self.pick(&["0", "1", "'x'"])),
        }
    }

    fn row(&mut self, depth: u32) -> String {
        match self.rng.random_range(0..7) {
            0 => format!("merge({}, {})", self.expr(Kind::Row, depth), self.expr(Kind::Row, depth)),
            1 => format!("{{'n': {}, 'k': {}}}", self.expr(Kind::Int, depth), self.expr(Kind::Text, depth)),
            2 => format!(
                "{{{}: {}, {}: 2}}",
                self.any_scalar(depth),
                self.expr_of_any(depth),
                self.any_scalar(depth)
            ),
            3 => {
                let (name, rows) = self.variable(Kind::Row, Kind::Rows, depth);
                let (key, value) = (self.expr(Kind::Text, depth.min(1)), self.expr_of_any(depth.min(1)));
                self.variables.pop();
                format!("{{{key}: {value} for {name} in {rows}}}")
            }
            4 => format!(
                "dict({})",
                self.pick(&[
                    "record['row']",
                    "record['row'].items()",
                    "[]",
                    "[('a', 1), ('b', 2)]",
                    "[1]",
                    "['ab', 'cd']",
                    "['abc']",
                    "zip(record['texts'], record['ints'])"
                ])
            ),
            5 => {
                let a = self.fresh();
                let b = self.fresh();
                format!("{{{b}: {a} for {a}, {b} in {}}}", self.expr(Kind::Rows, depth))
            }
            _ => format!("{}[{}]", self.expr(Kind::Rows, depth), self.pick(&["0", "-1", "1"])),
        }
    }

    fn date(&mut self, depth: u32) -> String {
        match self.rng.random_range(0..3) {
            0 => format!("{}.date()", self.expr(Kind::DateTime, depth)),
            1 => format!("date({})", self.expr(Kind::Text, depth)),
            _ => self.leaf(Kind::Date),
        }
    }

    fn datetime(&mut self, depth: u32) -> String {
        match self.rng.random_range(0..2) {
            0 => format!("datetime({})", self.expr(Kind::Text, depth)),
            _ => self.leaf(Kind::DateTime),
        }
    }

    fn number(&mut self, depth: u32) -> String {
        let kind = self.pick(&[Kind::Int, Kind::Float, Kind::Decimal, Kind::Int, Kind::Bool]);
        self.expr(kind, depth)
    }

    fn any_scalar(&mut self, depth: u32) -> String {
        let kind = self.pick(&[
            Kind::Int,
            Kind::Float,
            Kind::Decimal,
            Kind::Text,
            Kind::Text,
            Kind::Bool,
            Kind::Nothing,
            Kind::Date,
        ]);
        self.expr(kind, depth)
    }

    fn any_sequence(&mut self, depth: u32) -> String {
        let kind = self.pick(&[Kind::Text, Kind::Ints, Kind::Texts, Kind::Rows, Kind::Row]);
        self.expr(kind, depth)
    }

    fn expr_of_any(&mut self, depth: u32) -> String {
        let kind = self.pick(KINDS);
        self.expr(kind, depth)
    }

    /// Something for a function that iterates: a list, or a generator expression.
    fn iterable(&mut self, kind: Kind, depth: u32) -> String {
        if self.chance(2) {
            return self.expr(kind, depth);
        }
        let item = if kind == Kind::Ints { Kind::Int } else { Kind::Text };
        self.comprehension(item, "(", ")", depth)
    }

    fn any_iterable(&mut self, depth: u32) -> String {
        let kind = self.pick(&[Kind::Ints, Kind::Texts]);
        self.iterable(kind, depth)
    }

    fn fresh(&mut self) -> String {
        self.next_variable += 1;
        format!("v{}", self.next_variable)
    }

    /// A new variable over a list; the caller pops it when it is out of sight.
    fn variable(&mut self, item: Kind, list: Kind, depth: u32) -> (String, String) {
        let source = self.expr(list, depth.min(1));
        let name = self.fresh();
        self.variables.push((name.clone(), item));
        (name, source)
    }

    fn comprehension(&mut self, item: Kind, open: &str, close: &str, depth: u32) -> String {
        let (held, list) =
            self.pick(&[(Kind::Int, Kind::Ints), (Kind::Text, Kind::Texts), (Kind::Row, Kind::Rows)]);
        let (name, source) = self.variable(held, list, depth);
        let condition = if self.chance(3) {
            format!(" if {}", self.expr(Kind::Bool, depth.min(1)))
        } else {
            String::new()
        };
        let inner =
            if self.chance(8) { Some(self.variable(Kind::Int, Kind::Ints, depth.min(1))) } else { None };
        let element = self.expr(item, depth.min(2));
        let inner_clause = match &inner {
            Some((name, source)) => {
                self.variables.pop();
                format!(" for {name} in {source}")
            }
            None => String::new(),
        };
        self.variables.pop();
        format!("{open}{element} for {name} in {source}{condition}{inner_clause}{close}")
    }
}

/// Records.
impl Generator {
    /// JSON text with the members that expressions ask for, some of another type, some missing.
    pub(crate) fn record(&mut self) -> String {
        let mut members = vec![format!("\"null\": null, \"id\": {}", self.rng.random_range(1..1000))];
        for (name, kind) in [
            ("i", Kind::Int),
            ("j", Kind::Int),
            ("f", Kind::Float),
            ("s", Kind::Text),
            ("t", Kind::Text),
            ("b", Kind::Bool),
            ("ints", Kind::Ints),
            ("texts", Kind::Texts),
            ("rows", Kind::Rows),
            ("row", Kind::Row),
        ] {
            if !self.chance(50) {
                members.push(format!("\"{name}\": {}", self.json(kind)));
            }
        }
        let price = self.pick(&["149.00", "0.10", "-3.5", "1e2", "", "abc", "12345.678"]);
        let when = self.pick(DATES);
        members.push(format!("\"price\": \"{price}\", \"when\": \"{when}\""));
        format!("{{{}}}", members.join(", "))
    }

    fn json(&mut self, kind: Kind) -> String {
        let kind = if self.chance(40) { self.pick(KINDS) } else { kind };
        let many = self.rng.random_range(0..4);
        match kind {
            Kind::Int if self.chance(2) => self.rng.random_range(-9..30).to_string(),
            // JSON's -0 is a float here and an int in Python: a documented difference.
            Kind::Int => self.pick(INTS).to_owned(),
            Kind::Float if self.chance(3) => format!("{:?}", self.any_float()),
            Kind::Float => self.pick(FLOATS).to_owned(),
            Kind::Bool => self.pick(&["true", "false"]).to_owned(),
            Kind::Ints => {
                format!("[{}]", (0..many).map(|_| self.json(Kind::Int)).collect::<Vec<_>>().join(", "))
            }
            Kind::Texts => {
                format!("[{}]", (0..many).map(|_| self.json(Kind::Text)).collect::<Vec<_>>().join(", "))
            }
            Kind::Rows => {
                format!("[{}]", (0..many).map(|_| self.json(Kind::Row)).collect::<Vec<_>>().join(", "))
            }
            Kind::Row => {
                let (n, k, x, b) = (
                    self.json(Kind::Int),
                    self.json(Kind::Text),
                    self.json(Kind::Float),
                    self.json(Kind::Bool),
                );
                match many {
                    0 => format!("{{\"n\": {n}, \"k\": {k}}}"),
                    1 => format!("{{\"k\": {k}, \"n\": {n}, \"x\": {x}}}"),
                    _ => format!("{{\"n\": {n}, \"x\": {x}, \"k\": {k}, \"b\": {b}}}"),
                }
            }
            Kind::Nothing => "null".to_owned(),
            _ => serde_json::to_string(&self.any_text()).expect("text is JSON"),
        }
    }
}

/// The text as a Python literal.
fn literal(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "'"
}
