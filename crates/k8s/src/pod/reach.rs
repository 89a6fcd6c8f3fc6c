//! The way into a container: a tool in it that answers, or an ephemeral container beside it.

use std::time::Instant;

use heapglass_collect::place::{Place, PlaceError};

use super::{LOOK_LIMIT, Pod, PodOptions, Via, lock};
use crate::ephemeral::{self, Shares, Started, Terms, User};
use crate::exec::{End, Said, Target};
use crate::script::{self, Tool};

/// Where Node is in the images that people use.
const NODES: &[&str] =
    &["node", "/usr/local/bin/node", "/usr/bin/node", "/nodejs/bin/node", "/opt/node/bin/node"];

/// The way that works.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    pub(super) target: Target,
    pub(super) tool: Tool,
    /// Whether it is an ephemeral container beside the one that is meant.
    pub(super) ephemeral: bool,
}

impl Pod {
    /// The way in, which is looked for once.
    pub(super) async fn reach(&self) -> Result<&Reach, PlaceError> {
        self.reach.get_or_try_init(|| self.find_reach()).await
    }

    async fn find_reach(&self) -> Result<Reach, PlaceError> {
        if self.options.via != Via::Ephemeral {
            match self.find_tool().await {
                Ok(tool) => {
                    return Ok(Reach { target: self.target.clone(), tool, ephemeral: false });
                }
                Err(error @ PlaceError::Impossible { .. }) if self.options.via == Via::Exec => {
                    return Err(error);
                }
                Err(PlaceError::Impossible { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        // To a pod that goes away nothing is added: its container does not answer for another reason.
        if let Some(fate) = self.fate().await {
            return Err(PlaceError::Gone { what: self.name(), why: fate.to_string() });
        }
        let first = self.add(self.user).await?;
        Ok(self.as_the_process(first).await)
    }

    /// Tries the shell, then Node at the places where it usually is.
    async fn find_tool(&self) -> Result<Tool, PlaceError> {
        let mut tools = vec![Tool::Shell];
        let own = self.container().and_then(|container| {
            let program = container.command.as_ref()?.first()?;
            program.ends_with("/node").then(|| program.clone())
        });
        tools.extend(own.map(Tool::Node));
        tools.extend(NODES.iter().map(|&node| Tool::Node(node.to_owned())));
        for tool in tools {
            let mark = script::mark();
            let name = match &tool {
                Tool::Shell => "sh",
                Tool::Node(node) => node,
            };
            let command = tool.look(&mark, None, false);
            let said = match self.target.run(&command, self.deadline(), LOOK_LIMIT).await {
                Ok(said) => said,
                Err(error) => {
                    self.note(format!("{name} in the container: {error}"));
                    return Err(self.explain(error).await);
                }
            };
            let Said { stdout, stderr, end } = said;
            if let Some(mut seen) = script::seen(&stdout, &mark) {
                self.note(format!("{name} in the container: answers"));
                self.describe(&mut seen.surroundings);
                lock(&self.kept).sort_out(&mut seen);
                lock(&self.kept).keep(&seen, true, true);
                *lock(&self.first) = Some((Instant::now(), seen));
                return Ok(tool);
            }
            let why = match end {
                End::NoProgram => "the image has no such program".to_owned(),
                End::Code(code) => format!("exit code {code} {}", crate::exec::one_line(&stderr)),
                End::Broken(why) => why,
            };
            self.note(format!("{name} in the container: {why}"));
        }
        Err(PlaceError::Impossible {
            what: format!("running a command in container {}", self.target.container),
            why: "the image has neither a shell nor node at the usual places".to_owned(),
        })
    }

    /// Adds an ephemeral container that runs as a user.
    async fn add(&self, user: User) -> Result<Reach, PlaceError> {
        let PodOptions { debug_image, ephemeral_lifetime, .. } = &self.options;
        let (image, lifetime) = (debug_image.as_deref(), *ephemeral_lifetime);
        let terms = Terms { image, lifetime, stop: &self.stop };
        let (target, spec, added) = (&self.target, &self.spec, &self.added);
        match ephemeral::start(target, spec, Shares::Processes, user, terms, added).await {
            Ok(started) => {
                let Started { name, image, tool } = started;
                self.note(format!("ephemeral container {name} of image {image} as {user}: runs"));
                let target = Target { container: name, ..self.target.clone() };
                Ok(Reach { target, tool, ephemeral: true })
            }
            Err(error) => {
                self.note(format!("an ephemeral container as {user}: {error}"));
                Err(error)
            }
        }
    }

    /// Where the process runs as another user than the ephemeral container, one that runs as that user takes
    /// its place: a user that only the image names, or that the program chose, is seen there for the first
    /// time. With the wrong one the process's files, its ports and its memory limit would not be seen.
    async fn as_the_process(&self, first: Reach) -> Reach {
        let mark = script::mark();
        let command = first.tool.look(&mark, None, true);
        let Ok(said) = first.target.run(&command, self.deadline(), LOOK_LIMIT).await else {
            return first;
        };
        let seen = script::seen(&said.stdout, &mark).unwrap_or_default();
        let wanted = ephemeral::wanted_user(&self.own(seen.processes));
        let (Some(own), Some(wanted)) = (seen.own, wanted) else { return first };
        if own == wanted {
            return first;
        }
        self.note(format!("the process runs as {wanted}, and the ephemeral container as {own}"));
        match self.add(wanted).await {
            Ok(second) => {
                self.end(&first).await;
                second
            }
            // Signals and the inspector may work all the same.
            Err(_) => first,
        }
    }

    /// Ends the ephemeral container that is this way.
    pub(super) async fn end(&self, reach: &Reach) {
        let command = ephemeral::end_command(&reach.target.container);
        let _ = reach.target.run(&command, self.deadline(), 1 << 16).await;
    }
}
