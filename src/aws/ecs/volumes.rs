//! Volumes of a task definition.

use std::collections::BTreeMap;

use super::prelude::*;
use types::{EfsAuthorizationConfigIam, EfsTransitEncryption, Scope};

/// Storage that containers of a task mount.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Volume {
    /// Whether the service that runs the task says what the volume is.
    #[attr(replace)]
    pub configure_at_launch: Auto<bool>,
    /// Path on the host; empty storage that ends with the task when unset.
    #[attr(replace)]
    pub host_path: Option<String>,
    /// Name that containers mount it by.
    #[attr(replace)]
    pub name: String,
    /// Volume of Docker's own.
    #[attr(replace)]
    pub docker_volume_configuration: Block<DockerVolume>,
    /// File system of EFS.
    #[attr(replace)]
    pub efs_volume_configuration: Block<EfsVolume>,
    /// File system of FSx for Windows.
    #[attr(replace)]
    pub fsx_windows_file_server_volume_configuration: Block<FsxVolume>,
}

/// Volume of Docker's own.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DockerVolume {
    /// Makes the volume where there is none; only with `scope = "shared"`.
    #[attr(replace, default = false)]
    pub autoprovision: bool,
    /// Driver of Docker's that makes it; `local` when unset.
    #[attr(replace)]
    pub driver: Auto<String>,
    /// Options of the driver.
    #[attr(replace)]
    pub driver_opts: Option<BTreeMap<String, String>>,
    /// Labels of the volume.
    #[attr(replace)]
    pub labels: Option<BTreeMap<String, String>>,
    /// Whether it ends with the task or is shared and stays.
    #[attr(replace)]
    pub scope: Auto<Scope>,
}

/// File system of EFS.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct EfsVolume {
    /// Identifier of the file system.
    #[attr(replace)]
    pub file_system_id: String,
    /// Directory that is mounted as the root.
    #[attr(replace, default = "/")]
    pub root_directory: String,
    /// Whether data is encrypted on its way; it is not when unset.
    #[attr(replace)]
    pub transit_encryption: Option<EfsTransitEncryption>,
    /// Port for encrypted data; chosen by the mount helper when 0.
    #[attr(replace, default = 0, range(0, 65535))]
    pub transit_encryption_port: i32,
    /// How access is decided.
    #[attr(replace)]
    pub authorization_config: Block<EfsAuthorization>,
}

/// How access to a file system of EFS is decided.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct EfsAuthorization {
    /// Identifier of the access point.
    #[attr(replace)]
    pub access_point_id: Option<String>,
    /// Whether the role of the task decides.
    #[attr(replace)]
    pub iam: Option<EfsAuthorizationConfigIam>,
}

/// File system of FSx for Windows.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct FsxVolume {
    /// Identifier of the file system.
    #[attr(replace)]
    pub file_system_id: String,
    /// Directory that is mounted as the root.
    #[attr(replace)]
    pub root_directory: String,
    /// Who mounts it.
    #[attr(replace, count(1, 1))]
    pub authorization_config: Block<FsxAuthorization>,
}

/// Who mounts a file system of FSx for Windows.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct FsxAuthorization {
    /// ARN of the secret or parameter that holds the credentials.
    #[attr(replace, format = "arn")]
    pub credentials_parameter: String,
    /// Domain of the directory.
    #[attr(replace)]
    pub domain: String,
}

impl Volume {
    /// As ECS takes it.
    pub(super) fn sent(&self) -> types::Volume {
        let host = self
            .host_path
            .as_ref()
            .map(|it| types::HostVolumeProperties::builder().source_path(it).build());
        types::Volume::builder()
            .name(&self.name)
            .set_configured_at_launch(self.configure_at_launch.given())
            .set_host(host)
            .set_docker_volume_configuration(self.docker_volume_configuration.get().map(docker))
            .set_efs_volume_configuration(self.efs_volume_configuration.get().and_then(efs))
            .set_fsx_windows_file_server_volume_configuration(
                self.fsx_windows_file_server_volume_configuration.get().and_then(fsx),
            )
            .build()
    }

