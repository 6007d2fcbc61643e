//! The images that containers run: made here, from the checkout, from Debian's packages and those of
//! Python's index, pulled from nowhere.
//!
//! An image's tag is a digest of what went into it, so one that is there is the right one.

mod base;
mod build;
mod python;
mod service;

use super::daemon::{Daemon, said};
use bollard::Docker;
use bollard::query_parameters::{
    ListImagesOptionsBuilder, RemoveImageOptionsBuilder, TagImageOptionsBuilder,
};
use sha2::{Digest, Sha256};
use squall_model::plan::Plan;
use squall_model::stack::{Image, ImageFrom, RunAs};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Marks an image as made by Squall; its value is the repository, so that older ones are found.
const LABEL: &str = "squall.image";

/// The repository of the service image, and the name of its newest make for people.
const SERVICE: &str = "squall/node";
const LATEST: &str = "latest";

/// Upstream's image, as whoever runs the daemon has to name it.
const TOXIPROXY: &str = "toxiproxy:2.12.0";

/// Makes images. `checkout` is the folder with Squall's `Cargo.toml`, `say` is told what takes long.
pub struct Images<'a> {
    pub daemon: &'a Daemon,
    pub checkout: PathBuf,
    pub stacks: PathBuf,
    pub say: &'a dyn Fn(&str),
}

impl Images<'_> {
    /// Everything that `plans` need, made where it is missing.
    ///
    /// # Errors
    /// What could not be made, and why.
    pub async fn prepare(&self, plans: &[Plan]) -> Result<super::Props, String> {
        let service = self.service().await?;
        let mut foreign = BTreeMap::new();
        for from in named(plans) {
            let tag = self.foreign(&from).await?;
            foreign.insert(from, tag);
        }
        Ok(super::Props { service, foreign, proxy: None })
    }

    /// The image of the built-in roles.
    async fn service(&self) -> Result<String, String> {
        let program = service::build(&self.checkout, self.say).await?;
        let context = service::context(&program).await?;
        self.make(SERVICE, context).await
    }

    /// Somebody else's program, as a stack says.
    async fn foreign(&self, from: &ImageFrom) -> Result<String, String> {
        match from {
            ImageFrom::Pull(reference) => match self.daemon.docker.inspect_image(reference).await {
                Ok(_) => Ok(reference.clone()),
                Err(_) => Err(format!(
                    "there is no image {reference} at this Docker daemon; `docker pull {reference}` brings it where a registry answers"
                )),
            },
            ImageFrom::Build(folder) => {
                let path = self.stacks.join(folder);
                let cache = python::cache(&target(&self.checkout));
                let packages = python::packages(&path, &cache, self.say).await?;
                let context = build::context(&path, packages.as_ref())?;
                if build::starts_from(&path, base::TAG)? {
                    base::ensure(&self.daemon.docker, self.say).await?;
                }
                self.make(&format!("squall/{}", folder.replace('/', "-")), context).await
            }
        }
    }

    async fn make(&self, repository: &str, context: Vec<u8>) -> Result<String, String> {
        let docker = &self.daemon.docker;
        let digest: String =
            Sha256::digest(&context).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let tag = format!("{repository}:{digest}");
        if docker.inspect_image(&tag).await.is_err() {
            (self.say)(&format!("building image {tag}"));
            build::run(docker, &tag, repository, context).await?;
            forget_untagged(docker).await?;
        }
        Ok(tag)
    }

    /// What `wanted` names, for people the service image under its lasting name too, and away with
    /// what is older.
    ///
    /// # Errors
    /// As [`Images::prepare`].
    pub async fn all(&self, wanted: &BTreeSet<ImageFrom>) -> Result<Vec<String>, String> {
        let docker = &self.daemon.docker;
        let service = self.service().await?;
        let latest = TagImageOptionsBuilder::default().repo(SERVICE).tag(LATEST).build();
        docker.tag_image(&service, Some(latest)).await.map_err(said)?;
        let mut made = vec![service];
        for from in wanted {
            made.push(self.foreign(from).await?);
        }
        forget_older(docker, &made).await?;
        forget_untagged(docker).await?;
        Ok(made)
    }

    /// Upstream Toxiproxy, where it is.
    ///
    /// # Errors
    /// Where there is no such image, with the remedy.
    pub async fn toxiproxy(&self) -> Result<String, String> {
        match self.daemon.docker.inspect_image(TOXIPROXY).await {
            Ok(_) => Ok(TOXIPROXY.to_owned()),
            Err(_) => Err(format!(
                "no image {TOXIPROXY} at this Docker daemon: pull upstream's and `docker tag` it so, or leave --proxy toxiproxy away"
            )),
        }
    }
}

/// Images that the nodes of `plans` run.
pub fn named(plans: &[Plan]) -> BTreeSet<ImageFrom> {
    let nodes = plans.iter().flat_map(|plan| &plan.stack.nodes);
    nodes
        .filter_map(|node| match &node.run {
            RunAs::BuiltIn(_) => None,
            RunAs::Image(Image { from, .. }) => Some(from.clone()),
        })
        .collect()
}

/// Earlier makes of the same repositories, as far as no container uses them.
async fn forget_older(docker: &Docker, kept: &[String]) -> Result<(), String> {
    let ours = HashMap::from([("label", vec![LABEL])]);
    let options = ListImagesOptionsBuilder::default().filters(&ours).build();
    for image in docker.list_images(Some(options)).await.map_err(said)? {
        let old = |tag: &&String| !kept.contains(tag) && !tag.ends_with(LATEST);
        for tag in image.repo_tags.iter().filter(old) {
            let same = |kept: &String| repository(kept) == repository(tag);
            if kept.iter().any(same) {
                let options = RemoveImageOptionsBuilder::default().build();
                let _ = docker.remove_image(tag, Some(options), None).await;
            }
        }
    }
    Ok(())
}

/// Makes of ours that lost their tag to another: two processes that built the same image at once.
async fn forget_untagged(docker: &Docker) -> Result<(), String> {
    let ours = HashMap::from([("label", vec![LABEL]), ("dangling", vec!["true"])]);
    let options = ListImagesOptionsBuilder::default().filters(&ours).build();
    for image in docker.list_images(Some(options)).await.map_err(said)? {
        // One that a container still uses stays until the next time.
        let options = RemoveImageOptionsBuilder::default().build();
        let _ = docker.remove_image(&image.id, Some(options), None).await;
    }
    Ok(())
}

/// The folder that cargo builds into.
fn target(checkout: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| checkout.join("target"), PathBuf::from)
}

fn repository(tag: &str) -> &str {
    tag.rsplit_once(':').map_or(tag, |(repository, _)| repository)
}

/// The folder with Squall's own `Cargo.toml`: `from` or one above it.
///
/// # Errors
/// Where there is none.
pub fn checkout(from: &Path) -> Result<PathBuf, String> {
    let mut above = from.ancestors();
    let found = above.find(|folder| folder.join("harness/node/Cargo.toml").is_file());
    found.map(Path::to_owned).ok_or_else(|| {
        "the image of the built-in roles is made from Squall's source; run squall in its checkout"
            .to_owned()
    })
}
