//! Lists, a page at a time: what is not kept of a page is gone before the next one is read, so that a big
//! cluster does not fill the memory.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fmt::Debug;
use std::future::Future;
use std::hash::BuildHasher;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ListMeta;
use kube::api::{ListParams, ObjectList, PartialObjectMeta};
use kube::core::Resource;
use kube::{Api, ResourceExt};
use serde::de::DeserializeOwned;

use crate::access::Access;
use crate::client::{ApiError, Cluster};

/// Objects on a page.
const PAGE: u32 = 200;
/// How often a list is begun whose next page the server does not know any more.
const BEGINNINGS: u32 = 5;

/// Gives each object of a list to `each`, once.
pub(crate) async fn objects<K: Clone + Debug + DeserializeOwned + Resource>(
    cluster: &Cluster,
    api: &Api<K>,
    params: ListParams,
    what: &str,
    access: &Access,
    each: &mut (dyn FnMut(K) + Send),
) -> Result<(), ApiError> {
    let fetch = |page: ListParams| async move { api.list(&page).await };
    pages(cluster, params, what, access, fetch, each).await
}

/// The same with names and labels alone.
pub(crate) async fn metadata<K: Clone + Debug + DeserializeOwned + Resource<DynamicType = ()>>(
    cluster: &Cluster,
    api: &Api<K>,
    params: ListParams,
    what: &str,
    access: &Access,
    each: &mut (dyn FnMut(PartialObjectMeta<K>) + Send),
) -> Result<(), ApiError> {
    let fetch = |page: ListParams| async move { api.list_metadata(&page).await };
    pages(cluster, params, what, access, fetch, each).await
}

/// All pages. A server knows what comes next for some minutes only, and says that it is expired afterwards: then
/// the list is begun anew, and what was given already is left out.
async fn pages<T: Clone + Resource, F>(
    cluster: &Cluster,
    params: ListParams,
    what: &str,
    access: &Access,
    fetch: impl Fn(ListParams) -> F,
    each: &mut (dyn FnMut(T) + Send),
) -> Result<(), ApiError>
where
    F: Future<Output = kube::Result<ObjectList<T>>>,
{
    let mut given = Given::default();
    let mut page = params.limit(PAGE);
    let mut begun = 1;
    loop {
        let list = match cluster.ask(what, access, fetch(page.clone())).await {
            Ok(list) => list,
            Err(ApiError::Expired { .. })
                if page.continue_token.is_some() && begun < BEGINNINGS =>
            {
                begun += 1;
                page.continue_token = None;
                continue;
            }
            Err(error) => return Err(error),
        };
        list.items.into_iter().filter(|object| given.is_new(object)).for_each(&mut *each);
        match next(list.metadata) {
            Some(token) => page.continue_token = Some(token),
            None => return Ok(()),
        }
    }
}

/// What was given already, by hashes: eight bytes for each object. That two of a million have the same one
/// happens once in 37 million lists.
#[derive(Default)]
struct Given {
    hashes: HashSet<u64>,
    state: RandomState,
}

impl Given {
    fn is_new(&mut self, object: &impl Resource) -> bool {
        let meta = object.meta();
        let hash = self.state.hash_one((&meta.uid, object.namespace(), object.name_any()));
        self.hashes.insert(hash)
    }
}

/// What asks for the next page, if there is one.
fn next(metadata: ListMeta) -> Option<String> {
    metadata.continue_.filter(|token| !token.is_empty())
}
