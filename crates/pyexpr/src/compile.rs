//! Python text to [`Node`]s: the white list. The only file that knows the parser (ruff's, pinned).

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{
    Arguments, BoolOp, CmpOp, Comprehension, ConversionFlag, Expr, ExprCall, ExprCompare, ExprFString,
    FStringPart, InterpolatedElement, InterpolatedStringElement, Mod, Number, Operator as PythonOperator,
    PythonVersion, UnaryOp,
};
use ruff_python_parser::{Mode, ParseOptions, parse};
use ruff_text_size::{Ranged, TextRange};

use crate::compare::Order;
use crate::error::CompileError;
use crate::format::Spec;
use crate::ir::{Among, Clause, Comparison, Key, Kind, Node, Operator, Piece, Target};
use crate::paths::{Path, PathKey, Step};
use crate::value::Value;
use crate::vocabulary::{
    ATTRIBUTES, FUNCTIONS, Function, Keyword, METHODS, Method, Signature, TYPES, similar,
};

/// Bytes an expression may have.
const MAX_TEXT: usize = 4096;

/// How deep expressions may nest.
const MAX_DEPTH: usize = 64;

type Compiled<T> = Result<T, CompileError>;

/// What lowering an expression gives.
pub(crate) struct Lowered {
    pub(crate) root: Node,
    pub(crate) slots: usize,
    pub(crate) paths: Vec<Path>,
}

/// Parses `text` and lowers it; `names` are the names it may use.
pub(crate) fn compile(text: &str, names: &[&str]) -> Compiled<Lowered> {
    let whole = TextRange::up_to(ruff_text_size::TextSize::of(text));
    if text.len() > MAX_TEXT {
        return refuse(whole, format!("the expression is longer than {MAX_TEXT} bytes"), "split it up");
    }
    if let Some(at) = text.find(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
        let range = at..at + 1;
        let message = "a control character cannot be part of an expression".to_owned();
        return Err(CompileError { message, range, help: None });
    }
    let options = ParseOptions::from(Mode::Expression).with_target_version(PythonVersion::PY310);
    let parsed = parse(text, options).map_err(|error| CompileError {
        message: format!("this is not a Python expression: {}", error.error),
        range: bytes(error.location),
        help: None,
    })?;
    if let Some(error) = parsed.unsupported_syntax_errors().first() {
        return refuse(error.range, format!("not every supported Python reads this: {error}"), "");
    }
    if let Some(comment) = parsed.tokens().iter().find(|token| token.kind() == TokenKind::Comment) {
        return refuse(comment.range(), "a comment cannot be part of an expression", "");
    }
    let Mod::Expression(module) = parsed.syntax() else {
        return refuse(whole, "this is not a Python expression", "");
    };
    let mut lowering =
        Lowering { text, names, scopes: Vec::new(), slots: 0, depth: 0, paths: Vec::new(), noted: false };
    let root = lowering.value(&module.body)?;
    Ok(Lowered { root, slots: lowering.slots, paths: lowering.paths })
}

fn bytes(range: TextRange) -> std::ops::Range<usize> {
    range.start().to_usize()..range.end().to_usize()
}

/// An error, with help unless that is empty.
fn refuse<T>(range: TextRange, message: impl Into<String>, help: impl Into<String>) -> Compiled<T> {
    let help = Some(help.into()).filter(|help| !help.is_empty());
    Err(CompileError { message: message.into(), range: bytes(range), help })
}

/// A comprehension's variable.
struct Variable {
    name: String,
    slot: usize,
    /// The path of the list it runs over, when that is constant.
    path: Option<Path>,
}

struct Lowering<'t> {
    text: &'t str,
    names: &'t [&'t str],
    scopes: Vec<Variable>,
    slots: usize,
    depth: usize,
    paths: Vec<Path>,
    /// The next chain is the beginning of one whose path is noted already.
    noted: bool,
}

