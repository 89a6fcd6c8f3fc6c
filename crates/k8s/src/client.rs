//! The connection to a cluster: which one, as whom, and with a deadline on everything that is asked.

use std::future::Future;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use crate::access::Access;

/// How to find the cluster.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// A context of the kubeconfig; the current one if there is none.
    pub context: Option<String>,
    /// How long one question may take (`CMD_TIMEOUT`).
    pub deadline: Duration,
}

/// A cluster that answers.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    /// Who is asked, for people: `context lab` or `the cluster that this runs in`.
    name: String,
    namespace: String,
    deadline: Duration,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a question to a cluster has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// No cluster is configured, or its configuration cannot be used.
    #[error("no cluster to ask: {why}")]
    NoCluster {
        /// What is wrong with the configuration.
        why: String,
    },
    /// The server does not answer the first question that it is asked.
    #[error("{name} cannot be reached at {url}: {why}")]
    Unreachable {
        /// How a person calls the cluster.
        name: String,
        /// Where its server should be.
        url: String,
        /// What the network said.
        why: String,
    },
    /// The server knows who asks, and says no.
    #[error("{access} is not allowed: {why}")]
    Forbidden {
        /// What was asked for.
        access: Access,
        /// The server's words.
        why: String,
    },
    /// The server does not know who asks.
    #[error("the cluster does not accept the credentials: {why}")]
    Unauthorized {
        /// The server's words.
        why: String,
    },
    /// There is no such thing.
    #[error("{what}: not found: {why}")]
    NotFound {
        /// What was asked for.
        what: String,
        /// The server's words.
        why: String,
    },
    /// The server does not know any more what the question goes on from.
    #[error("{what}: it changed too fast to be read: {why}")]
    Expired {
        /// What was asked for.
        what: String,
        /// The server's words.
        why: String,
    },
    /// No answer in time.
    #[error("{what}: no answer within {} s", after.as_secs())]
    Late {
        /// What was asked for.
        what: String,
        /// How long was waited.
        after: Duration,
    },
    /// Anything else.
    #[error("{what}: {why}")]
    Other {
        /// What was asked for.
        what: String,
        /// What the server or the network said.
        why: String,
    },
}

impl ApiError {
    /// The right that is missing, if that is what is wrong.
    pub fn missing(&self) -> Option<&Access> {
        match self {
            ApiError::Forbidden { access, .. } => Some(access),
            _ => None,
        }
    }

    /// Whether the thing is not there, or its kind is not known to the server.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, ApiError::NotFound { .. })
    }
}

impl Cluster {
    /// Finds the cluster by Kubernetes' rules: the files of `KUBECONFIG`, else `~/.kube/config`, else the
    /// service account of the pod that this runs in. Then asks it for its version.
    pub async fn connect(options: &ConnectOptions) -> Result<Cluster, ApiError> {
        let (mut config, name) = configuration(options).await?;
        config.connect_timeout = Some(options.deadline.min(Duration::from_secs(10)));
        // Exec and port-forward are silent for as long as V8 works: no limit on reading here, each
        // question has its own.
        config.read_timeout = None;
        let namespace = config.default_namespace.clone();
        let url = config.cluster_url.to_string();
        let client = Client::try_from(config)
            .map_err(|error| ApiError::NoCluster { why: error_text(&error) })?;
        let cluster = Cluster { client, name, namespace, deadline: options.deadline };
        let access = Access::new("get", "", "/version", None);
        let version = cluster.client.apiserver_version();
        match cluster.ask("the cluster's version", &access, version).await {
            // Whoever may not see the version may still see pods.
            Ok(_) | Err(ApiError::Forbidden { .. }) => Ok(cluster),
            Err(ApiError::Other { why, .. }) => {
                Err(ApiError::Unreachable { name: cluster.name, url, why })
            }
            Err(ApiError::Late { after, .. }) => {
                let why = format!("no answer within {} s", after.as_secs());
                Err(ApiError::Unreachable { name: cluster.name, url, why })
            }
            Err(error) => Err(error),
        }
    }

    /// A cluster behind a client that is made already, for tests.
    pub fn with_client(client: Client, deadline: Duration) -> Cluster {
        let namespace = client.default_namespace().to_owned();
        Cluster { client, name: "a cluster".to_owned(), namespace, deadline }
    }

    /// The client.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// How a person calls the cluster.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace of the context.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// How long one question may take.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Waits for the answer to one question, which needs `access`.
    pub async fn ask<T>(
        &self,
        what: &str,
        access: &Access,
        question: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, ApiError> {
        match tokio::time::timeout(self.deadline, question).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(api_error(what, access, &error)),
            Err(_) => Err(ApiError::Late { what: what.to_owned(), after: self.deadline }),
        }
    }
}

/// Puts an error of the client in our terms.
pub(crate) fn api_error(what: &str, access: &Access, error: &kube::Error) -> ApiError {
    let what = what.to_owned();
    let kube::Error::Api(status) = error else {
        return ApiError::Other { what, why: error_text(error) };
    };
    let why = status.message.clone();
    match status.code {
        401 => ApiError::Unauthorized { why },
        // Admission says no with 403 too; then it is no right that is missing.
        403 if !why.contains("violates PodSecurity") && !why.contains("denied the request") => {
            ApiError::Forbidden { access: access.clone(), why }
        }
        404 => ApiError::NotFound { what, why },
        410 => ApiError::Expired { what, why },
        code => ApiError::Other { what, why: format!("{why} ({code})") },
    }
}

async fn configuration(options: &ConnectOptions) -> Result<(Config, String), ApiError> {
    let wanted = KubeConfigOptions { context: options.context.clone(), ..Default::default() };
    let error = match Config::from_kubeconfig(&wanted).await {
        Ok(config) => {
            let current = || Kubeconfig::read().ok()?.current_context;
            let context = options.context.clone().or_else(current).unwrap_or_default();
            return Ok((config, format!("context {context}")));
        }
        Err(error) => error,
    };
    let nothing_there = matches!(
        error,
        KubeconfigError::FindPath
            | KubeconfigError::ReadConfig(..)
            | KubeconfigError::CurrentContextNotSet
    );
    if nothing_there
        && options.context.is_none()
        && let Ok(config) = Config::incluster()
    {
        return Ok((config, "the cluster that this runs in".to_owned()));
    }
    Err(ApiError::NoCluster { why: error_text(&error) })
}

/// An error and its causes on one line, each once.
pub(crate) fn error_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text.replace('\n', " ")
}
