//! Chains: subscripts, attributes, methods; and calls of functions.

use ruff_python_ast::{Arguments, Expr, ExprCall, Number};
use ruff_text_size::{Ranged, TextRange};

use super::help::{refuse_attribute, refuse_function, refuse_keyword};
use super::{Compiled, Lowering, refuse};
use crate::ir::{Key, Kind, Node};
use crate::paths::{Path, PathKey, Step};
use crate::value::Value;
use crate::vocabulary::{ATTRIBUTES, FUNCTIONS, Function, Keyword, METHODS, Method, Signature, TYPES};

impl Lowering<'_> {
    /// A chain such as `record['a'][0].get('b')`; notes the constant path it starts with.
    pub(super) fn postfix(&mut self, expr: &Expr) -> Compiled<Kind> {
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
    pub(super) fn base(&mut self, expr: &Expr, noted: bool) -> Compiled<Node> {
        self.noted = noted;
        let node = self.value(expr);
        self.noted = false;
        node
    }

    pub(super) fn note(&mut self, path: Path) {
        if !path.steps.is_empty() && !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }

    /// The constant path an expression is, if it is one.
    pub(super) fn path(&self, expr: &Expr) -> Option<Path> {
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

    pub(super) fn call(&mut self, call: &ExprCall, constant: bool) -> Compiled<Kind> {
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

    pub(super) fn method(&mut self, method: Method, base: Node, arguments: &[Expr]) -> Compiled<Kind> {
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
    pub(super) fn is_instance(&mut self, given: &Arguments, range: TextRange) -> Compiled<Kind> {
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

    pub(super) fn function(
        &mut self,
        signature: &Signature,
        given: &Arguments,
        range: TextRange,
    ) -> Compiled<Kind> {
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
    pub(super) fn zip_argument(&mut self, argument: &Expr) -> Compiled<Node> {
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

    pub(super) fn len_argument(&mut self, argument: &Expr) -> Compiled<Node> {
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
