//! Service Connect: how services find and reach each other by name.

use std::collections::BTreeMap;

use super::prelude::*;
use types::{
    LogDriver, ServiceConnectAccessLoggingFormat as AccessLogFormat,
    ServiceConnectIncludeQueryParameters as QueryParameters,
};

/// How the service finds others, and others find it.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ServiceConnect {
    /// Whether it does.
    pub enabled: bool,
    /// Name or ARN of the namespace; that of the cluster when unset.
    pub namespace: Auto<String>,
    /// Log of each request.
    pub access_log_configuration: Block<AccessLog>,
    /// Where the proxy's log goes.
    pub log_configuration: Block<Log>,
    /// Ports that others reach.
    pub service: Blocks<Port>,
}

/// Log of each request.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct AccessLog {
    /// How lines look.
    pub format: AccessLogFormat,
    /// Whether parameters of queries are written; they are not when unset.
    pub include_query_parameters: Auto<QueryParameters>,
}

/// Where a log goes.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Log {
    /// What takes it.
    pub log_driver: LogDriver,
    /// Options of the driver.
    pub options: Auto<BTreeMap<String, String>>,
    /// Options whose values are secrets.
    pub secret_option: Blocks<SecretOption>,
}

/// Option whose value is a secret.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SecretOption {
    /// Name of the option.
    pub name: String,
    /// ARN of the secret or parameter.
    pub value_from: String,
}

/// Port that others reach.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Port {
    /// Name in Cloud Map; that of the port when unset.
    pub discovery_name: Auto<String>,
    /// Port of the proxy.
    #[attr(range(0, 65535))]
    pub ingress_port_override: Option<i32>,
    /// Name of the port in the task definition.
    pub port_name: String,
    /// Name and port that others use.
    pub client_alias: Block<ClientAlias>,
    /// How long a connection may take.
    pub timeout: Block<Timeout>,
    /// Encryption between services.
    pub tls: Block<Tls>,
}

/// Name and port that others use.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ClientAlias {
    /// Name that others use.
    pub dns_name: Auto<String>,
    /// Port that others use.
    #[attr(range(0, 65535))]
    pub port: i32,
    /// What traffic is test traffic in blue/green deployments.
    pub test_traffic_rules: Blocks<TestTraffic>,
}

/// What traffic is test traffic.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct TestTraffic {
    /// Header by which it is told.
    pub header: Block<Header>,
}

/// Header by which test traffic is told.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Header {
    /// Name of the header.
    pub name: String,
    /// Its value.
    #[attr(count(1, 1))]
    pub value: Block<HeaderValue>,
}

/// Value of a header.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct HeaderValue {
    /// The whole value.
    pub exact: String,
}

/// How long a connection may take.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Timeout {
    /// Seconds without traffic; 0 for ever.
    #[attr(range(0, 2147483647))]
    pub idle_timeout_seconds: Option<i32>,
    /// Seconds for one request; 0 for ever.
    #[attr(range(0, 2147483647))]
    pub per_request_timeout_seconds: Option<i32>,
}

/// Encryption between services.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Tls {
    /// Key that certificates' keys are encrypted with.
    pub kms_key: Option<String>,
    /// ARN of the role that gets certificates.
    #[attr(format = "arn")]
    pub role_arn: Option<String>,
    /// Who signs certificates.
    #[attr(count(1, 1))]
    pub issuer_cert_authority: Block<Issuer>,
}

/// Who signs certificates.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Issuer {
    /// ARN of the private certificate authority.
    #[attr(format = "arn")]
    pub aws_pca_authority_arn: String,
}

/// What switches it off.
pub(super) fn off() -> types::ServiceConnectConfiguration {
    types::ServiceConnectConfiguration::builder().enabled(false).build()
}

impl ServiceConnect {
    pub(super) fn sent(&self) -> types::ServiceConnectConfiguration {
        let access_log = self.access_log_configuration.get().and_then(|it| {
            let log = types::ServiceConnectAccessLogConfiguration::builder();
            let log = log.format(it.format.clone());
            log.set_include_query_parameters(it.include_query_parameters.given()).build().ok()
        });
        let ports: Vec<_> = self.service.0.iter().filter_map(Port::sent).collect();
        types::ServiceConnectConfiguration::builder()
            .enabled(self.enabled)
            .set_namespace(self.namespace.given())
            .set_access_log_configuration(access_log)
            .set_log_configuration(self.log_configuration.get().and_then(Log::sent))
            .set_services(Some(ports).filter(|it| !it.is_empty()))
            .build()
    }

    /// As ECS tells it; nothing where it is switched off and nobody said so.
    pub(super) fn told(
        it: Option<types::ServiceConnectConfiguration>,
        known: Option<&ServiceConnect>,
    ) -> Option<Self> {
        let it = it.filter(|it| it.enabled || known.is_some())?;
        // A namespace that was given by its name is told by its ARN.
        let by_name =
            known.and_then(|it| it.namespace.given()).filter(|it| !it.starts_with("arn:"));
        let access_log = it.access_log_configuration.map(|it| AccessLog {
            format: it.format,
            include_query_parameters: it.include_query_parameters.into(),
        });
        Some(ServiceConnect {
            enabled: it.enabled,
            namespace: by_name.or(it.namespace).into(),
            access_log_configuration: Block(access_log),
            log_configuration: Block(it.log_configuration.map(Log::told)),
            service: Blocks(it.services.into_iter().flatten().map(Port::told).collect()),
        })
    }
}