    /// As ECS tells it.
    pub(super) fn told(it: types::Volume) -> Volume {
        Volume {
            configure_at_launch: it.configured_at_launch.into(),
            host_path: it.host.and_then(|it| it.source_path),
            name: it.name.unwrap_or_default(),
            docker_volume_configuration: Block(it.docker_volume_configuration.map(docker_told)),
            efs_volume_configuration: Block(it.efs_volume_configuration.map(efs_told)),
            fsx_windows_file_server_volume_configuration: Block(
                it.fsx_windows_file_server_volume_configuration.map(fsx_told),
            ),
        }
    }
}

fn docker(it: &DockerVolume) -> types::DockerVolumeConfiguration {
    let scope = it.scope.given();
    // AWS refuses the word for volumes that end with their task.
    let autoprovision = Some(it.autoprovision).filter(|_| scope == Some(Scope::Shared));
    let map = |it: &Option<BTreeMap<String, String>>| it.clone().map(|it| it.into_iter().collect());
    types::DockerVolumeConfiguration::builder()
        .set_autoprovision(autoprovision)
        .set_driver(it.driver.given())
        .set_driver_opts(map(&it.driver_opts))
        .set_labels(map(&it.labels))
        .set_scope(scope)
        .build()
}

fn docker_told(it: types::DockerVolumeConfiguration) -> DockerVolume {
    DockerVolume {
        autoprovision: it.autoprovision.unwrap_or_default(),
        driver: it.driver.into(),
        driver_opts: it.driver_opts.map(|it| it.into_iter().collect()),
        labels: it.labels.map(|it| it.into_iter().collect()),
        scope: it.scope.into(),
    }
}

fn efs(it: &EfsVolume) -> Option<types::EfsVolumeConfiguration> {
    let access = |it: &EfsAuthorization| {
        types::EfsAuthorizationConfig::builder()
            .set_access_point_id(it.access_point_id.clone())
            .set_iam(it.iam.clone())
            .build()
    };
    let port = Some(it.transit_encryption_port).filter(|it| *it != 0);
    types::EfsVolumeConfiguration::builder()
        .file_system_id(&it.file_system_id)
        .root_directory(&it.root_directory)
        .set_transit_encryption(it.transit_encryption.clone())
        .set_transit_encryption_port(port)
        .set_authorization_config(it.authorization_config.get().map(access))
        .build()
        .ok()
}

fn efs_told(it: types::EfsVolumeConfiguration) -> EfsVolume {
    let access = |it: types::EfsAuthorizationConfig| EfsAuthorization {
        access_point_id: it.access_point_id,
        iam: it.iam,
    };
    EfsVolume {
        file_system_id: it.file_system_id,
        root_directory: it.root_directory.unwrap_or_else(|| "/".into()),
        transit_encryption: it.transit_encryption,
        transit_encryption_port: it.transit_encryption_port.unwrap_or_default(),
        authorization_config: Block(it.authorization_config.map(access)),
    }
}

fn fsx(it: &FsxVolume) -> Option<types::FSxWindowsFileServerVolumeConfiguration> {
    let access = it.authorization_config.get().and_then(|it| {
        let access = types::FSxWindowsFileServerAuthorizationConfig::builder();
        let access = access.credentials_parameter(&it.credentials_parameter).domain(&it.domain);
        access.build().ok()
    });
    types::FSxWindowsFileServerVolumeConfiguration::builder()
        .file_system_id(&it.file_system_id)
        .root_directory(&it.root_directory)
        .set_authorization_config(access)
        .build()
        .ok()
}

fn fsx_told(it: types::FSxWindowsFileServerVolumeConfiguration) -> FsxVolume {
    let access = |it: types::FSxWindowsFileServerAuthorizationConfig| FsxAuthorization {
        credentials_parameter: it.credentials_parameter,
        domain: it.domain,
    };
    FsxVolume {
        file_system_id: it.file_system_id,
        root_directory: it.root_directory,
        authorization_config: Block(it.authorization_config.map(access)),
    }
}
