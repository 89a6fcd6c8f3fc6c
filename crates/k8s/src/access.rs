//! Rights: what a question needs, and the rule that grants it.

use std::fmt;

/// A right: a verb on a kind of resource, in a namespace or in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The verbs, the one that is asked for first; a rule names all of them.
    pub verbs: Vec<&'static str>,
    /// The API group; empty for the core.
    pub group: &'static str,
    /// The resource, with its subresource: `pods/exec`.
    pub resource: &'static str,
    /// Where; `None` for all namespaces.
    pub namespace: Option<String>,
}

impl Access {
    /// A right with one verb.
    pub fn new(
        verb: &'static str,
        group: &'static str,
        resource: &'static str,
        namespace: Option<&str>,
    ) -> Access {
        Access { verbs: vec![verb], group, resource, namespace: namespace.map(str::to_owned) }
    }

    /// To run a command in a container. The connection begins with a GET, which servers before 1.35 take
    /// for the verb `get` and later ones for `create`.
    pub fn exec(namespace: &str) -> Access {
        let verbs = vec!["create", "get"];
        Access { verbs, ..Access::new("get", "", "pods/exec", Some(namespace)) }
    }

    /// To open a connection to a port of a pod; verbs as in [`Access::exec`].
    pub(crate) fn port_forward(namespace: &str) -> Access {
        let verbs = vec!["create", "get"];
        Access { verbs, ..Access::new("get", "", "pods/portforward", Some(namespace)) }
    }

    /// To add an ephemeral container to a pod.
    pub fn ephemeral_containers(namespace: &str) -> Access {
        Access::new("patch", "", "pods/ephemeralcontainers", Some(namespace))
    }

    /// The rule to add to a Role (or, for all namespaces, a ClusterRole), as YAML on one line.
    pub fn rule(&self) -> String {
        let verbs = self.verbs.join(", ");
        let group = self.group;
        format!(
            "- {{apiGroups: [\"{group}\"], resources: [\"{}\"], verbs: [{verbs}]}}",
            self.resource
        )
    }

    /// Where the rule belongs.
    pub fn role(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("a Role in namespace {namespace}"),
            None => "a ClusterRole".to_owned(),
        }
    }

    /// The whole advice.
    pub fn advice(&self) -> String {
        format!("add to {}: {}", self.role(), self.rule())
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verbs.join("+"), self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None => f.write_str(" in all namespaces"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Access;

    #[test]
    fn a_missing_right_is_a_rule_to_add() {
        let access = Access::exec("shop");
        assert_eq!(access.to_string(), "create+get pods/exec in namespace shop");
        assert_eq!(
            access.advice(),
            "add to a Role in namespace shop: \
             - {apiGroups: [\"\"], resources: [\"pods/exec\"], verbs: [create, get]}"
        );
        let access = Access::new("list", "apps", "deployments", None);
        assert_eq!(access.to_string(), "list deployments.apps in all namespaces");
        assert!(access.advice().starts_with("add to a ClusterRole: "));
    }
}
