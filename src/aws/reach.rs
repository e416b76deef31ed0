//! How endpoints are reached: those that speak HTTP without certificates, and those where nobody listens
//! told at once, instead of after ten attempts.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Pauses before each further attempt to connect: what is just being started may be there then.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(750)];

/// Connections by the scheme of each request. The certificates of the system are only read for the first
/// that is encrypted: for a local endpoint that would be a tenth of a short run.
pub fn by_scheme(plain: SharedHttpClient, encrypted: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(ByScheme { plain, encrypted })
}

#[derive(Clone, Debug)]
struct ByScheme {
    plain: SharedHttpClient,
    encrypted: SharedHttpClient,
}

impl HttpClient for ByScheme {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let (settings, components) = (settings.clone(), components.clone());
        SharedHttpConnector::new(SchemeConnector { clients: self.clone(), settings, components })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.encrypted.connector_metadata()
    }
}

#[derive(Debug)]
struct SchemeConnector {
    clients: ByScheme,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for SchemeConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = match request.uri().starts_with("http:") {
            true => &self.clients.plain,
            false => &self.clients.encrypted,
        };
        client.http_connector(&self.settings, &self.components).call(request)
    }
}

/// Connections that are given up soon where they are refused. Everything else is tried again as
/// the retry configuration says.
pub fn soon(inner: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Soon(inner))
}

#[derive(Debug)]
struct Soon(SharedHttpClient);

impl HttpClient for Soon {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.0.http_connector(settings, components)))
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector(SharedHttpConnector);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let inner = self.0.clone();
        HttpConnectorFuture::new(async move {
            let mut request = request;
            for pause in PAUSES {
                let again = request.try_clone();
                match (inner.call(request).await, again) {
                    (Err(why), Some(again)) if is_refused(&why) => {
                        tokio::time::sleep(pause).await;
                        request = again;
                    }
                    (reply, _) => return reply.map_err(final_where_refused),
                }
            }
            inner.call(request).await.map_err(final_where_refused)
        })
    }
}

/// A refusal as an error of a kind that is not tried again: nothing was sent.
fn final_where_refused(it: ConnectorError) -> ConnectorError {
    match is_refused(&it) {
        true => ConnectorError::other(BoxError::from(it), None).never_connected(),
        false => it,
    }
}

/// Whether nobody listens there.
pub fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(it) = next {
        let found = it.downcast_ref::<io::Error>();
        if found.is_some_and(|it| it.kind() == io::ErrorKind::ConnectionRefused) {
            return true;
        }
        next = it.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use crate::aws::provider::{AwsProvider, AwsSettings, ProviderBlock};
    use crate::lang::value::Value;
    use crate::schema::{Nested, Row};

    /// What a call sends first to an endpoint of that scheme.
    async fn first_byte(scheme: &str) -> u8 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let keys = Credentials::new("key", "secret", None, None, "test");
        let settings = AwsSettings {
            credentials: Some(SharedCredentialsProvider::new(keys)),
            region: Some("eu-central-1".into()),
            endpoint_url: Some(format!("{scheme}://{}", listener.local_addr().unwrap())),
            ..AwsSettings::default()
        };
        let nothing =
            ProviderBlock::ATTRIBUTES.iter().map(|it| (it.name, Value::null(it.kind.ty())));
        let block = ProviderBlock::from_row(&Value::object(nothing)).unwrap();
        let call = async {
            let aws = AwsProvider::new(settings).connect(block).await.unwrap();
            aws.account().await.map(String::from)
        };
        let answer = async { listener.accept().await.unwrap().0.read_u8().await.unwrap() };
        tokio::select! {
            byte = answer => byte,
            told = call => panic!("nothing was sent: {told:?}"),
        }
    }

    #[tokio::test]
    async fn the_scheme_decides_what_is_spoken() {
        assert_eq!(first_byte("http").await, b'P', "POST");
        assert_eq!(first_byte("https").await, 0x16, "a TLS handshake");
    }
}
