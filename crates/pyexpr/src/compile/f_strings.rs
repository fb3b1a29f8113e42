//! f-strings.

use ruff_python_ast::{
    ConversionFlag, ExprFString, FStringPart, InterpolatedElement, InterpolatedStringElement,
};

use super::{Compiled, Lowering, bytes, refuse};
use crate::format::Spec;
use crate::ir::{Kind, Node, Piece};
use crate::vocabulary::Function;

impl Lowering<'_> {
    pub(super) fn f_string(&mut self, literal: &ExprFString) -> Compiled<Kind> {
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

    pub(super) fn piece(&mut self, element: &InterpolatedStringElement) -> Compiled<Piece> {
        match element {
            InterpolatedStringElement::Literal(text) => {
                self.string(&text.value, text.range)?;
                Ok(Piece::Text(text.value.clone()))
            }
            InterpolatedStringElement::Interpolation(field) => self.field(field),
        }
    }

    pub(super) fn field(&mut self, field: &InterpolatedElement) -> Compiled<Piece> {
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