impl Lowering<'_> {
    /// An expression whose value is used as a value.
    fn value(&mut self, expr: &Expr) -> Compiled<Node> {
        let node = self.any(expr)?;
        self.only_value(node)
    }

    /// Refuses what can only be iterated.
    fn only_value(&self, node: Node) -> Compiled<Node> {
        let what = match &node.kind {
            Kind::Generator(..) => "a generator expression",
            Kind::Call(function, ..) if function.is_lazy() => "this iterator",
            Kind::Method(Method::Keys | Method::Values | Method::Items, ..) => "this view of a dict",
            _ => return Ok(node),
        };
        let message = format!("{what} can only be iterated, it is not a value");
        let range = TextRange::new(node.start.into(), node.end.into());
        refuse(range, message, "write list(...) around it")
    }

    /// An expression that is iterated at once.
    fn iterable(&mut self, expr: &Expr) -> Compiled<Node> {
        self.any(expr)
    }

    fn any(&mut self, expr: &Expr) -> Compiled<Node> {
        if self.depth >= MAX_DEPTH {
            return refuse(expr.range(), format!("nested deeper than {MAX_DEPTH} levels"), "split it up");
        }
        self.depth += 1;
        let kind = self.kind(expr);
        self.depth -= 1;
        self.node(kind?, expr.range())
    }

    fn node(&self, kind: Kind, range: TextRange) -> Compiled<Node> {
        Ok(Node { kind, start: range.start().to_u32(), end: range.end().to_u32() })
    }

    fn kind(&mut self, expr: &Expr) -> Compiled<Kind> {
        Ok(match expr {
            Expr::NoneLiteral(_) => Kind::Const(Value::None),
            Expr::BooleanLiteral(literal) => Kind::Const(Value::Bool(literal.value)),
            Expr::NumberLiteral(literal) => self.number(&literal.value, literal.range)?,
            Expr::StringLiteral(literal) => Kind::Const(self.string(literal.value.to_str(), literal.range)?),
            Expr::FString(literal) => self.f_string(literal)?,
            Expr::Name(name) => self.name(name.id.as_str(), name.range)?,
            Expr::List(list) => Kind::List(self.values(&list.elts)?),
            Expr::Tuple(tuple) => Kind::Tuple(self.values(&tuple.elts)?),
            Expr::Dict(dict) => Kind::Dict(self.dict(dict)?),
            Expr::BoolOp(operation) => {
                let values = self.values(&operation.values)?;
                match operation.op {
                    BoolOp::And => Kind::And(values),
                    BoolOp::Or => Kind::Or(values),
                }
            }
            Expr::UnaryOp(operation) => {
                let operand = Box::new(self.value(&operation.operand)?);
                match operation.op {
                    UnaryOp::Not => Kind::Not(operand),
                    UnaryOp::USub => negative(operand),
                    UnaryOp::UAdd => Kind::Positive(operand),
                    UnaryOp::Invert => return refuse(expr.range(), "the operator ~ is not supported", ""),
                }
            }
            Expr::BinOp(operation) => {
                let operator = self.operator(operation.op, &operation.left, expr.range())?;
                let sides = [self.value(&operation.left)?, self.value(&operation.right)?];
                Kind::Binary(operator, Box::new(sides))
            }
            Expr::If(choice) => {
                let test = self.value(&choice.test)?;
                Kind::If(Box::new([test, self.value(&choice.body)?, self.value(&choice.orelse)?]))
            }
            Expr::Compare(compare) => self.compare(compare)?,
            Expr::Subscript(_) | Expr::Attribute(_) | Expr::Call(_) => self.postfix(expr)?,
            Expr::ListComp(comp) => {
                let (element, clauses) =
                    self.comprehension(&comp.generators, |this| this.value(&comp.elt))?;
                Kind::ListOf(Box::new(element), clauses)
            }
            Expr::Generator(comp) => {
                let (element, clauses) =
                    self.comprehension(&comp.generators, |this| this.value(&comp.elt))?;
                Kind::Generator(Box::new(element), clauses)
            }
            Expr::DictComp(comp) => {
                let Some(key) = &comp.key else {
                    return refuse(comp.range, "** is not supported here", "");
                };
                let (pair, clauses) = self.comprehension(&comp.generators, |this| {
                    Ok([this.value(key)?, this.value(&comp.value)?])
                })?;
                Kind::DictOf(Box::new(pair), clauses)
            }
            other => return unsupported(other),
        })
    }

    fn values(&mut self, exprs: &[Expr]) -> Compiled<Vec<Node>> {
        exprs.iter().map(|expr| self.value(expr)).collect()
    }

    fn dict(&mut self, dict: &ruff_python_ast::ExprDict) -> Compiled<Vec<(Node, Node)>> {
        let mut pairs = Vec::with_capacity(dict.items.len());
        for item in &dict.items {
            let Some(key) = &item.key else {
                return refuse(item.value.range(), "** is not supported here", "use merge(a, b)");
            };
            pairs.push((self.value(key)?, self.value(&item.value)?));
        }
        Ok(pairs)
    }

    fn number(&self, number: &Number, range: TextRange) -> Compiled<Kind> {
        Ok(Kind::Const(match number {
            Number::Int(int) => match int.as_i64() {
                Some(int) => Value::Int(int),
                None => return refuse(range, "this whole number does not fit 64 bits", ""),
            },
            Number::Float(float) if float.is_finite() => Value::Float(*float),
            Number::Float(_) => return refuse(range, "this number is too large", ""),
            Number::Complex { .. } => return refuse(range, "complex numbers are not supported", ""),
        }))
    }

    fn string(&self, text: &str, range: TextRange) -> Compiled<Value<'static>> {
        // The parser writes U+FFFD where Python would have half of a surrogate pair.
        if text.contains('\u{fffd}') {
            return refuse(range, "this text holds a code that is not a character", "");
        }
        Ok(Value::Str(text.to_owned().into()))
    }

    fn name(&mut self, name: &str, range: TextRange) -> Compiled<Kind> {
        if let Some(variable) = self.scopes.iter().rev().find(|variable| variable.name == name) {
            return Ok(Kind::Local(variable.slot));
        }
        if let Some(at) = self.names.iter().position(|known| *known == name) {
            return Ok(Kind::Input(at));
        }
        if FUNCTIONS.iter().any(|signature| signature.name == name) {
            return refuse(range, format!("{name} is a function and must be called"), format!("{name}(...)"));
        }
        let known = self.names.iter().copied().chain(self.scopes.iter().map(|v| v.name.as_str()));
        let help = match similar(name, known.chain(["None", "True", "False"])) {
            Some(candidate) => format!("did you mean {candidate}?"),
            None => format!("the names here are: {}", self.names.join(", ")),
        };
        refuse(range, format!("unknown name {name}"), help)
    }

    fn operator(&self, op: PythonOperator, left: &Expr, range: TextRange) -> Compiled<Operator> {
        Ok(match op {
            PythonOperator::Add => Operator::Add,
            PythonOperator::Sub => Operator::Subtract,
            PythonOperator::Mult => Operator::Multiply,
            PythonOperator::Div => Operator::Divide,
            PythonOperator::FloorDiv => Operator::FloorDivide,
            PythonOperator::Mod if left.is_string_literal_expr() => {
                return refuse(range, "formatting with % is not supported", "use an f-string: f'{name}'");
            }
            PythonOperator::Mod => Operator::Modulo,
            PythonOperator::Pow => Operator::Power,
            PythonOperator::BitOr => {
                return refuse(
                    range,
                    "the operator | is not supported",
                    "use `or`, or merge(a, b) for dicts",
                );
            }
            PythonOperator::BitAnd => {
                return refuse(range, "the operator & is not supported", "use `and`");
            }
            other => return refuse(range, format!("the operator {} is not supported", other.as_str()), ""),
        })
    }
}

