//! The commands of one2many and many2many fields.

use super::{Command, Env, Input};
use crate::odoo::error::Outcome;
use crate::odoo::schema::{FieldId, Kind, ModelId};
use crate::odoo::value::Value;

impl Env<'_> {
    /// The ids in a one2many or many2many of a record; archived ones only if the context asks for them.
    pub(crate) fn linked(&mut self, model: ModelId, id: u32, field: FieldId) -> Vec<u32> {
        let mut ids = self.all_linked(model, id, field);
        let Some(target) = self.field(model, field).kind.relation() else { return ids };
        let target = self.schema().known(target);
        if let Some(active) = self.model(target).field("active").filter(|_| self.context.active_test) {
            ids.retain(|id| self.db.field(target, *id, active).truthy());
        }
        if matches!(self.field(model, field).kind, Kind::One2many(..)) {
            self.in_default_order(target, &mut ids);
        }
        ids
    }

    pub(crate) fn all_linked(&mut self, model: ModelId, id: u32, field: FieldId) -> Vec<u32> {
        match self.field(model, field).kind {
            Kind::One2many(target, inverse) => {
                let target = self.schema().known(target);
                let inverse = self.model(target).known(inverse);
                self.db.with_value(target, inverse, &Value::link(id))
            }
            _ => self.db.field(model, id, field).ids().to_vec(),
        }
    }

    /// Runs the commands of one field of one record.
    pub(crate) fn follow(
        &mut self,
        model: ModelId,
        id: u32,
        field: FieldId,
        commands: Vec<Command>,
    ) -> Outcome<()> {
        match self.field(model, field).kind {
            Kind::One2many(target, inverse) => {
                let target = self.schema().known(target);
                let inverse = self.model(target).known(inverse);
                commands
                    .into_iter()
                    .try_for_each(|command| self.follow_one2many(id, field, model, target, inverse, command))
            }
            Kind::Many2many(target) => {
                let target = self.schema().known(target);
                self.follow_many2many(model, id, field, target, commands)
            }
            _ => Ok(()),
        }
    }

    fn follow_one2many(
        &mut self,
        id: u32,
        field: FieldId,
        model: ModelId,
        target: ModelId,
        inverse: FieldId,
        command: Command,
    ) -> Outcome<()> {
        let back = || (inverse, Input::Value(Value::link(id)));
        match command {
            Command::Create(mut vals, xmlid) => {
                vals.retain(|(field, _)| *field != inverse);
                vals.push(back());
                let created = self.create(target, vec![vals])?;
                if let (Some(xmlid), Some(created)) = (xmlid, created.first()) {
                    self.bind_xmlid(&xmlid, target, *created)?;
                }
                Ok(())
            }
            Command::Update(child, vals) => self.write(target, &[child], vals),
            Command::Delete(child) => self.unlink(target, &[child]),
            Command::Link(child) => self.write(target, &[child], vec![back()]),
            Command::Unlink(child) => self.detach(target, inverse, child),
            Command::Clear => self
                .all_linked(model, id, field)
                .into_iter()
                .try_for_each(|child| self.detach(target, inverse, child)),
            Command::Set(children) => {
                for child in self.all_linked(model, id, field) {
                    if !children.contains(&child) {
                        self.detach(target, inverse, child)?;
                    }
                }
                children.into_iter().try_for_each(|child| self.write(target, &[child], vec![back()]))
            }
        }
    }

    /// Takes a record out of a one2many: a line that can not be without its order goes, a contact stays.
    fn detach(&mut self, target: ModelId, inverse: FieldId, child: u32) -> Outcome<()> {
        if self.field(target, inverse).cascade {
            self.unlink(target, &[child])
        } else {
            self.write(target, &[child], vec![(inverse, Input::Value(Value::Unset))])
        }
    }

    fn follow_many2many(
        &mut self,
        model: ModelId,
        id: u32,
        field: FieldId,
        target: ModelId,
        commands: Vec<Command>,
    ) -> Outcome<()> {
        let mut ids = self.db.field(model, id, field).ids().to_vec();
        for command in commands {
            match command {
                Command::Create(vals, xmlid) => {
                    for created in self.create(target, vec![vals])? {
                        ids.push(created);
                        if let Some(xmlid) = &xmlid {
                            self.bind_xmlid(xmlid, target, created)?;
                        }
                    }
                }
                Command::Update(linked, vals) => self.write(target, &[linked], vals)?,
                Command::Delete(linked) => {
                    self.unlink(target, &[linked])?;
                    ids.retain(|id| *id != linked);
                }
                Command::Unlink(linked) => ids.retain(|id| *id != linked),
                Command::Link(linked) => ids.push(linked),
                Command::Clear => ids.clear(),
                Command::Set(linked) => ids = linked,
            }
        }
        ids.iter().try_for_each(|linked| self.check_exists(model, field, target, *linked))?;
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(*id));
        let value = if ids.is_empty() { Value::Unset } else { Value::Ids(ids) };
        self.db.set(model, id, &[(field, value)]);
        Ok(())
    }
}
