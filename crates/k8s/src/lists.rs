//! Lists, a page at a time: what is not kept of a page is gone before the next one is read, so that a big
//! cluster does not fill the memory.

use std::fmt::Debug;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ListMeta;
use kube::Api;
use kube::api::{ListParams, PartialObjectMeta};
use serde::de::DeserializeOwned;

use crate::access::Access;
use crate::client::{ApiError, Cluster};

/// Objects on a page.
const PAGE: u32 = 200;

/// Gives each object of a list to `each`.
pub(crate) async fn objects<K: Clone + Debug + DeserializeOwned>(
    cluster: &Cluster,
    api: &Api<K>,
    params: ListParams,
    what: &str,
    access: &Access,
    each: &mut (dyn FnMut(K) + Send),
) -> Result<(), ApiError> {
    let mut page = params.limit(PAGE);
    loop {
        let list = cluster.ask(what, access, api.list(&page)).await?;
        list.items.into_iter().for_each(&mut *each);
        match next(list.metadata) {
            Some(token) => page.continue_token = Some(token),
            None => return Ok(()),
        }
    }
}

/// The same with names and labels alone.
pub(crate) async fn metadata<K: Clone + Debug + DeserializeOwned>(
    cluster: &Cluster,
    api: &Api<K>,
    params: ListParams,
    what: &str,
    access: &Access,
    each: &mut (dyn FnMut(PartialObjectMeta<K>) + Send),
) -> Result<(), ApiError> {
    let mut page = params.limit(PAGE);
    loop {
        let list = cluster.ask(what, access, api.list_metadata(&page)).await?;
        list.items.into_iter().for_each(&mut *each);
        match next(list.metadata) {
            Some(token) => page.continue_token = Some(token),
            None => return Ok(()),
        }
    }
}

/// What asks for the next page, if there is one.
fn next(metadata: ListMeta) -> Option<String> {
    metadata.continue_.filter(|token| !token.is_empty())
}