/// A literal, or a number with a minus.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::UnaryOp(operation) => {
            operation.op == UnaryOp::USub && operation.operand.is_number_literal_expr()
        }
        Expr::EllipsisLiteral(_) | Expr::BytesLiteral(_) => false,
        other => other.is_literal_expr(),
    }
}

/// `-5` is a constant too.
fn negative(operand: Box<Node>) -> Kind {
    match operand.kind {
        Kind::Const(Value::Int(int)) => Kind::Const(Value::Int(-int)),
        Kind::Const(Value::Float(float)) => Kind::Const(Value::Float(-float)),
        _ => Kind::Negative(operand),
    }
}

fn unsupported<T>(expr: &Expr) -> Compiled<T> {
    let (what, help) = match expr {
        Expr::Named(_) => ("the operator := is", ""),
        Expr::Lambda(_) => ("lambda is", "write the expression where it is used"),
        Expr::Set(_) => ("a set is", "use it after `in`, or write a list"),
        Expr::SetComp(_) => ("a set is", "use a list: [... for ...]"),
        Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => ("await or yield is", ""),
        Expr::BytesLiteral(_) => ("a bytes literal is", "write text: '...'"),
        Expr::Starred(_) => ("unpacking with * is", "use + to join lists"),
        Expr::EllipsisLiteral(_) => ("... is", ""),
        Expr::TString(_) => ("a template string is", "use an f-string"),
        _ => ("this syntax is", ""),
    };
    refuse(expr.range(), format!("{what} not supported"), help)
}

