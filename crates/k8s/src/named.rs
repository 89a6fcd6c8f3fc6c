//! One pod by its name.

use k8s_openapi::api::core::v1 as core;
use kube::Api;

use crate::access::Access;
use crate::client::{ApiError, Cluster};
use crate::discover::BACKEND;
use crate::pod::{Pod, PodOptions};
use crate::status::{container_status, instead, lasting, not_running, phase};

/// What `--pod` names: `namespace/pod`, `namespace/pod/container`, or a pod of the context's namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodName {
    /// The namespace; the context's if there is none.
    pub namespace: Option<String>,
    /// The pod.
    pub pod: String,
    /// The container; the backend's or the only one if there is none.
    pub container: Option<String>,
}

impl PodName {
    /// Reads it.
    pub fn parse(text: &str) -> Result<PodName, String> {
        let parts: Vec<&str> = text.trim_start_matches("pod/").split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err("write it like namespace/pod or namespace/pod/container".to_owned());
        }
        let owned = |part: &str| part.to_owned();
        match parts[..] {
            [pod] => Ok(PodName { namespace: None, pod: owned(pod), container: None }),
            [namespace, pod] => {
                Ok(PodName { namespace: Some(owned(namespace)), pod: owned(pod), container: None })
            }
            [namespace, pod, container] => Ok(PodName {
                namespace: Some(owned(namespace)),
                pod: owned(pod),
                container: Some(owned(container)),
            }),
            _ => Err("write it like namespace/pod or namespace/pod/container".to_owned()),
        }
    }
}

/// Finds the container. Cost: one question. An error if there is no such pod or container, and also if it does not run:
/// nothing that could be added to its pod would help then.
pub async fn find(cluster: &Cluster, name: &PodName, options: PodOptions) -> Result<Pod, ApiError> {
    let namespace = name.namespace.clone().unwrap_or_else(|| cluster.namespace().to_owned());
    let api: Api<core::Pod> = Api::namespaced(cluster.client(), &namespace);
    let access = Access::new("get", "", "pods", Some(&namespace));
    let what = format!("pod {namespace}/{}", name.pod);
    let pod = cluster.ask(&what, &access, api.get(&name.pod)).await?;
    let spec = pod.spec.clone().unwrap_or_default();
    let all: Vec<&str> = lasting(&spec).map(|container| container.name.as_str()).collect();
    let container = match &name.container {
        Some(wanted) => all.iter().find(|name| *name == wanted),
        // Those that stay beside it come after it.
        None if spec.containers.len() == 1 => all.first(),
        None => all.iter().find(|name| **name == BACKEND),
    };
    match container {
        Some(container) => match why_not(&pod, container) {
            Some(why) => {
                Err(ApiError::Other { what: format!("container {container} of {what}"), why })
            }
            None => Ok(Pod::new(cluster, &pod, container, options)),
        },
        None => {
            let why = format!("its containers are {}", all.join(", "));
            let what = match &name.container {
                Some(wanted) => format!("container {wanted} of {what}"),
                None => format!("which container of {what}"),
            };
            Err(ApiError::NotFound { what, why })
        }
    }
}

/// Why there is no process in a container.
fn why_not(pod: &core::Pod, container: &str) -> Option<String> {
    if phase(pod) != "Running" {
        return Some(format!("it does not run: {}", instead(pod)));
    }
    let why = container_status(pod, container).and_then(not_running)?;
    Some(format!("it does not run: {why}; what it left in its volumes `heapglass gather` collects"))
}

#[cfg(test)]
mod tests {
    use super::PodName;

    #[test]
    fn names_of_pods() {
        let check = |text: &str, expected: Option<(Option<&str>, &str, Option<&str>)>| {
            let found = PodName::parse(text).ok();
            let found = found.as_ref().map(|name| {
                (name.namespace.as_deref(), name.pod.as_str(), name.container.as_deref())
            });
            assert_eq!(found, expected, "{text}");
        };
        check("web-1", Some((None, "web-1", None)));
        check("pod/web-1", Some((None, "web-1", None)));
        check("shop/web-1", Some((Some("shop"), "web-1", None)));
        check("shop/web-1/app", Some((Some("shop"), "web-1", Some("app"))));
        check("shop//app", None);
        check("a/b/c/d", None);
    }
}