impl Log {
    fn sent(&self) -> Option<types::LogConfiguration> {
        let secret = |it: &SecretOption| {
            types::Secret::builder().name(&it.name).value_from(&it.value_from).build().ok()
        };
        let secrets: Vec<_> = self.secret_option.0.iter().filter_map(secret).collect();
        types::LogConfiguration::builder()
            .log_driver(self.log_driver.clone())
            .set_options(self.options.given().map(|it| it.into_iter().collect()))
            .set_secret_options(Some(secrets).filter(|it| !it.is_empty()))
            .build()
            .ok()
    }

    fn told(it: types::LogConfiguration) -> Self {
        let secret = |it: types::Secret| SecretOption { name: it.name, value_from: it.value_from };
        let options = it.options.map(|it| it.into_iter().collect::<BTreeMap<_, _>>()).into();
        let secrets = it.secret_options.into_iter().flatten().map(secret);
        Log { log_driver: it.log_driver, options, secret_option: Blocks(secrets.collect()) }
    }
}

impl Port {
    fn sent(&self) -> Option<types::ServiceConnectService> {
        let timeout = self.timeout.get().map(|it| {
            types::TimeoutConfiguration::builder()
                .set_idle_timeout_seconds(it.idle_timeout_seconds)
                .set_per_request_timeout_seconds(it.per_request_timeout_seconds)
                .build()
        });
        let tls = self.tls.get().map(|it| {
            let issuer = it.issuer_cert_authority.get().map(|it| {
                types::ServiceConnectTlsCertificateAuthority::builder()
                    .aws_pca_authority_arn(&it.aws_pca_authority_arn)
                    .build()
            });
            types::ServiceConnectTlsConfiguration::builder()
                .set_issuer_certificate_authority(issuer)
                .set_kms_key(it.kms_key.clone())
                .set_role_arn(it.role_arn.clone())
                .build()
        });
        let alias = self.client_alias.get().and_then(ClientAlias::sent);
        types::ServiceConnectService::builder()
            .port_name(&self.port_name)
            .set_discovery_name(self.discovery_name.given())
            .set_ingress_port_override(self.ingress_port_override)
            .set_client_aliases(alias.map(|it| vec![it]))
            .set_timeout(timeout)
            .set_tls(tls)
            .build()
            .ok()
    }

    fn told(it: types::ServiceConnectService) -> Self {
        let timeout = it.timeout.map(|it| Timeout {
            idle_timeout_seconds: it.idle_timeout_seconds,
            per_request_timeout_seconds: it.per_request_timeout_seconds,
        });
        let issuer = |it: types::ServiceConnectTlsCertificateAuthority| Issuer {
            aws_pca_authority_arn: it.aws_pca_authority_arn.unwrap_or_default(),
        };
        let tls = it.tls.map(|it| Tls {
            kms_key: it.kms_key,
            role_arn: it.role_arn,
            issuer_cert_authority: Block(it.issuer_certificate_authority.map(issuer)),
        });
        let alias = it.client_aliases.into_iter().flatten().next().map(ClientAlias::told);
        Port {
            discovery_name: it.discovery_name.into(),
            ingress_port_override: it.ingress_port_override,
            port_name: it.port_name,
            client_alias: Block(alias),
            timeout: Block(timeout),
            tls: Block(tls),
        }
    }
}

impl ClientAlias {
    fn sent(&self) -> Option<types::ServiceConnectClientAlias> {
        let rules = self.test_traffic_rules.0.first().map(|it| {
            let header = it.header.get().and_then(|it| {
                let value = it.value.get().and_then(|it| {
                    let rules = types::ServiceConnectTestTrafficHeaderMatchRules::builder();
                    rules.exact(&it.exact).build().ok()
                });
                let rules = types::ServiceConnectTestTrafficHeaderRules::builder().name(&it.name);
                rules.set_value(value).build().ok()
            });
            types::ServiceConnectTestTrafficRules::builder().set_header(header).build()
        });
        types::ServiceConnectClientAlias::builder()
            .port(self.port)
            .set_dns_name(self.dns_name.given())
            .set_test_traffic_rules(rules)
            .build()
            .ok()
    }

    fn told(it: types::ServiceConnectClientAlias) -> Self {
        let rules = it.test_traffic_rules.map(|it| {
            let header = it.header.map(|it| Header {
                name: it.name,
                value: Block(it.value.map(|it| HeaderValue { exact: it.exact })),
            });
            TestTraffic { header: Block(header) }
        });
        ClientAlias {
            dns_name: it.dns_name.into(),
            port: it.port,
            test_traffic_rules: Blocks(rules.into_iter().collect()),
        }
    }
}