/// Comparisons.
impl Lowering<'_> {
    fn compare(&mut self, compare: &ExprCompare) -> Compiled<Kind> {
        let first = Box::new(self.value(&compare.left)?);
        if let ([op @ (CmpOp::In | CmpOp::NotIn)], [right]) = (&*compare.ops, &*compare.comparators)
            && let Some(among) = self.among(*op == CmpOp::NotIn, right)?
        {
            return Ok(Kind::Among(first, among));
        }
        let mut rest = Vec::with_capacity(compare.ops.len());
        let mut left = &*compare.left;
        for (op, right) in compare.ops.iter().zip(&compare.comparators) {
            rest.push((self.comparison(*op, left, right)?, self.value_or_view(*op, right)?));
            left = right;
        }
        Ok(Kind::Compare(first, rest))
    }

    /// `x in d.keys()` is `x in d`; every other operand is a plain value.
    fn value_or_view(&mut self, op: CmpOp, right: &Expr) -> Compiled<Node> {
        let node = self.any(right)?;
        let view =
            matches!(&node.kind, Kind::Method(Method::Keys | Method::Values, ..) | Kind::Generator(..));
        if view && matches!(op, CmpOp::In | CmpOp::NotIn) {
            return Ok(node);
        }
        self.only_value(node)
    }

    /// The constants of a literal list, tuple or set after `in`.
    fn among(&mut self, negated: bool, right: &Expr) -> Compiled<Option<Among>> {
        let (elements, set) = match right {
            Expr::Set(set) => (&set.elts, true),
            Expr::Tuple(tuple) => (&tuple.elts, false),
            Expr::List(list) => (&list.elts, false),
            _ => return Ok(None),
        };
        if let Some(element) = elements.iter().find(|element| !is_constant(element)) {
            return match set {
                true => refuse(element.range(), "a set may only hold constants here", "write a list"),
                false => Ok(None),
            };
        }
        let mut values = Vec::with_capacity(elements.len());
        for element in elements {
            if let Kind::Const(value) = self.value(element)?.kind {
                values.push(value);
            }
        }
        Ok(Some(Among { values, negated, set }))
    }

    fn comparison(&self, op: CmpOp, left: &Expr, right: &Expr) -> Compiled<Comparison> {
        let singleton = |expr: &Expr| expr.is_none_literal_expr() || expr.is_boolean_literal_expr();
        if matches!(op, CmpOp::Is | CmpOp::IsNot) && !singleton(left) && !singleton(right) {
            let range = TextRange::new(left.start(), right.end());
            return refuse(range, "`is` only compares with None, True and False", "use ==");
        }
        Ok(match op {
            CmpOp::Eq => Comparison::Equal,
            CmpOp::NotEq => Comparison::NotEqual,
            CmpOp::Lt => Comparison::Ordered(Order::Less),
            CmpOp::LtE => Comparison::Ordered(Order::LessEqual),
            CmpOp::Gt => Comparison::Ordered(Order::Greater),
            CmpOp::GtE => Comparison::Ordered(Order::GreaterEqual),
            CmpOp::Is => Comparison::Is,
            CmpOp::IsNot => Comparison::IsNot,
            CmpOp::In => Comparison::In,
            CmpOp::NotIn => Comparison::NotIn,
        })
    }
}

