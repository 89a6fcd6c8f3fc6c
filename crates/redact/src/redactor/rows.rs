//! The tables of integers as they stream by: each use of a text is pointed to its entry for names or for values.

use std::io::Write;

use super::{MANY, Redactor, State, odd};
use crate::error::{Error, Result};
use crate::kinds::Kind;
use crate::objects::Object;
use crate::owners::Owner;
use crate::roles::Role;
use crate::table::Table;

impl<W: Write> Redactor<W> {
    pub(super) fn nodes(&mut self, mut table: Box<Table>, bytes: &[u8]) -> Result<(usize, State)> {
        let (Some(layout), Some(told)) = (&self.layout, &mut self.told) else {
            return Err(odd("a description first"));
        };
        let (roles, out, nodes) = (&mut self.roles, &mut self.written, &mut self.coverage.nodes);
        let (offset, kinds) = (self.offset, &mut self.kinds);
        let named = &mut self.named;
        let (used, ended) = table.pass::<Error>(bytes, out, |row| {
            let kind = usize::try_from(field(row, layout.node_type)).unwrap_or(usize::MAX);
            let name = field(row, layout.node_name);
            let role = layout.node_roles.get(kind).copied().unwrap_or(Role::VALUE);
            roles.mark(name, role, offset)?;
            let is_object = Some(kind) == layout.object;
            let class = if is_object { u32::try_from(name).ok() } else { None };
            told.push(Owner { edges: field(row, layout.node_edges), class })?;
            kinds.push(match class {
                Some(class) => Kind::of_class(class),
                None if Some(kind) == layout.array => Kind::TABLE,
                None if Some(kind) == layout.string => {
                    if let Some(named) = named {
                        named.string(name)?;
                    }
                    Kind::STRING
                }
                None => Kind::OTHER,
            });
            if let Some(name) = row.get_mut(layout.node_name) {
                *name = 2 * *name + u64::from(role == Role::VALUE);
            }
            *nodes += 1;
            Ok(1 << layout.node_name)
        })?;
        Ok((used, self.next(ended, State::Nodes { table })))
    }

    pub(super) fn edges(
        &mut self,
        mut table: Box<Table>,
        mut object: Box<Object>,
        bytes: &[u8],
    ) -> Result<(usize, State)> {
        let (Some(layout), Some(owners)) = (&self.layout, &mut self.owners) else {
            return Err(odd("nodes first"));
        };
        let (roles, out, edges) = (&mut self.roles, &mut self.written, &mut self.coverage.edges);
        let (offset, kinds, named) = (self.offset, &self.kinds, &mut self.named);
        let width = layout.node_width as u64;
        let (used, ended) = table.pass::<Error>(bytes, out, |row| {
            *edges += 1;
            while object.edges_left() == 0 {
                let next =
                    owners.next()?.ok_or_else(|| odd("no more edges than the nodes have"))?;
                object.begin(next, MANY);
            }
            let kind = usize::try_from(field(row, layout.edge_type)).unwrap_or(usize::MAX);
            let mut changed = 0;
            let role = layout.edge_roles.get(kind).copied().unwrap_or(Some(Role::VALUE));
            if let Some(role) = role {
                let name = field(row, layout.edge_name);
                if let Some(named) = named
                    && role.has(Role::PROPERTY | Role::VARIABLE)
                {
                    let to = field(row, layout.edge_to) / width;
                    if kinds.of(to) == Kind::STRING {
                        named.pair(name, to)?;
                    }
                }
                if object.is_judged() && role.has(Role::PROPERTY | Role::INTERNAL) {
                    let to = kinds.of(field(row, layout.edge_to) / width);
                    object.edge(role, name, to);
                }
                if role != Role::PROPERTY || !object.is_judged() {
                    roles.mark(name, role, offset)?;
                }
                if let Some(name) = row.get_mut(layout.edge_name) {
                    *name = name.saturating_mul(2).saturating_add(u64::from(role == Role::VALUE));
                    changed = 1 << layout.edge_name;
                }
            }
            if object.pass() {
                object.settle(roles, offset)?;
            }
            Ok(changed)
        })?;
        if ended {
            object.settle(roles, offset)?;
        }
        Ok((used, self.next(ended, State::Edges { table, object })))
    }

    pub(super) fn trace(&mut self, mut table: Box<Table>, bytes: &[u8]) -> Result<(usize, State)> {
        let Some(layout) = &self.layout else { return Err(odd("a description first")) };
        let (roles, out, offset) = (&mut self.roles, &mut self.written, self.offset);
        let (used, ended) = table.pass::<Error>(bytes, out, |row| {
            let mut changed = 0;
            for &column in &layout.trace_names {
                if let Some(name) = row.get_mut(column) {
                    roles.mark(*name, Role::SCRIPT, offset)?;
                    *name *= 2;
                    changed |= 1 << column;
                }
            }
            Ok(changed)
        })?;
        Ok((used, self.next(ended, State::Trace { table })))
    }
}

fn field(row: &[u64], at: usize) -> u64 {
    row.get(at).copied().unwrap_or_default()
}
