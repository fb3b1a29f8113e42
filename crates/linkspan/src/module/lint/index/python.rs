//! Classes, functions, calls and the like of a module's Python files, each with where it stands.

use std::collections::HashMap;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    Expr, ExprAttribute, ExprCall, ExprCompare, ExprDict, Stmt, StmtAssign, StmtClassDef, StmtFor,
    StmtFunctionDef, StmtTry, StmtWhile,
};

use super::imports::{Import, imports_of};
use crate::module::lint::load::{FileId, Module};
use crate::module::lint::py;

pub(crate) type ClassId = usize;
pub(crate) type FunctionId = usize;

/// Where something stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    pub(crate) file: FileId,
    pub(crate) class: Option<ClassId>,
    pub(crate) function: Option<FunctionId>,
}

/// Something with its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'a, T> {
    pub(crate) scope: Scope,
    pub(crate) node: &'a T,
}

/// What a class is to Odoo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `models.Model`
    Model,
    /// `models.TransientModel`
    Wizard,
    /// `models.AbstractModel`
    Mixin,
    /// `Component`
    Component,
    /// `AbstractComponent`
    AbstractComponent,
    /// A class of Python that inherits another component class.
    InheritedComponent,
    Controller,
    Other,
}

impl Kind {
    pub(crate) fn is_model(self) -> bool {
        matches!(self, Kind::Model | Kind::Wizard | Kind::Mixin)
    }

    pub(crate) fn is_component(self) -> bool {
        matches!(self, Kind::Component | Kind::AbstractComponent | Kind::InheritedComponent)
    }
}

/// A field of a model: `name = fields.Char(...)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    /// `Char`, `Many2one` ...
    pub(crate) kind: &'a str,
    pub(crate) call: &'a ExprCall,
}

impl<'a> Field<'a> {
    /// The model a relation leads to.
    pub(crate) fn comodel(&self) -> Option<&'a str> {
        if !matches!(self.kind, "Many2one" | "One2many" | "Many2many") {
            return None;
        }
        py::argument(self.call, 0, "comodel_name").and_then(py::text)
    }

    pub(crate) fn keyword(&self, name: &str) -> Option<&'a Expr> {
        py::keyword(self.call, name).map(|keyword| &keyword.value)
    }
}

#[derive(Debug)]
pub(crate) struct Class<'a> {
    pub(crate) file: FileId,
    pub(crate) node: &'a StmtClassDef,
    pub(crate) kind: Kind,
    /// `_name = ...` and all other assignments in the class itself.
    pub(crate) attributes: Vec<(&'a str, &'a Expr)>,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) methods: Vec<FunctionId>,
}

impl<'a> Class<'a> {
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a Expr> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.attribute(name).and_then(py::text)
    }

    pub(crate) fn inherit(&self) -> Vec<&'a str> {
        match self.attribute("_inherit") {
            Some(value) if py::is_name(value, "_name") => self.text("_name").into_iter().collect(),
            Some(value) => py::texts(value),
            None => Vec::new(),
        }
    }

    /// `_inherits`: model and the field that links to it.
    pub(crate) fn inherits(&self) -> Vec<(&'a str, &'a str)> {
        let Some(Expr::Dict(dictionary)) = self.attribute("_inherits") else { return Vec::new() };
        let items = dictionary.items.iter();
        items.filter_map(|item| Some((py::text(item.key.as_ref()?)?, py::text(&item.value)?))).collect()
    }

    /// The name of the model or component it defines or extends.
    pub(crate) fn name(&self) -> Option<&'a str> {
        self.text("_name").or_else(|| match self.inherit().as_slice() {
            [only] => Some(*only),
            _ => None,
        })
    }

    /// Whether it makes something new rather than extending what another module made.
    pub(crate) fn defines(&self) -> bool {
        self.text("_name").is_some_and(|name| !self.inherit().contains(&name))
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.name == name)
    }
}

#[derive(Debug)]
pub(crate) struct Function<'a> {
    pub(crate) scope: Scope,
    pub(crate) node: &'a StmtFunctionDef,
}

impl<'a> Function<'a> {
    pub(crate) fn name(&self) -> &'a str {
        self.node.name.as_str()
    }

    pub(crate) fn is_public(&self) -> bool {
        !self.name().starts_with('_')
    }
}