/// Subscripts, attributes and calls.
impl Lowering<'_> {
    /// A chain such as `record['a'][0].get('b')`; notes the constant path it starts with.
    fn postfix(&mut self, expr: &Expr) -> Compiled<Kind> {
        let noted = std::mem::take(&mut self.noted);
        let path = self.path(expr);
        let constant = path.is_some();
        if !noted && let Some(path) = path {
            self.note(path);
        }
        match expr {
            Expr::Subscript(subscript) => {
                let base = Box::new(self.base(&subscript.value, constant)?);
                match &*subscript.slice {
                    Expr::StringLiteral(literal) => {
                        self.string(literal.value.to_str(), literal.range)?;
                        Ok(Kind::Member(base, key(literal.value.to_str())))
                    }
                    Expr::Slice(slice) => {
                        let mut part = |part: &Option<Box<Expr>>| {
                            part.as_ref().map(|part| self.value(part).map(Box::new)).transpose()
                        };
                        Ok(Kind::Slice(base, [part(&slice.lower)?, part(&slice.upper)?, part(&slice.step)?]))
                    }
                    index => Ok(Kind::Index(base, Box::new(self.value(index)?))),
                }
            }
            Expr::Attribute(attribute) => {
                let name = attribute.attr.as_str();
                let base = Box::new(self.value(&attribute.value)?);
                match ATTRIBUTES.iter().find(|(known, _)| *known == name) {
                    Some((_, known)) => Ok(Kind::Attribute(*known, base)),
                    None => refuse_attribute(name, attribute.attr.range),
                }
            }
            Expr::Call(call) => self.call(call, constant),
            other => self.kind(other),
        }
    }

    /// What a chain continues; when all of it is one constant path, that has been noted as a whole.
    fn base(&mut self, expr: &Expr, noted: bool) -> Compiled<Node> {
        self.noted = noted;
        let node = self.value(expr);
        self.noted = false;
        node
    }

    fn note(&mut self, path: Path) {
        if !path.steps.is_empty() && !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }

    /// The constant path an expression is, if it is one.
    fn path(&self, expr: &Expr) -> Option<Path> {
        let (base, step) = match expr {
            Expr::Name(name) => {
                let name = name.id.as_str();
                if let Some(variable) = self.scopes.iter().rev().find(|variable| variable.name == name) {
                    return variable.path.clone();
                }
                let known = self.names.iter().find(|known| **known == name)?;
                return Some(Path { name: (*known).to_owned(), steps: Vec::new() });
            }
            Expr::Subscript(subscript) => {
                let key = match &*subscript.slice {
                    Expr::StringLiteral(literal) => PathKey::Name(literal.value.to_str().to_owned()),
                    Expr::NumberLiteral(literal) => match &literal.value {
                        Number::Int(int) => PathKey::Index(int.as_i64()?),
                        _ => return None,
                    },
                    _ => return None,
                };
                (&*subscript.value, Step { key, optional: false })
            }
            Expr::Call(call) => {
                let Expr::Attribute(attribute) = &*call.func else { return None };
                let Some(Expr::StringLiteral(key)) = call.arguments.args.first() else { return None };
                if attribute.attr.as_str() != "get" {
                    return None;
                }
                let key = PathKey::Name(key.value.to_str().to_owned());
                (&*attribute.value, Step { key, optional: true })
            }
            _ => return None,
        };
        let mut path = self.path(base)?;
        path.steps.push(step);
        Some(path)
    }

    fn call(&mut self, call: &ExprCall, constant: bool) -> Compiled<Kind> {
        for argument in &call.arguments.args {
            if argument.is_starred_expr() {
                return refuse(argument.range(), "unpacking with * is not supported", "");
            }
        }
        match &*call.func {
            Expr::Name(name) => {
                if name.id.as_str() == "isinstance" {
                    return self.is_instance(&call.arguments, call.range());
                }
                let known = FUNCTIONS.iter().find(|signature| signature.name == name.id.as_str());
                match known {
                    Some(signature) => self.function(signature, &call.arguments, call.range()),
                    None => refuse_function(name.id.as_str(), name.range),
                }
            }
            Expr::Attribute(attribute) => {
                let name = attribute.attr.as_str();
                let base = self.base(&attribute.value, constant)?;
                let Some(entry) = METHODS.iter().find(|entry| entry.0 == name) else {
                    return refuse_attribute(name, attribute.attr.range);
                };
                let (_, method, least, most, _) = *entry;
                if let Some(keyword) = call.arguments.keywords.first() {
                    return refuse(keyword.range, format!("{name}() takes no keywords here"), "");
                }
                count(name, call.arguments.args.len(), least, most, call.range())?;
                self.method(method, base, &call.arguments.args)
            }
            other => refuse(other.range(), "only functions and methods can be called", ""),
        }
    }

    fn method(&mut self, method: Method, base: Node, arguments: &[Expr]) -> Compiled<Kind> {
        if method == Method::Get
            && let Expr::StringLiteral(literal) = &arguments[0]
        {
            self.string(literal.value.to_str(), literal.range)?;
            let default = arguments.get(1).map(|default| self.value(default).map(Box::new)).transpose()?;
            return Ok(Kind::Get(Box::new(base), key(literal.value.to_str()), default));
        }
        let mut nodes = Vec::with_capacity(arguments.len());
        for argument in arguments {
            nodes.push(match method {
                Method::Join => self.iterable(argument)?,
                _ => self.value(argument)?,
            });
        }
        if method == Method::Strftime
            && let Kind::Const(Value::Str(format)) = &nodes[0].kind
            && let Err(code) = crate::dates::check_format(format)
        {
            let help = format!("the codes here are {}", crate::dates::FORMAT_CODES);
            return refuse(arguments[0].range(), format!("{code} is not supported by strftime()"), help);
        }
        Ok(Kind::Method(method, Box::new(base), nodes))
    }

    /// `isinstance(value, str)` or `isinstance(value, (str, int))`.
    fn is_instance(&mut self, given: &Arguments, range: TextRange) -> Compiled<Kind> {
        let ([value, types], []) = (&*given.args, &*given.keywords) else {
            return refuse(range, "isinstance() takes a value and a type", "isinstance(value, str)");
        };
        let named = match types {
            Expr::Tuple(tuple) => tuple.elts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut known = Vec::with_capacity(named.len());
        for expr in named {
            let found =
                expr.as_name_expr().and_then(|name| TYPES.iter().find(|(word, _)| *word == name.id.as_str()));
            match found {
                Some((_, kind)) => known.push(*kind),
                None => {
                    let names: Vec<_> = TYPES.iter().map(|(word, _)| *word).collect();
                    let help = format!("the types are: {}", names.join(", "));
                    return refuse(expr.range(), "isinstance() does not know this type", help);
                }
            }
        }
        Ok(Kind::IsInstance(Box::new(self.value(value)?), known))
    }

    fn function(&mut self, signature: &Signature, given: &Arguments, range: TextRange) -> Compiled<Kind> {
        let name = signature.name;
        let lazy = signature.iterable.filter(|_| {
            // min(a, b) compares its arguments, min(list) iterates.
            !matches!(signature.function, Function::Min | Function::Max) || given.args.len() == 1
        });
        let mut nodes = Vec::with_capacity(given.args.len());
        for (at, argument) in given.args.iter().enumerate() {
            nodes.push(match signature.function {
                Function::Zip => self.zip_argument(argument)?,
                Function::Len => self.len_argument(argument)?,
                _ if lazy == Some(at) => self.iterable(argument)?,
                _ => self.value(argument)?,
            });
        }
        let mut named = None;
        for keyword in &given.keywords {
            let word = keyword.arg.as_ref().map_or("**", |word| word.as_str());
            match signature.keyword {
                Keyword::Second(known) if known == word && nodes.len() == 1 => {
                    nodes.push(self.value(&keyword.value)?);
                }
                Keyword::Named(known) if known == word && named.is_none() => {
                    named = Some(Box::new(self.value(&keyword.value)?));
                }
                _ => return refuse_keyword(signature, word, keyword.range),
            }
        }
        if signature.function == Function::Next
            && let Some(Node { kind, .. }) = nodes.first()
            && !matches!(kind, Kind::Generator(..))
        {
            return refuse(
                range,
                "next() takes a generator expression here",
                "next((x for x in items), None)",
            );
        }
        if named.is_some() && nodes.len() > 1 {
            return refuse(range, format!("{name}() takes this keyword only with one argument"), "");
        }
        count(name, nodes.len(), signature.least, signature.most, range)?;
        Ok(Kind::Call(signature.function, nodes, named))
    }

    /// Sources of `zip` are walked side by side, which a generator expression cannot be here.
    fn zip_argument(&mut self, argument: &Expr) -> Compiled<Node> {
        let node = self.iterable(argument)?;
        let generates = match &node.kind {
            Kind::Generator(..) => true,
            Kind::Call(function, ..) => matches!(function, Function::Enumerate | Function::Zip),
            _ => false,
        };
        if generates {
            return refuse(argument.range(), "zip() takes lists here", "write it in brackets: [... for ...]");
        }
        Ok(node)
    }

    fn len_argument(&mut self, argument: &Expr) -> Compiled<Node> {
        let node = self.any(argument)?;
        match &node.kind {
            Kind::Method(Method::Keys | Method::Values | Method::Items, ..) => Ok(node),
            _ => self.only_value(node),
        }
    }
}

