//! Entities of which each needs the other one first: no order of writing exists.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Check;
use super::site::sites;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::Node;

/// Entity = the entities it cannot be written without, and the `relation` that says so.
type Needs<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Node<'a>>>;

impl<'a> Check<'a> {
    pub(super) fn cycles(&mut self) {
        let needs = needs(self.root);
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for start in needs.keys() {
            if told.contains(start) {
                continue;
            }
            let Some(cycle) = shortest_cycle(&needs, start) else { continue };
            told.extend(cycle.iter().map(|(entity, _)| *entity));
            self.tell_cycle(&cycle);
        }
    }

    fn tell_cycle(&mut self, cycle: &[(&'a str, Node<'a>)]) {
        let Some(((first, relation), others)) = cycle.split_first() else { return };
        let way: Vec<String> = cycle
            .iter()
            .map(|(entity, _)| *entity)
            .chain([*first])
            .map(|entity| format!("`{entity}`"))
            .collect();
        let message = format!("no record of these entities can be written first: {}", way.join(" needs "));
        let mut problem = Diagnostic::error(codes::CYCLE, self.source, relation.span(), message)
            .label(format!("`{first}` needs it"))
            .help(
                "Break the circle where a link may come later: `optional = true` or `missing = \"empty\"`.",
            );
        for (entity, relation) in others {
            problem = problem.related(relation.span(), format!("`{entity}` needs it"));
        }
        self.problems.push(problem);
    }
}

fn needs(root: Node<'_>) -> Needs<'_> {
    let mut needs = Needs::new();
    for (name, entity) in root.members_of("entities") {
        for site in sites(entity).into_iter().filter(|site| !site.conditional) {
            let may_lack = site.field.get("optional").is_some_and(Node::is_true)
                || site.field.text_of("missing") == Some("empty");
            let Some((relation, target)) = site.field.get("relation").and_then(|r| Some((r, r.text()?)))
            else {
                continue;
            };
            if !may_lack && target != name {
                needs.entry(name).or_default().entry(target).or_insert(relation);
            }
        }
    }
    needs
}

/// The shortest way from `start` back to it: each entity with the relation that leads on.
fn shortest_cycle<'a>(needs: &Needs<'a>, start: &'a str) -> Option<Vec<(&'a str, Node<'a>)>> {
    let mut came_from: BTreeMap<&str, (&'a str, Node<'a>)> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(here) = queue.pop_front() {
        for (next, relation) in needs.get(here).into_iter().flatten() {
            if came_from.contains_key(next) {
                continue;
            }
            came_from.insert(next, (here, *relation));
            if *next == start {
                return Some(way_back(&came_from, start));
            }
            queue.push_back(next);
        }
    }
    None
}

fn way_back<'a>(came_from: &BTreeMap<&str, (&'a str, Node<'a>)>, start: &'a str) -> Vec<(&'a str, Node<'a>)> {
    let mut way = Vec::new();
    let mut here = start;
    while let Some(step) = came_from.get(here) {
        way.push(*step);
        here = step.0;
        if here == start {
            break;
        }
    }
    way.reverse();
    way
}