/// `receiver.with_delay(...).method(...)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delay<'a> {
    pub(crate) scope: Scope,
    /// The whole.
    pub(crate) call: &'a ExprCall,
    /// The inner call with the options.
    pub(crate) options: &'a ExprCall,
    pub(crate) receiver: &'a Expr,
    pub(crate) method: &'a str,
    /// Whether it becomes part of a chain or group rather than a job of its own.
    pub(crate) is_delayable: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Python<'a> {
    pub(crate) classes: Vec<Class<'a>>,
    pub(crate) functions: Vec<Function<'a>>,
    pub(crate) imports: Vec<Import<'a>>,
    pub(crate) calls: Vec<Site<'a, ExprCall>>,
    pub(crate) attributes: Vec<Site<'a, ExprAttribute>>,
    pub(crate) assignments: Vec<Site<'a, StmtAssign>>,
    pub(crate) compares: Vec<Site<'a, ExprCompare>>,
    pub(crate) dicts: Vec<Site<'a, ExprDict>>,
    pub(crate) texts: Vec<Site<'a, Expr>>,
    pub(crate) tries: Vec<Site<'a, StmtTry>>,
    pub(crate) whiles: Vec<Site<'a, StmtWhile>>,
    pub(crate) fors: Vec<Site<'a, StmtFor>>,
    pub(crate) delays: Vec<Delay<'a>>,
    calls_by_name: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Python<'a> {
    pub(crate) fn new(module: &'a Module) -> Python<'a> {
        let mut walker =
            Walker { python: Python::default(), scope: Scope { file: 0, class: None, function: None } };
        for (file, held) in module.files.iter().enumerate() {
            let Some(parsed) = held.python() else { continue };
            walker.scope = Scope { file, class: None, function: None };
            walker.python.imports.extend(imports_of(parsed, file));
            for statement in parsed.suite() {
                walker.visit_stmt(statement);
            }
        }
        let mut python = walker.python;
        python.find_component_classes();
        for (i, site) in python.calls.iter().enumerate() {
            if let Some(name) = py::last_name(&site.node.func) {
                python.calls_by_name.entry(name).or_default().push(i);
            }
        }
        python.delays = python.calls.iter().filter_map(delay).collect();
        python
    }

    /// Calls whose last name is `name`: `create` of `self.env["x"].create(...)`.
    pub(crate) fn calls_of(&self, name: &str) -> impl Iterator<Item = &Site<'a, ExprCall>> {
        self.calls_by_name.get(name).into_iter().flatten().map(|i| &self.calls[*i])
    }

    pub(crate) fn models(&self) -> impl Iterator<Item = &Class<'a>> {
        self.classes.iter().filter(|class| class.kind.is_model())
    }

    pub(crate) fn components(&self) -> impl Iterator<Item = &Class<'a>> {
        self.classes.iter().filter(|class| class.kind.is_component())
    }

    pub(crate) fn methods<'s>(&'s self, class: &'s Class<'a>) -> impl Iterator<Item = &'s Function<'a>> {
        class.methods.iter().map(|id| &self.functions[*id])
    }

    pub(crate) fn class_of(&self, scope: &Scope) -> Option<&Class<'a>> {
        scope.class.map(|id| &self.classes[id])
    }

    pub(crate) fn function_of(&self, scope: &Scope) -> Option<&Function<'a>> {
        scope.function.map(|id| &self.functions[id])
    }

    /// Where a name of a file was imported from.
    pub(crate) fn import(&self, file: FileId, name: &str) -> Option<&Import<'a>> {
        self.imports.iter().find(|import| import.file == file && import.local == name)
    }

    /// A class that inherits a component class in Python's way is a component as well.
    fn find_component_classes(&mut self) {
        // Each round finds one more step of inheritance; three are more than anybody writes.
        for _ in 0..3 {
            let known: Vec<&str> = self.components().map(|class| class.node.name.as_str()).collect();
            let found: Vec<ClassId> = (0..self.classes.len())
                .filter(|id| self.classes[*id].kind == Kind::Other)
                .filter(|id| {
                    let class = &self.classes[*id];
                    class.node.bases().iter().filter_map(py::last_name).any(|base| {
                        known.contains(&base)
                            || self.import(class.file, base).is_some_and(Import::is_component_class)
                    })
                })
                .collect();
            for id in found {
                self.classes[id].kind = Kind::InheritedComponent;
            }
        }
    }
}