fn key(name: &str) -> Key {
    Key { name: name.into(), near: Default::default() }
}

fn count(name: &str, given: usize, least: usize, most: usize, range: TextRange) -> Compiled<()> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let takes = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let plural = if most == 1 { "" } else { "s" };
    refuse(range, format!("{name}() takes {takes} argument{plural} here, {given} are given"), "")
}

fn refuse_keyword<T>(signature: &Signature, word: &str, range: TextRange) -> Compiled<T> {
    let name = signature.name;
    let help = match (signature.keyword, signature.function, word) {
        (_, Function::Sorted | Function::Min | Function::Max, "key") => {
            "sort pairs instead: sorted([[item['k'], item['v']] for item in items])".to_owned()
        }
        (Keyword::Second(known) | Keyword::Named(known), ..) => format!("the keyword here is {known}"),
        (Keyword::None, ..) => String::new(),
    };
    refuse(range, format!("{name}() has no keyword {word} here"), help)
}

fn refuse_attribute<T>(name: &str, range: TextRange) -> Compiled<T> {
    if name.starts_with('_') {
        return refuse(range, format!("names that start with _ such as {name} are not allowed"), "");
    }
    let known = METHODS.iter().map(|entry| entry.0).chain(ATTRIBUTES.iter().map(|entry| entry.0));
    let help = match name {
        "format" => "use an f-string: f'{name}'".to_owned(),
        "encode" | "decode" => "expressions work on text only".to_owned(),
        _ => match similar(name, known) {
            Some(candidate) => format!("did you mean {candidate}?"),
            None => format!("a member of a dict is written ['{name}']"),
        },
    };
    refuse(range, format!("unknown method or attribute {name}"), help)
}

