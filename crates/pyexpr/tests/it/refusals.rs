//! What is not of the subset is refused when it is compiled, with the place and a way out.

use pyexpr::Expression;

/// The message, the text it points to, and the help.
fn refusal(text: &str) -> (String, String, String) {
    let error = match Expression::compile(text, &["record", "line"]) {
        Ok(_) => panic!("{text} was accepted"),
        Err(error) => error,
    };
    let place = text.get(error.range.clone()).unwrap_or_default().to_owned();
    (error.message, place, error.help.unwrap_or_default())
}

#[test]
fn what_is_not_allowed_is_named_in_its_place() {
    let cases = [
        ("__import__('os').system('x')", "unknown function __import__", "__import__"),
        ("record.__class__", "names that start with _ such as __class__ are not allowed", "__class__"),
        ("record['a'].__len__()", "names that start with _ such as __len__ are not allowed", "__len__"),
        ("(lambda: 1)", "lambda is not supported", "lambda: 1"),
        ("(x := 1)", "the operator := is not supported", "x := 1"),
        ("[*record]", "unpacking with * is not supported", "*record"),
        ("max(*record)", "unpacking with * is not supported", "*record"),
        ("dict(**record)", "dict() has no keyword ** here", "**record"),
        ("{**record}", "** is not supported here", "record"),
        ("{1, 2}", "a set is not supported", "{1, 2}"),
        ("record | line", "the operator | is not supported", "record | line"),
        ("~1", "the operator ~ is not supported", "~1"),
        ("1 @ 2", "the operator @ is not supported", "1 @ 2"),
        ("b'x'", "a bytes literal is not supported", "b'x'"),
        ("1j", "complex numbers are not supported", "1j"),
        ("9223372036854775808", "this whole number does not fit 64 bits", "9223372036854775808"),
        ("1e999", "this number is too large", "1e999"),
        ("...", "... is not supported", "..."),
        ("record is line", "`is` only compares with None, True and False", "record is line"),
        (
            "(x for x in record)",
            "a generator expression can only be iterated, it is not a value",
            "(x for x in record)",
        ),
        ("range(3)", "this iterator can only be iterated, it is not a value", "range(3)"),
        ("record.keys()", "this view of a dict can only be iterated, it is not a value", "record.keys()"),
        ("[record for record in line]", "the name record already means something", "record"),
        ("[len for len in line]", "the name len already means something", "len"),
        ("[x for x in line for x in line]", "the name x already means something", "x"),
        ("len", "len is a function and must be called", "len"),
        ("len()", "len() takes 1 argument here, 0 are given", "len()"),
        ("record.get()", "get() takes 1 to 2 arguments here, 0 are given", "record.get()"),
        ("f'{record!a}'", "!a is not supported", "{record!a}"),
        ("f'{record=}'", "{name=} is not supported", "{record=}"),
        ("f'{record:x}'", "the format 'x' is not supported", "x"),
        ("f'{record:{line}}'", "a format cannot contain {...} here", "{line}"),
        ("'\\ud800'", "this text holds a code that is not a character", "'\\ud800'"),
        ("record # note", "a comment cannot be part of an expression", "# note"),
        ("'''a\nb'''", "text cannot go on in the next line", "'''a\nb'''"),
        ("record['a'](1)", "only functions and methods can be called", "record['a']"),
        ("isinstance(record, set)", "isinstance() does not know this type", "set"),
        ("next(record, None)", "next() takes a generator expression here", "next(record, None)"),
        ("record.strftime('%B')", "%B is not supported by strftime()", "'%B'"),
    ];
    for (text, message, place) in cases {
        let (found, where_found, _) = refusal(text);
        assert_eq!((found.as_str(), where_found.as_str()), (message, place), "{text}");
    }
}

#[test]
fn help_says_what_to_write_instead() {
    let cases = [
        ("recrod['a']", "did you mean record?"),
        ("lenn(record)", "did you mean len?"),
        ("record['a'].lowercase()", "a member of a dict is written ['lowercase']"),
        ("record['a'].uper()", "did you mean upper?"),
        ("Decimal('1')", "use decimal(...)"),
        ("'%s' % record", "use an f-string: f'{name}'"),
        ("'{}'.format(record)", "use an f-string: f'{name}'"),
        ("{**record}", "use merge(a, b)"),
        ("range(3)", "write list(...) around it"),
        ("true", "did you mean True?"),
        ("record.name", "a member of a dict is written ['name']"),
        ("sorted(record, key=len)", "sort pairs instead: sorted([[item['k'], item['v']] for item in items])"),
        ("map(record, record)", "use a comprehension: [... for x in items if ...]"),
    ];
    for (text, help) in cases {
        assert_eq!(refusal(text).2, help, "{text}");
    }
}

#[test]
fn what_is_not_python_is_refused_with_its_place() {
    for text in
        ["", "1 +", "record[", "if x: 1", "a b", "'open", "f'{'", "x = 1", "import os", "yield", "1\n2"]
    {
        assert!(refusal(text).0.contains("not a Python expression"), "{text}: {:?}", refusal(text));
    }
}

/// Python up to 3.11 reads no quotes of the same kind inside an f-string; generated modules must run there.
#[test]
fn syntax_of_newer_pythons_is_refused() {
    for text in ["f'{record['a']}'", "f'{record[\"a\\n\"]}'", "f'{(\n1)}'"] {
        assert!(!refusal(text).0.is_empty());
    }
}

#[test]
fn an_expression_may_go_over_several_lines_in_brackets() {
    let text = "[\n    'a'\n    'b',\n    record,\n]";
    let expression = Expression::compile(text, &["record"]).unwrap();
    assert_eq!(expression.evaluate(&[&pyexpr::Json::Int(1)]).unwrap().repr(), "['ab', 1]");
}

#[test]
fn long_and_deep_texts_are_refused_and_never_overflow_the_stack() {
    let repeated = |open: &str, middle: &str, close: &str, times: usize| {
        format!("{}{middle}{}", open.repeat(times), close.repeat(times))
    };
    let deep = [
        repeated("(", "1", ")", 2000),
        repeated("[", "1", "]", 2000),
        repeated("{1:", "1", "}", 1000),
        repeated("-", "1", "", 4000),
        repeated("not ", "1", "", 1000),
        repeated("1**", "1", "", 1300),
        repeated("1 if 1 else ", "1", "", 340),
        repeated("1 and (", "1", ")", 500),
        repeated("record", "", "['a']", 0) + &"['a']".repeat(800),
        "record".to_owned() + &".a".repeat(2000),
        "record".to_owned() + &".get('a')".repeat(440),
        repeated("f'{", "1", "}'", 1),
        repeated("len(", "1", ")", 800),
        repeated("len(", "1", ")", 60),
        repeated("1 in [", "record", "]", 60),
        repeated("len([1 in {'a': 1}.values() or ", "record", "])", 15),
        repeated("[x for x in ", "record", "]", 300),
        "1+".repeat(2000) + "1",
        "1<".repeat(2000) + "1",
        "x".repeat(5000),
    ];
    for text in deep {
        // Accepted or refused, the answer comes.
        let _ = Expression::compile(&text, &["record"]);
    }
    assert!(refusal(&repeated("[", "1", "]", 70)).0.contains("nested deeper than 64 levels"));
    assert!(refusal(&"1 + ".repeat(1100)).0.contains("longer than 4096 bytes"));
}