fn delay<'a>(site: &Site<'a, ExprCall>) -> Option<Delay<'a>> {
    let function = site.node.func.as_attribute_expr()?;
    let options = function.value.as_call_expr()?;
    let inner = options.func.as_attribute_expr()?;
    let is_delayable = inner.attr.as_str() == "delayable";
    if !is_delayable && inner.attr.as_str() != "with_delay" {
        return None;
    }
    let (receiver, method) = (inner.value.as_ref(), function.attr.as_str());
    Some(Delay { scope: site.scope, call: site.node, options, receiver, method, is_delayable })
}

struct Walker<'a> {
    python: Python<'a>,
    scope: Scope,
}

impl<'a> Walker<'a> {
    fn class(&mut self, node: &'a StmtClassDef) {
        let (mut attributes, mut fields) = (Vec::new(), Vec::new());
        for statement in &node.body {
            let Some((name, value)) = assigned(statement) else { continue };
            attributes.push((name, value));
            if let Some(field) = field(name, value) {
                fields.push(field);
            }
        }
        let kind = kind(node);
        let class = Class { file: self.scope.file, node, kind, attributes, fields, methods: Vec::new() };
        self.python.classes.push(class);
        let id = self.python.classes.len() - 1;
        let outer = self.scope;
        self.scope = Scope { class: Some(id), function: None, ..outer };
        for statement in &node.body {
            self.visit_stmt(statement);
        }
        self.scope = outer;
    }

    fn function(&mut self, node: &'a StmtFunctionDef) {
        let id = self.python.functions.len();
        self.python.functions.push(Function { scope: self.scope, node });
        // A function inside of a method belongs to that method for whoever asks where something stands.
        let is_method = self.scope.function.is_none();
        if let (Some(class), true) = (self.scope.class, is_method) {
            self.python.classes[class].methods.push(id);
        }
        let outer = self.scope;
        if is_method {
            self.scope.function = Some(id);
        }
        for decorator in &node.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.visit_parameters(&node.parameters);
        for statement in &node.body {
            self.visit_stmt(statement);
        }
        self.scope = outer;
    }
}

impl<'a> Visitor<'a> for Walker<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let scope = self.scope;
        match statement {
            Stmt::ClassDef(node) => return self.class(node),
            Stmt::FunctionDef(node) => return self.function(node),
            Stmt::Assign(node) => self.python.assignments.push(Site { scope, node }),
            Stmt::Try(node) => self.python.tries.push(Site { scope, node }),
            Stmt::While(node) => self.python.whiles.push(Site { scope, node }),
            Stmt::For(node) => self.python.fors.push(Site { scope, node }),
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        let scope = self.scope;
        match expression {
            Expr::Call(node) => self.python.calls.push(Site { scope, node }),
            Expr::Attribute(node) => self.python.attributes.push(Site { scope, node }),
            Expr::Compare(node) => self.python.compares.push(Site { scope, node }),
            Expr::Dict(node) => self.python.dicts.push(Site { scope, node }),
            Expr::StringLiteral(_) | Expr::FString(_) => {
                self.python.texts.push(Site { scope, node: expression });
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}

fn assigned(statement: &Stmt) -> Option<(&str, &Expr)> {
    match statement {
        Stmt::Assign(node) => match node.targets.as_slice() {
            [Expr::Name(name)] => Some((name.id.as_str(), &node.value)),
            _ => None,
        },
        Stmt::AnnAssign(node) => Some((node.target.as_name_expr()?.id.as_str(), node.value.as_deref()?)),
        _ => None,
    }
}

fn field<'a>(name: &'a str, value: &'a Expr) -> Option<Field<'a>> {
    let call = value.as_call_expr()?;
    let function = call.func.as_attribute_expr()?;
    py::is_name(&function.value, "fields").then(|| Field { name, kind: function.attr.as_str(), call })
}

fn kind(node: &StmtClassDef) -> Kind {
    let is_route = |statement: &Stmt| match statement {
        Stmt::FunctionDef(function) => py::decorator(function, "route").is_some(),
        _ => false,
    };
    for base in node.bases() {
        match py::dotted(base).as_deref() {
            Some("models.Model" | "Model") => return Kind::Model,
            Some("models.TransientModel" | "TransientModel") => return Kind::Wizard,
            Some("models.AbstractModel" | "AbstractModel") => return Kind::Mixin,
            Some("Component" | "core.Component") => return Kind::Component,
            Some("AbstractComponent" | "core.AbstractComponent") => return Kind::AbstractComponent,
            Some("http.Controller" | "Controller") => return Kind::Controller,
            _ => {}
        }
    }
    if node.body.iter().any(is_route) { Kind::Controller } else { Kind::Other }
}
