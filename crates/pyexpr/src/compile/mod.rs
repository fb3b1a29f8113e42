//! Python text to [`Node`]s: the white list. The only folder that knows the parser (ruff's, pinned).

mod chains;
mod comparisons;
mod comprehensions;
mod f_strings;
mod help;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{BoolOp, Expr, Mod, Number, Operator as PythonOperator, PythonVersion, UnaryOp};
use ruff_python_parser::{Mode, ParseOptions, parse};
use ruff_text_size::{Ranged, TextRange};

use self::help::unsupported;
use crate::error::CompileError;
use crate::ir::{Kind, Node, Operator};
use crate::paths::Path;
use crate::value::Value;
use crate::vocabulary::{FUNCTIONS, Method, similar};

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
    for token in parsed.tokens() {
        if token.kind() == TokenKind::Comment {
            return refuse(token.range(), "a comment cannot be part of an expression", "");
        }
        // The generated module indents the lines of an expression, which would change the text.
        let text_token = matches!(token.kind(), TokenKind::String | TokenKind::FStringMiddle);
        if text_token && text[bytes(token.range())].contains('\n') {
            return refuse(token.range(), "text cannot go on in the next line", "write \\n for a line break");
        }
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

/// `-5` is a constant too.
fn negative(operand: Box<Node>) -> Kind {
    match operand.kind {
        Kind::Const(Value::Int(int)) => Kind::Const(Value::Int(-int)),
        Kind::Const(Value::Float(float)) => Kind::Const(Value::Float(-float)),
        _ => Kind::Negative(operand),
    }
}