fn refuse_function<T>(name: &str, range: TextRange) -> Compiled<T> {
    let help = match name {
        "Decimal" => "use decimal(...)".to_owned(),
        "set" | "frozenset" => "use a list".to_owned(),
        "map" | "filter" => "use a comprehension: [... for x in items if ...]".to_owned(),
        "format" | "repr" => "use an f-string: f'{name:.2f}'".to_owned(),
        _ => match similar(name, FUNCTIONS.iter().map(|signature| signature.name)) {
            Some(candidate) => format!("did you mean {candidate}?"),
            None => {
                let names: Vec<_> = FUNCTIONS.iter().map(|signature| signature.name).collect();
                format!("the functions are: {}", names.join(", "))
            }
        },
    };
    refuse(range, format!("unknown function {name}"), help)
}

/// Comprehensions and f-strings.
impl Lowering<'_> {
    /// Lowers the clauses, then the element with their variables in sight.
    fn comprehension<T>(
        &mut self,
        generators: &[Comprehension],
        element: impl FnOnce(&mut Self) -> Compiled<T>,
    ) -> Compiled<(T, Vec<Clause>)> {
        let outer = self.scopes.len();
        let mut clauses = Vec::with_capacity(generators.len());
        for generator in generators {
            if generator.is_async {
                return refuse(generator.range, "async is not supported", "");
            }
            let iterable = self.iterable(&generator.iter)?;
            let path = self.path(&generator.iter).map(|mut path| {
                path.steps.push(Step { key: PathKey::Each, optional: false });
                path
            });
            let target = self.target(&generator.target, path)?;
            let conditions = self.values(&generator.ifs)?;
            clauses.push(Clause { target, iterable, conditions });
        }
        let element = element(self)?;
        self.scopes.truncate(outer);
        Ok((element, clauses))
    }

    fn target(&mut self, expr: &Expr, path: Option<Path>) -> Compiled<Target> {
        match expr {
            Expr::Name(name) => {
                let text = name.id.as_str();
                self.check_variable(text, name.range)?;
                let slot = self.slots;
                self.slots += 1;
                self.scopes.push(Variable { name: text.to_owned(), slot, path });
                Ok(Target::Slot(slot))
            }
            Expr::Tuple(ruff_python_ast::ExprTuple { elts, .. })
            | Expr::List(ruff_python_ast::ExprList { elts, .. }) => {
                let targets = elts.iter().map(|target| self.target(target, None));
                Ok(Target::Unpack(targets.collect::<Compiled<_>>()?))
            }
            other => refuse(other.range(), "a comprehension assigns to plain names", ""),
        }
    }

    fn check_variable(&self, name: &str, range: TextRange) -> Compiled<()> {
        let taken = self.names.contains(&name)
            || self.scopes.iter().any(|variable| variable.name == name)
            || FUNCTIONS.iter().any(|signature| signature.name == name)
            || name == "isinstance";
        if taken {
            return refuse(range, format!("the name {name} already means something"), "choose another name");
        }
        if name.starts_with("__") || !name.is_ascii() {
            return refuse(range, format!("{name} cannot be the name of a variable here"), "");
        }
        Ok(())
    }

    fn f_string(&mut self, literal: &ExprFString) -> Compiled<Kind> {
        let mut pieces = Vec::new();
        for part in &literal.value {
            match part {
                FStringPart::Literal(text) => {
                    self.string(text, text.range)?;
                    pieces.push(Piece::Text(text.value.clone()));
                }
                FStringPart::FString(part) => {
                    for element in &part.elements {
                        pieces.push(self.piece(element)?);
                    }
                }
            }
        }
        Ok(Kind::Format(pieces))
    }

    fn piece(&mut self, element: &InterpolatedStringElement) -> Compiled<Piece> {
        match element {
            InterpolatedStringElement::Literal(text) => {
                self.string(&text.value, text.range)?;
                Ok(Piece::Text(text.value.clone()))
            }
            InterpolatedStringElement::Interpolation(field) => self.field(field),
        }
    }

    fn field(&mut self, field: &InterpolatedElement) -> Compiled<Piece> {
        if field.debug_text.is_some() {
            return refuse(field.range, "{name=} is not supported", "");
        }
        // Until Python 3.11 neither quotes of the same kind nor backslashes could stand inside.
        let inside = &self.text[bytes(field.range)];
        if inside.contains('\\') || inside.contains('\n') {
            return refuse(field.range, "no backslash and no line break inside {...}, for Python 3.11", "");
        }
        let repr = match field.conversion {
            ConversionFlag::None | ConversionFlag::Str => false,
            ConversionFlag::Repr => true,
            ConversionFlag::Ascii => return refuse(field.range, "!a is not supported", "use !r"),
        };
        // `!s` makes text of the value before the specification is applied.
        let text_first = repr || field.conversion == ConversionFlag::Str;
        let spec = match &field.format_spec {
            None => Spec::default(),
            Some(spec) => {
                let text = match &*spec.elements {
                    [] => "",
                    [InterpolatedStringElement::Literal(text)] => &text.value,
                    _ => return refuse(spec.range, "a format cannot contain {...} here", ""),
                };
                match Spec::parse(text) {
                    Some(parsed) => parsed,
                    None => {
                        let help = "supported are forms such as .2f, 05d, >10, +, and ,.2f";
                        return refuse(spec.range, format!("the format '{text}' is not supported"), help);
                    }
                }
            }
        };
        let node = self.value(&field.expression)?;
        let node = if text_first && !repr {
            let (start, end) = (node.start, node.end);
            Node { kind: Kind::Call(Function::Str, vec![node], None), start, end }
        } else {
            node
        };
        Ok(Piece::Value { node, repr, spec })
    }
}
